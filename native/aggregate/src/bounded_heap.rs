//! The bounded list that the K forms keep: the `k` best items, the worst of them first once it is full.
//!
//! The order inside the list is that of the reference (aggregator sheet §6.6), because it is stored, and because it decides
//! which of equal items stay: below `k` items they are appended; the one that makes it full sorts them, worst first; from
//! then on an item that is no worse than the worst one replaces it and sinks to its place in the heap.

use std::cmp::Ordering;

/// Room in a list at first.
const FIRST: usize = 4;

/// An order in which the best item comes first.
pub(crate) trait Best<T> {
    /// Whether `a` is better than `b` or as good, as the heap compares.
    fn no_worse(&self, a: &T, b: &T) -> bool;
    /// Whether `a` is worse than `b`, as the heap compares.
    fn worse(&self, a: &T, b: &T) -> bool;
    /// The total order of sorts, best first.
    fn order(&self, a: &T, b: &T) -> Ordering;
}

/// The list of one item.
pub(crate) fn of<T>(new: T, limit: usize) -> Vec<T> {
    let mut heap = Vec::with_capacity(limit.clamp(1, FIRST));
    heap.push(new);
    heap
}

/// Inserts an item into the list of at most `limit`. With a limit of zero nothing is added.
///
/// Not a part of the loops over rows, where the comparison that turns most values away should stand alone.
#[inline(never)]
pub(crate) fn insert<T>(best: &impl Best<T>, heap: &mut Vec<T>, limit: usize, new: T) {
    if heap.len() == limit {
        if heap.first().is_some_and(|worst| best.no_worse(&new, worst)) {
            let place = sink(best, heap, &new);
            heap[place] = new;
        }
    } else if heap.len() < limit {
        append(best, heap, limit, new);
    }
}

/// Adds an item to a list that is not full.
#[inline(never)]
fn append<T>(best: &impl Best<T>, heap: &mut Vec<T>, limit: usize, new: T) {
    if heap.len() == heap.capacity() {
        // Room for all where that is little more than there is: most lists become full.
        heap.reserve_exact((limit - heap.len()).min(3 * heap.len() + FIRST));
    }
    heap.push(new);
    if heap.len() == limit {
        heap.sort_by(|a, b| best.order(b, a));
    }
}

/// Appends the items of a later list, or inserts them one by one where there is no room for all.
pub(crate) fn merge<T: Clone>(best: &impl Best<T>, heap: &mut Vec<T>, limit: usize, later: &[T]) {
    if heap.len() + later.len() < limit {
        heap.extend_from_slice(later);
    } else {
        later.iter().for_each(|item| insert(best, heap, limit, item.clone()));
    }
}

/// The items, best first; equal ones in the order that they have.
pub(crate) fn sorted<'a, T>(best: &impl Best<T>, heap: &'a [T]) -> Vec<&'a T> {
    let mut items: Vec<&T> = heap.iter().collect();
    items.sort_by(|a, b| best.order(a, b));
    items
}

/// Sinks the root, which leaves, to the place that is that of `new`, and returns it.
#[inline]
fn sink<T>(best: &impl Best<T>, heap: &mut [T], new: &T) -> usize {
    let mut place = 0;
    loop {
        let (left, right) = (2 * place + 1, 2 * place + 2);
        if left >= heap.len() {
            return place;
        }
        // Which child is worse cannot be foreseen, so it is added, not branched on.
        let child = left + usize::from(right < heap.len() && best.worse(&heap[right], &heap[left]));
        if best.no_worse(&heap[child], new) {
            return place;
        }
        heap.swap(place, child);
        place = child;
    }
}
