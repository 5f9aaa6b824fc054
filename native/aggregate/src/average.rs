//! AVERAGE: sum of the values, as doubles, over their number.
//!
//! All numbers but `Byte`. IR: sum (folded as SUM does) and a count. The count is kept in 64 bits; the airbnb dialect
//! stores it as a 32-bit number, where it saturates at 2^31 − 1 and the reference's would wrap. Deletable; with a count of zero
//! the result is NaN, so null outside a map.

use crate::avro::{self, StoredCount};
use crate::operation::Operation;
use crate::physical::Doubles;
use crate::sink::DoubleSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_types::Result;
use chronon_types::time::Millis;

/// Sum and number of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AverageIr {
    /// Sum of the values.
    pub sum: f64,
    /// Number of values.
    pub count: i64,
}

/// The operation AVERAGE.
#[derive(Debug, Clone, Copy)]
pub struct Average {
    /// Whether results stand inside a map.
    pub nested: bool,
    /// How the count is stored.
    pub count: StoredCount,
}

impl Operation for Average {
    type Input = Doubles;
    type Ir = AverageIr;
    type Sink = DoubleSink;

    #[inline]
    fn prepare(&self, value: f64, _ts: Millis) -> AverageIr {
        AverageIr { sum: value, count: 1 }
    }
    #[inline]
    fn update(&self, ir: &mut AverageIr, value: f64, _ts: Millis) {
        ir.sum += value;
        ir.count += 1;
    }
    #[inline]
    fn merge(&self, ir: &mut AverageIr, later: &AverageIr) {
        ir.sum += later.sum;
        ir.count += later.count;
    }

    const DELETABLE: bool = true;

    fn delete(&self, ir: &mut AverageIr, value: f64, _ts: Millis) {
        ir.sum -= value;
        ir.count -= 1;
    }
    fn sink(&self) -> DoubleSink {
        DoubleSink::new(ArrowType::Float64, !self.nested)
    }
    #[inline]
    fn finalize(&self, ir: &AverageIr, sink: &mut DoubleSink) {
        sink.push(ir.sum / ir.count as f64);
    }
    fn encode(&self, ir: &AverageIr, out: &mut Vec<u8>) -> Result<()> {
        avro::put_present(out);
        avro::put_double(out, ir.sum);
        avro::put_present(out);
        self.count.put(out, ir.count);
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<AverageIr> {
        avro::get_present(bytes)?;
        let sum = avro::get_double(bytes)?;
        avro::get_present(bytes)?;
        Ok(AverageIr { sum, count: self.count.get(bytes)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_reference_record() {
        let average = Average { nested: false, count: StoredCount::Int };
        let mut ir = average.prepare(1.0, 0);
        average.update(&mut ir, 2.0, 0);
        let mut out = Vec::new();
        average.encode(&ir, &mut out).unwrap();
        assert_eq!(out, [2, 0, 0, 0, 0, 0, 0, 8, 0x40, 2, 4]);
        assert_eq!(average.decode(&mut out.as_slice()).unwrap(), ir);
    }
}
