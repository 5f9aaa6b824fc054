//! The slots of a table and what stands in them.

use std::collections::BTreeMap;

/// So many slots are few enough to be held whatever is in them.
const FEW: usize = 1 << 10;
/// In more slots only the taken ones are held, until they are one in so many.
const SPARSE: usize = 16;

/// A power of two of slots. An image of a few bytes may tell of many slots, as a purge of a large sketch can leave nearly all
/// of them free; memory goes with what is in them.
#[derive(Debug, Clone)]
pub(super) struct Slots<C> {
    count: usize,
    taken: usize,
    body: Body<C>,
}

#[derive(Debug, Clone)]
enum Body<C> {
    All(Vec<Option<C>>),
    Taken(BTreeMap<usize, C>),
}

impl<C> Slots<C> {
    /// 2^`lg` free slots.
    pub(super) fn new(lg: u8) -> Self {
        let count = 1 << lg;
        let body =
            if count <= FEW { Body::All((0..count).map(|_| None).collect()) } else { Body::Taken(BTreeMap::new()) };
        Self { count, taken: 0, body }
    }

    /// How many slots there are.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many are taken.
    #[inline]
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// What stands in a slot.
    #[inline]
    pub(super) fn get(&self, slot: usize) -> Option<&C> {
        match &self.body {
            Body::All(all) => all[slot].as_ref(),
            Body::Taken(taken) => taken.get(&slot),
        }
    }

    /// What stands in a slot, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut C> {
        match &mut self.body {
            Body::All(all) => all[slot].as_mut(),
            Body::Taken(taken) => taken.get_mut(&slot),
        }
    }

    /// Takes a free slot.
    pub(super) fn put(&mut self, slot: usize, new: C) {
        self.taken += 1;
        if let Body::Taken(taken) = &mut self.body {
            if self.taken < self.count / SPARSE {
                taken.insert(slot, new);
                return;
            }
            let mut all: Vec<Option<C>> = (0..self.count).map(|_| None).collect();
            std::mem::take(taken).into_iter().for_each(|(slot, kept)| all[slot] = Some(kept));
            self.body = Body::All(all);
        }
        if let Body::All(all) = &mut self.body {
            all[slot] = Some(new);
        }
    }

    /// Frees a slot.
    pub(super) fn take(&mut self, slot: usize) -> Option<C> {
        let found = match &mut self.body {
            Body::All(all) => all[slot].take(),
            Body::Taken(taken) => taken.remove(&slot),
        };
        self.taken -= usize::from(found.is_some());
        found
    }

    /// What stands in the slots, ascending, with their numbers.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = (usize, &C)> + '_> {
        match &self.body {
            Body::All(all) => {
                Box::new(all.iter().enumerate().filter_map(|(slot, kept)| kept.as_ref().map(|kept| (slot, kept))))
            }
            Body::Taken(taken) => Box::new(taken.iter().map(|(slot, kept)| (*slot, kept))),
        }
    }

    /// What stands in the slots, ascending, to be changed.
    pub(super) fn iter_mut(&mut self) -> Box<dyn Iterator<Item = &mut C> + '_> {
        match &mut self.body {
            Body::All(all) => Box::new(all.iter_mut().flatten()),
            Body::Taken(taken) => Box::new(taken.values_mut()),
        }
    }

    /// What stands in the slots, in the order in which steps of `stride`, which is odd, come to them from the first.
    pub(super) fn in_steps(&self, stride: usize) -> Box<dyn Iterator<Item = &C> + '_> {
        let mask = self.count - 1;
        match &self.body {
            Body::All(all) => {
                Box::new((0..self.count).filter_map(move |step| all[step.wrapping_mul(stride) & mask].as_ref()))
            }
            Body::Taken(taken) => {
                let steps = inverse(stride);
                let mut found: Vec<_> =
                    taken.iter().map(|(slot, kept)| (slot.wrapping_mul(steps) & mask, kept)).collect();
                found.sort_unstable_by_key(|(step, _)| *step);
                Box::new(found.into_iter().map(|(_, kept)| kept))
            }
        }
    }

    /// Empties the slots.
    pub(super) fn drain(&mut self) -> Vec<C> {
        self.taken = 0;
        match &mut self.body {
            Body::All(all) => std::mem::take(all).into_iter().flatten().collect(),
            Body::Taken(taken) => std::mem::take(taken).into_values().collect(),
        }
    }

    /// Bytes of heap held, without those that `C` holds.
    pub(super) fn heap_size(&self) -> usize {
        match &self.body {
            Body::All(all) => all.capacity() * size_of::<Option<C>>(),
            Body::Taken(taken) => taken.len() * 2 * size_of::<(usize, C)>(),
        }
    }
}

/// What an odd number gives one with, in all bits: each step doubles the bits that are right.
fn inverse(odd: usize) -> usize {
    (0..6).fold(odd, |inverse, _| inverse.wrapping_mul(2usize.wrapping_sub(odd.wrapping_mul(inverse))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sets of slots of which one is held whole from the start, through all that changes them.
    #[test]
    fn few_in_many_slots_are_as_many() {
        let count = 1 << 12;
        let mut sparse = Slots::new(12);
        let mut whole = Slots { count, taken: 0, body: Body::All((0..count).map(|_| None).collect()) };
        for number in 0..600usize {
            let slot = number.wrapping_mul(0x9e37_79b9) % count;
            for slots in [&mut sparse, &mut whole] {
                if slots.get(slot).is_none() {
                    slots.put(slot, number);
                }
                if number % 5 == 0 {
                    slots.take((number * 7) % count);
                }
                if let Some(kept) = slots.get_mut(slot) {
                    *kept += 1;
                }
            }
            assert_eq!(sparse.taken(), whole.taken());
            if number % 50 == 0 {
                assert!(sparse.iter().eq(whole.iter()), "{number}");
                assert!(sparse.in_steps(2531).eq(whole.in_steps(2531)), "{number}");
            }
            // Once it is worth it, all slots are held, and so they stay.
            assert_eq!(
                matches!(sparse.body, Body::Taken(_)),
                number < 300 && sparse.taken() < count / SPARSE,
                "{number}"
            );
        }
        assert_eq!(sparse.drain(), whole.drain());
    }

    #[test]
    fn inverses_give_one() {
        for odd in (1..10_000).step_by(2).chain([usize::MAX, usize::MAX - 2]) {
            assert_eq!(odd.wrapping_mul(inverse(odd)), 1);
        }
    }
}
