//! A set of coupons: a list, then a hash table.

/// Marks a free slot; no coupon has all bits set.
const FREE: u32 = u32::MAX;
const FIRST_SLOTS: usize = 8;
/// So many slots are a list still: looking through them all is faster than looking in the right place, where it takes
/// guesses whether it is free.
const LISTED: usize = 32;

/// Coupons in a power of two of slots, or none. Few stand one after the other; more by open addressing with linear probing,
/// in at most three quarters of the slots.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    slots: Box<[u32]>,
    taken: u32,
}

impl Slots {
    pub(super) fn len(&self) -> u32 {
        self.taken
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        let slots = self.slots.len();
        self.taken as usize >= if slots <= LISTED { slots } else { slots / 4 * 3 }
    }

    /// Takes a coupon in; whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, coupon: u32) -> bool {
        let Err(free) = self.find(coupon) else { return false };
        if self.is_full() {
            self.grow(coupon);
        } else {
            self.slots[free] = coupon;
        }
        self.taken += 1;
        true
    }

    /// Whether `coupon` is there; if not, the slot it would take if any is free.
    #[inline]
    fn find(&self, coupon: u32) -> Result<(), usize> {
        if self.slots.len() > LISTED {
            return find(&self.slots, coupon);
        }
        let parts = self.slots.chunks_exact(FIRST_SLOTS);
        let is_there =
            parts.fold(false, |found, part| part.iter().fold(found, |found, slot| found | (*slot == coupon)));
        if is_there { Ok(()) } else { Err(self.taken as usize) }
    }

    /// Doubles the slots, one of which `coupon` takes.
    #[cold]
    fn grow(&mut self, coupon: u32) {
        let mut grown = vec![FREE; (self.slots.len() * 2).max(FIRST_SLOTS)].into_boxed_slice();
        if grown.len() <= LISTED {
            grown[..self.slots.len()].copy_from_slice(&self.slots);
            grown[self.slots.len()] = coupon;
        } else {
            for coupon in self.iter().chain([coupon]) {
                if let Err(free) = find(&grown, coupon) {
                    grown[free] = coupon;
                }
            }
        }
        self.slots = grown;
    }

    /// The coupons, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().copied().filter(|slot| *slot != FREE)
    }

    /// Bytes of heap.
    pub(super) fn heap_size(&self) -> usize {
        size_of_val(&*self.slots)
    }
}

/// Whether `coupon` is in a hash table; if not, the slot it would take.
#[inline]
fn find(slots: &[u32], coupon: u32) -> Result<(), usize> {
    let mask = slots.len() - 1;
    let mut at = (coupon.wrapping_mul(0x9e37_79b1) >> (32 - slots.len().trailing_zeros())) as usize;
    loop {
        match slots[at & mask] {
            slot if slot == coupon => return Ok(()),
            FREE => return Err(at & mask),
            _ => at += 1,
        }
    }
}
