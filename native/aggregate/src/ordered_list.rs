//! The bounded list of [`crate::bounded_heap`] for items that mostly come in order, each better than all before it.
//!
//! A full list in which that happens loses its worst item and gains a best one, and the heap's sinking compares no item
//! with another whose order is not known beforehand. So where every item stands after `n` such steps is a function of `n`
//! alone, which comes round again after [`PERIODS`]. Such a list keeps its items in a ring, by order, and `n`; the places in
//! the heap are looked up when somebody asks for them. One item that is not better than all others, be it a tie, ends
//! this for the list: it goes on as the heap that it stands for. A heap that has changed often without equal items, one that
//! was stored for instance, becomes a ring again; where its items go is worked out from where they stood.

use crate::bounded_heap::{self, Best};
use std::sync::OnceLock;

/// After how many steps every item of a full list of that limit is in the place of its order again.
const PERIODS: [usize; 17] = [1, 1, 1, 2, 3, 8, 10, 12, 42, 64, 90, 120, 132, 288, 780, 168, 1260];

/// Marks a list as a heap.
const HEAP: u32 = u32::MAX;
/// The longest list that is kept as a ring.
const MOST: usize = PERIODS.len() - 1;
/// How many items, in lists, a heap takes between two looks whether it can be a ring.
const PATIENCE: u32 = 3;

/// For every place in a heap the order of its item, worst first.
type Orders = [u8; MOST];

/// The `k` best items; see the module.
#[derive(Debug, Clone)]
pub struct OrderedList<T> {
    items: Vec<T>,
    /// Steps since the items became a ring, less than the period where that was in order; or [`HEAP`].
    steps: u32,
    /// Where in the ring the worst item is.
    worst: u32,
    /// Where the items stood when they became a ring; `None` if that was in order.
    first: Option<Box<Orders>>,
    /// How many items a heap has taken since it was looked at last.
    taken: u32,
}

impl<T> OrderedList<T> {
    /// The list of one item.
    pub(crate) fn of(new: T, limit: usize) -> Self {
        Self::from_heap(bounded_heap::of(new, limit))
    }

    /// The list whose heap holds these items.
    pub(crate) fn from_heap(items: Vec<T>) -> Self {
        Self { items, steps: HEAP, worst: 0, first: None, taken: 0 }
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
                self.step(1);
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
        if self.items.len() != limit || limit > MOST {
            return;
        }
        self.taken += 1;
        if !was_full {
            // The item that makes a list full has sorted it.
            let is_strict = self.items.windows(2).all(|pair| best.worse(&pair[0], &pair[1]));
            (self.steps, self.taken) = (if is_strict { 0 } else { HEAP }, 0);
        } else if self.taken >= PATIENCE * limit as u32 {
            self.taken = 0;
            self.become_ring(best);
        }
    }

    /// Goes `count` steps on.
    #[inline]
    fn step(&mut self, count: u32) {
        self.steps += count;
        if self.first.is_none() {
            let period = PERIODS[self.items.len()] as u32;
            if self.steps >= period {
                self.steps %= period;
            }
        } else if self.steps >= HEAP / 2 {
            self.first = Some(Box::new(self.orders()));
            self.steps = 0;
        }
    }

    /// Given `count` items that come in order: if they are all better than the items here, as `is_better` says of the best of
    /// these, lets go by those that later ones of them replace, and returns how many these are. The others are to be
    /// inserted next.
    pub(crate) fn pass(
        &mut self,
        best: &impl Best<T>,
        limit: usize,
        is_better: impl Fn(&T) -> bool,
        count: usize,
    ) -> usize {
        let full = self.items.len();
        if full != limit || limit > MOST || count <= full {
            return 0;
        }
        if self.steps == HEAP {
            self.become_ring(best);
            if self.steps == HEAP {
                return 0;
            }
        }
        let newest = if self.worst == 0 { full } else { self.worst as usize } - 1;
        let passed = u32::try_from(count - full).ok().filter(|passed| *passed < HEAP / 2);
        match passed {
            Some(passed) if is_better(&self.items[newest]) => {
                self.step(passed);
                passed as usize
            }
            _ => 0,
        }
    }

    /// Goes over from a full heap to a ring, if it is a heap and no two items are equal.
    fn become_ring(&mut self, best: &impl Best<T>) {
        let full = self.items.len();
        let mut by_order: Orders = std::array::from_fn(|place| place as u8);
        let by_order = &mut by_order[..full];
        by_order.sort_unstable_by(|a, b| best.order(&self.items[usize::from(*b)], &self.items[usize::from(*a)]));
        let item = |order: usize| &self.items[usize::from(by_order[order])];
        if !(1..full).all(|order| best.worse(item(order - 1), item(order))) {
            return;
        }
        let mut orders: Orders = [0; MOST];
        by_order.iter().enumerate().for_each(|(order, place)| orders[usize::from(*place)] = order as u8);
        // What was stored need not be a heap.
        if !(1..full).all(|place| orders[(place - 1) / 2] < orders[place]) {
            return;
        }
        self.items.sort_unstable_by(|a, b| best.order(b, a));
        let in_order = orders[..full].windows(2).all(|pair| pair[0] < pair[1]);
        self.first = (!in_order).then(|| Box::new(orders));
        (self.steps, self.worst) = (0, 0);
    }

    /// For every place in the heap the order of its item.
    fn orders(&self) -> Orders {
        let full = self.items.len();
        let Some(first) = &self.first else {
            let mut orders: Orders = [0; MOST];
            orders[..full].copy_from_slice(&places(full)[self.steps as usize * full..][..full]);
            return orders;
        };
        let mut orders = **first;
        let mut left = self.steps;
        while left > 0 {
            take_best(&mut orders[..full]);
            left -= 1;
            if orders == **first {
                left %= self.steps - left;
            }
        }
        orders
    }

    /// Puts the items into their places.
    fn become_heap(&mut self) {
        if self.steps == HEAP {
            return;
        }
        let orders = self.orders();
        let place_of = |place: usize| self.in_ring(usize::from(orders[place]));
        let from: [usize; MOST] =
            std::array::from_fn(|place| if place < self.items.len() { place_of(place) } else { place });
        // Every cycle of the permutation is walked once.
        let mut placed = 0_u32;
        for start in 0..self.items.len() {
            let mut place = start;
            while placed & (1 << place) == 0 {
                placed |= 1 << place;
                let from = from[place];
                if from != start {
                    self.items.swap(place, from);
                    place = from;
                }
            }
        }
        (self.steps, self.worst, self.first) = (HEAP, 0, None);
    }

    /// Where in the ring the item of that order is.
    #[inline]
    fn in_ring(&self, order: usize) -> usize {
        (self.worst as usize + order) % self.items.len()
    }

    /// The items in the order of the heap, which is the stored one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let orders = (self.steps != HEAP).then(|| self.orders());
        (0..self.items.len()).map(move |place| match &orders {
            None => &self.items[place],
            Some(orders) => &self.items[self.in_ring(usize::from(orders[place]))],
        })
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

    /// Bytes of heap of the list, by capacity, and of its items, as `of_item` has them.
    pub(crate) fn heap_size(&self, of_item: impl Fn(&T) -> usize) -> usize {
        let first = self.first.as_ref().map_or(0, |first| size_of_val(&**first));
        self.items.capacity() * size_of::<T>() + first + self.items.iter().map(of_item).sum::<usize>()
    }
}

/// For each number of steps from the order on, the orders of the items in their places.
fn places(limit: usize) -> &'static [u8] {
    static PLACES: [OnceLock<Vec<u8>>; PERIODS.len()] = [const { OnceLock::new() }; PERIODS.len()];
    PLACES[limit].get_or_init(|| {
        let mut orders: Vec<u8> = (0..limit as u8).collect();
        let mut all = Vec::with_capacity(PERIODS[limit] * limit);
        for _ in 0..PERIODS[limit] {
            all.extend_from_slice(&orders);
            take_best(&mut orders);
        }
        all
    })
}

/// Replaces the worst item by one that is better than all: every order sinks by one, and the best is new.
fn take_best(orders: &mut [u8]) {
    /// Greatest first.
    struct Greatest;
    impl Best<u8> for Greatest {
        fn no_worse(&self, a: &u8, b: &u8) -> bool {
            a >= b
        }
        fn worse(&self, a: &u8, b: &u8) -> bool {
            a < b
        }
        fn order(&self, a: &u8, b: &u8) -> std::cmp::Ordering {
            b.cmp(a)
        }
    }
    bounded_heap::replace_worst(&Greatest, orders, orders.len() as u8);
    orders.iter_mut().for_each(|order| *order -= 1);
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
            assert_eq!(both.list.steps == HEAP, limit > MOST);
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

    /// Lists as they may have been stored: heaps of mixed items, with and without ties, and such as are no heaps.
    fn stored(limit: usize) -> Vec<Vec<u64>> {
        let mut lists = Vec::new();
        for seed in 0..15_u64 {
            let mut list = vec![500];
            let mut number = seed;
            for _ in 1..limit * (1 + seed as usize % 4) {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let item = (number >> 40) % 10_000 + 10;
                match seed % 5 {
                    0 if list.len() < limit => list.push(item),
                    0 => {}
                    _ if list.len() < limit || item / 10 >= list[0] / 10 => {
                        bounded_heap::insert(&Tens, &mut list, limit, item);
                    }
                    _ => {}
                }
            }
            lists.push(list);
        }
        lists
    }

    #[test]
    fn a_stored_list_goes_on_as_its_heap_does() {
        for limit in 1..20 {
            let mut rings = 0;
            for list in stored(limit) {
                let mut both = Both { list: OrderedList::from_heap(list.clone()), heap: list, limit };
                for round in 0..3 {
                    for item in 0..300 {
                        both.insert(100_000 * (round + 1) + item * 10);
                        if item % 7 == 0 {
                            both.check("stored, then in order");
                        }
                    }
                    rings += usize::from(both.list.steps != HEAP);
                    both.insert(100_000 * (round + 1) + 2_945 - round * 10);
                    both.check("then out of order");
                }
            }
            assert_eq!(rings > 0, limit <= MOST, "limit {limit}");
        }
    }

    #[test]
    fn what_is_passed_is_as_if_it_had_been_inserted() {
        for limit in 1..20 {
            for list in stored(limit) {
                let mut both = Both { list: OrderedList::from_heap(list.clone()), heap: list, limit };
                let mut items = (2_000..).map(|item| item * 10);
                let mut passed = 0;
                for count in [90, 1, 17, 200, 5, 1_000, 9_000] {
                    let run: Vec<u64> = items.by_ref().take(count).collect();
                    let passing = both.list.pass(&Tens, limit, |best| run[0] / 10 > best / 10, count);
                    passed += passing;
                    for (position, item) in run.into_iter().enumerate() {
                        bounded_heap::insert(&Tens, &mut both.heap, limit, item);
                        if position >= passing {
                            both.list.insert(&Tens, limit, item);
                        }
                    }
                    both.check("passed");
                }
                assert!(passed == 0 || passed > 8_000, "{passed}, limit {limit}");
                // One that is not better than all here is not let go by.
                assert_eq!(both.list.pass(&Tens, limit, |best| 2_001 > best / 10, 50_000), 0);
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
