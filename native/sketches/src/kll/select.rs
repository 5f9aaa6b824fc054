//! Some values of a list by their places in its order, without putting the whole list in order.

/// So few are sorted.
const FEW: usize = 64;
/// Bits that tell buckets apart.
const BITS: u32 = 8;

/// A value that is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Its place among the sorted values.
    pub(super) place: usize,
    /// The value, once it is found.
    pub(super) value: u32,
}

/// Finds the values at ascending places, of a list whose values stand from place `start` on once they are sorted. Each pass over the list sorts it into buckets as wide as each other and goes on with
/// those that have a wanted place: some two passes for values spread evenly, four at most.
pub(super) fn select(values: &mut [u32], start: usize, wanted: &mut [Wanted]) {
    if values.len() <= FEW {
        values.sort_unstable();
        wanted.iter_mut().for_each(|wanted| wanted.value = values[wanted.place - start]);
        return;
    }
    let (least, most) = values.iter().fold((u32::MAX, 0), |(least, most), value| (least.min(*value), most.max(*value)));
    let shift = (u32::BITS - (most - least).leading_zeros()).saturating_sub(BITS);
    let bucket = |value: u32| ((value - least) >> shift) as usize % (1 << BITS);
    let mut counts = [0u32; 1 << BITS];
    values.iter().for_each(|value| counts[bucket(*value)] += 1);
    // Buckets with wanted places, and which of them those are.
    let mut parts: Vec<(Vec<u32>, usize, &mut [Wanted])> = Vec::with_capacity(wanted.len());
    let mut part_of = [None; 1 << BITS];
    let (mut end, mut rest) = (start, wanted);
    for (count, part) in counts.iter().zip(&mut part_of) {
        let start = end;
        end += *count as usize;
        let here = rest.partition_point(|wanted| wanted.place < end);
        if here > 0 {
            let (these, behind) = rest.split_at_mut(here);
            *part = Some(parts.len());
            parts.push((Vec::with_capacity(*count as usize), start, these));
            rest = behind;
        }
    }
    for value in values.iter() {
        if let Some(part) = part_of[bucket(*value)] {
            parts[part].0.push(*value);
        }
    }
    for (mut values, start, wanted) in parts {
        if shift == 0 {
            // All of a bucket are the same.
            wanted.iter_mut().for_each(|wanted| wanted.value = values[0]);
        } else {
            select(&mut values, start, wanted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_selected_is_where_sorting_puts_it() {
        let mixed = |at: u32| at.wrapping_mul(0x9e37_79b9);
        for name in ["mixed", "ascending", "all the same", "few", "one far away", "ever closer", "both ends"] {
            let value = |at: u32| match name {
                "ascending" => at,
                "all the same" => u32::MAX,
                "few" => at % 3 * 1_000_000,
                "one far away" if at != 17 => mixed(at) >> 20,
                "ever closer" => u32::MAX >> (at % 32),
                "both ends" if at.is_multiple_of(2) => 0,
                "one far away" | "both ends" => u32::MAX,
                _ => mixed(at),
            };
            for length in [1, 2, 64, 65, 300, 1024, 5000] {
                let values: Vec<u32> = (0..length).map(value).collect();
                let mut sorted = values.clone();
                sorted.sort_unstable();
                for count in [0, 1, 2, 5, 400] {
                    let mut places: Vec<usize> = (0..count).map(|at| (mixed(at) % length) as usize).collect();
                    places.extend([0, length as usize - 1].iter().take(count as usize));
                    places.sort_unstable();
                    let mut wanted: Vec<Wanted> =
                        places.iter().map(|place| Wanted { place: *place, value: 0 }).collect();
                    select(&mut values.clone(), 0, &mut wanted);
                    for (wanted, place) in wanted.iter().zip(&places) {
                        assert_eq!((wanted.place, wanted.value), (*place, sorted[*place]), "{name}, {length}, {count}");
                    }
                }
            }
        }
    }
}
