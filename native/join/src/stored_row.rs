//! What one row of an upload holds: the bytes of a key, and of what is stored of it.

use crate::outbox::Outbox;
use arrow::array::ArrayRef;
use chronon_aggregate::{Value, avro};
use chronon_types::{Field, Result};

const WORD: usize = 8;

/// Appends row `row` of the columns as an Avro record whose members are unions with null.
///
/// # Errors
/// What [`Value::encode`] refuses, naming the column.
pub(crate) fn put_record(fields: &[Field], columns: &[ArrayRef], row: usize, out: &mut Vec<u8>) -> Result<()> {
    for (field, column) in fields.iter().zip(columns) {
        match Value::read(column, row)? {
            Value::Null => avro::put_absent(out),
            value => {
                avro::put_present(out);
                value
                    .encode(&field.data_type, out)
                    .map_err(|error| error.within(format!("column `{}`", field.name)))?;
            }
        }
    }
    Ok(())
}

/// Sends out a row of two binary columns in Spark's layout.
pub(crate) fn send(out: &mut Outbox, key: &[u8], value: &[u8]) -> Result<()> {
    out.row(|out| {
        let fixed = 3 * WORD;
        out.extend_from_slice(&[0; WORD]);
        let mut offset = fixed;
        for bytes in [key, value] {
            out.extend_from_slice(&((offset as u64) << 32 | bytes.len() as u64).to_le_bytes());
            offset += bytes.len().next_multiple_of(WORD);
        }
        for bytes in [key, value] {
            out.extend_from_slice(bytes);
            out.resize(out.len() + bytes.len().next_multiple_of(WORD) - bytes.len(), 0);
        }
        Ok(())
    })
}
