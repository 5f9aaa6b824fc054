//! Reading the part of a GroupBy that a plan needs out of its Thrift bytes.
//!
//! The generated readers reserve memory for as many elements as a list claims to have and check no wire types. So only
//! the aggregations go through them, with every claim held to the size of the whole; sources and the rest, which may
//! nest without end, are skipped without being built.

use crate::definitions::Aggregation;
use chronon_types::{Error, Result};
use thrift::TConfiguration;
use thrift::protocol::{TBinaryInputProtocol, TInputProtocol, TSerializable, TType};

/// The most bytes a definition may have. Real ones have some kilobytes.
const MOST_BYTES: usize = 16 << 20;
const UNNAMED: &str = "(unnamed)";

/// What a plan needs of a GroupBy.
#[derive(Debug)]
pub struct GroupBy {
    /// `metaData.name`.
    pub name: String,
    /// The aggregations; none when columns are passed through.
    pub aggregations: Vec<Aggregation>,
}

impl GroupBy {
    /// Reads a GroupBy in Thrift's binary protocol.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        decode(bytes)
    }
}

type Protocol<'a, 'b> = TBinaryInputProtocol<&'a mut &'b [u8]>;

/// # Errors
/// `CorruptData` when the bytes are not a GroupBy in the binary protocol.
pub(crate) fn decode(mut bytes: &[u8]) -> Result<GroupBy> {
    if bytes.len() > MOST_BYTES {
        return Err(corrupt(format!("{} bytes are more than a definition can have", bytes.len())));
    }
    let group_by = read(&mut bytes).map_err(corrupt)?;
    if !bytes.is_empty() {
        return Err(corrupt(format!("{} bytes follow it", bytes.len())));
    }
    Ok(group_by)
}

fn corrupt(problem: impl std::fmt::Display) -> Error {
    Error::corrupt_data(format!("the bytes are not a GroupBy in Thrift's binary protocol: {problem}"))
}

fn read(bytes: &mut &[u8]) -> thrift::Result<GroupBy> {
    let most = Some(bytes.len());
    let limits = TConfiguration::builder()
        .max_frame_size(None)
        .max_message_size(most)
        .max_container_size(most)
        .max_string_size(most)
        .build()?;
    let mut protocol = Protocol::with_config(bytes, true, limits);
    let mut group_by = GroupBy { name: UNNAMED.to_owned(), aggregations: Vec::new() };
    each_field(&mut protocol, |protocol, field| match field {
        (1, TType::Struct) => each_field(protocol, |protocol, field| match field {
            (1, TType::String) => {
                group_by.name = protocol.read_string()?;
                Ok(true)
            }
            _ => Ok(false),
        })
        .map(|()| true),
        (4, TType::List) => {
            let list = protocol.read_list_begin()?;
            if list.element_type != TType::Struct && list.size > 0 {
                return Err("the aggregations are not structs".into());
            }
            for _ in 0..list.size {
                group_by.aggregations.push(Aggregation::read_from_in_protocol(protocol)?);
            }
            protocol.read_list_end().map(|()| true)
        }
        _ => Ok(false),
    })?;
    Ok(group_by)
}

/// Reads a struct: `read` takes a field by its number and wire type and says whether it did; others are skipped.
fn each_field(
    protocol: &mut Protocol<'_, '_>,
    mut read: impl FnMut(&mut Protocol<'_, '_>, (i16, TType)) -> thrift::Result<bool>,
) -> thrift::Result<()> {
    protocol.read_struct_begin()?;
    loop {
        let field = protocol.read_field_begin()?;
        if field.field_type == TType::Stop {
            return protocol.read_struct_end();
        }
        if !read(protocol, (field.id.unwrap_or_default(), field.field_type))? {
            protocol.skip(field.field_type)?;
        }
        protocol.read_field_end()?;
    }
}
