//! What one row of an upload holds: the bytes of a key, and of what is stored of it.

use crate::avro_json::AvroJson;
use crate::outbox::Outbox;
use arrow::array::ArrayRef;
use chronon_aggregate::{Value, avro};
use chronon_types::{Field, Result};
use twox_hash::XxHash64;

const WORD: usize = 8;

/// Key, value, both as JSON, the day.
const COLUMNS: usize = 5;

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

/// Which rows of an upload are there as JSON too. That is a matter of their keys, so that the same data gives the same table.
#[derive(Debug)]
pub struct JsonSample {
    share: u64,
    key: AvroJson,
    value: AvroJson,
}

impl JsonSample {
    /// So many of ten thousand rows, whose records have these schemas.
    ///
    /// # Errors
    /// `InvalidArgument` when they are no schemas of stored records.
    pub fn new(share: u64, key_schema: &str, value_schema: &str) -> Result<Self> {
        Ok(Self { share, key: AvroJson::new(key_schema)?, value: AvroJson::new(value_schema)? })
    }

    /// Whether the row of a key is one of them: by the hash that Spark's `xxhash64` gives for its bytes.
    fn takes(&self, key: &[u8]) -> bool {
        let hash = XxHash64::oneshot(42, key) as i64;
        hash.rem_euclid(10_000) < self.share as i64
    }
}

/// The rows of an upload on their way out: the bytes of a key and of what is stored of it, of some both as JSON, and the day
/// whose upload it is. They are rows of five columns in Spark's layout (`key_bytes`, `value_bytes`, `key_json`, `value_json`
/// and the partition's), each behind its length (8 bytes, little-endian).
#[derive(Debug)]
pub struct StoredRows {
    json: Option<JsonSample>,
    day: String,
    key_json: Vec<u8>,
    value_json: Vec<u8>,
    out: Outbox,
}

impl StoredRows {
    /// No rows yet.
    pub fn new(day: impl Into<String>, json: Option<JsonSample>) -> Self {
        Self { json, day: day.into(), key_json: Vec::new(), value_json: Vec::new(), out: Outbox::default() }
    }

    /// Sends a row out.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not of the schemas for JSON; no row may be sent any more then.
    pub(crate) fn send(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.key_json.clear();
        self.value_json.clear();
        let shown = self.json.as_ref().filter(|json| json.takes(key));
        if let Some(json) = shown {
            json.key.write(key, &mut self.key_json)?;
            json.value.write(value, &mut self.value_json)?;
        }
        let [key_json, value_json] = [&self.key_json, &self.value_json].map(|json| shown.map(|_| json.as_slice()));
        Self::put([Some(key), Some(value), key_json, value_json, Some(self.day.as_bytes())], &mut self.out)
    }

    fn put(columns: [Option<&[u8]>; COLUMNS], out: &mut Outbox) -> Result<()> {
        out.row(|out| {
            let nulls = columns.iter().enumerate().map(|(at, bytes)| u64::from(bytes.is_none()) << at);
            out.extend_from_slice(&nulls.sum::<u64>().to_le_bytes());
            let mut offset = (1 + COLUMNS) * WORD;
            for bytes in columns {
                let slot = bytes.map_or(0, |bytes| (offset as u64) << 32 | bytes.len() as u64);
                out.extend_from_slice(&slot.to_le_bytes());
                offset += bytes.map_or(0, |bytes| bytes.len().next_multiple_of(WORD));
            }
            for bytes in columns.into_iter().flatten() {
                out.extend_from_slice(bytes);
                out.resize(out.len() + bytes.len().next_multiple_of(WORD) - bytes.len(), 0);
            }
            Ok(())
        })
    }

    /// Whether all rows were taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// As many rows as there is room for; `Err` says how much room one row needs.
    pub(crate) fn take(&mut self, room: usize) -> std::result::Result<&[u8], usize> {
        self.out.take(room)
    }

    /// Bytes of heap held.
    pub(crate) fn bytes_held(&self) -> usize {
        self.out.bytes_held() + self.key_json.capacity() + self.value_json.capacity()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
    use super::{JsonSample, StoredRows};
    use chronon_codec::row::Row;

    const SCHEMA: &str = r#"{"type":"record","name":"Key","fields":[{"name":"user","type":["null","long"]}]}"#;

    fn sent(share: u64, key: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut rows = StoredRows::new("2024-01-30", Some(JsonSample::new(share, SCHEMA, SCHEMA).unwrap()));
        rows.send(key, &[0]).unwrap();
        let bytes = rows.take(1000).unwrap()[8..].to_vec();
        let row = Row::new(&bytes, 5).unwrap();
        (0..5).map(|at| (!row.is_null(at)).then(|| row.variable(at).unwrap().to_vec())).collect()
    }

    #[test]
    fn a_row_is_there_as_json_by_its_key() {
        let text = |text: &str| Some(text.as_bytes().to_vec());
        // SELECT pmod(xxhash64(X'0254'), 10000) in Spark 3.5 gives 1755
        let key = [2, 84];
        let (inside, outside) = (sent(10_000, &key), sent(0, &key));
        assert_eq!(inside[2..], [text(r#"{"user":{"long":42}}"#), text(r#"{"user":null}"#), text("2024-01-30")]);
        assert_eq!(outside[2..], [None, None, text("2024-01-30")]);
        assert_eq!(outside[..2], [Some(key.to_vec()), Some(vec![0])]);
        let least = (1..=10_000).find(|&share| sent(share, &key)[2].is_some());
        assert_eq!(least, Some(1755 + 1));
    }
}
