//! APPROX_UNIQUE_COUNT: the estimated number of distinct values, by a CPC sketch of 2^`k` rows.
//!
//! All numbers but `Byte`, strings and binaries. The IR is the sketch. One that only saw updates estimates from their
//! history, which depends on their order; one that was merged, or copied as the reference copies, from its number of
//! coupons alone, for good. Windows always merge. Empty strings and binaries give no coupon but make the result 0 where
//! it would be null. The estimate is cut toward zero. Stored form: the sketch's image as Avro `bytes`.

use crate::avro;
use crate::operation::Operation;
use crate::physical::{Bytes, Doubles, Longs, Physical};
use crate::shape::add;
use crate::sink::LongSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_sketches::cpc::{CpcSketch, IconEstimates, MAX_LG_K, coupon_of_bytes, coupon_of_double, coupon_of_long};
use chronon_types::Result;
use chronon_types::time::Millis;
use std::sync::OnceLock;

/// Widths whose values give coupons.
pub trait Couponed: Physical {
    /// The coupon of `value`, or `None` when the sketch ignores it.
    fn coupon(lg_k: u8, value: Self::Ref<'_>) -> Option<u32>;
}

impl Couponed for Longs {
    #[inline]
    fn coupon(lg_k: u8, value: i64) -> Option<u32> {
        Some(coupon_of_long(lg_k, value))
    }
}

impl Couponed for Doubles {
    #[inline]
    fn coupon(lg_k: u8, value: f64) -> Option<u32> {
        Some(coupon_of_double(lg_k, value))
    }
}

impl Couponed for Bytes {
    #[inline]
    fn coupon(lg_k: u8, value: &[u8]) -> Option<u32> {
        coupon_of_bytes(lg_k, value)
    }
}

/// The operation APPROX_UNIQUE_COUNT.
#[derive(Debug, Clone)]
pub struct ApproxUniqueCount<P> {
    empty: CpcSketch,
    estimates: &'static IconEstimates,
    width: std::marker::PhantomData<P>,
}

impl<P> ApproxUniqueCount<P> {
    /// The operation with sketches of 2^`lg_k` rows.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn new(lg_k: u8) -> Result<Self> {
        // Made once for all: a table is larger than the accumulators of many groups.
        static ESTIMATES: [OnceLock<IconEstimates>; MAX_LG_K as usize + 1] =
            [const { OnceLock::new() }; MAX_LG_K as usize + 1];
        let empty = CpcSketch::new(lg_k)?;
        let made = || IconEstimates::new(lg_k).expect("a sketch of this size was made");
        let estimates = ESTIMATES[usize::from(lg_k)].get_or_init(made);
        Ok(Self { empty, estimates, width: std::marker::PhantomData })
    }

    /// The result of a merged sketch for a number of distinct coupons.
    #[inline]
    pub fn estimate(&self, coupons: usize) -> i64 {
        self.estimates.estimate(coupons as u32) as i64
    }

    /// The binary logarithm of the number of rows.
    pub fn lg_k(&self) -> u8 {
        self.empty.lg_k()
    }
}

impl<P: Couponed> Operation for ApproxUniqueCount<P> {
    type Input = P;
    type Ir = CpcSketch;
    type Sink = LongSink;

    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> CpcSketch {
        let mut ir = self.empty.clone();
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut CpcSketch, value: P::Ref<'_>, _ts: Millis) {
        // A sketch may have been merged with a smaller one.
        if let Some(coupon) = P::coupon(ir.lg_k(), value) {
            ir.update(coupon);
        }
    }
    #[inline]
    fn update_all(&self, irs: &mut [Option<CpcSketch>], value: P::Ref<'_>, ts: Millis) {
        // The hash is most of the work, and nearly always the same for all.
        let lg_k = self.empty.lg_k();
        let coupon = P::coupon(lg_k, value);
        for ir in irs {
            match ir {
                Some(ir) if ir.lg_k() == lg_k => coupon.into_iter().for_each(|coupon| ir.update(coupon)),
                ir => add(self, ir, value, ts),
            }
        }
    }
    fn merge(&self, ir: &mut CpcSketch, later: &CpcSketch) {
        ir.merge(later);
    }
    const COPIES_DIFFER: bool = true;
    #[inline]
    fn mark_copied(&self, ir: &mut CpcSketch) {
        ir.mark_merged();
    }
    #[inline]
    fn mark_bulk_merged(&self, ir: &mut CpcSketch) {
        ir.mark_merged();
    }
    fn sink(&self) -> LongSink {
        LongSink::new(ArrowType::Int64)
    }
    fn finalize(&self, ir: &CpcSketch, sink: &mut LongSink) {
        sink.push(ir.estimate() as i64);
    }
    fn encode(&self, ir: &CpcSketch, out: &mut Vec<u8>) -> Result<()> {
        avro::put_bytes(out, &ir.to_bytes());
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<CpcSketch> {
        CpcSketch::from_bytes(avro::get_bytes(bytes)?)
    }
    fn merge_encoded(&self, ir: &mut CpcSketch, bytes: &mut &[u8]) -> Result<()> {
        ir.merge_image(avro::get_bytes(bytes)?)
    }
    const UNITES: bool = true;
    fn decode_union(&self, stored: &[&[u8]]) -> Result<CpcSketch> {
        let images: Vec<&[u8]> =
            stored.iter().map(|stored| avro::get_bytes(&mut { *stored })).collect::<Result<_>>()?;
        CpcSketch::union_of_images(&images)
    }
    fn heap_size(&self, ir: &CpcSketch) -> usize {
        ir.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Sink;

    /// Distinct longs 0..1000 in 2^8 rows: estimates of the reference's library, from history and merged.
    #[test]
    fn estimates_follow_the_history_until_merged() {
        let operation = ApproxUniqueCount::<Longs>::new(8).unwrap();
        let mut ir = operation.prepare(0, 0);
        (1..1000).for_each(|value| operation.update(&mut ir, value, 0));
        let result = |ir: &CpcSketch| {
            let mut sink = operation.sink();
            operation.finalize(ir, &mut sink);
            format!("{:?}", crate::Value::read(&sink.finish().unwrap(), 0).unwrap())
        };
        assert_eq!(result(&ir), "Long(1030)");
        let mut bytes = Vec::new();
        operation.encode(&ir, &mut bytes).unwrap();
        assert_eq!(result(&operation.decode(&mut bytes.as_slice()).unwrap()), "Long(1030)");
        let mut copy = ir.clone();
        operation.mark_copied(&mut copy);
        assert_eq!((result(&ir), result(&copy)), ("Long(1030)".into(), "Long(1017)".into()));
        assert_eq!(operation.estimate(ir.coupons() as usize), 1017);
        operation.merge(&mut ir, &operation.prepare(5, 0));
        assert_eq!(result(&ir), "Long(1017)");
    }

    #[test]
    fn only_empty_strings_make_zero() {
        let operation = ApproxUniqueCount::<Bytes>::new(8).unwrap();
        assert_eq!(operation.prepare(b"", 0).estimate(), 0.0);
    }
}
