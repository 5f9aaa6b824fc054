//! SKEW and KURTOSIS: the third and fourth standardized moments, by running central sums.
//!
//! All numbers but `Byte`, as doubles. IR: count, mean, and the sums of the second to fourth powers of the deviations
//! from it, by Pébay's recurrences. SKEW is √n · m3 / m2^1.5 and needs three values; KURTOSIS is the excess, n · m4 / m2² − 3, and
//! needs four; with fewer, or with equal values only, the result is NaN, so null outside a map or list. Not deletable.

use crate::avro;
use crate::operation::Operation;
use crate::physical::Doubles;
use crate::sink::DoubleSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};

/// Count, mean, and sums of powers of the deviations from it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MomentsIr {
    /// Number of values; a floating number because it is stored as one.
    pub n: f64,
    /// Their mean.
    pub m1: f64,
    /// Sum of squared deviations.
    pub m2: f64,
    /// Sum of cubed deviations.
    pub m3: f64,
    /// Sum of the fourth powers of the deviations.
    pub m4: f64,
}

/// Which of the two is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// SKEW
    Skew,
    /// KURTOSIS
    Kurtosis,
}

/// The operation SKEW or KURTOSIS.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    /// Which of the two.
    pub moment: Moment,
    /// Whether results stand inside a map or list.
    pub nested: bool,
}

impl MomentsIr {
    fn skew(&self) -> f64 {
        if self.n < 3.0 || self.m2 == 0.0 { f64::NAN } else { self.n.sqrt() * self.m3 / self.m2.powf(1.5) }
    }

    fn kurtosis(&self) -> f64 {
        if self.n < 4.0 || self.m2 == 0.0 { f64::NAN } else { self.n * self.m4 / (self.m2 * self.m2) - 3.0 }
    }
}

impl Operation for Moments {
    type Input = Doubles;
    type Ir = MomentsIr;
    type Sink = DoubleSink;

    fn prepare(&self, value: f64, ts: Millis) -> MomentsIr {
        let mut ir = MomentsIr::default();
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut MomentsIr, value: f64, _ts: Millis) {
        let before = ir.n;
        ir.n = before + 1.0;
        let delta = value - ir.m1;
        let d = delta / ir.n;
        let d2 = d * d;
        let term = delta * d * before;
        ir.m1 += d;
        // from left to right, as the reference adds them: the last bits depend on it
        ir.m4 = ir.m4 + term * d2 * (ir.n * ir.n - 3.0 * ir.n + 3.0) + 6.0 * d2 * ir.m2 - 4.0 * d * ir.m3;
        ir.m3 = ir.m3 + term * d * (ir.n - 2.0) - 3.0 * d * ir.m2;
        ir.m2 += term;
    }
    fn merge(&self, ir: &mut MomentsIr, later: &MomentsIr) {
        let (a, b) = (*ir, later);
        let n = a.n + b.n;
        let delta = b.m1 - a.m1;
        let d2 = delta * delta;
        let (d3, d4) = (d2 * delta, d2 * d2);
        ir.n = n;
        ir.m1 = (a.n * a.m1 + b.n * b.m1) / n;
        ir.m2 = a.m2 + b.m2 + d2 * a.n * b.n / n;
        ir.m3 = a.m3 + b.m3 + d3 * a.n * b.n * (a.n - b.n) / (n * n) + 3.0 * delta * (a.n * b.m2 - b.n * a.m2) / n;
        ir.m4 = a.m4
            + b.m4
            + d4 * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) / (n * n * n)
            + 6.0 * d2 * (a.n * a.n * b.m2 + b.n * b.n * a.m2) / (n * n)
            + 4.0 * delta * (a.n * b.m3 - b.n * a.m3) / n;
    }
    fn sink(&self) -> DoubleSink {
        DoubleSink::new(ArrowType::Float64, !self.nested)
    }
    fn finalize(&self, ir: &MomentsIr, sink: &mut DoubleSink) {
        sink.push(match self.moment {
            Moment::Skew => ir.skew(),
            Moment::Kurtosis => ir.kurtosis(),
        });
    }
    fn encode(&self, ir: &MomentsIr, out: &mut Vec<u8>) -> Result<()> {
        let members = [ir.n, ir.m1, ir.m2, ir.m3, ir.m4];
        avro::put_items(out, members.len(), |out| {
            members.iter().for_each(|member| avro::put_double(out, *member));
            Ok(())
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<MomentsIr> {
        let mut members = Vec::with_capacity(5);
        avro::get_items(bytes, |bytes| {
            members.push(avro::get_double(bytes)?);
            Ok(())
        })?;
        match members[..] {
            [n, m1, m2, m3, m4] => Ok(MomentsIr { n, m1, m2, m3, m4 }),
            _ => Err(Error::corrupt_data(format!("stored moments are {} numbers; there are 5", members.len()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEW: Moments = Moments { moment: Moment::Skew, nested: false };

    fn fold(values: &[f64]) -> MomentsIr {
        let mut ir = SKEW.prepare(values[0], 0);
        values[1..].iter().for_each(|value| SKEW.update(&mut ir, *value, 0));
        ir
    }

    /// Answers of the reference (aggregator sheet §6.4).
    #[test]
    fn results_are_the_reference_numbers() {
        assert_eq!(fold(&[1.0, 2.0, 4.0]).skew(), 0.381_801_774_160_606_3);
        assert_eq!(fold(&[1.0, 2.0, 4.0, 8.0]).kurtosis(), -1.098_979_206_049_149);
        assert!(fold(&[1.0, 2.0]).skew().is_nan());
        assert!(fold(&[1.0, 2.0, 3.0]).kurtosis().is_nan());
        assert!(fold(&[1.0; 5]).skew().is_nan());
    }

    #[test]
    fn merged_moments_are_those_of_the_whole() {
        let values = [1.0, 2.0, 4.0, 8.0, -3.0, 0.5];
        let whole = fold(&values);
        for split in 1..values.len() {
            let mut merged = fold(&values[..split]);
            SKEW.merge(&mut merged, &fold(&values[split..]));
            for (found, expected) in [(merged.skew(), whole.skew()), (merged.kurtosis(), whole.kurtosis())] {
                assert!((found - expected).abs() < 1e-12, "{split}: {found} {expected}");
            }
        }
    }

    /// The record of the reference (aggregator sheet §21), without the field union.
    #[test]
    fn bytes_are_the_reference_array() {
        let mut out = Vec::new();
        SKEW.encode(&fold(&[1.0, 2.0]), &mut out).unwrap();
        let doubles = [2.0, 1.5, 0.5, 0.0, 0.125f64];
        let expected: Vec<u8> =
            [10].into_iter().chain(doubles.iter().flat_map(|value| value.to_le_bytes())).chain([0]).collect();
        assert_eq!(out, expected);
        assert_eq!(SKEW.decode(&mut out.as_slice()).unwrap(), fold(&[1.0, 2.0]));
    }
}
