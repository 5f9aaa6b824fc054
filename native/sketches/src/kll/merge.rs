//! Merging values that ascend.

/// Appends the merged values of two ascending slices.
pub(super) fn merge<T: Copy + Ord + Default>(a: &[T], b: &[T], out: &mut Vec<T>) {
    if a.is_empty() || b.is_empty() {
        out.extend_from_slice(a);
        out.extend_from_slice(b);
        return;
    }
    let start = out.len();
    out.resize(start + a.len() + b.len(), T::default());
    merge_into(a, b, &mut out[start..]);
}

/// Puts the merged values of two ascending slices into as many places. Of slices that do not ascend, as levels with both
/// zeros may not, all values are there, in some order.
fn merge_into<T: Copy + Ord>(mut a: &[T], mut b: &[T], mut places: &mut [T]) {
    // The smallest goes to the front and the largest to the back, two searches that do not wait for each other. They never
    // take the same value, as there are two on each side. Neither branches: from which side a value comes is as good as
    // random.
    while let ([a_first, .., a_last], [b_first, .., b_last]) = (a, b) {
        let [first, rest @ .., last] = places else { break };
        (*first, *last) = (*a_first.min(b_first), *a_last.max(b_last));
        let (low, high) = (usize::from(a_first <= b_first), usize::from(a_last > b_last));
        (a, b) = (&a[low..a.len() - high], &b[1 - low..b.len() + high - 1]);
        places = rest;
    }
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    match few {
        [one] => {
            let at = many.partition_point(|value| value < one);
            places[..at].copy_from_slice(&many[..at]);
            places[at] = *one;
            places[at + 1..].copy_from_slice(&many[at..]);
        }
        _ => places.copy_from_slice(many),
    }
}

/// What merges slices that ascend, or slices that may not.
pub(super) fn merger<T: Copy + Ord>(ascending: bool) -> fn(&[T], &[T], &mut [T]) {
    if ascending { merge_ascending } else { merge_into }
}

/// Puts the merged values of two slices that do ascend into as many places, four values at once: the least four of both are
/// those that are less when one side is laid upon the other backwards. Which values come next is then waited for once in
/// four places.
fn merge_ascending<T: Copy + Ord>(mut a: &[T], mut b: &[T], mut places: &mut [T]) {
    while let (Some(four_a), Some(four_b)) = (a.first_chunk(), b.first_chunk())
        && let Some((front, rest)) = std::mem::take(&mut places).split_first_chunk_mut()
    {
        let from_b = least_four(four_a, four_b, front);
        (a, b) = (&a[4 - from_b..], &b[from_b..]);
        places = rest;
    }
    merge_into(a, b, places);
}

/// Puts the least four of two ascending fours in their order, and tells how many are of `b`.
#[inline(always)]
fn least_four<T: Copy + Ord>(a: &[T; 4], b: &[T; 4], least: &mut [T; 4]) -> usize {
    let mut from_b = 0;
    for at in 0..4 {
        from_b += usize::from(b[3 - at] < a[at]);
        least[at] = a[at].min(b[3 - at]);
    }
    // They rise and then fall, which takes two rounds to sort.
    for (low, high) in [(0, 2), (1, 3), (0, 1), (2, 3)] {
        (least[low], least[high]) = (least[low].min(least[high]), least[low].max(least[high]));
    }
    from_b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_sorts() {
        for (a, b) in [(0, 1), (0, 5), (1, 1), (5, 1), (1, 5), (40, 17), (17, 40)] {
            let mut a: Vec<i32> = (0..a).map(|v| v * v * 31 % 97).collect();
            let mut b: Vec<i32> = (0..b).map(|v| v * v * 17 % 89).collect();
            a.sort_unstable();
            b.sort_unstable();
            let (mut expected, mut merged) = ([a.clone(), b.clone()].concat(), vec![-1]);
            expected.sort_unstable();
            merge(&a, &b, &mut merged);
            assert_eq!(merged[1..], expected, "{a:?} {b:?}");
            merge_ascending(&a, &b, &mut merged[1..]);
            assert_eq!(merged[1..], expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn merging_what_does_not_ascend_loses_nothing() {
        let lists: [&[i32]; 7] = [&[], &[0], &[1, -1], &[1, 0, -1], &[-1, 1, 0], &[3, 2, 1, 0], &[0, 5, 4]];
        for (a, b) in lists.iter().flat_map(|a| lists.iter().map(move |b| (a, b))) {
            let (mut merged, mut expected) = (Vec::new(), [*a, *b].concat());
            merge(a, b, &mut merged);
            merged.sort_unstable();
            expected.sort_unstable();
            assert_eq!(merged, expected, "{a:?} {b:?}");
        }
    }
}
