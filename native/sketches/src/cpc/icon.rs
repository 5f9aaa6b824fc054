//! The estimate of a merged sketch, from its number of coupons.

use super::check_lg_k;
use chronon_types::{Error, Result};
use datasketches::cpc::CpcWrapper;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts above this are computed at each call; a table for every count of a large sketch would not pay.
const MOST_REMEMBERED: u64 = 1 << 14;

/// The merged (ICON) estimate of every number of coupons, for one `lg_k`.
///
/// Each estimate is computed once, when first asked for; threads may share the value freely.
///
/// ```
/// use chronon_sketches::cpc::IconEstimates;
/// let estimates = IconEstimates::new(8).unwrap();
/// assert_eq!(estimates.estimate(3), 3.003916756207745);
/// ```
#[derive(Debug)]
pub struct IconEstimates {
    lg_k: u8,
    /// Bits of the estimate by number of coupons. Zero means not computed: no count above zero is estimated as 0.0.
    remembered: Box<[AtomicU64]>,
}

impl IconEstimates {
    /// Estimates for sketches of 2^`lg_k` rows.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn new(lg_k: u8) -> Result<Self> {
        check_lg_k(lg_k)?;
        // The table never needs more than the cells of the matrix.
        let counts = MOST_REMEMBERED.min(64 << lg_k) + 1;
        let estimates = Self { lg_k, remembered: (0..counts).map(|_| AtomicU64::new(0)).collect() };
        if estimates.compute(2).is_none() {
            return Err(Error::internal("the sketch library no longer reads the header of a merged sketch"));
        }
        Ok(estimates)
    }

    /// The `lg_k` the estimates are for.
    pub fn lg_k(&self) -> u8 {
        self.lg_k
    }

    /// The estimate of a merged sketch that holds `coupons` coupons; 0.0 for none.
    #[inline]
    pub fn estimate(&self, coupons: u32) -> f64 {
        if coupons == 0 {
            return 0.0;
        }
        match self.remembered.get(coupons as usize) {
            Some(slot) => {
                let bits = slot.load(Ordering::Relaxed);
                if bits != 0 { f64::from_bits(bits) } else { self.remember(coupons, slot) }
            }
            None => self.compute(coupons).unwrap_or(f64::NAN),
        }
    }

    /// Two threads may both compute a slot; they store the same bits.
    #[cold]
    fn remember(&self, coupons: u32, slot: &AtomicU64) -> f64 {
        let estimate = self.compute(coupons).unwrap_or(f64::NAN);
        slot.store(estimate.to_bits(), Ordering::Relaxed);
        estimate
    }

    /// Asks the sketch library. It keeps the estimator private, but its reader of serialized sketches estimates from
    /// the header alone, so a header without a body (a merged sketch of so many coupons) is enough. `None` never
    /// happens for a checked `lg_k`: [`Self::new`] tries it.
    fn compute(&self, coupons: u32) -> Option<f64> {
        const PREAMBLE_INTS: u8 = 4;
        const SERIAL_VERSION: u8 = 1;
        const FAMILY: u8 = 16;
        const COMPRESSED_WITH_TABLE: u8 = 2 | 8;
        let [a, b, c, d] = coupons.to_le_bytes();
        let head = [PREAMBLE_INTS, SERIAL_VERSION, FAMILY, self.lg_k, 0, COMPRESSED_WITH_TABLE, 0xcc, 0x93];
        let tail = [a, b, c, d, 0, 0, 0, 0];
        CpcWrapper::new(&[head, tail].concat()).ok().map(|header| header.estimate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpc::{coupon_of_bytes, coupon_of_long};
    use std::collections::HashSet;

    /// Merged estimates of 0..n, lg_k 8, from the reference's library.
    #[test]
    fn estimates_have_the_bits_of_the_reference() {
        let estimates = IconEstimates::new(8).unwrap();
        for (n, expected) in [
            (10, 10.059060734902102),
            (24, 24.366082233866305),
            (100, 102.39749046210787),
            (1000, 1017.8710219531447),
            (10000, 10418.586309535673),
        ] {
            let coupons: HashSet<u32> = (0..n).map(|v| coupon_of_long(8, v)).collect();
            let estimate = estimates.estimate(coupons.len() as u32);
            assert_eq!(estimate.to_bits(), f64::to_bits(expected), "{n}: {estimate} for {expected}");
        }
        let letters: HashSet<u32> =
            ["", "a", "b", "c"].iter().filter_map(|s| coupon_of_bytes(8, s.as_bytes())).collect();
        assert_eq!(estimates.estimate(letters.len() as u32), 3.003916756207745);
    }

    #[test]
    fn estimates_never_fall() {
        for lg_k in [4, 8, 13, 14, 20] {
            let estimates = IconEstimates::new(lg_k).unwrap();
            let counts = (0..40_000).take_while(|c| *c <= 64 << lg_k);
            let values: Vec<f64> = counts.map(|c| estimates.estimate(c)).collect();
            assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "lg_k {lg_k}");
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for lg_k in [0, 3, 27, 255] {
            assert!(IconEstimates::new(lg_k).is_err(), "{lg_k}");
        }
    }
}
