//! COUNT: how many values are not null.
//!
//! Any type but dates and times. IR: a `Long`, which wraps. Deletable, so it can fall to zero and below.

use crate::avro;
use crate::operation::Operation;
use crate::physical::Presence;
use crate::sink::LongSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_types::Result;
use chronon_types::time::Millis;

/// The operation COUNT.
#[derive(Debug, Clone, Copy)]
pub struct Count;

impl Operation for Count {
    type Input = Presence;
    type Ir = i64;
    type Sink = LongSink;

    #[inline]
    fn prepare(&self, (): (), _ts: Millis) -> i64 {
        1
    }
    #[inline]
    fn update(&self, ir: &mut i64, (): (), _ts: Millis) {
        *ir = ir.wrapping_add(1);
    }
    #[inline]
    fn merge(&self, ir: &mut i64, later: &i64) {
        *ir = ir.wrapping_add(*later);
    }
    const MERGES_AS_FOLDED: bool = true;

    const DELETABLE: bool = true;

    fn delete(&self, ir: &mut i64, (): (), _ts: Millis) {
        *ir = ir.wrapping_sub(1);
    }
    fn sink(&self) -> LongSink {
        LongSink::new(ArrowType::Int64)
    }
    #[inline]
    fn finalize(&self, ir: &i64, sink: &mut LongSink) {
        sink.push(*ir);
    }
    fn encode(&self, ir: &i64, out: &mut Vec<u8>) -> Result<()> {
        avro::put_long(out, *ir);
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<i64> {
        avro::get_long(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletes_go_below_zero() {
        let mut ir = Count.prepare((), 0);
        Count.delete(&mut ir, (), 0);
        assert_eq!(ir, 0);
        assert_eq!(Count.inverse_prepare((), 0), Some(-1));
    }
}
