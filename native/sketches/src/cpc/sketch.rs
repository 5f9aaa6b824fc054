//! The sketch: a set of coupons, and what its estimate rests on.

use super::coupon::{coupon_of_bytes, coupon_of_double, coupon_of_long};
use super::image::{self, History, Image};
use super::set::{CouponSet, before, window_offset};
use super::{MAX_LG_K, check_lg_k, corrupt, icon, many};
use chronon_types::Result;

/// A distinct-counting sketch that estimates and is stored as the reference's is.
///
/// A sketch that only ever saw updates estimates from their history (HIP). One that was merged, or copied the way the
/// reference copies, estimates from its coupons alone (ICON) for the rest of its life, also after more updates. A plain
/// `clone` is the same sketch again; the reference's copy is [`Self::merged_copy`].
///
/// ```
/// use chronon_sketches::cpc::CpcSketch;
/// let mut sketch = CpcSketch::new(8).unwrap();
/// ["a", "b", "c", "a", ""].iter().for_each(|value| sketch.update_bytes(value.as_bytes()));
/// assert_eq!(sketch.estimate(), 3.0058785157898775);
/// assert_eq!(sketch.merged_copy().estimate(), 3.003916756207745);
/// ```
#[derive(Debug, Clone)]
pub struct CpcSketch {
    coupons: CouponSet,
    /// `None` once merged.
    history: Option<History>,
    /// The first column that held a surprise when the window last moved. It is of no use here, but stands in images.
    /// `None` after a merge: then it is that of the coupons as they are.
    first_column: Option<u8>,
}

impl CpcSketch {
    /// An empty sketch of 2^`lg_k` rows.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn new(lg_k: u8) -> Result<Self> {
        check_lg_k(lg_k)?;
        let history = Some(History { kxp: (1u64 << lg_k) as f64, hip: 0.0 });
        Ok(Self { coupons: CouponSet::new(lg_k), history, first_column: Some(0) })
    }

    /// The binary logarithm of the number of rows.
    pub fn lg_k(&self) -> u8 {
        self.coupons.lg_k()
    }

    /// How many coupons the sketch holds. O(rows) right after a merge, else O(1).
    pub fn coupons(&self) -> u32 {
        self.coupons.len()
    }

    /// Whether no value was counted.
    pub fn is_empty(&self) -> bool {
        self.coupons.len() == 0
    }

    /// Counts an integer.
    #[inline]
    pub fn update_long(&mut self, value: i64) {
        self.update(coupon_of_long(self.lg_k(), value));
    }

    /// Counts a double; every NaN is one value, and so are both zeros.
    #[inline]
    pub fn update_double(&mut self, value: f64) {
        self.update(coupon_of_double(self.lg_k(), value));
    }

    /// Counts bytes, or a string's UTF-8 bytes. Empty values are not counted.
    #[inline]
    pub fn update_bytes(&mut self, value: &[u8]) {
        if let Some(coupon) = coupon_of_bytes(self.lg_k(), value) {
            self.update(coupon);
        }
    }

    /// Takes in the coupon of a value, made for this sketch's [`lg_k`](Self::lg_k).
    #[inline]
    pub fn update(&mut self, coupon: u32) {
        if self.first_column.is_none() {
            self.settle();
        }
        if self.coupons.insert(coupon) {
            self.learn(coupon & 63);
        }
    }

    /// Counts and looks at the coupons that merges brought.
    #[cold]
    fn settle(&mut self) {
        self.coupons.settle();
        self.first_column = Some(first_surprise(&self.coupons));
    }

    /// Follows the new coupon of a column.
    #[inline]
    fn learn(&mut self, column: u32) {
        let lg_k = self.lg_k();
        if let Some(history) = &mut self.history {
            history.hip += power(-i32::from(lg_k)) / history.kxp;
            history.kxp -= power(column as i32 + 1);
        }
        let coupons = self.coupons.len();
        // No window moves before the third coupon per row, and most sketches end before it.
        if coupons >> lg_k >= 3 {
            let offset = window_offset(lg_k, coupons);
            if offset != window_offset(lg_k, coupons - 1) {
                self.move_window(offset);
            }
        }
    }

    #[cold]
    fn move_window(&mut self, offset: u32) {
        self.first_column = Some(first_surprise(&self.coupons));
        if let Some(history) = &mut self.history
            && offset.is_multiple_of(8)
        {
            history.kxp = fresh_kxp(&self.coupons);
        }
    }

    /// The union of sketches, estimated by ICON. The result has 2^`lg_k` rows, or as many as the smallest non-empty
    /// source if that has fewer.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn union<'a>(lg_k: u8, sources: impl IntoIterator<Item = &'a CpcSketch>) -> Result<Self> {
        let mut union = Self::new(lg_k)?;
        union.mark_merged();
        sources.into_iter().for_each(|source| union.merge(source));
        Ok(union)
    }

    /// Replaces this sketch by its union with `other`, which leaves an empty one merged too.
    pub fn merge(&mut self, other: &CpcSketch) {
        self.mark_merged();
        self.coupons.merge(&other.coupons);
    }

    /// Replaces this sketch by its union with a stored one, without building that.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch. Some of its coupons may be in the union then.
    pub fn merge_image(&mut self, image: &[u8]) -> Result<()> {
        let image = Image::parse(image)?;
        self.mark_merged();
        image.fold_into(&mut self.coupons)
    }

    /// Replaces this sketch by its union with stored ones, without building those.
    ///
    /// # Errors
    /// As for [`Self::merge_image`].
    pub fn merge_images(&mut self, images: &[&[u8]]) -> Result<()> {
        self.mark_merged();
        many::fold(images, &mut self.coupons)
    }

    /// The union of stored sketches, estimated by ICON, with as many rows as the smallest that is not empty.
    ///
    /// # Errors
    /// As for [`Self::merge_image`].
    pub fn union_of_images(images: &[&[u8]]) -> Result<Self> {
        let mut union = Self::new(MAX_LG_K)?;
        union.merge_images(images)?;
        Ok(union)
    }

    /// Makes the estimate rest on the coupons alone, as the reference's merges and copies do.
    pub fn mark_merged(&mut self) {
        self.history = None;
        self.first_column = None;
    }

    /// A copy as the reference makes it: the union of this sketch alone.
    pub fn merged_copy(&self) -> Self {
        let mut copy = self.clone();
        copy.mark_merged();
        copy
    }

    /// How many distinct values there were. The reference's output is this, cut toward zero.
    pub fn estimate(&self) -> f64 {
        match self.history {
            Some(history) => history.hip,
            None => icon::estimate(self.lg_k(), self.coupons.len()),
        }
    }

    /// Appends the compressed image, readable by every version of the reference's library.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let first_column = self.first_column.unwrap_or_else(|| first_surprise(&self.coupons));
        image::write(&self.coupons, first_column, self.history, out);
    }

    /// The compressed image.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes);
        bytes
    }

    /// Reads an image back.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let image = Image::parse(bytes)?;
        let mut coupons = CouponSet::new(image.lg_k);
        image.fold_into(&mut coupons)?;
        coupons.settle();
        if coupons.len() != image.coupons {
            return Err(corrupt(format!("{} coupons are declared, {} held", image.coupons, coupons.len())));
        }
        Ok(Self { coupons, history: image.history, first_column: Some(image.first_column) })
    }

    /// Bytes of heap.
    pub fn heap_size(&self) -> usize {
        self.coupons.heap_size()
    }
}

/// The first column with a surprise: a coupon missing before the window or there behind it. At most the window's offset.
fn first_surprise(coupons: &CouponSet) -> u8 {
    let offset = window_offset(coupons.lg_k(), coupons.len());
    if offset == 0 {
        return 0;
    }
    let missing = coupons.to_rows().iter().fold(0, |missing, row| missing | (!row & before(offset)));
    missing.trailing_zeros().min(offset) as u8
}

/// The probability that the next value is new, times the rows, summed afresh. It is kept by subtraction, which loses
/// what stands below the last digit; the reference sums it at every eighth move of the window.
///
/// The reference leaves the last byte column out of the sum: one part in 2^48, yet stored bytes show it.
fn fresh_kxp(coupons: &CouponSet) -> f64 {
    const SUMMED: usize = 7;
    let mut sums = [0u64; SUMMED];
    for row in coupons.to_rows().iter() {
        for (sum, byte) in sums.iter_mut().zip(row.to_le_bytes()) {
            // Bit i of a byte weighs 2^-(i+1): reversed, what is missing is a number of 256ths.
            *sum += u64::from((!byte).reverse_bits());
        }
    }
    let parts = sums.iter().enumerate().rev().map(|(byte, sum)| *sum as f64 * power(8 * (byte as i32 + 1)));
    parts.fold(0.0, |sum, part| sum + part)
}

/// 2^-`exponent`, exact.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((1023 - exponent) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpc::IconEstimates;
    use chronon_types::ErrorCode;
    use std::collections::HashSet;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn coupons_and_estimates_agree_with_the_sketch() {
        for lg_k in [4, 8, 12] {
            let estimates = IconEstimates::new(lg_k).unwrap();
            let mut sketch = CpcSketch::new(lg_k).unwrap();
            let mut coupons = HashSet::new();
            for value in 0..3000i64 {
                let text = format!("v{}é", value % 700);
                sketch.update_long(value);
                sketch.update_double(value as f64 / 7.0);
                sketch.update_bytes(text.as_bytes());
                coupons.insert(coupon_of_long(lg_k, value));
                coupons.insert(coupon_of_double(lg_k, value as f64 / 7.0));
                coupons.extend(coupon_of_bytes(lg_k, text.as_bytes()));
                if value % 97 == 0 {
                    let merged = sketch.merged_copy().estimate();
                    let looked_up = estimates.estimate(coupons.len() as u32);
                    assert_eq!(looked_up.to_bits(), merged.to_bits(), "lg_k {lg_k} after {value}");
                }
            }
        }
    }

    #[test]
    fn a_union_takes_the_fewest_rows_of_its_non_empty_sources() {
        let mut small = CpcSketch::new(6).unwrap();
        let large = CpcSketch::new(10).unwrap();
        assert_eq!(CpcSketch::union(10, [&small, &large]).unwrap().lg_k(), 10, "empty sources do not count");
        small.update_long(1);
        assert_eq!(CpcSketch::union(10, [&large, &small]).unwrap().lg_k(), 6);
    }

    #[test]
    fn a_merged_empty_sketch_stays_merged() {
        let mut copy = CpcSketch::new(8).unwrap().merged_copy();
        assert_eq!(hex(&copy.to_bytes()), "020110080002cc93");
        copy = CpcSketch::from_bytes(&copy.to_bytes()).unwrap();
        copy.update_bytes(b"");
        copy.update_long(1);
        let flags = copy.to_bytes()[5];
        assert_eq!(flags & 4, 0);
    }

    #[test]
    fn damaged_images_are_refused() {
        let mut sketch = CpcSketch::new(8).unwrap();
        (0..5000).for_each(|v| sketch.update_long(v));
        let image = sketch.to_bytes();
        for length in 0..image.len() {
            let error = CpcSketch::from_bytes(&image[..length]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::CorruptData, "cut to {length}");
        }
        let mut miscounted = image.clone();
        miscounted[8] ^= 1;
        assert!(CpcSketch::from_bytes(&miscounted).is_err(), "one coupon more or less");
    }

    /// A table once left a coupon behind that lies outside of the rows, far from the first columns; the next use of the
    /// union panicked. The bytes were found by fuzzing.
    #[test]
    fn a_union_can_be_used_after_a_damaged_image() {
        let damaged = include_bytes!("../../../fuzz/corpus/cpc/outside_the_rows");
        for values in [0, 10, 100, 1000] {
            let mut union = CpcSketch::new(6).unwrap();
            (0..values).for_each(|value| union.update_long(value));
            assert_eq!(union.merge_image(damaged).unwrap_err().code(), ErrorCode::CorruptData, "{values}");
            let coupons = CpcSketch::from_bytes(&union.to_bytes()).unwrap().coupons();
            union.update_long(-1);
            assert!(union.coupons() >= coupons && union.coupons() <= 64 << 6, "{values}");
        }
    }

    /// Sixty bytes may say that they are a sketch of 2^26 rows; they must not get the memory of one.
    #[test]
    fn small_images_stay_small() {
        let mut sketch = CpcSketch::new(26).unwrap();
        (0..10).for_each(|value| sketch.update_long(value));
        let mut image = sketch.merged_copy().to_bytes();
        let read = CpcSketch::from_bytes(&image).unwrap();
        assert!(read.heap_size() <= 64, "{} bytes", read.heap_size());
        image[5] |= 16;
        image[0] = 6;
        image[8..12].copy_from_slice(&(1u32 << 27).to_le_bytes());
        assert!(CpcSketch::from_bytes(&image).is_err());
    }

    #[test]
    fn a_sketch_without_coupons_misses_everything() {
        // 16 rows, each missing all but the 2^-56 part of a whole.
        assert_eq!(fresh_kxp(&CouponSet::new(4)), 16.0 * (1.0 - power(56)));
    }

    #[test]
    fn folding_images_is_merging_sketches() {
        let of = |lg_k: u8, range: std::ops::Range<i64>| {
            let mut sketch = CpcSketch::new(lg_k).unwrap();
            range.for_each(|value| sketch.update_long(value));
            sketch
        };
        for (lg_k, image_k) in [(8, 8), (11, 11), (5, 11), (11, 5), (4, 4)] {
            for held in [0, 3, 40, 400, 4000] {
                for stored in [0, 1, 3, 40, 200, 400, 4000, 100_000] {
                    let other = of(image_k, 50..50 + stored);
                    let (mut merged, mut folded) = (of(lg_k, 0..held), of(lg_k, 0..held));
                    merged.merge(&other);
                    folded.merge_image(&other.to_bytes()).unwrap();
                    let name = format!("{stored} of {image_k} into {held} of {lg_k}");
                    assert_eq!(hex(&folded.to_bytes()), hex(&merged.to_bytes()), "{name}");
                    assert_eq!(folded.estimate().to_bits(), merged.estimate().to_bits(), "{name}");
                    folded.update_long(-1);
                    merged.update_long(-1);
                    assert_eq!(hex(&folded.to_bytes()), hex(&merged.to_bytes()), "{name}, and one more");
                }
            }
        }
    }

    /// Windows that moved as far, that moved otherwise and that did not, one after the other.
    #[test]
    fn folding_many_images_is_counting_all_values() {
        for lg_k in [5, 8, 11] {
            let new = || CpcSketch::new(lg_k).unwrap();
            let (mut folded, mut merged, mut whole) = (new(), new(), new());
            for (part, values_per_row) in [1, 20, 1, 40, 40, 40, 40, 20, 2, 1, 200, 200, 200, 1].into_iter().enumerate()
            {
                let (mut other, first) = (new(), part as i64 * 1_000_000);
                for value in first..first + (values_per_row << lg_k) {
                    other.update_long(value);
                    whole.update_long(value);
                }
                folded.merge_image(&other.to_bytes()).unwrap();
                merged.merge(&other);
                let expected = whole.merged_copy();
                for union in [&folded, &merged] {
                    assert_eq!(hex(&union.to_bytes()), hex(&expected.to_bytes()), "{lg_k}, part {part}");
                    assert_eq!(union.estimate().to_bits(), expected.estimate().to_bits(), "{lg_k}, part {part}");
                }
            }
            folded.update_long(-1);
            whole.update_long(-1);
            assert_eq!(hex(&folded.to_bytes()), hex(&whole.merged_copy().to_bytes()), "{lg_k}, and one more");
        }
    }
}
