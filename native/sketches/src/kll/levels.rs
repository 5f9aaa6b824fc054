//! The values a sketch keeps: levels of them, each value of level *h* standing for 2^*h* that were seen.
//!
//! All levels share one array, whose room follows from their number. A new value goes into level 0. When the array is
//! full, the lowest level that has its share of the room is halved: of its sorted values every other one moves up.
//!
//! The array is the reference's read backwards, so that a new value is pushed at its end: the topmost level first,
//! each descending, level 0 last and in the order of arrival. A value is kept as an integer that orders like the
//! values backwards, so that the array ascends and comparing costs no more than for integers.

use super::merge::merger;
use crate::murmur::finalize64;
use std::cell::Cell;
use std::ops::Range;

/// The smallest share of a level.
const LEAST: u32 = 8;
/// So many values are merged in a buffer on the stack.
const FEW: usize = 128;
/// So many values of stored sketches are held before any is given up: 4 KB, for as long as a request takes.
const HELD: usize = 1024;

/// A value as it is kept: an integer that orders as the values do, backwards. -0.0 is less than 0.0.
#[inline(always)]
pub(super) fn kept(value: f32) -> u32 {
    backwards(value.to_bits())
}

/// The value that is kept so.
#[inline(always)]
pub(super) fn value(kept: u32) -> f32 {
    f32::from_bits(backwards(kept))
}

/// Of the bits of a float what it is kept as, and the other way round. Negative floats order backwards as they are.
#[inline(always)]
fn backwards(bits: u32) -> u32 {
    bits ^ (!(bits as i32 >> 31) as u32 >> 1)
}

/// The powers of three up to the depth at which nothing is left of any share.
const THIRDS: [u64; 31] = {
    let mut powers = [1; 31];
    let mut depth = 1;
    while depth < powers.len() {
        powers[depth] = 3 * powers[depth - 1];
        depth += 1;
    }
    powers
};

/// The share of the level that is so many levels below the top: k·(2/3)^depth, rounded, and at least [`LEAST`].
fn share(k: u16, depth: usize) -> u32 {
    if depth == 0 {
        // Many sketches have one level, and dividing by one takes as long as by any other number.
        return u32::from(k).max(LEAST);
    }
    let Some(thirds) = THIRDS.get(depth) else { return LEAST };
    let twice = ((2 * u64::from(k)) << depth) / thirds;
    (twice.div_ceil(2) as u32).max(LEAST)
}

/// The room of so many levels together.
pub(super) fn room(k: u16, levels: usize) -> usize {
    let mut room = 0;
    for depth in 0..levels {
        let share = share(k, depth);
        if share == LEAST {
            // And so have all below.
            return room + (levels - depth) * LEAST as usize;
        }
        room += share as usize;
    }
    room
}

/// Levels to read: the array, and where each but the topmost starts in it, from level 0 up.
#[derive(Clone, Copy)]
pub(super) struct Slices<'a> {
    pub(super) kept: &'a [u32],
    pub(super) starts: &'a [u32],
    /// Whether all but level 0 ascend, as those do that were merged here. The reference takes both zeros for equal and
    /// leaves them in either order.
    pub(super) ascending: bool,
}

impl<'a> Slices<'a> {
    /// All levels but level 0, from the lowest up.
    pub(super) fn above_newest(self) -> impl Iterator<Item = &'a [u32]> {
        let starts = self.starts.iter().skip(1).chain([&0]);
        self.starts.iter().zip(starts).map(move |(end, start)| &self.kept[*start as usize..*end as usize])
    }
}

/// Where stored levels are read and levels are merged. Each thread keeps its own: stored sketches are merged by the million,
/// and asking for memory each time would take a share of it that can be seen.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// What a stored sketch keeps.
    pub(super) stored: Vec<u32>,
    /// Where levels are merged.
    pub(super) merging: Vec<u32>,
}

impl Workspace {
    /// Room for so many values is kept; what sketches of more needed is given back.
    const MOST: usize = 1 << 14;

    /// Does some work in the thread's own.
    pub(super) fn with<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        thread_local!(static OWN: Cell<Workspace> = const { Cell::new(Workspace { stored: Vec::new(), merging: Vec::new() }) });
        let mut own = OWN.take();
        let result = work(&mut own);
        if own.stored.capacity() + own.merging.capacity() <= Self::MOST {
            OWN.set(own);
        }
        result
    }
}

/// The levels of a sketch.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    k: u16,
    /// How many values the array holds before a level is halved.
    room: usize,
    kept: Vec<u32>,
    /// Where each level but the topmost starts, from level 0 up; it ends where the one below starts. The topmost starts at 0.
    starts: Vec<u32>,
    /// As in [`Slices`].
    ascending: bool,
}

impl Levels {
    pub(super) fn new(k: u16) -> Self {
        Self { k, room: room(k, 1), kept: Vec::new(), starts: Vec::new(), ascending: true }
    }

    /// The levels of this array, of which all but the topmost start there; `room` is theirs.
    pub(super) fn of(k: u16, room: usize, kept: Vec<u32>, starts: Vec<u32>, ascending: bool) -> Self {
        Self { k, room, kept, starts, ascending }
    }

    pub(super) fn k(&self) -> u16 {
        self.k
    }

    /// How many levels there are.
    pub(super) fn count(&self) -> usize {
        self.starts.len() + 1
    }

    /// The whole array.
    pub(super) fn kept(&self) -> &[u32] {
        &self.kept
    }

    /// Where each level but the topmost starts in the array, from level 0 up.
    pub(super) fn starts(&self) -> &[u32] {
        &self.starts
    }

    pub(super) fn slices(&self) -> Slices<'_> {
        Slices { kept: &self.kept, starts: &self.starts, ascending: self.ascending }
    }

    fn range(&self, level: usize) -> Range<usize> {
        let end = if level == 0 { self.kept.len() } else { self.starts[level - 1] as usize };
        self.starts.get(level).map_or(0, |start| *start as usize)..end
    }

    /// What a level keeps; nothing when there is no such level.
    pub(super) fn level(&self, level: usize) -> &[u32] {
        if level < self.count() { &self.kept[self.range(level)] } else { &[] }
    }

    pub(super) fn sort_newest(&mut self) {
        self.settle();
        let newest = self.range(0);
        self.kept[newest].sort_unstable();
    }

    /// Takes in a value, the next after `seen` others.
    #[inline]
    pub(super) fn push(&mut self, value: u32, seen: u64) {
        if self.kept.len() >= self.room {
            self.make_room(seen);
        }
        if self.kept.len() == self.kept.capacity() {
            self.grow(1);
        }
        self.kept.push(value);
    }

    /// Takes in values one after the other, the next after `seen` others.
    pub(super) fn push_all(&mut self, mut values: impl ExactSizeIterator<Item = u32>, mut seen: u64) {
        while values.len() > 0 {
            if self.kept.len() >= self.room {
                self.make_room(seen);
            }
            let left = self.room - self.kept.len();
            let count = left.min(values.len());
            if count > self.kept.capacity() - self.kept.len() {
                self.grow(count);
            }
            if values.len() <= left {
                // The rest of an iterator is copied several values at once, a part of it one by one.
                self.kept.extend(values);
                return;
            }
            self.kept.extend(values.by_ref().take(count));
            seen = seen.saturating_add(count as u64);
        }
    }

    /// Lets the array hold several times as many values, `count` more at least, but not more than it has room for.
    #[cold]
    fn grow(&mut self, count: usize) {
        const FIRST: usize = 16;
        const TIMES: usize = 4;
        let left = self.room.saturating_sub(self.kept.len());
        self.kept.reserve_exact(((TIMES - 1) * self.kept.len()).max(FIRST).max(count).min(left));
    }

    /// Puts off taking in values, the next in order, while no level is halved and there are not too many; tells whether it did.
    pub(super) fn hold(&mut self, values: impl ExactSizeIterator<Item = u32>) -> bool {
        let holds = self.starts.is_empty() && self.kept.len() + values.len() <= HELD;
        if holds {
            self.kept.extend(values);
        }
        holds
    }

    /// Whether more values are [held](Self::hold) than there is room for.
    pub(super) fn is_crowded(&self) -> bool {
        self.kept.len() > self.room
    }

    /// Takes held values in, one after the other, as if they came now.
    pub(super) fn settle(&mut self) {
        if self.is_crowded() {
            let held = std::mem::take(&mut self.kept);
            self.push_all(held.into_iter(), 0);
        }
    }

    /// Halves the lowest level that has its share.
    fn make_room(&mut self, seen: u64) {
        if self.is_crowded() {
            self.settle();
            if self.kept.len() < self.room {
                return;
            }
        }
        let top = self.count() - 1;
        let has_share = |level: &usize| self.range(*level).len() >= share(self.k, top - level) as usize;
        // The shares add up to the room, so a full array has such a level.
        let level = (0..top).find(has_share).unwrap_or(top);
        if level == top {
            self.room += share(self.k, self.count()) as usize;
            self.starts.push(0);
        }
        if level == 0 {
            // The newest value stays where it is if their number is odd.
            let Range { start, end } = self.range(0);
            self.kept[start..end - (end - start) % 2].sort_unstable();
        }
        self.halve(level, seen);
    }

    /// Moves every other value of a sorted level up, and the values of lower levels to where they then belong.
    fn halve(&mut self, level: usize, seen: u64) {
        let Range { start, end } = self.range(level);
        let above = self.range(level + 1).start;
        let half = (end - start) / 2;
        let (behind, pairs) = self.kept[above..start + 2 * half].split_at(start - above);
        let coin = coin(pairs, level, seen);
        // Both are copied, so that they can be merged to where they are.
        let (mut few, mut many) = ([0; FEW], Vec::new());
        let copied = match behind.len() + half {
            count @ 0..=FEW => &mut few[..count],
            count => {
                many.resize(count, 0);
                &mut many[..]
            }
        };
        let (kept, raised) = copied.split_at_mut(behind.len());
        kept.copy_from_slice(behind);
        raise(pairs, coin, raised);
        merger(self.ascending)(kept, raised, &mut self.kept[above..start + half]);
        self.kept.copy_within(start + 2 * half.., start + half);
        self.kept.truncate(self.kept.len() - half);
        self.starts[..level].iter_mut().for_each(|start| *start -= half as u32);
        self.starts[level] += half as u32;
    }

    /// Takes in the levels of another sketch; `seen` counts the values of both. Levels are merged in `merging`.
    pub(super) fn absorb(&mut self, other: Slices<'_>, seen: u64, merging: &mut Vec<u32>) {
        self.settle();
        let mut count = self.count().max(other.starts.len() + 1);
        let mut room = if count > self.count() { room(self.k, count) } else { self.room };
        let mut total = self.kept.len() + other.kept.len();
        let mut end = total;
        self.ascending &= other.ascending;
        let merge = merger(self.ascending);
        if merging.len() < 3 * total {
            merging.resize(3 * total, 0);
        }
        let (merged, rest) = merging.split_at_mut(total);
        let (pair, carried) = rest.split_at_mut(total);
        let (mut ours, mut theirs) = (self.kept.as_slice(), other.kept);
        // As the array, what is merged is filled from its end, level 0 first.
        let mut carry = 0;
        let mut level = 0;
        while level < count {
            if carry == 0 && theirs.is_empty() && total <= room && count == self.count() {
                // All above stays as it is.
                break;
            }
            let (above, our) = ours.split_at(self.starts.get(level).map_or(0, |start| *start as usize));
            let (their_above, their) = theirs.split_at(other.starts.get(level).map_or(0, |start| *start as usize));
            (ours, theirs) = (above, their_above);
            let population = our.len() + their.len() + carry;
            let start = end - population;
            let places = &mut merged[start..end];
            if level == 0 {
                places[..our.len()].copy_from_slice(our);
                places[our.len()..].copy_from_slice(their);
            } else if carry == 0 {
                merge(our, their, places);
            } else {
                let both = match (our, their) {
                    ([], one) | (one, []) => one,
                    _ => {
                        let pair = &mut pair[..our.len() + their.len()];
                        merge(our, their, pair);
                        pair
                    }
                };
                merge(both, &carried[..carry], places);
            }
            carry = 0;
            end = start;
            if total > room && population >= share(self.k, count - 1 - level) as usize {
                carry = population / 2;
                // The last value stays where it is if their number is odd.
                end += 2 * carry;
                let pairs = &mut places[..2 * carry];
                if level == 0 {
                    pairs.sort_unstable();
                }
                raise(pairs, coin(pairs, level, seen), &mut carried[..carry]);
                total -= carry;
                if level + 1 == count {
                    room += share(self.k, count) as usize;
                    count += 1;
                }
            }
            match self.starts.get_mut(level) {
                Some(start) => *start = end as u32,
                None => self.starts.push(end as u32),
            }
            level += 1;
        }
        let stay = ours.len();
        self.room = room;
        self.kept.truncate(stay);
        self.kept.extend_from_slice(&merged[end..]);
        // The start of the topmost level is not kept.
        self.starts.truncate(count - 1);
        self.starts.iter_mut().take(level).for_each(|start| *start = *start + stay as u32 - end as u32);
    }

    /// Bytes of heap.
    pub(super) fn heap_size(&self) -> usize {
        self.kept.capacity() * size_of::<u32>() + self.starts.capacity() * size_of::<u32>()
    }
}

/// Which value of each pair moves up: 0 for the first, 1 for the second.
///
/// The reference tosses a coin. Here it follows from what the sketch has seen and keeps: the same input in the same
/// order gives the same bytes everywhere, while sketches of other values toss otherwise, so that their errors do not
/// add up when they are merged.
fn coin(pairs: &[u32], level: usize, seen: u64) -> usize {
    let middle = pairs.get(pairs.len() / 2).map_or(0, |kept| kept ^ 1 << 31);
    (finalize64(finalize64(seen ^ (level as u64) << 58) ^ u64::from(middle)) & 1) as usize
}

/// Puts the value that the coin chose of each pair into the places.
fn raise(pairs: &[u32], coin: usize, places: &mut [u32]) {
    let chosen = places.iter_mut().zip(pairs.as_chunks::<2>().0);
    // Not `pair[coin]`, which would check the place in every pair.
    match coin {
        0 => chosen.for_each(|(place, pair)| *place = pair[0]),
        _ => chosen.for_each(|(place, pair)| *place = pair[1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_backwards() {
        let ascending = [f32::NEG_INFINITY, f32::MIN, -1.5, -0.0, 0.0, f32::MIN_POSITIVE, 1.0, 7.25, f32::INFINITY];
        let kept_values = ascending.map(kept);
        assert!(kept_values.is_sorted_by(|a, b| a > b), "{kept_values:?}");
        for original in ascending {
            assert_eq!(value(kept(original)).to_bits(), original.to_bits());
        }
    }

    /// The room of the reference's sketches: its known images with 129 and more values start at these positions.
    #[test]
    fn rooms_are_those_of_the_reference() {
        assert_eq!([1, 2, 3, 4].map(|levels| room(128, levels)), [128, 213, 270, 308]);
        assert_eq!(share(8, 1), 8);
        assert_eq!(share(u16::MAX, 40), 8);
        for (k, levels) in [(8, 3), (128, 20), (u16::MAX, 60)] {
            assert_eq!(room(k, levels), (0..levels).map(|depth| share(k, depth) as usize).sum(), "{k} {levels}");
        }
    }

    /// Every value seen is there with its weight, whatever was halved, and the room is kept.
    #[test]
    fn nothing_is_lost() {
        for k in [8, 9, 20, 128, 200] {
            let (mut levels, mut whole) = (Levels::new(k), Levels::new(k));
            let (mut seen, mut workspace) = (0, Vec::new());
            for part in 0..40u64 {
                let mut other = Levels::new(k);
                let count = part * part * 7 % 900;
                for value in 0..count {
                    other.push(kept((value * 7919 % 1009) as f32), value);
                    whole.push(kept((value * 7919 % 1009) as f32), seen + value);
                }
                seen += count;
                levels.absorb(other.slices(), seen, &mut workspace);
                for levels in [&levels, &whole] {
                    let weight: u64 = (0..levels.count()).map(|l| (levels.level(l).len() as u64) << l).sum();
                    assert_eq!(weight, seen, "k {k}, part {part}");
                    assert!(levels.kept.len() <= room(k, levels.count()), "k {k}, part {part}");
                    assert!((1..levels.count()).all(|level| levels.level(level).is_sorted()), "k {k}, part {part}");
                }
            }
        }
    }
}
