//! Quantiles of floats by KLL sketches, in the reference's exclusive reading of a rank.

use chronon_types::{Error, Result};
use datasketches::common::SearchCriteria;
use datasketches::kll::{KllFloat, KllSketch as LibrarySketch};

/// The smallest `k` a sketch may have.
pub const MIN_K: u16 = 8;

const HEADER: usize = 8;
const FULL_HEADER: usize = 20;
const FLAG_LEVEL_ZERO_SORTED: u8 = 2;
const FLAG_SINGLE: u8 = 4;
/// Bytes of one float.
const ITEM: usize = 4;
/// More levels than any stream fills. The library panics when a sketch outgrows 61 levels; refusing images near that
/// keeps every later update away from it.
const MOST_LEVELS: u8 = 50;

/// A quantile sketch over floats.
///
/// Up to `k` values it is exact and its bytes are the reference's. Beyond that both compact at random, so neither
/// repeats even its own results; ranks stay within the sketch's error.
#[derive(Debug, Clone)]
pub struct KllSketch {
    sketch: LibrarySketch<KllFloat<f32>>,
    /// The reference sorts the newest level when it is asked for quantiles, and its later images show that. The
    /// library's queries leave it alone, so the state is kept here and written by [`Self::to_bytes`].
    queried: bool,
}

impl KllSketch {
    /// An empty sketch that keeps about `k` values.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is below 8.
    pub fn new(k: u16) -> Result<Self> {
        let sketch = LibrarySketch::new(k).map_err(|_| {
            Error::invalid_plan(format!(
                "APPROX_PERCENTILE cannot use k = {k}; use a value from {MIN_K} to {}",
                u16::MAX
            ))
        })?;
        Ok(Self { sketch, queried: false })
    }

    /// Whether no value was seen.
    pub fn is_empty(&self) -> bool {
        self.sketch.is_empty()
    }

    /// How many values were seen.
    pub fn count(&self) -> u64 {
        self.sketch.n()
    }

    /// How many of them the sketch still holds.
    pub fn retained(&self) -> usize {
        self.sketch.num_retained()
    }

    /// The smallest value seen.
    pub fn min(&self) -> Option<f32> {
        self.sketch.min_item().map(|item| item.into_inner())
    }

    /// The largest value seen.
    pub fn max(&self) -> Option<f32> {
        self.sketch.max_item().map(|item| item.into_inner())
    }

    /// Takes in a value; NaN is ignored.
    pub fn update(&mut self, value: f32) {
        if let Ok(item) = KllFloat::<f32>::new(value) {
            self.lay_out_query();
            self.sketch.update(item);
        }
    }

    /// Takes in everything `other` has seen.
    ///
    /// # Errors
    /// `InvalidArgument` when the number of values overflows.
    pub fn merge(&mut self, other: &KllSketch) -> Result<()> {
        self.lay_out_query();
        if other.sketch.is_estimation_mode() {
            return self.sketch.merge(&other.sketch).map_err(|e| Error::invalid_argument(e.message()));
        }
        // The reference feeds the newest level newest first, which shows in the bytes while everything is exact.
        let image = other.to_bytes();
        let items = image.get(Self::first_item(&image, 1)..).unwrap_or_default();
        items.chunks_exact(ITEM).for_each(|item| self.update(float(item)));
        Ok(())
    }

    /// The values at `ranks`, each within 0..=1: the smallest value at 0, the largest at 1, else the value at position
    /// floor(rank · count) of the sorted values. `None` while the sketch is empty.
    ///
    /// # Errors
    /// `InvalidPlan` when a rank is outside 0..=1.
    pub fn quantiles(&mut self, ranks: &[f64]) -> Result<Option<Vec<f32>>> {
        if let Some(rank) = ranks.iter().find(|rank| !(0.0..=1.0).contains(*rank)) {
            return Err(Error::invalid_plan(format!("{rank} is not a percentile; use values from 0 to 1")));
        }
        let found =
            self.sketch.quantiles(ranks, SearchCriteria::Exclusive).map_err(|e| Error::internal(e.message()))?;
        self.queried |= found.is_some();
        Ok(found.map(|items| items.into_iter().map(KllFloat::into_inner).collect()))
    }

    /// The share of the values seen that is smaller than `value`. `None` while the sketch is empty.
    pub fn rank(&self, value: f32) -> Option<f64> {
        let item = KllFloat::<f32>::new(value).ok()?;
        self.sketch.rank(&item, SearchCriteria::Exclusive)
    }

    /// The image, readable by every version of the reference's library.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut image = self.sketch.serialize();
        if self.queried {
            Self::sort_newest_level(&mut image);
            if let Some(flags) = image.get_mut(3) {
                *flags |= FLAG_LEVEL_ZERO_SORTED;
            }
        }
        image
    }

    /// Reads an image back.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let corrupt = |message: &str| Error::corrupt_data(format!("quantile sketch: {message}"));
        if bytes.len() >= FULL_HEADER && bytes[18] > MOST_LEVELS {
            return Err(corrupt("the image has more levels than any stream fills"));
        }
        let mut image = bytes.to_vec();
        let queried = image.get(3).is_some_and(|flags| flags & FLAG_LEVEL_ZERO_SORTED != 0);
        let sketch = LibrarySketch::deserialize(&image).map_err(|error| corrupt(error.message()))?;
        if !queried {
            return Ok(Self { sketch, queried });
        }
        // Held as unsorted, so that a value arriving later goes in front as it does in the reference.
        image[3] &= !FLAG_LEVEL_ZERO_SORTED;
        let sketch = LibrarySketch::deserialize(&image).map_err(|error| corrupt(error.message()))?;
        Ok(Self { sketch, queried })
    }

    /// Sorts the newest level for good, before something is put in front of it.
    fn lay_out_query(&mut self) {
        if !std::mem::take(&mut self.queried) {
            return;
        }
        let mut image = self.sketch.serialize();
        Self::sort_newest_level(&mut image);
        if let Ok(sketch) = LibrarySketch::deserialize(&image) {
            self.sketch = sketch;
        }
    }

    /// Where the retained values of an image start.
    fn first_item(image: &[u8], levels: usize) -> usize {
        match image.get(3) {
            Some(flags) if flags & FLAG_SINGLE != 0 => HEADER,
            _ => FULL_HEADER + levels * ITEM + 2 * ITEM,
        }
    }

    /// Sorts level 0 inside an image written by the library.
    fn sort_newest_level(image: &mut [u8]) {
        let (Some(&levels), Some(next), Some(first)) = (image.get(18), image.get(24..28), image.get(20..24)) else {
            return; // empty or a single value
        };
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let start = Self::first_item(image, usize::from(levels));
        // The end of the last level is not stored: with one level, every value is in it.
        let end = if levels > 1 { start + (number(next) - number(first)) * ITEM } else { image.len() };
        let Some(level) = image.get_mut(start..end) else { return };
        let mut values: Vec<f32> = level.chunks_exact(ITEM).map(float).collect();
        values.sort_by(f32::total_cmp);
        for (slot, value) in level.chunks_exact_mut(ITEM).zip(values) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
    }
}

/// The float in four little-endian bytes.
fn float(bytes: &[u8]) -> f32 {
    bytes.try_into().map_or(f32::NAN, f32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f32]) -> KllSketch {
        let mut sketch = KllSketch::new(128).unwrap();
        values.iter().for_each(|value| sketch.update(*value));
        sketch
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Known answers of the reference's library.
    #[test]
    fn images_are_those_of_the_reference() {
        for (values, image) in [
            (&[1.0][..], "02020f04800008000000803f"),
            (
                &[1.0, 2.0, 3.0, 4.0],
                "05010f00800008000400000000000000800001007c0000000000803f000080400000804000004040000000400000803f",
            ),
            (&[f32::NAN], "02010f0180000800"),
        ] {
            assert_eq!(hex(&of(values).to_bytes()), image, "{values:?}");
        }
    }

    #[test]
    fn quantiles_are_exclusive_and_sort_the_image() {
        let mut sketch = of(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(sketch.quantiles(&[0.25, 0.5, 0.75, 1.0]).unwrap(), Some(vec![2.0, 3.0, 4.0, 4.0]));
        assert_eq!(
            hex(&sketch.to_bytes()),
            "05010f02800008000400000000000000800001007c0000000000803f000080400000803f000000400000404000008040"
        );
        let back = KllSketch::from_bytes(&sketch.to_bytes()).unwrap();
        assert_eq!(back.to_bytes(), sketch.to_bytes(), "the sorted state survives a round trip");
        sketch.update(0.5);
        let items = &sketch.to_bytes()[32..];
        let values: Vec<f32> = items.chunks_exact(ITEM).map(float).collect();
        assert_eq!(values, [0.5, 1.0, 2.0, 3.0, 4.0], "newest first, then the sorted rest");
    }

    #[test]
    fn empty_sketches_and_impossible_ranks() {
        let mut empty = of(&[f32::NAN]);
        assert_eq!(empty.quantiles(&[0.5]).unwrap(), None);
        assert_eq!(empty.min(), None);
        for rank in [-0.1, 1.1, f64::NAN] {
            assert!(empty.quantiles(&[rank]).is_err(), "{rank}");
        }
        assert!(KllSketch::new(7).is_err());
    }

    #[test]
    fn merging_exact_sketches_takes_the_newest_values_first() {
        let mut left = of(&[1.0]);
        left.merge(&of(&[2.0, 3.0])).unwrap();
        assert_eq!(left.to_bytes(), of(&[1.0, 3.0, 2.0]).to_bytes());
        left.merge(&of(&[])).unwrap();
        left.merge(&of(&[9.0])).unwrap();
        assert_eq!((left.count(), left.min(), left.max()), (4, Some(1.0), Some(9.0)));
    }

    #[test]
    fn merging_large_sketches_keeps_ranks() {
        let mut merged = of(&[]);
        for part in 0..10 {
            let values: Vec<f32> = (0..5000).map(|v| (v * 10 + part) as f32).collect();
            merged.merge(&of(&values)).unwrap();
        }
        assert_eq!(merged.count(), 50_000);
        let median = merged.quantiles(&[0.5]).unwrap().unwrap()[0];
        assert!((median - 25_000.0).abs() < 2_500.0, "{median}");
    }

    #[test]
    fn damaged_images_are_refused() {
        let image = of(&(0..1000).map(|v| v as f32).collect::<Vec<_>>()).to_bytes();
        for length in 0..image.len() {
            assert!(KllSketch::from_bytes(&image[..length]).is_err(), "cut to {length}");
        }
    }
}
