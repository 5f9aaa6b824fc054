//! The open-addressing table of counters, slot for slot as the reference's.

use super::item::FrequentItem;
use super::slots::Slots;
use crate::murmur::finalize64;

/// The share of slots that may be taken.
const LOAD: f64 = 0.75;
/// The reciprocal of the golden ratio, which sets the stride of an iteration.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

#[derive(Debug, Clone)]
struct Counter<T> {
    item: T,
    count: i64,
    /// 1 in its home slot, one more for every slot past it.
    distance: usize,
}

/// A table of 2^n slots with linear probing.
#[derive(Debug, Clone)]
pub(super) struct Table<T> {
    slots: Slots<Counter<T>>,
}

impl<T: FrequentItem> Table<T> {
    pub(super) fn new(lg_slots: u8) -> Self {
        Self { slots: Slots::new(lg_slots) }
    }

    pub(super) fn lg_slots(&self) -> u8 {
        self.slots.count().trailing_zeros() as u8
    }

    /// How many counters there are.
    pub(super) fn active(&self) -> usize {
        self.slots.taken()
    }

    /// How many counters there may be.
    pub(super) fn capacity(&self) -> usize {
        (self.slots.count() as f64 * LOAD) as usize
    }

    fn mask(&self) -> usize {
        self.slots.count() - 1
    }

    /// The slot that holds `item` or would take it, and its distance from home. There is always a free slot.
    fn probe(&self, item: &T::Borrowed) -> (usize, usize) {
        let hash = i64::from(T::java_hash(item)) as u64;
        let mut slot = finalize64(hash) as usize & self.mask();
        let mut distance = 1;
        while self.slots.get(slot).is_some_and(|counter| !counter.item.is(item)) {
            slot = (slot + 1) & self.mask();
            distance += 1;
        }
        (slot, distance)
    }

    pub(super) fn get(&self, item: &T::Borrowed) -> i64 {
        self.slots.get(self.probe(item).0).map_or(0, |counter| counter.count)
    }

    /// Adds to an item's counter, making one if need be. Saturates: a count that wrapped would purge for ever.
    pub(super) fn add(&mut self, item: &T::Borrowed, count: i64) {
        let (slot, distance) = self.probe(item);
        match self.slots.get_mut(slot) {
            Some(counter) => counter.count = counter.count.saturating_add(count),
            None => self.slots.put(slot, Counter { item: T::to_item(item), count, distance }),
        }
    }

    /// Moves every counter, in slot order, to a table of twice the slots.
    pub(super) fn grow(&mut self) {
        let mut grown = Self::new(self.lg_slots() + 1);
        for counter in self.slots.drain() {
            let (slot, distance) = grown.probe(counter.item.borrow());
            grown.slots.put(slot, Counter { distance, ..counter });
        }
        *self = grown;
    }

    /// Subtracts from every counter the median of the first `sample_size` ones, drops those that reach zero, and
    /// returns what was subtracted.
    pub(super) fn purge(&mut self, sample_size: usize) -> i64 {
        let mut samples: Vec<i64> = self.slots.iter().map(|(_, counter)| counter.count).take(sample_size).collect();
        let middle = samples.len() / 2;
        if middle >= samples.len() {
            return 0;
        }
        // Which selection algorithm finds it does not matter: the value at a sorted position is unique.
        let median = *samples.select_nth_unstable(middle).1;
        self.slots.iter_mut().for_each(|counter| counter.count -= median);
        self.drop_spent();
        median
    }

    /// Deletes from the back of each run of taken slots to its front, so that moved counters are not met twice. The run
    /// that wraps around the end is done last.
    fn drop_spent(&mut self) {
        let taken: Vec<usize> = self.slots.iter().map(|(slot, _)| slot).collect();
        // All that is taken behind the last free slot.
        let wrapping = taken.iter().rev().zip((0..self.slots.count()).rev()).take_while(|(slot, last)| **slot == *last);
        let (before, behind) = taken.split_at(taken.len() - wrapping.count());
        for slot in before.iter().rev().chain(behind.iter().rev()) {
            if self.slots.get(*slot).is_some_and(|counter| counter.count <= 0) {
                self.delete(*slot);
            }
        }
    }

    /// Frees a slot and pulls later counters of its run nearer home where that keeps them findable.
    fn delete(&mut self, mut free: usize) {
        self.slots.take(free);
        let mut gap = 1;
        let mut slot = (free + 1) & self.mask();
        while let Some(counter) = self.slots.get(slot) {
            if counter.distance > gap {
                if let Some(counter) = self.slots.take(slot) {
                    self.slots.put(free, Counter { distance: counter.distance - gap, ..counter });
                }
                free = slot;
                gap = 0;
            }
            slot = (slot + 1) & self.mask();
            gap += 1;
        }
    }

    /// Counters in slot order: the order of stored bytes.
    pub(super) fn in_slot_order(&self) -> impl Iterator<Item = (&T, i64)> {
        self.slots.iter().map(|(_, counter)| (&counter.item, counter.count))
    }

    /// Bytes of heap held.
    pub(super) fn heap_size(&self) -> usize {
        self.slots.heap_size() + self.slots.iter().map(|(_, counter)| counter.item.heap_size()).sum::<usize>()
    }

    /// Counters by golden-ratio strides over the slots: the order of merges and rows.
    pub(super) fn in_stride_order(&self) -> impl Iterator<Item = (&T, i64)> {
        let stride = (self.slots.count() as f64 * GOLDEN) as usize | 1;
        self.slots.in_steps(stride).map(|counter| (&counter.item, counter.count))
    }
}
