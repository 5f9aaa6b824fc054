//! From a value to its coupon.

use crate::murmur::{hash_bytes, hash_word};

/// The hash seed of every sketch of the reference.
pub(super) const SEED: u64 = 9001;
/// The bits `Double.doubleToLongBits` gives every NaN.
const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

#[inline(always)]
fn coupon((row_hash, column_hash): (u64, u64), lg_k: u8) -> u32 {
    let row = (row_hash & ((1u64 << lg_k) - 1)) as u32;
    // The lowest bit, set, makes it 63 at most.
    let column = (column_hash | 1).leading_zeros();
    let coupon = row << 6 | column;
    // All ones marks a free slot in stored tables; only a sketch of 2^26 rows can meet it.
    if coupon == u32::MAX { coupon ^ 1 << 6 } else { coupon }
}

/// The coupon of an integer: `row << 6 | column` with `row` below 2^`lg_k`. `lg_k` is at most 26.
#[inline(always)]
pub fn coupon_of_long(lg_k: u8, value: i64) -> u32 {
    coupon(hash_word(value as u64, SEED), lg_k)
}

/// The coupon of a double. Every NaN gives one coupon, and so do both zeros.
///
/// ```
/// use chronon_sketches::cpc::coupon_of_double;
/// assert_eq!(coupon_of_double(8, -0.0), coupon_of_double(8, 0.0));
/// ```
#[inline(always)]
pub fn coupon_of_double(lg_k: u8, value: f64) -> u32 {
    coupon(hash_word(canonical_bits(value), SEED), lg_k)
}

/// The coupon of bytes, or of a string's UTF-8 bytes. `None` when empty: the reference does not count empty values.
#[inline]
pub fn coupon_of_bytes(lg_k: u8, value: &[u8]) -> Option<u32> {
    (!value.is_empty()).then(|| coupon(hash_bytes(value, SEED), lg_k))
}

/// The bits that are hashed for a double.
#[inline(always)]
pub(super) fn canonical_bits(value: f64) -> u64 {
    if value.is_nan() {
        CANONICAL_NAN
    } else {
        // Adding a positive zero turns -0.0 into 0.0 and changes nothing else.
        (value + 0.0).to_bits()
    }
}
