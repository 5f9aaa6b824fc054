//! The bounded list of [`crate::bounded_heap`] for items that mostly come in order, each better than all before it.
//!
//! A full list in which that happens loses its worst item and gains a best one, and the heap's sinking compares no item
//! with another whose order is not known beforehand. So where every item stands after `n` such steps is a function of `n`
//! alone, which comes round again after [`PERIODS`]. Such a list keeps its items in a ring, by order, and `n`; the places in
//! the heap are looked up when somebody asks for them. One item that is not better than all others, be it a tie, ends
//! this for the list: it goes on as the heap that it stands for.

use crate::bounded_heap::{self, Best};
use std::sync::OnceLock;

/// After how many steps every item of a full list of that limit is in the place of its order again.
const PERIODS: [usize; 17] = [1, 1, 1, 2, 3, 8, 10, 12, 42, 64, 90, 120, 132, 288, 780, 168, 1260];

/// Marks a list as a heap.
const HEAP: u32 = u32::MAX;

/// The `k` best items; see the module.
#[derive(Debug, Clone)]
pub struct OrderedList<T> {
    items: Vec<T>,
    /// Steps since the items became full, less than the period; or [`HEAP`].
    steps: u32,
    /// Where in the ring the worst item is.
    worst: u32,
}

impl<T> OrderedList<T> {
    /// The list of one item.
    pub(crate) fn of(new: T, limit: usize) -> Self {
        Self { items: bounded_heap::of(new, limit), steps: HEAP, worst: 0 }
    }

    /// The list whose heap holds these items.
    pub(crate) fn from_heap(items: Vec<T>) -> Self {
        Self { items, steps: HEAP, worst: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// The item that the next one replaces in a full list.
    #[inline]
    pub(crate) fn worst(&self) -> Option<&T> {
        // A heap's worst item is its first, and `worst` is zero then.
        self.items.get(self.worst as usize)
    }

    /// Inserts an item into the list of at most `limit`, as [`bounded_heap::insert`] does.
    #[inline]
    pub(crate) fn insert(&mut self, best: &impl Best<T>, limit: usize, new: T) {
        if self.steps != HEAP {
            let (worst, full) = (self.worst as usize, self.items.len());
            let newest = if worst == 0 { full } else { worst } - 1;
            if best.worse(&self.items[newest], &new) {
                self.items[worst] = new;
                self.worst = if worst + 1 == full { 0 } else { self.worst + 1 };
                self.steps = if self.steps as usize + 1 == PERIODS[full] { 0 } else { self.steps + 1 };
                return;
            }
        }
        self.insert_into_heap(best, limit, new);
    }

    #[inline(never)]
    fn insert_into_heap(&mut self, best: &impl Best<T>, limit: usize, new: T) {
        self.become_heap();
        let was_full = self.items.len() >= limit;
        bounded_heap::insert(best, &mut self.items, limit, new);
        // The item that makes a list full has sorted it.
        if !was_full && self.items.len() == limit && limit < PERIODS.len() {
            let is_strict = self.items.windows(2).all(|pair| best.worse(&pair[0], &pair[1]));
            self.steps = if is_strict { 0 } else { HEAP };
        }
    }

    /// Puts the items into their places.
    fn become_heap(&mut self) {
        if self.steps == HEAP {
            return;
        }
        // Every cycle of the permutation is walked once.
        let mut placed = 0_u32;
        for start in 0..self.items.len() {
            let mut place = start;
            while placed & (1 << place) == 0 {
                placed |= 1 << place;
                let from = self.index(place);
                if from != start {
                    self.items.swap(place, from);
                    place = from;
                }
            }
        }
        (self.steps, self.worst) = (HEAP, 0);
    }

    /// Where the item is kept whose place in the heap this is.
    #[inline]
    fn index(&self, place: usize) -> usize {
        if self.steps == HEAP {
            return place;
        }
        let full = self.items.len();
        let order = usize::from(places(full)[self.steps as usize * full + place]);
        (self.worst as usize + order) % full
    }

    /// The items in the order of the heap, which is the stored one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.items.len()).map(|place| &self.items[self.index(place)])
    }

    /// Folds a later list in, as [`bounded_heap::merge`] does.
    pub(crate) fn merge(&mut self, best: &impl Best<T>, limit: usize, later: &Self)
    where
        T: Clone,
    {
        if self.len() + later.len() < limit {
            self.items.extend(later.iter().cloned());
            return;
        }
        for item in later.iter() {
            if self.len() < limit || self.worst().is_some_and(|worst| best.no_worse(item, worst)) {
                self.insert(best, limit, item.clone());
            }
        }
    }

    /// The items, best first; equal ones in the order of the heap.
    pub(crate) fn sorted(&self, best: &impl Best<T>) -> Vec<&T> {
        if self.steps == HEAP {
            return bounded_heap::sorted(best, &self.items);
        }
        let (newer, older) = self.items.split_at(self.worst as usize);
        newer.iter().rev().chain(older.iter().rev()).collect()
    }

    /// Bytes of heap of the list, by capacity, without those of its items.
    pub(crate) fn heap_size(&self) -> usize {
        self.items.capacity() * size_of::<T>()
    }
}

/// For each number of steps the order of the item in each place, worst first.
fn places(limit: usize) -> &'static [u8] {
    static PLACES: [OnceLock<Vec<u8>>; PERIODS.len()] = [const { OnceLock::new() }; PERIODS.len()];
    PLACES[limit].get_or_init(|| {
        /// Greatest first.
        struct Greatest;
        impl Best<usize> for Greatest {
            fn no_worse(&self, a: &usize, b: &usize) -> bool {
                a >= b
            }
            fn worse(&self, a: &usize, b: &usize) -> bool {
                a < b
            }
            fn order(&self, a: &usize, b: &usize) -> std::cmp::Ordering {
                b.cmp(a)
            }
        }
        let mut heap: Vec<usize> = (0..limit).collect();
        let mut all = Vec::with_capacity(PERIODS[limit] * limit);
        for step in 0..PERIODS[limit] {
            // At most 15, as a limit is at most 16.
            all.extend(heap.iter().map(|item| u8::try_from(item - step).unwrap_or(u8::MAX)));
            bounded_heap::insert(&Greatest, &mut heap, limit, limit + step);
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    /// The greatest tens first; units tell equal items apart.
    struct Tens;

    impl Best<u64> for Tens {
        fn no_worse(&self, a: &u64, b: &u64) -> bool {
            a / 10 >= b / 10
        }
        fn worse(&self, a: &u64, b: &u64) -> bool {
            a / 10 < b / 10
        }
        fn order(&self, a: &u64, b: &u64) -> Ordering {
            (b / 10).cmp(&(a / 10))
        }
    }

    fn sorted(heap: &[u64]) -> Vec<u64> {
        bounded_heap::sorted(&Tens, heap).into_iter().copied().collect()
    }

    /// A list and its heap, after the same items.
    struct Both {
        list: OrderedList<u64>,
        heap: Vec<u64>,
        limit: usize,
    }

    impl Both {
        fn new(first: u64, limit: usize) -> Self {
            Self { list: OrderedList::of(first, limit), heap: bounded_heap::of(first, limit), limit }
        }

        fn insert(&mut self, item: u64) {
            if self.heap.len() < self.limit || item / 10 >= self.heap[0] / 10 {
                bounded_heap::insert(&Tens, &mut self.heap, self.limit, item);
            }
            if self.list.len() < self.limit || self.list.worst().is_some_and(|worst| item / 10 >= worst / 10) {
                self.list.insert(&Tens, self.limit, item);
            }
        }

        fn check(&self, what: &str) {
            assert_eq!(self.list.iter().copied().collect::<Vec<_>>(), self.heap, "{what}, limit {}", self.limit);
            let found: Vec<u64> = self.list.sorted(&Tens).into_iter().copied().collect();
            assert_eq!(found, sorted(&self.heap), "{what}, limit {}", self.limit);
        }
    }

    #[test]
    fn items_in_order_stand_where_the_heap_has_them() {
        for limit in 1..20 {
            let mut both = Both::new(10, limit);
            for item in 2..3000 {
                both.insert(item * 10);
                both.check("in order");
            }
            // One item is a heap already when it is there.
            assert_eq!(both.list.steps == HEAP, limit == 1 || limit >= PERIODS.len());
        }
    }

    #[test]
    fn an_item_out_of_order_leaves_the_heap() {
        for limit in 1..20 {
            for disturbed in (limit as u64..).step_by(7).take(60) {
                // Worse than all, a tie with the worst, in between, a tie with the best, and better again.
                let best = disturbed * 10;
                for late in [0, best + 10 - 10 * limit as u64, best.saturating_sub(15), best + 3, 99_999] {
                    let mut both = Both::new(10, limit);
                    (2..=disturbed).for_each(|item| both.insert(item * 10));
                    for item in [late, disturbed * 10 + 20, late + 1, disturbed * 10 + 40] {
                        both.insert(item);
                        both.check("out of order");
                    }
                }
            }
        }
    }

    #[test]
    fn merging_is_the_heap_s() {
        for limit in 1..20 {
            for (first, second) in [(1, 1), (2, 40), (40, 3), (25, 31), (60, 60)] {
                for start in [5, 400] {
                    let fill = |from: u64, count: u64| {
                        let mut both = Both::new(from * 10, limit);
                        (1..count).for_each(|item| both.insert((from + item) * 10));
                        both
                    };
                    let (mut early, late) = (fill(1, first), fill(start, second));
                    early.list.merge(&Tens, limit, &late.list);
                    bounded_heap::merge(&Tens, &mut early.heap, limit, &late.heap);
                    early.check("merged");
                }
            }
        }
    }
}
