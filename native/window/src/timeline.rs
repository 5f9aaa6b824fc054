//! Hops of one size: which there are, which rows of a run fall into which, where windows begin.
//!
//! Hops without events do not exist. Those that exist are numbered in order of appearance, from zero for each key;
//! columns keep one item per hop in a [`HopVec`] under the same numbers, so hops are found once for all columns.

use chronon_types::time::{Millis, round};
use std::ops::Range;

/// One item per hop, under ever-growing numbers; items at the front can be dropped.
#[derive(Debug, Clone)]
pub(crate) struct HopVec<T> {
    base: usize,
    items: Vec<T>,
}

impl<T> Default for HopVec<T> {
    fn default() -> Self {
        Self { base: 0, items: Vec::new() }
    }
}

impl<T> HopVec<T> {
    /// The number the next item will get.
    #[inline]
    pub(crate) fn end(&self) -> usize {
        self.base + self.items.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    #[inline]
    pub(crate) fn get(&self, hop: usize) -> &T {
        &self.items[hop - self.base]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, hop: usize) -> &mut T {
        &mut self.items[hop - self.base]
    }

    /// Items from hop `from` on.
    #[inline]
    pub(crate) fn since(&self, from: usize) -> &[T] {
        &self.items[from - self.base..]
    }

    /// Items of the hops in `hops`.
    #[inline]
    pub(crate) fn range(&self, hops: Range<usize>) -> &[T] {
        &self.items[hops.start - self.base..hops.end - self.base]
    }

    /// The number of the oldest item kept.
    #[inline]
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Drops the items before hop `to`.
    pub(crate) fn trim(&mut self, to: usize) {
        self.items.drain(..to - self.base);
        self.base = to;
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.base = 0;
        self.items.clear();
    }

    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Bytes of heap, not counting what items hold themselves.
    pub(crate) fn heap_size(&self) -> usize {
        self.items.capacity() * size_of::<T>()
    }
}

/// Consecutive rows that fall into one hop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    /// The hop's number.
    pub(crate) hop: usize,
    /// Which of all hops of its size it is, counted from 1970, those without events included.
    pub(crate) index: i64,
    /// First row.
    pub(crate) start: usize,
    /// Behind the last row.
    pub(crate) end: usize,
}

/// The hops of one size that the current key has.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// Hop size; `None` for the one hop that never ends.
    size: Option<Millis>,
    /// Start of each hop.
    starts: HopVec<Millis>,
    /// Which of all hops the newest one is.
    open_index: i64,
    /// The first time behind the newest hop.
    open_end: Millis,
}

impl Timeline {
    pub(crate) fn new(size: Option<Millis>) -> Self {
        Self { size, starts: HopVec::default(), open_index: 0, open_end: Millis::MIN }
    }

    /// The start of the window that ends at `head` and is `length` long.
    #[inline]
    pub(crate) fn tail(&self, head: Millis, length: Option<Millis>) -> Millis {
        match (self.size, length) {
            (Some(size), Some(length)) => round(head.saturating_sub(length), size),
            _ => Millis::MIN,
        }
    }

    /// Which of all hops starts at `tail`, a time that [`Self::tail`] gave.
    #[inline]
    pub(crate) fn index(&self, tail: Millis) -> i64 {
        self.size.map_or(0, |size| tail / size)
    }

    /// Splits `rows` into hops, appending new hops and writing the segments.
    #[inline]
    pub(crate) fn split(&mut self, ts: &[Millis], rows: Range<usize>, segments: &mut Vec<Segment>) {
        segments.clear();
        let mut row = rows.start;
        while row < rows.end {
            if self.starts.items.is_empty() || ts[row] >= self.open_end {
                self.open(ts[row]);
            }
            let start = row;
            row += 1;
            while row < rows.end && ts[row] < self.open_end {
                row += 1;
            }
            segments.push(Segment { hop: self.starts.end() - 1, index: self.open_index, start, end: row });
        }
    }

    #[inline]
    fn open(&mut self, ts: Millis) {
        let (index, start, end) = match self.size {
            None => (0, Millis::MIN, Millis::MAX),
            Some(size) => {
                // Tails round toward zero, but all are multiples of the size, so hops that round down lie on one side
                // of any tail, before 1970 too.
                let index = ts.div_euclid(size);
                let start = index.saturating_mul(size);
                (index, start, start.saturating_add(size))
            }
        };
        self.open_index = index;
        self.starts.push(start);
        self.open_end = end;
    }

    /// The first hop from number `from` on that starts at or after `tail`.
    #[inline]
    pub(crate) fn seek(&self, from: usize, tail: Millis) -> usize {
        let starts = self.starts.since(from);
        from + starts.iter().position(|start| *start >= tail).unwrap_or(starts.len())
    }

    /// The hop number to trim to when no window reaches hops before `oldest`, if it is worth it.
    pub(crate) fn trim(&mut self, oldest: usize) -> Option<usize> {
        let dead = oldest - self.starts.base();
        (dead >= 64 && dead * 2 >= self.starts.items.len()).then(|| {
            self.starts.trim(oldest);
            oldest
        })
    }

    pub(crate) fn clear(&mut self) {
        self.starts.clear();
    }

    pub(crate) fn heap_size(&self) -> usize {
        self.starts.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hop_straddles_a_tail() {
        let mut timeline = Timeline::new(Some(10));
        let ts = [-25, -20, -19, -11, -10, -9, 0, 9, 10, 35, 39];
        let mut segments = Vec::new();
        timeline.split(&ts, 0..ts.len(), &mut segments);
        let found: Vec<_> = segments.iter().map(|s| (*timeline.starts.get(s.hop), s.start..s.end)).collect();
        assert_eq!(found, [(-30, 0..1), (-20, 1..4), (-10, 4..6), (0, 6..8), (10, 8..9), (30, 9..11)]);
        for head in -60..60 {
            let tail = timeline.tail(head, Some(20));
            assert_eq!(tail, round(head - 20, 10));
            let first = timeline.seek(0, tail);
            for segment in &segments {
                let inside = ts[segment.start..segment.end].iter().all(|ts| *ts >= tail);
                assert_eq!(inside, segment.hop >= first, "head {head}");
            }
        }
    }

    #[test]
    fn trimming_keeps_numbers() {
        let mut hops = HopVec::default();
        (0..10).for_each(|i| hops.push(i));
        hops.trim(4);
        assert_eq!((*hops.get(4), *hops.get(9), hops.end(), hops.since(8).len()), (4, 9, 10, 2));
    }
}
