//! The bounded list that the K forms keep: the `k` best items, the worst of them first once it is full.
//!
//! The order inside the list is that of the reference (aggregator sheet §6.6), because it is stored, and because it decides
//! which of equal items stay: below `k` items they are appended; the one that makes it full sorts them, worst first; from
//! then on an item that is no worse than the worst one replaces it and sinks to its place in the heap.

use std::cmp::Ordering;

/// An order in which the best item comes first.
pub(crate) trait Best<T> {
    /// Whether `a` is better than `b` or as good, as the heap compares.
    fn no_worse(&self, a: &T, b: &T) -> bool;
    /// Whether `a` is worse than `b`, as the heap compares.
    fn worse(&self, a: &T, b: &T) -> bool;
    /// The total order of sorts, best first.
    fn order(&self, a: &T, b: &T) -> Ordering;
}

/// Inserts an item into the list of at most `limit`. With a limit of zero nothing is added.
pub(crate) fn insert<T>(best: &impl Best<T>, heap: &mut Vec<T>, limit: usize, new: T) {
    let size = heap.len();
    if size + 1 < limit {
        heap.push(new);
    } else if size + 1 == limit {
        heap.push(new);
        heap.sort_by(|a, b| best.order(b, a));
    } else if size == limit && heap.first().is_some_and(|worst| best.no_worse(&new, worst)) {
        heap[0] = new;
        sift_down(best, heap);
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

fn sift_down<T>(best: &impl Best<T>, heap: &mut [T]) {
    let mut parent = 0;
    loop {
        let (left, right) = (2 * parent + 1, 2 * parent + 2);
        if left >= heap.len() {
            return;
        }
        let child = if right < heap.len() && best.worse(&heap[right], &heap[left]) { right } else { left };
        if best.no_worse(&heap[child], &heap[parent]) {
            return;
        }
        heap.swap(parent, child);
        parent = child;
    }
}
