//! The sketch itself: the pinned library inside the rules of the reference.

use super::coupon::{SEED, canonical_bits};
use super::{check_lg_k, corrupt, refresh};
use chronon_types::{Error, Result};
use datasketches::cpc as library;
use std::fmt;
use std::hash::{Hash, Hasher};

/// What the library's hasher writes for the seed; every serialized sketch of the reference carries it.
const SEED_HASH: [u8; 2] = [0xcc, 0x93];
const SERIAL_VERSION: u8 = 1;
const FAMILY: u8 = 16;
const HEADER: usize = 8;
/// Where images with history keep their two registers, after the header: how likely the next value is new, and the
/// estimate so far. The two counts before them differ in meaning but not in size.
const NEXT_IS_NEW: usize = 8;
const HISTORY: usize = 16;
const PREAMBLE_INTS_EMPTY: u8 = 2;
const FLAG_COMPRESSED: u8 = 2;
const FLAG_HIP: u8 = 4;
const FLAG_TABLE: u8 = 8;
const FLAG_WINDOW: u8 = 16;

/// A distinct-counting sketch that estimates and serializes as the reference's does.
///
/// A sketch that only ever saw updates estimates from their history (HIP). One that was merged, or copied the way the
/// reference copies, estimates from its coupons alone (ICON) for the rest of its life, also after more updates. Because
/// the reference's copy changes the estimate, there is no `Clone`: say [`Self::merged_copy`].
pub struct CpcSketch {
    sketch: library::CpcSketch,
    estimator: Estimator,
}

/// What the estimate rests on, as far as the library does not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Estimator {
    /// The history of the sketch, which now has this many coupons. The library keeps the number to itself.
    History { coupons: u32 },
    /// The coupons alone; the library has the merge flag.
    Merged,
    /// The coupons alone, of which there are none yet. The library forgets the merge flag of empty sketches.
    MergedWhileEmpty,
}

/// Bytes that reach the library's hasher as they are, without the length prefix of Rust's own `Hash`.
pub(super) struct Raw<'a>(pub(super) &'a [u8]);

impl Hash for Raw<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0);
    }
}

impl CpcSketch {
    /// An empty sketch of 2^`lg_k` rows.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn new(lg_k: u8) -> Result<Self> {
        check_lg_k(lg_k)?;
        let sketch = library::CpcSketch::with_seed(lg_k, SEED).map_err(|e| Error::internal(e.message()))?;
        Ok(Self { sketch, estimator: Estimator::History { coupons: 0 } })
    }

    /// The binary logarithm of the number of rows.
    pub fn lg_k(&self) -> u8 {
        self.sketch.lg_k()
    }

    /// Whether no value was counted.
    pub fn is_empty(&self) -> bool {
        self.sketch.is_empty()
    }

    /// Counts an integer.
    #[inline]
    pub fn update_long(&mut self, value: i64) {
        self.update(&value.to_le_bytes());
    }

    /// Counts a double; every NaN is one value, and so are both zeros.
    #[inline]
    pub fn update_double(&mut self, value: f64) {
        self.update(&canonical_bits(value).to_le_bytes());
    }

    /// Counts bytes, or a string's UTF-8 bytes. Empty values are not counted.
    #[inline]
    pub fn update_bytes(&mut self, value: &[u8]) {
        if !value.is_empty() {
            self.update(value);
        }
    }

    #[inline]
    fn update(&mut self, value: &[u8]) {
        match &mut self.estimator {
            Estimator::Merged => self.sketch.update(Raw(value)),
            Estimator::History { coupons } => {
                let before = self.sketch.estimate();
                self.sketch.update(Raw(value));
                // Each new coupon, and nothing else, raises this estimate.
                if self.sketch.estimate() != before {
                    *coupons = coupons.saturating_add(1);
                    if refresh::is_due(self.sketch.lg_k(), *coupons) {
                        self.refresh();
                    }
                }
            }
            Estimator::MergedWhileEmpty => {
                self.sketch.update(Raw(value));
                self.carry_merge_flag();
            }
        }
    }

    /// Replaces the library's fresh sum by the reference's, through the only door there is: the image.
    #[cold]
    fn refresh(&mut self) {
        let sum = refresh::fresh_sum(&self.sketch, SEED);
        let mut image = self.sketch.serialize();
        if let Some(register) = image.get_mut(HEADER + NEXT_IS_NEW..HEADER + HISTORY) {
            register.copy_from_slice(&sum.to_le_bytes());
        }
        if let Ok(sketch) = library::CpcSketch::deserialize_with_seed(&image, SEED) {
            self.sketch = sketch;
        }
    }

    /// Hands the merge flag to the library now that there is a coupon to hold it: its union sets the flag.
    #[cold]
    fn carry_merge_flag(&mut self) {
        if let Ok(merged) = unite(self.lg_k(), [&*self]) {
            *self = merged;
        }
    }

    /// The union of sketches, estimated by ICON. The result has 2^`lg_k` rows, or as many as the smallest non-empty
    /// source if that has fewer.
    ///
    /// # Errors
    /// `InvalidPlan` when `lg_k` is outside 4..=26.
    pub fn union<'a>(lg_k: u8, sources: impl IntoIterator<Item = &'a CpcSketch>) -> Result<Self> {
        check_lg_k(lg_k)?;
        unite(lg_k, sources)
    }

    /// Replaces this sketch by its union with `other`.
    ///
    /// # Errors
    /// `Internal` when the library refuses the union, which equal seeds rule out.
    pub fn merge(&mut self, other: &CpcSketch) -> Result<()> {
        *self = unite(self.lg_k(), [&*self, other])?;
        Ok(())
    }

    /// A copy as the reference makes it: the union of this sketch alone.
    ///
    /// # Errors
    /// `Internal` when the library refuses the union, which equal seeds rule out.
    pub fn merged_copy(&self) -> Result<Self> {
        unite(self.lg_k(), [self])
    }

    /// How many distinct values there were. The reference's output is this, cut toward zero.
    pub fn estimate(&self) -> f64 {
        self.sketch.estimate()
    }

    /// The compressed image, readable by every version of the reference's library.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.sketch.serialize();
        if self.estimator == Estimator::MergedWhileEmpty
            && let Some(flags) = bytes.get_mut(5)
        {
            *flags &= !FLAG_HIP;
        }
        bytes
    }

    /// Reads an image back.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let Some((header, body)) = bytes.split_at_checked(HEADER) else {
            return Err(corrupt(format!("{} bytes cannot hold the header of {HEADER}", bytes.len())));
        };
        let (lg_k, flags) = (header[3], header[5]);
        if header[1] != SERIAL_VERSION || header[2] != FAMILY || header[6..] != SEED_HASH {
            return Err(corrupt("the header is not that of a distinct-counting sketch with seed 9001"));
        }
        if flags & FLAG_COMPRESSED == 0 {
            return Err(corrupt("the image is not in the compressed form"));
        }
        check_lg_k(lg_k).map_err(|e| corrupt(e.message()))?;
        if flags & (FLAG_TABLE | FLAG_WINDOW) == 0 {
            // The library would read an empty image with broken HIP registers; an empty sketch is a new one.
            if header[0] != PREAMBLE_INTS_EMPTY {
                return Err(corrupt("an empty image has a preamble of 2"));
            }
            let new = Self::new(lg_k)?;
            let merged = flags & FLAG_HIP == 0;
            return Ok(if merged { Self { estimator: Estimator::MergedWhileEmpty, ..new } } else { new });
        }
        let estimator = check_body(lg_k, flags, body)?;
        let sketch =
            library::CpcSketch::deserialize_with_seed(bytes, SEED).map_err(|error| corrupt(error.message()))?;
        let sketch = Self { sketch, estimator };
        if flags & FLAG_WINDOW != 0 {
            sketch.check_coupon_count(body)?;
        }
        Ok(sketch)
    }

    /// Refuses an image whose window and table hold another number of coupons than it declares. The library trusts the
    /// declared number for a sketch with a window and would fail on it much later.
    fn check_coupon_count(&self, body: &[u8]) -> Result<()> {
        let counted = self.merged_copy()?.sketch.serialize();
        if counted.get(HEADER..HEADER + 4) == body.get(..4) {
            return Ok(());
        }
        Err(corrupt("the declared number of coupons is not the number held"))
    }
}

fn unite<'a>(lg_k: u8, sources: impl IntoIterator<Item = &'a CpcSketch>) -> Result<CpcSketch> {
    let refused = |error: datasketches::error::Error| Error::internal(error.message());
    let mut union = library::CpcUnion::with_seed(lg_k, SEED).map_err(refused)?;
    for source in sources {
        union.update(&source.sketch).map_err(refused)?;
    }
    let sketch = union.to_sketch();
    // The reference's empty union is merged; the library's is not.
    let estimator = if sketch.is_empty() { Estimator::MergedWhileEmpty } else { Estimator::Merged };
    Ok(CpcSketch { sketch, estimator })
}

/// Refuses bodies that the library would accept and fail on later, and tells what the estimate rests on.
///
/// No set of hashed values leaves more surprising coupons beside the window than twice the rows, nor moves the window
/// near the end of its rows; beyond either, the library runs out of its table's key space or of columns.
fn check_body(lg_k: u8, flags: u8, body: &[u8]) -> Result<Estimator> {
    let coupons = u32::from_le_bytes(field(body, 0)?);
    if coupons == 0 || refresh::window_offset(lg_k, coupons) > refresh::LAST_OFFSET {
        return Err(corrupt(format!("{coupons} coupons are not what an image with table or window holds")));
    }
    let both = FLAG_TABLE | FLAG_WINDOW;
    if flags & both == both && u32::from_le_bytes(field(body, 4)?) > 2 << lg_k {
        return Err(corrupt("the table holds more coupons than can fall outside the window"));
    }
    if flags & FLAG_HIP == 0 {
        return Ok(Estimator::Merged);
    }
    let registers = [f64::from_le_bytes(field(body, NEXT_IS_NEW)?), f64::from_le_bytes(field(body, HISTORY)?)];
    if registers.iter().all(|register| register.is_finite()) {
        Ok(Estimator::History { coupons })
    } else {
        Err(corrupt(format!("the registers {registers:?} are not numbers")))
    }
}

/// The `N` bytes at `at` of the part after the header.
fn field<const N: usize>(body: &[u8], at: usize) -> Result<[u8; N]> {
    body.get(at..at + N)
        .and_then(|found| found.try_into().ok())
        .ok_or_else(|| corrupt("the image ends inside its preamble"))
}

impl fmt::Debug for CpcSketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpcSketch").field("sketch", &self.sketch).field("estimator", &self.estimator).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpc::{IconEstimates, coupon_of_bytes, coupon_of_double, coupon_of_long};
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
                    let merged = sketch.merged_copy().unwrap().estimate();
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
        let mut copy = CpcSketch::new(8).unwrap().merged_copy().unwrap();
        assert_eq!(hex(&copy.to_bytes()), "020110080002cc93");
        copy = CpcSketch::from_bytes(&copy.to_bytes()).unwrap();
        copy.update_bytes(b"");
        copy.update_long(1);
        let flags = copy.to_bytes()[5];
        assert_eq!(flags & FLAG_HIP, 0);
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

    /// The bound of `check_body`, over sketches of many sizes and their whole growth.
    #[test]
    fn real_tables_stay_far_below_the_refused_size() {
        for seed in 0..300i64 {
            let mut sketch = CpcSketch::new(4).unwrap();
            for step in 0..400i64 {
                sketch.update_long((seed << 32) | (step * step * step));
                assert!(CpcSketch::from_bytes(&sketch.to_bytes()).is_ok(), "seed {seed}, step {step}");
            }
        }
    }
}
