//! FIRST and LAST: the value with the earliest and the latest event time.
//!
//! Any type but dates and times; lists and maps are carried whole. IR: time and value. Among equal times the value
//! folded in first stays, in both. Nulls never enter.

use crate::avro;
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::Anything;
use crate::value::Value;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};

/// A value and its event time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// Event time.
    pub ts: Millis,
    /// The value.
    pub value: T,
}

/// The operation FIRST or LAST.
#[derive(Debug, Clone)]
pub struct Edge<P> {
    /// Whether the latest value is wanted.
    pub latest: bool,
    /// Type of the values.
    pub data_type: DataType,
    /// Whether results stand inside a map.
    pub nested: bool,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

impl<P> Edge<P> {
    #[inline]
    fn replaces(&self, new: Millis, old: Millis) -> bool {
        // Seen backwards, the earliest is the latest. This takes fewer steps than deciding between two comparisons.
        let backwards = i64::from(self.latest) - 1;
        (new ^ backwards) > (old ^ backwards)
    }
}

impl Stored for Anything {
    fn encode(value: &Value, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        value.encode(data_type, out)
    }
    fn decode(bytes: &mut &[u8], data_type: &DataType) -> Result<Value> {
        Value::decode(data_type, bytes)
    }
}

/// Appends the record of a value and its time.
pub(crate) fn encode_timed<P: Stored>(ir: &Timed<P::Owned>, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
    avro::put_present(out);
    avro::put_long(out, ir.ts);
    avro::put_present(out);
    P::encode(&ir.value, data_type, out)
}

/// Reads the record of a value and its time.
pub(crate) fn decode_timed<P: Stored>(bytes: &mut &[u8], data_type: &DataType) -> Result<Timed<P::Owned>> {
    let ts = get_time(bytes)?;
    Ok(Timed { ts, value: P::decode(bytes, data_type)? })
}

/// Reads the time that such a record begins with, up to its value.
#[inline]
pub(crate) fn get_time(bytes: &mut &[u8]) -> Result<Millis> {
    avro::get_present(bytes)?;
    let ts = avro::get_long(bytes)?;
    avro::get_present(bytes)?;
    Ok(ts)
}

impl<P: Stored> Operation for Edge<P> {
    type Input = P;
    type Ir = Timed<P::Owned>;
    type Sink = P::Sink;

    #[inline]
    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> Self::Ir {
        Timed { ts, value: P::own(value) }
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, ts: Millis) {
        if self.replaces(ts, ir.ts) {
            ir.ts = ts;
            P::assign(&mut ir.value, value);
        }
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        if self.replaces(later.ts, ir.ts) {
            *ir = later.clone();
        }
    }
    const MERGES_AS_FOLDED: bool = true;
    const PASSES: bool = true;
    #[inline]
    fn pass(&self, ir: &mut Self::Ir, first: Millis, count: usize) -> usize {
        match (self.latest, first >= ir.ts) {
            // the last of them is the latest
            (true, true) => count.saturating_sub(1),
            // none of them is earlier
            (false, true) => count,
            (_, false) => 0,
        }
    }
    #[inline]
    fn is_complete(&self, _ir: &Self::Ir) -> bool {
        !self.latest
    }
    fn sink(&self) -> P::Sink {
        P::sink(&self.data_type, self.nested)
    }
    #[inline]
    fn finalize(&self, ir: &Self::Ir, sink: &mut P::Sink) {
        P::push(sink, &ir.value);
    }
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        encode_timed::<P>(ir, &self.data_type, out)
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        decode_timed::<P>(bytes, &self.data_type)
    }
    fn merge_encoded(&self, ir: &mut Self::Ir, bytes: &mut &[u8]) -> Result<()> {
        let ts = get_time(bytes)?;
        P::decode_to(bytes, &self.data_type, |later| self.update(ir, later, ts))
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        P::heap_size(&ir.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::Bytes;

    #[test]
    fn first_seen_wins_ties_in_both() {
        for latest in [false, true] {
            let width = std::marker::PhantomData;
            let operation = Edge::<Bytes> { latest, data_type: DataType::String, nested: false, width };
            let mut ir = operation.prepare(b"a", 5);
            operation.update(&mut ir, b"b", 5);
            assert_eq!(ir.value, b"a");
            let mut merged = ir.clone();
            operation.merge(&mut merged, &operation.prepare(b"c", 5));
            assert_eq!(merged, ir);
        }
    }
}
