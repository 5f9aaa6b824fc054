//! The bounded list that the K forms keep: the `k` best items, the worst of them first once it is full.
//!
//! The order inside the list is that of the reference (aggregator sheet §6.6), because it is stored, and because it decides
//! which of equal items stay: below `k` items they are appended; the one that makes it full sorts them, worst first; from
//! then on an item that is no worse than the worst one replaces it and sinks to its place in the heap.

use std::cmp::Ordering;

/// Most items that a list has room for at first, as in the reference's.
const FIRST: usize = 10;

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

/// Inserts an item into the list of at most `limit`; into a full one, only one that is no worse than the first. With a
/// limit of zero nothing is added.
///
/// Not a part of the loops over rows, where the comparison that turns most values away should stand alone.
#[inline(never)]
pub(crate) fn insert<T>(best: &impl Best<T>, heap: &mut Vec<T>, limit: usize, new: T) {
    if heap.len() < limit {
        append(best, heap, limit, new);
    } else if heap.len() == limit && limit > 0 {
        replace_worst(best, heap, new);
    }
}

/// Replaces the root of a full heap by an item that is no worse.
#[inline]
pub(crate) fn replace_worst<T>(best: &impl Best<T>, heap: &mut [T], new: T) {
    let place = sink(best, heap, &new);
    heap[place] = new;
}

/// Adds an item to a list that is not full.
#[inline(never)]
fn append<T>(best: &impl Best<T>, heap: &mut Vec<T>, limit: usize, new: T) {
    if heap.len() == heap.capacity() {
        // Room for all where that is little more than there is: most lists become full.
        heap.reserve_exact((limit - heap.len()).min(3 * heap.len()));
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
        for item in later {
            if heap.len() < limit || heap.first().is_some_and(|worst| best.no_worse(item, worst)) {
                insert(best, heap, limit, item.clone());
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Greatest first; of two numbers, the tens are compared.
    struct Tens;

    impl Best<i32> for Tens {
        fn no_worse(&self, a: &i32, b: &i32) -> bool {
            a / 10 >= b / 10
        }
        fn worse(&self, a: &i32, b: &i32) -> bool {
            a / 10 < b / 10
        }
        fn order(&self, a: &i32, b: &i32) -> Ordering {
            (b / 10).cmp(&(a / 10))
        }
    }

    /// The rule of the aggregator sheet (§6.6), word for word.
    fn insert_as_written(heap: &mut Vec<i32>, limit: usize, new: i32) {
        if heap.len() < limit {
            heap.push(new);
            if heap.len() == limit {
                heap.sort_by_key(|item| item / 10);
            }
        } else if heap.len() == limit && heap.first().is_some_and(|root| new / 10 >= root / 10) {
            heap[0] = new;
            let mut parent = 0;
            while let Some(left) = heap.get(2 * parent + 1) {
                let right = heap.get(2 * parent + 2).filter(|right| *right / 10 < left / 10);
                let child = 2 * parent + 1 + usize::from(right.is_some());
                if heap[parent] / 10 <= heap[child] / 10 {
                    break;
                }
                heap.swap(parent, child);
                parent = child;
            }
        }
    }

    #[test]
    fn lists_are_those_of_the_written_rule() {
        for limit in 0..20 {
            let (mut heap, mut expected) = (of(500, limit), vec![500]);
            for number in 1..2000 {
                // Every third number is in order; tens repeat, units tell equal ones apart.
                let new = if number % 3 == 0 { number / 2 } else { number * 7919 % 1000 };
                merge(&Tens, &mut heap, limit, &[new]);
                insert_as_written(&mut expected, limit, new);
                assert_eq!(heap, expected, "limit {limit}, after {number} numbers");
            }
        }
    }
}
