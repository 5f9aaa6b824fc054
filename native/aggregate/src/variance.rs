//! VARIANCE: the population variance, by a running mean and sum of squared deviations.
//!
//! All numbers but `Byte`, as doubles. IR: count, mean and sum of squared deviations (Welford's recurrence; merged by Chan's).
//! One value gives 0. The count is kept in 64 bits; the airbnb dialect stores it as a 32-bit number, where it saturates at 2^31 − 1
//! and the reference's would wrap. Not deletable. A result that is not finite comes out as null, except inside a map or list.

use crate::avro::{self, StoredCount};
use crate::operation::Operation;
use crate::physical::Doubles;
use crate::sink::DoubleSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_types::Result;
use chronon_types::time::Millis;

/// Count, mean, and sum of squared deviations from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VarianceIr {
    /// Number of values.
    pub count: i64,
    /// Their mean.
    pub mean: f64,
    /// The sum of their squared deviations from the mean.
    pub m2: f64,
}

/// The operation VARIANCE.
#[derive(Debug, Clone, Copy)]
pub struct Variance {
    /// Whether results stand inside a map or list.
    pub nested: bool,
    /// How the count is stored.
    pub count: StoredCount,
}

/// The mean of two groups with these weights and means. A group that weighs less than a tenth of the whole moves the
/// other's mean; only then is the product of large numbers avoided at no loss.
fn weighted_mean(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (heavy, light) = if a.0 < b.0 { (b, a) } else { (a, b) };
    let total = heavy.0 + light.0;
    if total == 0.0 {
        return 0.0;
    }
    if total == heavy.0 {
        return heavy.1;
    }
    let share = light.0 / total;
    if share < 0.1 { heavy.1 + (light.1 - heavy.1) * share } else { (heavy.0 * heavy.1 + light.0 * light.1) / total }
}

impl Operation for Variance {
    type Input = Doubles;
    type Ir = VarianceIr;
    type Sink = DoubleSink;

    #[inline]
    fn prepare(&self, value: f64, ts: Millis) -> VarianceIr {
        let mut ir = VarianceIr { count: 0, mean: 0.0, m2: 0.0 };
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut VarianceIr, value: f64, _ts: Millis) {
        ir.count += 1;
        let delta = value - ir.mean;
        ir.mean += delta / ir.count as f64;
        ir.m2 += delta * (value - ir.mean);
    }
    fn merge(&self, ir: &mut VarianceIr, later: &VarianceIr) {
        let (a, b) = (ir.count as f64, later.count as f64);
        let total = a + b;
        let delta = later.mean - ir.mean;
        ir.m2 = ir.m2 + later.m2 + delta * (delta / total) * a * b;
        ir.mean = weighted_mean((a, ir.mean), (b, later.mean));
        ir.count += later.count;
    }
    fn sink(&self) -> DoubleSink {
        DoubleSink::new(ArrowType::Float64, !self.nested)
    }
    #[inline]
    fn finalize(&self, ir: &VarianceIr, sink: &mut DoubleSink) {
        sink.push(ir.m2 / ir.count as f64);
    }
    fn encode(&self, ir: &VarianceIr, out: &mut Vec<u8>) -> Result<()> {
        avro::put_present(out);
        self.count.put(out, ir.count);
        avro::put_present(out);
        avro::put_double(out, ir.mean);
        avro::put_present(out);
        avro::put_double(out, ir.m2);
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<VarianceIr> {
        avro::get_present(bytes)?;
        let count = self.count.get(bytes)?;
        avro::get_present(bytes)?;
        let mean = avro::get_double(bytes)?;
        avro::get_present(bytes)?;
        Ok(VarianceIr { count, mean, m2: avro::get_double(bytes)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIANCE: Variance = Variance { nested: false, count: StoredCount::Int };

    fn fold(values: &[f64]) -> VarianceIr {
        let mut ir = VARIANCE.prepare(values[0], 0);
        values[1..].iter().for_each(|value| VARIANCE.update(&mut ir, *value, 0));
        ir
    }

    /// Answers of the reference (aggregator sheet §6.3).
    #[test]
    fn folding_and_merging_give_the_reference_numbers() {
        let whole = fold(&[1.0, 2.0, 4.0]);
        assert_eq!(whole.m2 / whole.count as f64, 1.555_555_555_555_555_4);
        let mut merged = fold(&[1.0, 2.0]);
        VARIANCE.merge(&mut merged, &fold(&[4.0]));
        assert_eq!(merged, VarianceIr { count: 3, mean: 2.333_333_333_333_333_5, m2: 4.666_666_666_666_667 });
        assert_eq!(fold(&[7.0]).m2, 0.0);
        // 28.75 is the sum of squared deviations from 3.75, worked out by hand.
        let mut halves = fold(&[1.0, 2.0]);
        VARIANCE.merge(&mut halves, &fold(&[4.0, 8.0]));
        assert_eq!(halves, VarianceIr { count: 4, mean: 3.75, m2: 28.75 });
    }

    /// The record of the reference (aggregator sheet §21).
    #[test]
    fn bytes_are_the_reference_record() {
        let mut out = Vec::new();
        VARIANCE.encode(&fold(&[1.0, 2.0]), &mut out).unwrap();
        assert_eq!(out, [2, 4, 2, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 2, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f]);
        assert_eq!(VARIANCE.decode(&mut out.as_slice()).unwrap(), fold(&[1.0, 2.0]));
    }

    #[test]
    fn a_light_group_moves_the_heavy_mean() {
        assert_eq!(weighted_mean((0.0, 5.0), (0.0, 7.0)), 0.0);
        assert_eq!(weighted_mean((2.0, 5.0), (0.0, 7.0)), 5.0);
        assert_eq!(weighted_mean((1.0, 1.0), (99.0, 3.0)), 3.0 + (1.0 - 3.0) * 0.01);
        assert_eq!(weighted_mean((1.0, 1.0), (1.0, 3.0)), 2.0);
    }
}
