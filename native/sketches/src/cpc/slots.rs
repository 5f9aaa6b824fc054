//! A hash table of coupons.

/// Marks a free slot; no coupon has all bits set.
const FREE: u32 = u32::MAX;
const FIRST_SLOTS: usize = 8;

/// Coupons by open addressing with linear probing: a power of two of slots, at most three quarters of them taken, or none.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    slots: Box<[u32]>,
    taken: u32,
}

impl Slots {
    pub(super) fn len(&self) -> u32 {
        self.taken
    }

    pub(super) fn is_full(&self) -> bool {
        self.taken as usize >= self.slots.len() / 4 * 3
    }

    /// Takes a coupon in; whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, coupon: u32) -> bool {
        let Err(free) = find(&self.slots, coupon) else { return false };
        if self.is_full() {
            self.grow(coupon);
        } else {
            self.slots[free] = coupon;
        }
        self.taken += 1;
        true
    }

    /// Doubles the slots, one of which `coupon` takes.
    #[cold]
    fn grow(&mut self, coupon: u32) {
        let mut grown = vec![FREE; (self.slots.len() * 2).max(FIRST_SLOTS)].into_boxed_slice();
        for coupon in self.iter().chain([coupon]) {
            if let Err(free) = find(&grown, coupon) {
                grown[free] = coupon;
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

/// Whether `coupon` is there; if not, the slot it would take.
#[inline]
fn find(slots: &[u32], coupon: u32) -> Result<(), usize> {
    if slots.is_empty() {
        return Err(0);
    }
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
