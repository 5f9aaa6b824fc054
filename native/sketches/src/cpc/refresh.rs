//! The one register in which the library and the reference part.
//!
//! A sketch estimated from its history keeps the probability that the next value is new. Every eighth time its window
//! moves, that register is summed afresh from the coupons, byte column by byte column. The reference leaves the last
//! byte column out of the sum; the library includes it. The difference is one part in 2^48, yet it shows in stored
//! bytes from then on, so the reference's sum is computed here.
//!
//! The library shows its coupons to nobody. It does show whether a value was new, by its estimate, and its hash can be
//! run backwards: so a copy of the sketch is asked for every coupon by a value made to have it. That is 64 questions
//! per row, at most seven times in the life of a sketch, each after more than a thousand values per row.

use super::sketch::Raw;
use crate::murmur::bytes_with_hash;
use datasketches::cpc::CpcSketch;

/// The columns of one byte of a row.
const BYTE: u32 = 8;
/// Byte columns in the reference's sum: all but the last.
const SUMMED_BYTES: u32 = 7;

/// No window moves past this column: that takes more values than there are hashes.
pub(super) const LAST_OFFSET: u64 = 48;

/// How far the window of a sketch of 2^`lg_k` rows with this many coupons has moved.
pub(super) fn window_offset(lg_k: u8, coupons: u32) -> u64 {
    (8 * u64::from(coupons)).saturating_sub(19 << lg_k) >> (lg_k + 3)
}

/// Whether the coupon that brought the number to `coupons` also brought a fresh sum.
pub(super) fn is_due(lg_k: u8, coupons: u32) -> bool {
    let offset = window_offset(lg_k, coupons);
    (8..=LAST_OFFSET).contains(&offset)
        && offset.is_multiple_of(8)
        && offset != window_offset(lg_k, coupons.saturating_sub(1))
}

/// The reference's sum: the probability that the next value is new, times the number of rows.
pub(super) fn fresh_sum(sketch: &CpcSketch, seed: u64) -> f64 {
    (0..SUMMED_BYTES)
        .rev()
        .map(|byte| scale(byte * BYTE) * byte_sum(sketch, seed, byte))
        .fold(0.0, |sum, part| sum + part)
}

/// What the coupons missing from one byte column weigh, exactly. A fresh copy for each keeps the copy's window near.
fn byte_sum(sketch: &CpcSketch, seed: u64, byte: u32) -> f64 {
    let mut copy = sketch.clone();
    let rows = 1u64 << sketch.lg_k();
    let mut sum = 0.0;
    for bit in 0..BYTE {
        let missing = (0..rows).filter(|row| {
            let before = copy.estimate();
            copy.update(Raw(&coupon_value(*row, byte * BYTE + bit, seed)));
            copy.estimate() != before
        });
        sum += missing.count() as f64 * scale(bit + 1);
    }
    sum
}

/// Bytes whose coupon has this row and column.
fn coupon_value(row: u64, column: u32, seed: u64) -> [u8; 16] {
    bytes_with_hash(row, 1 << (63 - column), seed)
}

/// 2^-`power`.
fn scale(power: u32) -> f64 {
    1.0 / (1u64 << power) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpc::coupon::{SEED, coupon_of_bytes};

    #[test]
    fn values_have_the_coupon_they_were_made_for() {
        for (row, column) in [(0, 0), (1, 63), (255, 7), (170, 40)] {
            let value = coupon_value(row, column, SEED);
            assert_eq!(coupon_of_bytes(8, &value), Some((row as u32) << 6 | column), "{row}, {column}");
        }
    }

    #[test]
    fn a_sketch_without_coupons_misses_everything() {
        let sketch = CpcSketch::with_seed(4, SEED).unwrap();
        // 16 rows, each missing all but the 2^-56 part of a whole.
        assert_eq!(fresh_sum(&sketch, SEED), 16.0 * (1.0 - scale(56)));
    }

    #[test]
    fn sums_are_due_when_the_window_reaches_a_multiple_of_eight() {
        let due: Vec<u32> = (1..256 * 30).filter(|coupons| is_due(8, *coupons)).collect();
        // C = (19/8 + offset) * K
        assert_eq!(due, [2656, 4704, 6752]);
    }
}
