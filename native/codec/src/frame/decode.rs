//! Bytes to arrays.
//!
//! The metadata is verified by the FlatBuffers verifier, then walked against the schema: every node and buffer is checked
//! (count, sign, bounds, size for its rows) before an array is built on it, and the arrays are validated (offsets, UTF-8, null
//! counts). Cost: one pass over offsets and text. Memory: arrays are slices of the frame; only a misaligned buffer is copied.

use super::{CONTINUATION, PREFIX};
use arrow::array::{ArrayData, RecordBatch, RecordBatchOptions, make_array};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType as ArrowType, Field, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::{FieldNode, MetadataVersion, RecordBatch as BatchHeader};
use chronon_types::{Error, Result};

/// Decodes the record batches of one schema.
///
/// ```
/// use chronon_codec::{FrameDecoder, FrameEncoder, schema};
/// use chronon_types::{DataType, Field};
/// let schema = schema(&[], &[Field::new("amount", DataType::Double)]);
/// let sent = arrow::array::RecordBatch::new_empty(schema.clone());
/// let mut bytes = Vec::new();
/// FrameEncoder::new(schema.clone())?.encode(&sent)?.append_to(&mut bytes);
/// assert_eq!(FrameDecoder::new(schema)?.decode_slice(&bytes)?, sent);
/// # Ok::<(), chronon_types::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FrameDecoder {
    schema: SchemaRef,
    nodes: usize,
    buffers: usize,
}

impl FrameDecoder {
    /// A decoder for messages of `schema`.
    ///
    /// # Errors
    /// `Unsupported` when a column's type does not cross the border (see [`crate::columns`]).
    pub fn new(schema: SchemaRef) -> Result<Self> {
        let (mut nodes, mut buffers) = (0, 0);
        for field in schema.fields() {
            crate::column_type(field.data_type()).map_err(|e| e.within(column(field)))?;
            count(field.data_type(), &mut nodes, &mut buffers);
        }
        Ok(Self { schema, nodes, buffers })
    }

    /// The schema that every decoded batch has.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Decodes a frame that lies somewhere in memory: copies it once, into an aligned buffer.
    ///
    /// # Errors
    /// As [`FrameDecoder::decode`].
    pub fn decode_slice(&self, frame: &[u8]) -> Result<RecordBatch> {
        self.decode(Buffer::from(frame))
    }

    /// Decodes a frame. The arrays share its memory.
    ///
    /// # Errors
    /// `SchemaMismatch` when the message carries other columns than the schema, or nulls in a column that has none;
    /// `Unsupported` for a compressed one; `CorruptData` for anything that is not one whole record-batch message.
    pub fn decode(&self, frame: Buffer) -> Result<RecordBatch> {
        let (metadata, body) = split(&frame)?;
        let message = arrow_ipc::root_as_message(metadata.as_slice())
            .map_err(|e| corrupt(format!("the metadata of {} bytes does not verify: {e}", metadata.len())))?;
        if !matches!(message.version(), MetadataVersion::V4 | MetadataVersion::V5) {
            return Err(corrupt(format!("metadata version {:?}; send V5", message.version())));
        }
        let header = message.header_as_record_batch().ok_or_else(|| {
            corrupt(format!("the message is a {:?}; send a record batch, without a schema", message.header_type()))
        })?;
        if usize::try_from(message.bodyLength()) != Ok(body.len()) {
            return Err(corrupt(format!(
                "the metadata announces a body of {} bytes, {} follow it",
                message.bodyLength(),
                body.len()
            )));
        }
        if header.compression().is_some() {
            return Err(Error::unsupported("the record batch is compressed; send it uncompressed"));
        }
        self.columns(&header, &body)
    }

    fn columns(&self, header: &BatchHeader<'_>, body: &Buffer) -> Result<RecordBatch> {
        let rows = length(header.length(), "row count")?;
        let (nodes, buffers) = match (header.nodes(), header.buffers()) {
            (Some(nodes), Some(buffers)) => (nodes, buffers),
            _ => return Err(corrupt("the record batch lists no columns".to_owned())),
        };
        if nodes.len() != self.nodes || buffers.len() != self.buffers {
            return Err(Error::schema_mismatch(format!(
                "the record batch has {} nodes and {} buffers; the columns {} make {} and {}",
                nodes.len(),
                buffers.len(),
                names(&self.schema),
                self.nodes,
                self.buffers
            )));
        }
        let mut walk = Walk { nodes: nodes.iter(), buffers: buffers.iter(), body };
        let mut arrays = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let data = walk.array(field, Some(rows)).map_err(|e| e.within(column(field)))?;
            if data.null_count() > 0 && !field.is_nullable() {
                return Err(Error::schema_mismatch(format!(
                    "column `{}` holds {} nulls and may hold none; filter those rows out before sending",
                    field.name(),
                    data.null_count()
                )));
            }
            arrays.push(make_array(data));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options).map_err(invalid)
    }
}

/// Metadata and body of a frame; the metadata lies aligned to 8 bytes, as the verifier wants it.
fn split(frame: &Buffer) -> Result<(Buffer, Buffer)> {
    let bytes = frame.as_slice();
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        return Err(corrupt(format!("{} bytes are no message; the shortest has more than {PREFIX}", bytes.len())));
    };
    let [c0, c1, c2, c3, l0, l1, l2, l3] = *prefix;
    if [c0, c1, c2, c3] != CONTINUATION {
        return Err(corrupt(format!("it opens with {c0:02x}{c1:02x}{c2:02x}{c3:02x}, not with the marker ffffffff")));
    }
    let announced = i32::from_le_bytes([l0, l1, l2, l3]);
    let metadata = usize::try_from(announced)
        .ok()
        .filter(|n| (1..=rest.len()).contains(n))
        .ok_or_else(|| corrupt(format!("it announces {announced} bytes of metadata, {} bytes follow", rest.len())))?;
    let aligned = (bytes.as_ptr() as usize).is_multiple_of(8);
    let head = match aligned {
        true => frame.slice_with_length(PREFIX, metadata),
        false => Buffer::from(&rest[..metadata]),
    };
    Ok((head, frame.slice(PREFIX + metadata)))
}

/// Walks nodes and buffers in the order of the schema.
struct Walk<'a, N, B> {
    nodes: N,
    buffers: B,
    body: &'a Buffer,
}

impl<'a, N, B> Walk<'a, N, B>
where
    N: Iterator<Item = &'a FieldNode>,
    B: Iterator<Item = &'a arrow_ipc::Buffer>,
{
    /// The array of `field`; `rows` is the length it must have, if its parent fixes one.
    fn array(&mut self, field: &Field, rows: Option<usize>) -> Result<ArrayData> {
        let node = self.nodes.next().ok_or_else(|| corrupt("a node is missing".to_owned()))?;
        let len = length(node.length(), "length")?;
        let nulls = length(node.null_count(), "null count")?;
        if rows.is_some_and(|rows| rows != len) {
            return Err(corrupt(format!("`{}` has {len} values in a batch of {}", field.name(), rows.unwrap_or(0))));
        }
        if nulls > len {
            return Err(corrupt(format!("`{}` claims {nulls} nulls among {len} values", field.name())));
        }
        let validity = self.sized(if nulls > 0 { len.div_ceil(8) } else { 0 }, field)?;
        let builder = ArrayData::builder(field.data_type().clone())
            .len(len)
            .null_count(nulls)
            .null_bit_buffer((nulls > 0).then_some(validity));
        let builder = match field.data_type() {
            ArrowType::Boolean => builder.add_buffer(self.sized(len.div_ceil(8), field)?),
            ArrowType::Utf8 | ArrowType::Binary => {
                let offsets = self.offsets(len, field)?;
                builder.add_buffer(offsets).add_buffer(self.buffer(field)?)
            }
            ArrowType::List(child) | ArrowType::Map(child, _) => {
                let offsets = self.offsets(len, field)?;
                builder.add_buffer(offsets).add_child_data(self.array(child, None)?)
            }
            ArrowType::Struct(members) => {
                let mut builder = builder;
                for member in members {
                    builder = builder.add_child_data(self.array(member, Some(len))?);
                }
                builder
            }
            fixed => {
                let width = fixed.primitive_width().ok_or_else(|| Error::internal(format!("no width for {fixed}")))?;
                builder.add_buffer(self.sized(len * width, field)?)
            }
        };
        builder.align_buffers(true).build().map_err(invalid)
    }

    /// `len + 1` offsets; a writer may leave them out when there are no values.
    fn offsets(&mut self, len: usize, field: &Field) -> Result<Buffer> {
        self.sized(if len == 0 { 0 } else { (len + 1) * size_of::<i32>() }, field)
    }

    /// The first `needed` bytes of the next buffer. A writer may have padded it; arrow's own checks take only whole values.
    fn sized(&mut self, needed: usize, field: &Field) -> Result<Buffer> {
        let buffer = self.buffer(field)?;
        if buffer.len() < needed {
            return Err(corrupt(format!(
                "a buffer of `{}` has {} bytes and needs {needed}",
                field.name(),
                buffer.len()
            )));
        }
        Ok(buffer.slice_with_length(0, needed))
    }

    /// The next buffer, inside the body.
    fn buffer(&mut self, field: &Field) -> Result<Buffer> {
        let entry = self.buffers.next().ok_or_else(|| corrupt("a buffer is missing".to_owned()))?;
        let (offset, len) = (length(entry.offset(), "buffer offset")?, length(entry.length(), "buffer length")?);
        if offset.checked_add(len).is_none_or(|end| end > self.body.len()) {
            return Err(corrupt(format!(
                "a buffer of `{}` lies at {offset} with {len} bytes, beyond the body of {} bytes",
                field.name(),
                self.body.len()
            )));
        }
        Ok(self.body.slice_with_length(offset, len))
    }
}

/// How many nodes and buffers a column of this type puts into a message.
fn count(arrow: &ArrowType, nodes: &mut usize, buffers: &mut usize) {
    *nodes += 1;
    *buffers += match arrow {
        ArrowType::Utf8 | ArrowType::Binary => 3,
        ArrowType::Struct(_) => 1,
        _ => 2,
    };
    match arrow {
        ArrowType::List(child) | ArrowType::Map(child, _) => count(child.data_type(), nodes, buffers),
        ArrowType::Struct(members) => members.iter().for_each(|member| count(member.data_type(), nodes, buffers)),
        _ => {}
    }
}

/// A count from the metadata: not negative, and small enough that sizes computed from it cannot overflow.
fn length(found: i64, what: &str) -> Result<usize> {
    i32::try_from(found)
        .ok()
        .and_then(|n| usize::try_from(n).ok())
        .ok_or_else(|| corrupt(format!("{what} {found} is not between 0 and {}", i32::MAX)))
}

fn names(schema: &SchemaRef) -> String {
    let names: Vec<_> = schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect();
    format!("[{}]", names.join(", "))
}

fn column(field: &Field) -> String {
    format!("column `{}` of type {}", field.name(), field.data_type())
}

#[cold]
fn corrupt(what: String) -> Error {
    Error::corrupt_data(format!("not a readable Arrow message: {what}"))
}

#[cold]
fn invalid(error: ArrowError) -> Error {
    corrupt(error.to_string())
}
