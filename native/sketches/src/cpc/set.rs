//! The coupons of a sketch: which are there, and how many.
//!
//! While they are few, a hash table of them; a bit matrix of one word per row once the table would not be smaller.
//! Memory is therefore at most eleven bytes per coupon (a table after growing) or eight per row.

use super::MAX_LG_K;
use std::borrow::Cow;

/// Marks a free slot of the table; no coupon has all bits set.
const FREE: u32 = u32::MAX;
const FIRST_SLOTS: usize = 8;
/// Stands for the number of coupons of a matrix that was merged into and not counted yet.
const UNCOUNTED: u32 = u32::MAX;

/// A set of coupons `row << 6 | column`, with rows below 2^`lg_k`.
#[derive(Debug, Clone)]
pub(super) struct CouponSet {
    lg_k: u8,
    count: u32,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    /// Open addressing with linear probing, at most three quarters full; a power of two of slots, or none.
    Few(Vec<u32>),
    /// A row's columns as the bits of a word.
    Matrix(Vec<u64>),
}

/// How many columns the window of a sketch of 2^`lg_k` rows with this many coupons has moved: 8C − 19K over 8K.
pub(super) fn window_offset(lg_k: u8, coupons: u32) -> u32 {
    let moved = (8 * u64::from(coupons)).saturating_sub(19 << lg_k) >> (lg_k + 3);
    // Eight columns stay inside the window. No set of hashed values comes near, but bytes may say so.
    (moved as u32).min(56)
}

/// Columns before the window.
pub(super) fn before(offset: u32) -> u64 {
    (1 << offset) - 1
}

impl CouponSet {
    pub(super) fn new(lg_k: u8) -> Self {
        debug_assert!(lg_k <= MAX_LG_K);
        Self { lg_k, count: 0, body: Body::Few(Vec::new()) }
    }

    pub(super) fn lg_k(&self) -> u8 {
        self.lg_k
    }

    /// How many coupons there are. O(rows) right after a merge into a matrix, else O(1).
    pub(super) fn len(&self) -> u32 {
        match &self.body {
            Body::Matrix(rows) if self.count == UNCOUNTED => counted(rows),
            _ => self.count,
        }
    }

    /// Whether there are none. A matrix has some.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Counts for good what a merge left uncounted.
    pub(super) fn settle(&mut self) {
        self.count = self.len();
    }

    /// Takes a coupon in; whether it is new. The set must be [settled](Self::settle).
    #[inline]
    pub(super) fn insert(&mut self, coupon: u32) -> bool {
        let new = match &mut self.body {
            Body::Matrix(rows) => {
                let row = &mut rows[(coupon >> 6) as usize];
                let bit = 1 << (coupon & 63);
                let new = *row & bit == 0;
                *row |= bit;
                new
            }
            Body::Few(slots) => {
                let free = match find(slots, coupon) {
                    Err(at) if (self.count as usize) < slots.len() / 4 * 3 => Some(at),
                    Err(_) => None,
                    Ok(()) => return false,
                };
                match free {
                    Some(at) => slots[at] = coupon,
                    None => self.grow_and_insert(coupon),
                }
                true
            }
        };
        self.count = self.count.saturating_add(u32::from(new));
        new
    }

    /// Inserts a coupon that is not there into a table that is full; does not count it.
    #[cold]
    fn grow_and_insert(&mut self, coupon: u32) {
        let Body::Few(slots) = &mut self.body else { return };
        if slots.len() >> self.lg_k != 0 {
            let rows = self.become_matrix();
            rows[(coupon >> 6) as usize] |= 1 << (coupon & 63);
            return;
        }
        let mut grown = vec![FREE; (slots.len() * 2).max(FIRST_SLOTS)];
        for coupon in taken(slots).chain([coupon]) {
            if let Err(at) = find(&grown, coupon) {
                grown[at] = coupon;
            }
        }
        *slots = grown;
    }

    /// The rows of the matrix, which the set becomes if it is not, to add coupons to. The set is left uncounted.
    pub(super) fn matrix(&mut self) -> &mut [u64] {
        self.count = UNCOUNTED;
        self.become_matrix()
    }

    /// The rows of the matrix if the set is one, to add coupons to; then it is left uncounted.
    pub(super) fn as_matrix(&mut self) -> Option<&mut [u64]> {
        match &mut self.body {
            Body::Matrix(rows) => {
                self.count = UNCOUNTED;
                Some(rows)
            }
            Body::Few(_) => None,
        }
    }

    fn become_matrix(&mut self) -> &mut [u64] {
        if matches!(self.body, Body::Few(_)) {
            self.body = Body::Matrix(self.to_rows().into_owned());
        }
        match &mut self.body {
            Body::Matrix(rows) => rows,
            Body::Few(_) => &mut [],
        }
    }

    /// The rows as a matrix would have them.
    pub(super) fn to_rows(&self) -> Cow<'_, [u64]> {
        match &self.body {
            Body::Matrix(rows) => Cow::Borrowed(rows),
            Body::Few(slots) => {
                let mut rows = vec![0; 1 << self.lg_k];
                taken(slots).for_each(|coupon| rows[(coupon >> 6) as usize] |= 1 << (coupon & 63));
                Cow::Owned(rows)
            }
        }
    }

    /// All coupons, ascending.
    pub(super) fn sorted(&self) -> Vec<u32> {
        match &self.body {
            Body::Few(slots) => {
                let mut coupons: Vec<u32> = taken(slots).collect();
                coupons.sort_unstable();
                coupons
            }
            Body::Matrix(rows) => {
                let mut coupons = Vec::with_capacity(self.len() as usize);
                for (row, &bits) in rows.iter().enumerate() {
                    coupons.extend(columns(bits).map(|column| (row as u32) << 6 | column));
                }
                coupons
            }
        }
    }

    /// Reduces the rows to 2^`lg_k`, each the union of those whose numbers end in the same bits.
    pub(super) fn shrink(&mut self, lg_k: u8) {
        if lg_k >= self.lg_k {
            return;
        }
        let old = std::mem::replace(self, Self::new(lg_k));
        self.merge(&old);
    }

    /// Takes in every coupon of `other`; rows become the fewer of the two. An empty set has no say in that.
    pub(super) fn merge(&mut self, other: &Self) {
        match &other.body {
            Body::Few(_) if other.count == 0 => {}
            Body::Few(slots) => {
                self.shrink(other.lg_k);
                self.extend(taken(slots));
            }
            Body::Matrix(rows) => {
                self.shrink(other.lg_k);
                self.extend_rows(rows);
            }
        }
    }

    /// Takes in coupons of a set with as many rows or more. The set may be left uncounted.
    #[inline]
    pub(super) fn extend(&mut self, coupons: impl Iterator<Item = u32>) {
        let mask = ((64u64 << self.lg_k) - 1) as u32;
        if let Body::Matrix(rows) = &mut self.body {
            for coupon in coupons {
                rows[((coupon & mask) >> 6) as usize] |= 1 << (coupon & 63);
            }
            self.count = UNCOUNTED;
            return;
        }
        for coupon in coupons {
            self.insert(coupon & mask);
        }
    }

    fn extend_rows(&mut self, from: &[u64]) {
        let rows = self.matrix();
        for part in from.chunks_exact(rows.len()) {
            rows.iter_mut().zip(part).for_each(|(row, columns)| *row |= columns);
        }
    }

    /// Bytes of heap.
    pub(super) fn heap_size(&self) -> usize {
        match &self.body {
            Body::Few(slots) => slots.capacity() * size_of::<u32>(),
            Body::Matrix(rows) => rows.capacity() * size_of::<u64>(),
        }
    }
}

/// The coupons of a table.
fn taken(slots: &[u32]) -> impl Iterator<Item = u32> {
    slots.iter().copied().filter(|slot| *slot != FREE)
}

/// Whether a table has `coupon`; if not, the slot it would take.
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

fn counted(rows: &[u64]) -> u32 {
    let count: u64 = rows.iter().map(|row| u64::from(row.count_ones())).sum();
    count.min(u64::from(UNCOUNTED - 1)) as u32
}

/// The columns whose bits are set, ascending.
pub(super) fn columns(mut row: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let column = (row != 0).then(|| row.trailing_zeros());
        row &= row.wrapping_sub(1);
        column
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Coupons as hashing spreads them: rows evenly, each column half as often as the one before.
    fn coupons(lg_k: u8, count: u64) -> Vec<u32> {
        let coupon = |value: u64| crate::cpc::coupon_of_long(lg_k, value as i64);
        (0..count).map(coupon).collect()
    }

    #[test]
    fn both_bodies_hold_the_same() {
        for (lg_k, count) in [(4, 1), (4, 12), (4, 13), (4, 500), (8, 200), (8, 300), (11, 100), (11, 9000)] {
            let coupons = coupons(lg_k, count);
            let expected: BTreeSet<u32> = coupons.iter().copied().collect();
            let mut set = CouponSet::new(lg_k);
            let new = coupons.iter().filter(|coupon| set.insert(**coupon)).count();
            assert_eq!(new, expected.len(), "{lg_k} {count}");
            assert_eq!(set.len() as usize, expected.len(), "{lg_k} {count}");
            assert!(set.sorted().into_iter().eq(expected.iter().copied()), "{lg_k} {count}");
            assert!(coupons.iter().all(|coupon| !set.insert(*coupon)), "{lg_k} {count}");
            let bytes = (expected.len() * 11).max(32).min(8 << lg_k);
            assert!(set.heap_size() <= bytes.max(4 << lg_k), "{lg_k} {count}: {}", set.heap_size());
            set.matrix();
            assert!(set.sorted().into_iter().eq(expected), "{lg_k} {count} as a matrix");
        }
    }

    #[test]
    fn merging_is_union_with_the_fewer_rows() {
        for (left, right) in [(0, 5), (5, 0), (5, 5), (5, 900), (900, 5), (900, 900)] {
            for (left_k, right_k) in [(8, 8), (8, 6), (6, 8), (8, 4)] {
                let mut set = CouponSet::new(left_k);
                set.extend(coupons(left_k, left).into_iter());
                let mut other = CouponSet::new(right_k);
                other.extend(coupons(right_k, right).into_iter());
                set.merge(&other);
                set.settle();
                let lg_k = if right == 0 { left_k } else { left_k.min(right_k) };
                let expected: BTreeSet<u32> = coupons(lg_k, left.max(right)).into_iter().collect();
                assert_eq!(set.lg_k(), lg_k, "{left} {right}");
                assert!(set.sorted().into_iter().eq(expected), "{left} of {left_k}, {right} of {right_k}");
            }
        }
    }

    #[test]
    fn windows_move_by_rows_of_coupons() {
        // C = (19/8 + offset) * K
        let moves: Vec<u32> = (1..256 * 6).filter(|c| window_offset(8, *c) != window_offset(8, c - 1)).collect();
        assert_eq!(moves, [864, 1120, 1376]);
        assert_eq!(window_offset(26, u32::MAX), 56);
    }
}
