//! HISTOGRAM: how often each string occurs.
//!
//! Strings. IR: a map from value to a 32-bit count that never holds a zero; counts saturate where the reference's
//! wrap. Deletable, so counts can be negative. With `k` above zero the output keeps the `k` largest counts, ties by
//! ascending key; the reference cuts ties by its hash order and can lose larger counts that way. Output keys ascend
//! by UTF-16 code units.

use crate::avro;
use crate::byte_map::ByteMap;
use crate::operation::Operation;
use crate::physical::{Bytes, compare_utf16};
use crate::sink::{LongSink, MapSink};
use arrow::datatypes::DataType as ArrowType;
use chronon_types::Result;
use chronon_types::time::Millis;
use std::cmp::Reverse;

/// The operation HISTOGRAM.
#[derive(Debug, Clone, Copy)]
pub struct Histogram {
    /// How many entries to put out; all, when not above zero.
    pub k: i32,
}

#[inline]
fn add(ir: &mut ByteMap<i32>, key: &[u8], count: i32) {
    let sum = ir.get_or_insert(key, 0);
    *sum = sum.saturating_add(count);
    if *sum == 0 {
        ir.remove(key);
    }
}

impl Histogram {
    /// Appends the entries that the output keeps, which `entries` lists in any order.
    pub fn finalize_entries(&self, mut entries: Vec<(&[u8], i32)>, sink: &mut MapSink<LongSink>) {
        let limit = usize::try_from(self.k).unwrap_or(0);
        if limit > 0 && entries.len() > limit {
            entries.sort_unstable_by(|a, b| Reverse(a.1).cmp(&Reverse(b.1)).then_with(|| compare_utf16(a.0, b.0)));
            entries.truncate(limit);
        }
        entries.sort_unstable_by(|a, b| compare_utf16(a.0, b.0));
        for (key, count) in entries {
            sink.key(key);
            sink.values.push(count.into());
        }
        sink.close();
    }
}

impl Operation for Histogram {
    type Input = Bytes;
    type Ir = ByteMap<i32>;
    type Sink = MapSink<LongSink>;

    fn prepare(&self, value: &[u8], _ts: Millis) -> Self::Ir {
        let mut ir = ByteMap::default();
        add(&mut ir, value, 1);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: &[u8], _ts: Millis) {
        add(ir, value, 1);
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        later.iter().for_each(|(key, count)| add(ir, key, count));
    }
    const MERGES_AS_FOLDED: bool = true;

    const DELETABLE: bool = true;

    fn delete(&self, ir: &mut Self::Ir, value: &[u8], _ts: Millis) {
        add(ir, value, -1);
    }
    fn sink(&self) -> Self::Sink {
        MapSink::new(LongSink::new(ArrowType::Int32))
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        self.finalize_entries(ir.iter().collect(), sink);
    }
    /// Keys in ascending order, where the reference writes its hash order; readers do not depend on it.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        let mut entries: Vec<_> = ir.iter().collect();
        entries.sort_unstable_by(|a, b| compare_utf16(a.0, b.0));
        avro::put_items(out, entries.len(), |out| {
            for (key, count) in entries {
                avro::put_bytes(out, key);
                avro::put_long(out, count.into());
            }
            Ok(())
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut ir = ByteMap::default();
        self.merge_encoded(&mut ir, bytes)?;
        Ok(ir)
    }
    fn merge_encoded(&self, ir: &mut Self::Ir, bytes: &mut &[u8]) -> Result<()> {
        avro::get_items(bytes, |bytes| {
            let key = avro::get_text(bytes)?;
            add(ir, key, avro::get_int(bytes)?);
            Ok(())
        })
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Sink;
    use crate::value::Value;

    fn output(histogram: Histogram, rows: &[&str]) -> Vec<(String, i64)> {
        let mut ir = histogram.prepare(rows[0].as_bytes(), 0);
        rows[1..].iter().for_each(|value| histogram.update(&mut ir, value.as_bytes(), 0));
        let mut sink = histogram.sink();
        histogram.finalize(&ir, &mut sink);
        let Value::Map(entries) = Value::read(&sink.finish().unwrap(), 0).unwrap() else { panic!("not a map") };
        let text = |value: &Value| match value {
            Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        };
        let count = |value: &Value| match value {
            Value::Long(count) => *count,
            other => panic!("{other:?}"),
        };
        entries.iter().map(|(key, value)| (text(key), count(value))).collect()
    }

    #[test]
    fn the_largest_counts_stay_and_keys_ascend() {
        let rows = ["a", "b", "c", "c", "c"];
        assert_eq!(output(Histogram { k: 2 }, &rows), [("a".into(), 1), ("c".into(), 3)]);
        assert_eq!(output(Histogram { k: 0 }, &rows).len(), 3);
    }

    #[test]
    fn deletes_remove_and_go_negative() {
        let histogram = Histogram { k: 0 };
        let mut ir = histogram.prepare(b"x", 0);
        histogram.delete(&mut ir, b"x", 0);
        assert!(ir.is_empty());
        assert_eq!(histogram.inverse_prepare(b"x", 0).unwrap().iter().collect::<Vec<_>>(), [(&b"x"[..], -1)]);
    }
}
