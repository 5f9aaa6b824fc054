//! Accumulators of hops, and of ever larger blocks of them, so that a window is the merge of a few.
//!
//! A block of level `l` covers 2^`l` hops from a multiple of that number on, counted from 1970 and with or without events.
//! The blocks of a window are the largest that fit between its tail and its newest hop, oldest first: some two times the
//! binary logarithm of its hops. Which ones they are depends on the window alone, not on earlier queries, so results do not
//! either. A block is merged once, when a window first needs it, and dropped with its oldest hop.

use crate::timeline::HopVec;
use chronon_aggregate::shape::Shape;
use chronon_types::Result;
use std::collections::BTreeMap;
use std::ops::Range;

/// The largest block: more hops than any two events lie apart.
const MOST_LEVELS: u32 = 62;

/// Hops of one size with their accumulators.
pub(crate) struct HopTree<S: Shape> {
    /// Which of all hops each one is.
    indexes: HopVec<i64>,
    hops: HopVec<Option<S::Ir>>,
    /// Per level from 1 on, blocks that hold two hops at least, by their place.
    levels: Vec<BTreeMap<i64, Option<S::Ir>>>,
}

impl<S: Shape> HopTree<S> {
    pub(crate) fn new() -> Self {
        Self { indexes: HopVec::default(), hops: HopVec::default(), levels: Vec::new() }
    }

    /// The accumulator of the newest hop, which is `index` of all and gets number `hop` when it is new.
    #[inline]
    pub(crate) fn open(&mut self, hop: usize, index: i64) -> &mut Option<S::Ir> {
        if hop == self.hops.end() {
            self.indexes.push(index);
            self.hops.push(None);
        }
        self.hops.get_mut(hop)
    }

    /// The number the next hop will get.
    #[inline]
    pub(crate) fn end(&self) -> usize {
        self.hops.end()
    }

    /// The accumulator of hop number `hop`.
    #[inline]
    pub(crate) fn get(&self, hop: usize) -> Option<&S::Ir> {
        self.hops.get(hop).as_ref()
    }

    /// The merge of the hops from number `first`, the first at or after the hop that is `tail` of all, up to the newest one,
    /// which is left out because it still grows.
    pub(crate) fn fold(&mut self, shape: &S, first: usize, tail: i64) -> Result<Option<S::Ir>> {
        let newest = self.end() - 1;
        let upto = *self.indexes.get(newest);
        let (mut hop, mut at) = (first, tail);
        let mut folded = None;
        while hop < newest && at < upto {
            let room = u64::BITS - 1 - at.abs_diff(upto).leading_zeros();
            let level = at.trailing_zeros().min(room).min(MOST_LEVELS);
            let end = at.saturating_add(1 << level);
            let hops = hop..self.behind(hop, newest, end);
            hop = hops.end;
            if let Some(block) = self.block(shape, level as usize, at >> level, hops)? {
                shape.merge(&mut folded, block)?;
                if folded.as_ref().is_some_and(|folded| shape.is_complete(folded)) {
                    break;
                }
            }
            at = end;
        }
        Ok(folded)
    }

    /// The first hop from number `from` on that is `index` of all or later, at most `to`.
    fn behind(&self, from: usize, to: usize, index: i64) -> usize {
        from + self.indexes.range(from..to).partition_point(|known| *known < index)
    }

    /// The accumulator of block number `place` of a level, in which `hops` lie.
    fn block(&mut self, shape: &S, level: usize, place: i64, hops: Range<usize>) -> Result<Option<&S::Ir>> {
        if hops.is_empty() {
            return Ok(None);
        }
        if hops.len() == 1 {
            return Ok(self.get(hops.start));
        }
        while self.levels.len() < level {
            self.levels.push(BTreeMap::new());
        }
        if !self.levels[level - 1].contains_key(&place) {
            let middle = self.behind(hops.start, hops.end, (2 * place + 1) << (level - 1));
            let mut merged = self.block(shape, level - 1, 2 * place, hops.start..middle)?.cloned();
            if let Some(later) = self.block(shape, level - 1, 2 * place + 1, middle..hops.end)? {
                shape.merge(&mut merged, later)?;
            }
            self.levels[level - 1].insert(place, merged);
        }
        Ok(self.levels[level - 1].get(&place).and_then(Option::as_ref))
    }

    /// Drops the hops before number `to`, and the blocks that they lie in.
    pub(crate) fn trim(&mut self, to: usize) {
        self.hops.trim(to);
        self.indexes.trim(to);
        let Some(oldest) = self.indexes.items().first() else { return self.levels.clear() };
        for (level, blocks) in self.levels.iter_mut().enumerate() {
            while blocks.first_key_value().is_some_and(|(place, _)| (*place << (level + 1)) < *oldest) {
                blocks.pop_first();
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.hops.clear();
        self.indexes.clear();
        self.levels.clear();
    }

    pub(crate) fn heap_size(&self, shape: &S) -> usize {
        let blocks = self.levels.iter().flat_map(BTreeMap::values);
        let entries: usize = self.levels.iter().map(BTreeMap::len).sum();
        let irs = self.hops.items().iter().chain(blocks).flatten();
        self.hops.heap_size()
            + self.indexes.heap_size()
            + entries * size_of::<(i64, Option<S::Ir>)>()
            + irs.map(|ir| shape.heap_size(ir)).sum::<usize>()
    }
}
