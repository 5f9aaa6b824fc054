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

use super::levels::{Levels, kept, room, value};
use super::{KllSketch, MIN_K};
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

/// Reads an image.
///
/// # Errors
/// `CorruptData` when the bytes are not one.
pub(super) fn read(bytes: &[u8]) -> Result<KllSketch> {
    let mut rest = bytes;
    let [words, version, family, flags, k_low, k_high, m, _] = next(&mut rest)?;
    let k = u16::from_le_bytes([k_low, k_high]);
    if family != FAMILY || m != M || k < MIN_K {
        return Err(corrupt(format!("family {family}, m {m} and k {k} are not those of one")));
    }
    let newest_sorted = flags & FLAG_NEWEST_SORTED != 0;
    let new = KllSketch::new(k).map_err(|error| corrupt(error.message()))?;
    let mut sketch = KllSketch { newest_sorted, ..new };
    match (words, version, flags & (FLAG_EMPTY | FLAG_SINGLE)) {
        (WORDS_SHORT, 1, FLAG_EMPTY) => return Ok(sketch),
        (WORDS_SHORT, 2, FLAG_SINGLE) => {
            let item = f32::from_le_bytes(next(&mut rest)?);
            (sketch.seen, sketch.min, sketch.max) = (1, item, item);
            sketch.levels = Levels::of(k, vec![kept(item)], vec![0]);
        }
        (WORDS_FULL, 1, 0) => {
            sketch.seen = u64::from_le_bytes(next(&mut rest)?);
            sketch.min_k = u16::from_le_bytes(next(&mut rest)?);
            let [levels, _] = next(&mut rest)?;
            sketch.levels = read_levels(k, levels.into(), &mut rest, &mut sketch.min, &mut sketch.max)?;
        }
        (_, _, kind) => {
            return Err(corrupt(format!("a preamble of {words} words, version {version} and flags {kind} clash")));
        }
    }
    check(&sketch)?;
    Ok(sketch)
}

/// The levels of a full image, with the extremes that stand before the values.
fn read_levels(k: u16, count: usize, rest: &mut &[u8], min: &mut f32, max: &mut f32) -> Result<Levels> {
    if !(1..=MOST_LEVELS).contains(&count) {
        return Err(corrupt(format!("{count} levels, of at most {MOST_LEVELS}")));
    }
    let room = room(k, count) as u32;
    let mut ends = Vec::with_capacity(count + 1);
    for _ in 0..count {
        let end =
            room.checked_sub(u32::from_le_bytes(next(rest)?)).filter(|end| ends.last() >= Some(end) || ends.is_empty());
        ends.push(end.ok_or_else(|| corrupt("a level starts outside the one below"))?);
    }
    (*min, *max) = (f32::from_le_bytes(next(rest)?), f32::from_le_bytes(next(rest)?));
    let items = rest.get(..ends[0] as usize * ITEM).ok_or_else(|| corrupt("the values end early"))?;
    let (items, _) = items.as_chunks::<ITEM>();
    let items = items.iter().rev().map(|item| kept(f32::from_le_bytes(*item))).collect();
    ends.remove(0);
    ends.push(0);
    Ok(Levels::of(k, items, ends))
}

fn check(sketch: &KllSketch) -> Result<()> {
    let levels = &sketch.levels;
    let weights = (0..levels.count()).map(|level| (levels.level(level).len() as u128) << level);
    if sketch.seen > MOST_SEEN || weights.sum::<u128>() != u128::from(sketch.seen) {
        return Err(corrupt(format!("the levels do not stand for {} values", sketch.seen)));
    }
    if !(MIN_K..=levels.k()).contains(&sketch.min_k) {
        return Err(corrupt(format!("{} cannot be the smallest k of a sketch of {}", sketch.min_k, levels.k())));
    }
    // False for NaN.
    let within = |kept: &i32| (sketch.min..=sketch.max).contains(&value(*kept));
    if !levels.kept().iter().fold(true, |all, kept| all & within(kept)) {
        return Err(corrupt(format!("a value is not within {} and {}", sketch.min, sketch.max)));
    }
    // Merging level with level, the reference takes both zeros for equal and leaves them in either order.
    let by_value = |level: &[i32]| level.is_sorted_by(|a, b| value(*a) >= value(*b));
    let sorted = |level: &[i32]| level.is_sorted() || by_value(level);
    if !(1..levels.count()).all(|level| sorted(levels.level(level))) {
        return Err(corrupt("a level above the first is not sorted"));
    }
    Ok(())
}

/// The next `N` bytes.
fn next<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (head, tail) = rest.split_first_chunk().ok_or_else(|| corrupt("the image ends inside its header"))?;
    *rest = tail;
    Ok(*head)
}
