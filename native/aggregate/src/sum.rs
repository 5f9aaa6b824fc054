//! SUM: plain addition in the order of folding, without compensation.
//!
//! Whole numbers and booleans sum into a wrapping `Long`; `Float` and `Double` into a `Double`. IR: the sum.
//! Deletable. A sum that is not finite comes out as null, except inside a map.

use crate::avro;
use crate::operation::Operation;
use crate::physical::{Doubles, Longs};
use crate::sink::{DoubleSink, LongSink};
use arrow::datatypes::DataType as ArrowType;
use chronon_types::Result;
use chronon_types::time::Millis;

/// The operation SUM over whole numbers.
#[derive(Debug, Clone, Copy)]
pub struct LongSum;

impl Operation for LongSum {
    type Input = Longs;
    type Ir = i64;
    type Sink = LongSink;

    #[inline]
    fn prepare(&self, value: i64, _ts: Millis) -> i64 {
        value
    }
    #[inline]
    fn update(&self, ir: &mut i64, value: i64, _ts: Millis) {
        *ir = ir.wrapping_add(value);
    }
    #[inline]
    fn merge(&self, ir: &mut i64, later: &i64) {
        *ir = ir.wrapping_add(*later);
    }
    const MERGES_AS_FOLDED: bool = true;

    const DELETABLE: bool = true;

    fn delete(&self, ir: &mut i64, value: i64, _ts: Millis) {
        *ir = ir.wrapping_sub(value);
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

/// The operation SUM over floating-point numbers.
#[derive(Debug, Clone, Copy)]
pub struct DoubleSum {
    /// Whether results stand inside a map.
    pub nested: bool,
}

impl Operation for DoubleSum {
    type Input = Doubles;
    type Ir = f64;
    type Sink = DoubleSink;

    #[inline]
    fn prepare(&self, value: f64, _ts: Millis) -> f64 {
        value
    }
    #[inline]
    fn update(&self, ir: &mut f64, value: f64, _ts: Millis) {
        *ir += value;
    }
    #[inline]
    fn merge(&self, ir: &mut f64, later: &f64) {
        *ir += later;
    }

    const DELETABLE: bool = true;

    fn delete(&self, ir: &mut f64, value: f64, _ts: Millis) {
        *ir -= value;
    }
    fn sink(&self) -> DoubleSink {
        DoubleSink::new(ArrowType::Float64, !self.nested)
    }
    #[inline]
    fn finalize(&self, ir: &f64, sink: &mut DoubleSink) {
        sink.push(*ir);
    }
    fn encode(&self, ir: &f64, out: &mut Vec<u8>) -> Result<()> {
        avro::put_double(out, *ir);
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<f64> {
        avro::get_double(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sums_wrap() {
        let mut ir = LongSum.prepare(i64::MAX, 0);
        LongSum.update(&mut ir, 1, 0);
        assert_eq!(ir, i64::MIN);
    }

    #[test]
    fn floats_sum_as_their_exact_doubles() {
        let sum = DoubleSum { nested: false };
        let mut ir = sum.prepare(0.1f32.into(), 0);
        sum.update(&mut ir, 0.1f32.into(), 0);
        sum.update(&mut ir, 0.1f32.into(), 0);
        assert_eq!(ir, 0.30000000447034836);
    }
}
