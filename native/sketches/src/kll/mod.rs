//! Quantiles of floats by KLL sketches.
//!
//! A sketch keeps about `k` values in levels, each standing for twice as many as one below: exact up to `k`
//! values, beyond that within a rank error of mostly 2.3 / `k`^0.97 (2 in 100 for 128), whatever the order and the merges.
//! NaN is ignored. Updating costs one push and, amortized, a sort and merge of few values; memory is at most some
//! 3 `k` floats, and 1,024 while stored sketches of few values are merged: up to so many, answers are exact.

mod image;
mod levels;
mod merge;
mod select;
mod view;

use chronon_types::{Error, Result};
use levels::{Levels, Slices, Workspace, kept, value};
use select::{Wanted, select};
use std::borrow::Cow;
use view::View;

pub use view::Ranks;

/// The smallest `k` a sketch may have.
pub const MIN_K: u16 = 8;

/// A quantile sketch over floats.
///
/// Up to `k` values its bytes are the reference's. Beyond that the reference tosses coins; this sketch draws them from
/// what it has seen, so that the same values in the same order give the same bytes. A copy is a plain clone.
///
/// ```
/// use chronon_sketches::kll::{KllSketch, Ranks};
/// let mut sketch = KllSketch::new(128).unwrap();
/// [1.0, 2.0, 3.0, 4.0].iter().for_each(|value| sketch.update(*value));
/// assert_eq!(sketch.quantiles(&[0.25, 0.5], Ranks::Exclusive).unwrap(), Some(vec![2.0, 3.0]));
/// assert_eq!(sketch.quantiles(&[0.25, 0.5], Ranks::Inclusive).unwrap(), Some(vec![1.0, 2.0]));
/// ```
#[derive(Debug, Clone)]
pub struct KllSketch {
    /// The smallest `k` of all sketches merged in that had halved a level.
    min_k: u16,
    seen: u64,
    min: f32,
    max: f32,
    /// Whether the newest level was sorted after the last update; images tell.
    newest_sorted: bool,
    levels: Levels,
}

/// What a sketch knows besides its levels.
#[derive(Debug, Clone, Copy)]
struct Summary {
    seen: u64,
    /// The smallest `k` of all sketches merged in that had halved a level.
    min_k: u16,
    extremes: (f32, f32),
}

impl KllSketch {
    /// An empty sketch that is exact up to `k` values.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is below 8.
    pub fn new(k: u16) -> Result<Self> {
        if k < MIN_K {
            return Err(Error::invalid_plan(format!(
                "APPROX_PERCENTILE cannot use k = {k}; use a value from {MIN_K} to {}",
                u16::MAX
            )));
        }
        let (min, max) = (f32::INFINITY, f32::NEG_INFINITY);
        Ok(Self { min_k: k, seen: 0, min, max, newest_sorted: false, levels: Levels::new(k) })
    }

    /// Whether no value was seen.
    pub fn is_empty(&self) -> bool {
        self.seen == 0
    }

    /// How many values were seen.
    pub fn count(&self) -> u64 {
        self.seen
    }

    /// How many of them the sketch still holds.
    pub fn retained(&self) -> usize {
        self.levels.kept().len()
    }

    /// The smallest value seen.
    pub fn min(&self) -> Option<f32> {
        (!self.is_empty()).then_some(self.min)
    }

    /// The largest value seen.
    pub fn max(&self) -> Option<f32> {
        (!self.is_empty()).then_some(self.max)
    }

    /// Takes in a value; NaN is ignored.
    #[inline]
    pub fn update(&mut self, value: f32) {
        if value.is_nan() {
            return;
        }
        if self.seen == 0 {
            self.first(value);
        }
        // Not `min` and `max`: the first of two zeros stays, as in the reference. Written in any case, as a branch is wrong
        // too often in sketches of few values.
        self.min = if value < self.min { value } else { self.min };
        self.max = if value > self.max { value } else { self.max };
        self.levels.push(kept(value), self.seen);
        self.seen = self.seen.saturating_add(1);
        self.newest_sorted = false;
    }

    /// The first value is both extremes. A call, so that the others need no more than an instruction for each.
    #[cold]
    #[inline(never)]
    fn first(&mut self, value: f32) {
        (self.min, self.max) = (value, value);
    }

    /// Takes in everything `other` has seen. Of different `k`, this sketch's stays, and the error is that of the smaller.
    pub fn merge(&mut self, other: &KllSketch) {
        let other = other.settled();
        if other.levels.count() == 1 {
            self.merge_exact((other.min, other.max), other.levels.kept().iter().rev().copied());
            return;
        }
        Workspace::with(|workspace| self.merge_halved(other.summary(), other.levels.slices(), &mut workspace.merging));
    }

    fn summary(&self) -> Summary {
        Summary { seen: self.seen, min_k: self.min_k, extremes: (self.min, self.max) }
    }

    /// Takes in the levels of a sketch that has halved some.
    fn merge_halved(&mut self, summary: Summary, levels: Slices<'_>, merging: &mut Vec<u32>) {
        self.merge_seen(summary.extremes, summary.seen);
        self.min_k = self.min_k.min(summary.min_k);
        self.levels.absorb(levels, self.seen, merging);
    }

    /// Takes in the values of a stored sketch that has halved no level, newest first, as [`Self::merge_exact`] does, but puts
    /// that off while there are few: answers are exact until then, and a request that asks once saves most of the work.
    fn merge_held(&mut self, extremes: (f32, f32), newest_first: impl ExactSizeIterator<Item = u32> + Clone) {
        if self.levels.hold(newest_first.clone()) {
            self.merge_seen(extremes, newest_first.len() as u64);
        } else {
            self.merge_exact(extremes, newest_first);
        }
    }

    /// Takes in the values of a sketch that has halved no level, newest first. The reference feeds them in that order, which
    /// shows in the bytes while everything is exact.
    fn merge_exact(&mut self, extremes: (f32, f32), newest_first: impl ExactSizeIterator<Item = u32>) {
        let count = newest_first.len() as u64;
        self.levels.push_all(newest_first, self.seen);
        self.merge_seen(extremes, count);
    }

    /// Notes what so many values more have between them.
    fn merge_seen(&mut self, (other_min, other_max): (f32, f32), count: u64) {
        if count == 0 {
            return;
        }
        let (min, max) = (self.min().unwrap_or(other_min), self.max().unwrap_or(other_max));
        self.min = if other_min < min { other_min } else { min };
        self.max = if other_max > max { other_max } else { max };
        self.seen = self.seen.saturating_add(count);
        self.newest_sorted = false;
    }

    /// Takes in everything a stored sketch has seen.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch; nothing is taken in then.
    pub fn merge_image(&mut self, image: &[u8]) -> Result<()> {
        image::merge(self, image)
    }

    /// The values at `fractions` of the sorted values, each within 0..=1. `None` while the sketch is empty.
    ///
    /// # Errors
    /// `InvalidPlan` when a fraction is outside 0..=1.
    pub fn quantiles(&self, fractions: &[f64], ranks: Ranks) -> Result<Option<Vec<f32>>> {
        if let Some(fraction) = fractions.iter().find(|fraction| !(0.0..=1.0).contains(*fraction)) {
            return Err(Error::invalid_plan(format!("{fraction} is not a percentile; use values from 0 to 1")));
        }
        if self.is_empty() {
            return Ok(None);
        }
        if self.levels.count() == 1 {
            return Ok(Some(self.exact_quantiles(fractions, ranks)));
        }
        let (view, extremes) = (self.view(ranks), (self.min, self.max));
        Ok(Some(fractions.iter().map(|fraction| view.quantile(*fraction, extremes, ranks)).collect()))
    }

    /// The values at `fractions` of all that were seen: none was given up.
    fn exact_quantiles(&self, fractions: &[f64], ranks: Ranks) -> Vec<f32> {
        let last = self.levels.kept().len() - 1;
        // Values are kept backwards.
        let place = |fraction: f64| last - last.min(view::place(fraction, self.seen, ranks) as usize);
        let mut wanted: Vec<Wanted> = fractions.iter().map(|f| Wanted { place: place(*f), value: 0 }).collect();
        wanted.sort_unstable_by_key(|wanted| wanted.place);
        Workspace::with(|Workspace { stored, .. }| {
            stored.clear();
            stored.extend_from_slice(self.levels.kept());
            select(stored, 0, &mut wanted);
        });
        let found = |fraction: &f64| {
            let at = wanted.partition_point(|wanted| wanted.place < place(*fraction));
            view::extreme(*fraction, (self.min, self.max), ranks).unwrap_or(value(wanted[at].value))
        };
        fractions.iter().map(found).collect()
    }

    /// Sorts the newest level, as the reference does when it is asked for quantiles; its later images show that.
    pub fn sort_newest(&mut self) {
        if !self.is_empty() {
            self.levels.sort_newest();
            self.newest_sorted = true;
        }
    }

    /// The share of the values seen that is smaller than `value`, or not larger. `None` while the sketch is empty.
    pub fn rank(&self, value: f32, ranks: Ranks) -> Option<f64> {
        (!self.is_empty()).then(|| self.view(ranks).rank(value, ranks))
    }

    /// The [ranks](Self::rank) of `splits`, and 1 at the end. `None` while the sketch is empty.
    pub fn cumulative_shares(&self, splits: &[f32], ranks: Ranks) -> Option<Vec<f64>> {
        (!self.is_empty()).then(|| self.view(ranks).cumulative(splits, ranks))
    }

    /// The shares of the values seen before the first of ascending `splits`, between each two and from the last on; a
    /// value equal to a split is behind it by exclusive ranks, before it by inclusive ones. `None` while the sketch is
    /// empty.
    ///
    /// # Errors
    /// `InvalidPlan` when the splits do not ascend.
    pub fn shares(&self, splits: &[f32], ranks: Ranks) -> Result<Option<Vec<f64>>> {
        if !splits.is_sorted_by(|a, b| a < b) {
            return Err(Error::invalid_plan(format!("{splits:?} do not ascend")));
        }
        Ok((!self.is_empty()).then(|| self.view(ranks).shares(splits, ranks)))
    }

    /// The values kept, ascending, each with the number of values it stands for.
    pub fn weights(&self) -> Vec<(f32, u64)> {
        self.view(Ranks::Exclusive).weights().collect()
    }

    fn view(&self, ranks: Ranks) -> View {
        View::new(&self.levels, self.seen, (self.min, self.max), ranks)
    }

    /// Appends the image, readable by every version of the reference's library.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        image::write(&self.settled(), out);
    }

    /// The sketch with all that it holds in levels, as images and other sketches have them.
    fn settled(&self) -> Cow<'_, Self> {
        let mut settled = Cow::Borrowed(self);
        if self.levels.is_crowded() {
            settled.to_mut().levels.settle();
        }
        settled
    }

    /// The image.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut image = Vec::new();
        self.write_to(&mut image);
        image
    }

    /// Reads an image back.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        image::read(bytes)
    }

    /// Bytes of heap.
    pub fn heap_size(&self) -> usize {
        self.levels.heap_size()
    }
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
    fn quantiles_are_read_and_images_sorted() {
        let mut sketch = of(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(
            sketch.quantiles(&[0.25, 0.5, 0.75, 1.0], Ranks::Exclusive).unwrap(),
            Some(vec![2.0, 3.0, 4.0, 4.0])
        );
        sketch.sort_newest();
        assert_eq!(
            hex(&sketch.to_bytes()),
            "05010f02800008000400000000000000800001007c0000000000803f000080400000803f000000400000404000008040"
        );
        let back = KllSketch::from_bytes(&sketch.to_bytes()).unwrap();
        assert_eq!(back.to_bytes(), sketch.to_bytes(), "the sorted state survives a round trip");
        sketch.update(0.5);
        let items = &sketch.to_bytes()[32..];
        let values: Vec<f32> = items.chunks_exact(4).map(|item| f32::from_le_bytes(item.try_into().unwrap())).collect();
        assert_eq!(values, [0.5, 1.0, 2.0, 3.0, 4.0], "newest first, then the sorted rest");
    }

    #[test]
    fn empty_sketches_and_impossible_ranks() {
        let empty = of(&[f32::NAN]);
        assert_eq!(empty.quantiles(&[0.5], Ranks::Exclusive).unwrap(), None);
        assert_eq!(empty.min(), None);
        for rank in [-0.1, 1.1, f64::NAN] {
            assert!(empty.quantiles(&[rank], Ranks::Inclusive).is_err(), "{rank}");
        }
        assert!(KllSketch::new(7).is_err());
    }

    #[test]
    fn merging_exact_sketches_takes_the_newest_values_first() {
        let mut left = of(&[1.0]);
        left.merge(&of(&[2.0, 3.0]));
        assert_eq!(left.to_bytes(), of(&[1.0, 3.0, 2.0]).to_bytes());
        left.merge(&of(&[]));
        left.merge(&of(&[9.0]));
        assert_eq!((left.count(), left.min(), left.max()), (4, Some(1.0), Some(9.0)));
    }

    /// How far the answers of a sketch are from the sorted values, at worst.
    fn rank_error(sketch: &KllSketch, mut values: Vec<f32>) -> f64 {
        values.sort_by(f32::total_cmp);
        let share = |place: usize| place as f64 / values.len() as f64;
        let fractions: Vec<f64> = (1..100).map(|percent| f64::from(percent) / 100.0).collect();
        let found = sketch.quantiles(&fractions, Ranks::Exclusive).unwrap().unwrap();
        let errors = fractions.iter().zip(found).map(|(fraction, value)| {
            let below = share(values.partition_point(|v| *v < value));
            let upto = share(values.partition_point(|v| *v <= value));
            (below - fraction).max(fraction - upto).max(0.0)
        });
        errors.fold(0.0, f64::max)
    }

    /// Values in ways that sketches meet them: ascending, descending, mixed up, few of them, skewed.
    fn streams(count: u32) -> Vec<(&'static str, Vec<f32>)> {
        let mixed = |at: u32| (at.wrapping_mul(0x9e37_79b9) >> 8) as f32;
        vec![
            ("ascending", (0..count).map(|at| at as f32).collect()),
            ("descending", (0..count).map(|at| -(at as f32)).collect()),
            ("mixed", (0..count).map(mixed).collect()),
            ("few", (0..count).map(|at| mixed(at) % 7.0).collect()),
            ("skewed", (0..count).map(|at| mixed(at).powi(-3)).collect()),
            ("sawtooth", (0..count).map(|at| (at % 128) as f32).collect()),
        ]
    }

    #[test]
    fn ranks_stay_within_the_error() {
        for (k, bound) in [(128, 0.03), (200, 0.02), (1000, 0.005)] {
            for count in [100, 1000, 30_000] {
                for (name, values) in streams(count) {
                    let mut sketch = KllSketch::new(k).unwrap();
                    values.iter().for_each(|value| sketch.update(*value));
                    assert_eq!((sketch.count(), sketch.min_k), (values.len() as u64, k), "{name}");
                    let error = rank_error(&sketch, values);
                    assert!(error < bound, "{name}, {count} values, k {k}: {error}");
                }
            }
        }
    }

    /// Ninety parts of the same size: their tosses must not agree, or their errors would add up.
    #[test]
    fn merging_keeps_the_error() {
        for size in [50, 1500] {
            for (name, values) in streams(90 * size) {
                let mut merged = of(&[]);
                values.chunks(size as usize).for_each(|part| merged.merge(&of(part)));
                assert_eq!(merged.count(), values.len() as u64, "{name}");
                let error = rank_error(&merged, values);
                assert!(error < 0.03, "{name}, parts of {size}: {error}");
            }
        }
    }

    /// Stored sketches of few values each: whatever is asked is exact as long as all are held, and within the error after
    /// they were stored, updated or merged.
    #[test]
    fn few_values_of_stored_sketches_are_held() {
        let streams = |parts: u32| streams(10 * parts).into_iter().map(move |(name, values)| (parts, name, values));
        for (parts, name, values) in [5, 90, 102, 103, 300].into_iter().flat_map(streams) {
            let mut merged = of(&[]);
            values.chunks(10).for_each(|part| merged.merge_image(&of(part).to_bytes()).unwrap());
            assert_eq!(merged.count(), u64::from(10 * parts), "{name}");
            let exact = parts <= 102;
            assert_eq!(merged.retained() == values.len(), exact, "{name}, {parts} parts");
            let mut sorted = values.clone();
            sorted.sort_by(f32::total_cmp);
            let parts_of_40 = (0..=40usize).rev();
            let fractions: Vec<f64> = parts_of_40.clone().map(|part| part as f64 / 40.0).collect();
            for ranks in [Ranks::Exclusive, Ranks::Inclusive] {
                let expected = parts_of_40.clone().map(|part| match ranks {
                    Ranks::Exclusive => sorted[(part * sorted.len() / 40).min(sorted.len() - 1)],
                    Ranks::Inclusive => sorted[(part * sorted.len()).div_ceil(40).saturating_sub(1)],
                });
                let found = merged.quantiles(&fractions, ranks).unwrap().unwrap();
                assert!(!exact || found.iter().copied().eq(expected), "{name}, {parts} parts, {ranks:?}");
            }
            let stored = KllSketch::from_bytes(&merged.to_bytes()).unwrap();
            assert_eq!(stored.count(), merged.count(), "{name}, {parts} parts");
            let mut updated = merged.clone();
            values.iter().for_each(|value| updated.update(*value));
            let (mut left, mut right) = (merged.clone(), of(&values));
            left.merge(&of(&values));
            right.merge(&merged);
            for (how, sketch) in [("stored", stored), ("updated", updated), ("left", left), ("right", right)] {
                let error = rank_error(&sketch, values.clone());
                assert!(error < 0.03, "{name}, {parts} parts, {how}: {error}");
            }
        }
    }

    #[test]
    fn the_smaller_k_is_remembered() {
        let values: Vec<f32> = (0..1000).map(|value| value as f32).collect();
        let mut small = KllSketch::new(20).unwrap();
        values.iter().for_each(|value| small.update(*value));
        let mut merged = of(&values);
        merged.merge(&small);
        assert_eq!((merged.min_k, merged.count()), (20, 2000));
        let mut exact = KllSketch::new(20).unwrap();
        exact.update(1.0);
        let mut merged = of(&values);
        merged.merge(&exact);
        assert_eq!(merged.min_k, 128, "an exact sketch has no error to remember");
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        for (name, values) in streams(50_000) {
            assert_eq!(of(&values).to_bytes(), of(&values).to_bytes(), "{name}");
        }
    }

    #[test]
    fn damaged_images_are_refused() {
        let image = of(&(0..1000).map(|v| v as f32).collect::<Vec<_>>()).to_bytes();
        for length in 0..image.len() {
            assert!(KllSketch::from_bytes(&image[..length]).is_err(), "cut to {length}");
        }
    }
}
