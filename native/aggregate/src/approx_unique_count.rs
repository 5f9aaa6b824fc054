//! APPROX_UNIQUE_COUNT: the estimated number of distinct values, by a CPC sketch of 2^`k` rows.
//!
//! All numbers but `Byte`, strings and binaries. Every value gives a coupon; the estimate of a merged sketch depends
//! on the number of distinct coupons alone, so the IR is the set of them and results are independent of order and
//! merges. (The reference's unmerged sketches, which it never uses for windows, estimate from their history.) Empty
//! strings and binaries give no coupon but make the result 0 where it would be null. The estimate is cut toward zero.

use crate::operation::Operation;
use crate::physical::{Bytes, Doubles, Longs, Physical};
use crate::sink::LongSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_sketches::cpc::{IconEstimates, coupon_of_bytes, coupon_of_double, coupon_of_long};
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use hashbrown::HashSet;
use std::sync::Arc;

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
    lg_k: u8,
    estimates: Arc<IconEstimates>,
    width: std::marker::PhantomData<P>,
}

impl<P> ApproxUniqueCount<P> {
    /// The operation with sketches of 2^`lg_k` rows.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn new(lg_k: u8) -> Result<Self> {
        let estimates = Arc::new(IconEstimates::new(lg_k)?);
        Ok(Self { lg_k, estimates, width: std::marker::PhantomData })
    }

    /// The result for a number of distinct coupons.
    #[inline]
    pub fn estimate(&self, coupons: usize) -> i64 {
        self.estimates.estimate(coupons as u32) as i64
    }

    /// The binary logarithm of the number of rows.
    pub fn lg_k(&self) -> u8 {
        self.lg_k
    }
}

impl<P: Couponed> Operation for ApproxUniqueCount<P> {
    type Input = P;
    type Ir = HashSet<u32>;
    type Sink = LongSink;

    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> HashSet<u32> {
        let mut ir = HashSet::new();
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut HashSet<u32>, value: P::Ref<'_>, _ts: Millis) {
        ir.extend(P::coupon(self.lg_k, value));
    }
    fn merge(&self, ir: &mut HashSet<u32>, later: &HashSet<u32>) {
        ir.extend(later);
    }
    fn sink(&self) -> LongSink {
        LongSink::new(ArrowType::Int64)
    }
    fn finalize(&self, ir: &HashSet<u32>, sink: &mut LongSink) {
        sink.push(self.estimate(ir.len()));
    }
    fn encode(&self, _ir: &HashSet<u32>, _out: &mut Vec<u8>) -> Result<()> {
        Err(Error::unsupported("stored sketches of APPROX_UNIQUE_COUNT are not built"))
    }
    fn decode(&self, _bytes: &mut &[u8]) -> Result<HashSet<u32>> {
        Err(Error::unsupported("stored sketches of APPROX_UNIQUE_COUNT are not built"))
    }
    fn heap_size(&self, ir: &HashSet<u32>) -> usize {
        ir.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_those_of_merged_sketches() {
        let operation = ApproxUniqueCount::<Longs>::new(8).unwrap();
        let mut ir = operation.prepare(0, 0);
        (1..1000).for_each(|value| operation.update(&mut ir, value, 0));
        assert_eq!(operation.estimate(ir.len()), 1017);
    }

    #[test]
    fn only_empty_strings_make_zero() {
        let operation = ApproxUniqueCount::<Bytes>::new(8).unwrap();
        assert_eq!(operation.estimate(operation.prepare(b"", 0).len()), 0);
    }
}
