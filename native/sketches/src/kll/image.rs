//! Stored sketches: the reference's compact image, read and written.
//!
//! ```text
//!   preamble in words, version, family, flags, k (2 bytes), m = 8, 0     the whole header of no value, or of one
//!   number of values (8), smallest k merged in (2), levels (1), 0
//!   where each level starts (4 each), smallest value, largest value
//!   the kept values, level 0 first and newest first in it, all others ascending
//! ```
//!
//! Levels start at positions of an array with the whole room; what is kept stands at its end.

use super::levels::{Levels, Slices, Workspace, kept, room, value};
use super::{KllSketch, MIN_K, Summary};
use chronon_types::{Error, Result};

const FAMILY: u8 = 15;
/// The smallest share of a level, a constant of the format.
const M: u8 = 8;
const FLAG_EMPTY: u8 = 1;
const FLAG_NEWEST_SORTED: u8 = 2;
const FLAG_SINGLE: u8 = 4;
const WORDS_SHORT: u8 = 2;
const WORDS_FULL: u8 = 5;
/// Bytes of one float.
const ITEM: usize = 4;
/// More levels than any stream fills.
const MOST_LEVELS: usize = 60;
/// More values than any stream has.
const MOST_SEEN: u64 = 1 << 56;

/// An image that is not a sketch.
fn corrupt(message: impl std::fmt::Display) -> Error {
    Error::corrupt_data(format!("quantile sketch: {message}"))
}

/// Appends the image of a sketch.
pub(super) fn write(sketch: &KllSketch, out: &mut Vec<u8>) {
    let levels = &sketch.levels;
    let kind = match sketch.seen {
        0 => FLAG_EMPTY,
        1 => FLAG_SINGLE,
        _ => 0,
    };
    let (words, version) =
        if kind == 0 { (WORDS_FULL, 1) } else { (WORDS_SHORT, if kind == FLAG_SINGLE { 2 } else { 1 }) };
    let sorted = if sketch.newest_sorted { FLAG_NEWEST_SORTED } else { 0 };
    let [k_low, k_high] = levels.k().to_le_bytes();
    out.extend_from_slice(&[words, version, FAMILY, kind | sorted, k_low, k_high, M, 0]);
    if kind == 0 {
        out.extend_from_slice(&sketch.seen.to_le_bytes());
        out.extend_from_slice(&sketch.min_k.to_le_bytes());
        out.extend_from_slice(&[levels.count() as u8, 0]);
        // Read backwards, a level starts where it ends here.
        let room = room(levels.k(), levels.count()) as u32;
        let ends = std::iter::once(levels.kept().len() as u32).chain(levels.starts().iter().copied());
        ends.take(levels.count()).for_each(|end| out.extend_from_slice(&(room - end).to_le_bytes()));
        out.extend_from_slice(&sketch.min.to_le_bytes());
        out.extend_from_slice(&sketch.max.to_le_bytes());
    }
    let at = out.len();
    out.resize(at + levels.kept().len() * ITEM, 0);
    for (item, kept) in out[at..].chunks_exact_mut(ITEM).zip(levels.kept().iter().rev()) {
        item.copy_from_slice(&value(*kept).to_le_bytes());
    }
}

/// A stored sketch whose header was read, and in which everything is right but, perhaps, the order of values.
struct Image<'a> {
    k: u16,
    newest_sorted: bool,
    summary: Summary,
    count: usize,
    /// Where each level ends, from level 0 up, read backwards.
    ends: [u32; MOST_LEVELS],
    items: &'a [[u8; ITEM]],
}

/// Reads an image.
///
/// # Errors
/// `CorruptData` when the bytes are not one.
pub(super) fn read(bytes: &[u8]) -> Result<KllSketch> {
    let mut image = Image::default();
    image.parse(bytes)?;
    image.to_sketch()
}

/// Reads an image and merges it into a sketch, without building another one of few values.
///
/// # Errors
/// As for [`read`]; nothing is merged then.
pub(super) fn merge(sketch: &mut KllSketch, bytes: &[u8]) -> Result<()> {
    let mut image = Image::default();
    image.parse(bytes)?;
    if image.count == 1 {
        sketch.merge_held(image.summary.extremes, image.items.iter().map(|item| kept(f32::from_le_bytes(*item))));
        return Ok(());
    }
    Workspace::with(|Workspace { stored, merging }| {
        stored.clear();
        stored.extend(image.kept());
        let levels = image.levels(stored)?;
        sketch.merge_halved(image.summary, levels, merging);
        Ok(())
    })
}

impl Default for Image<'_> {
    fn default() -> Self {
        let summary = Summary { seen: 0, min_k: 0, extremes: (f32::INFINITY, f32::NEG_INFINITY) };
        Self { k: 0, newest_sorted: false, summary, count: 1, ends: [0; MOST_LEVELS], items: &[] }
    }
}

impl<'a> Image<'a> {
    /// Reads the header into a new image: returned, so large a one would be copied twice.
    fn parse(&mut self, bytes: &'a [u8]) -> Result<()> {
        let mut rest = bytes;
        let [words, version, family, flags, k_low, k_high, m, _] = next(&mut rest)?;
        let k = u16::from_le_bytes([k_low, k_high]);
        if family != FAMILY || m != M || k < MIN_K {
            return Err(corrupt(format!("family {family}, m {m} and k {k} are not those of one")));
        }
        (self.k, self.summary.min_k) = (k, k);
        self.newest_sorted = flags & FLAG_NEWEST_SORTED != 0;
        match (words, version, flags & (FLAG_EMPTY | FLAG_SINGLE)) {
            (WORDS_SHORT, 1, FLAG_EMPTY) => {}
            (WORDS_SHORT, 2, FLAG_SINGLE) => {
                (self.summary.seen, self.ends[0]) = (1, 1);
                self.items = items(rest, 1)?;
                let item = f32::from_le_bytes(self.items[0]);
                self.summary.extremes = (item, item);
            }
            (WORDS_FULL, 1, 0) => {
                self.summary.seen = u64::from_le_bytes(next(&mut rest)?);
                self.summary.min_k = u16::from_le_bytes(next(&mut rest)?);
                let [count, _] = next(&mut rest)?;
                self.count = count.into();
                self.read_levels(rest)?;
            }
            (_, _, kind) => {
                return Err(corrupt(format!("a preamble of {words} words, version {version} and flags {kind} clash")));
            }
        }
        self.check()
    }

    /// Reads the levels of a full image, with the extremes that stand before the values.
    fn read_levels(&mut self, mut rest: &'a [u8]) -> Result<()> {
        if !(1..=MOST_LEVELS).contains(&self.count) {
            return Err(corrupt(format!("{} levels, of at most {MOST_LEVELS}", self.count)));
        }
        let room = room(self.k, self.count) as u32;
        let mut below = u32::MAX;
        for end in &mut self.ends[..self.count] {
            *end = room
                .checked_sub(u32::from_le_bytes(next(&mut rest)?))
                .filter(|end| *end <= below)
                .ok_or_else(|| corrupt("a level starts outside the one below"))?;
            below = *end;
        }
        self.summary.extremes = (f32::from_le_bytes(next(&mut rest)?), f32::from_le_bytes(next(&mut rest)?));
        self.items = items(rest, self.ends[0] as usize)?;
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let Summary { seen, min_k, extremes: (min, max) } = self.summary;
        let ends = &self.ends[..self.count];
        let starts = ends[1..].iter().chain([&0]);
        let weights = ends.iter().zip(starts).enumerate().map(|(level, (end, start))| u128::from(end - start) << level);
        let values = if let [values] = ends { u128::from(*values) } else { weights.sum() };
        if seen > MOST_SEEN || values != u128::from(seen) {
            return Err(corrupt(format!("the levels do not stand for {seen} values")));
        }
        if !(MIN_K..=self.k).contains(&min_k) {
            return Err(corrupt(format!("{min_k} cannot be the smallest k of a sketch of {}", self.k)));
        }
        // False for NaN.
        let within = |item: &[u8; ITEM]| (min..=max).contains(&f32::from_le_bytes(*item));
        if !self.items.iter().fold(true, |all, item| all & within(item)) {
            return Err(corrupt(format!("a value is not within {min} and {max}")));
        }
        Ok(())
    }

    /// The values as a sketch keeps them.
    fn kept(&self) -> impl ExactSizeIterator<Item = u32> {
        self.items.iter().rev().map(|item| kept(f32::from_le_bytes(*item)))
    }

    /// The levels of the values, which are `kept`.
    fn levels<'k>(&'k self, kept: &'k [u32]) -> Result<Slices<'k>> {
        let mut levels = Slices { kept, starts: &self.ends[1..self.count], ascending: true };
        levels.ascending = levels.above_newest().all(ascends);
        let by_value = |level: &[u32]| level.is_sorted_by(|a, b| value(*a) >= value(*b));
        if !levels.ascending && !levels.above_newest().all(by_value) {
            return Err(corrupt("a level above the first is not sorted"));
        }
        Ok(levels)
    }

    fn to_sketch(&self) -> Result<KllSketch> {
        let items: Vec<u32> = self.kept().collect();
        let ascending = self.levels(&items)?.ascending;
        let levels = Levels::of(self.k, room(self.k, self.count), items, self.ends[1..self.count].to_vec(), ascending);
        let Summary { seen, min_k, extremes: (min, max) } = self.summary;
        Ok(KllSketch { min_k, seen, min, max, newest_sorted: self.newest_sorted, levels })
    }
}

/// Whether values ascend. Every one is looked at, several at once: levels mostly do.
fn ascends(values: &[u32]) -> bool {
    let next = values.get(1..).unwrap_or_default();
    values.iter().zip(next).fold(true, |all, (value, next)| all & (value <= next))
}

/// So many values at the front of the bytes.
fn items(bytes: &[u8], count: usize) -> Result<&[[u8; ITEM]]> {
    bytes.as_chunks().0.get(..count).ok_or_else(|| corrupt("the values end early"))
}

/// The next `N` bytes.
fn next<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (head, tail) = rest.split_first_chunk().ok_or_else(|| corrupt("the image ends inside its header"))?;
    *rest = tail;
    Ok(*head)
}
