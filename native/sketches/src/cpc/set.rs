//! The coupons of a sketch: which are there, and how many.
//!
//! While they are few, a hash table of them. Then a byte for each row's first eight columns, where all but one in 256
//! values fall, and a hash table of the coupons in other columns. Once that table outgrows the bytes, a word for each row.
//! Memory is therefore at most eleven bytes per coupon (a table after growing) and at most eight per row, nine until merged sets are counted.

use super::MAX_LG_K;
use super::matrix::Matrix;
use super::rounds::{self, Reading};
use super::slots::Slots;
use super::table::Table;
use chronon_types::Result;
use std::borrow::Cow;

/// The columns of a byte.
const NEAR: u32 = 8;
/// A set of so many rows, two kilobytes of bytes, leaves the table at the second image, as more are likely to follow.
const SMALL: u8 = 11;
/// Stands for the number of coupons of bytes or words that were merged into and not counted yet.
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
    /// All of them.
    Few(Slots),
    /// A row's first columns as the bits of a byte, and the coupons in others.
    Bytes(Box<[u8]>, Slots),
    /// A word for each row. None of its columns wait once the coupons are counted.
    Matrix(Matrix),
}

/// How many columns the window of a sketch of 2^`lg_k` rows with this many coupons has moved: 8C − 19K over 8K.
#[inline]
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
        Self { lg_k, count: 0, body: Body::Few(Slots::default()) }
    }

    pub(super) fn lg_k(&self) -> u8 {
        self.lg_k
    }

    /// How many coupons there are. O(rows) right after a merge into bytes or words, else O(1).
    #[inline]
    pub(super) fn len(&self) -> u32 {
        if self.count == UNCOUNTED { self.counted() } else { self.count }
    }

    #[cold]
    fn counted(&self) -> u32 {
        let count = match &self.body {
            Body::Few(all) => all.len().into(),
            Body::Bytes(bytes, far) => ones(bytes.as_chunks().0, u64::from_le_bytes) + u64::from(far.len()),
            Body::Matrix(matrix) => ones(&matrix.to_rows(), |row| row),
        };
        count.min(u64::from(UNCOUNTED - 1)) as u32
    }

    /// Whether there are none. Bytes and words have some.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Counts for good what a merge left uncounted.
    pub(super) fn settle(&mut self) {
        if let Body::Matrix(matrix) = &mut self.body {
            matrix.settle();
        }
        self.count = self.len();
    }

    /// Takes a coupon in; whether it is new. A set that is not counted stays so.
    #[inline]
    pub(super) fn insert(&mut self, coupon: u32) -> bool {
        let new = match &mut self.body {
            Body::Bytes(bytes, _) if is_near(coupon) => set_near(bytes, coupon),
            Body::Matrix(matrix) => set_bit(matrix.words(), coupon),
            Body::Few(slots) | Body::Bytes(_, slots) if !is_outgrown(slots, self.lg_k) => slots.insert(coupon),
            Body::Few(_) | Body::Bytes(..) => return self.widen_and_insert(coupon),
        };
        self.count = self.count.saturating_add(u32::from(new));
        new
    }

    #[cold]
    fn widen_and_insert(&mut self, coupon: u32) -> bool {
        self.widen();
        self.insert(coupon)
    }

    /// Goes on to the next body.
    fn widen(&mut self) {
        match &self.body {
            Body::Few(slots) => {
                let (mut bytes, mut far) = (vec![0; 1 << self.lg_k].into_boxed_slice(), Slots::default());
                slots.iter().for_each(|coupon| put(&mut bytes, &mut far, coupon));
                self.body = Body::Bytes(bytes, far);
            }
            Body::Bytes(..) => self.body = Body::Matrix(Matrix::new(self.to_rows().into())),
            Body::Matrix(_) => {}
        }
    }

    /// The matrix, which the set becomes if it is not, to add coupons to. The set is left uncounted.
    pub(super) fn matrix(&mut self) -> &mut Matrix {
        self.count = UNCOUNTED;
        if !matches!(self.body, Body::Matrix(_)) {
            self.body = Body::Matrix(Matrix::new(self.to_rows().into()));
        }
        match &mut self.body {
            Body::Matrix(matrix) => matrix,
            Body::Few(_) | Body::Bytes(..) => unreachable!("it was made a matrix"),
        }
    }

    /// The rows as a matrix would have them.
    pub(super) fn to_rows(&self) -> Cow<'_, [u64]> {
        let (mut rows, slots) = match &self.body {
            Body::Few(all) => (vec![0; 1 << self.lg_k], all),
            Body::Bytes(bytes, far) => (bytes.iter().map(|byte| u64::from(*byte)).collect(), far),
            Body::Matrix(matrix) => return matrix.to_rows(),
        };
        slots.iter().for_each(|coupon| _ = set_bit(&mut rows, coupon));
        Cow::Owned(rows)
    }

    /// All coupons, ascending.
    pub(super) fn sorted(&self) -> Vec<u32> {
        let mut coupons = Vec::with_capacity(self.len() as usize);
        if let Body::Few(all) = &self.body {
            coupons.extend(all.iter());
            coupons.sort_unstable();
        } else {
            for (row, &bits) in self.to_rows().iter().enumerate() {
                coupons.extend(columns(bits).map(|column| (row as u32) << 6 | column));
            }
        }
        coupons
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
        if other.is_empty() {
            return;
        }
        self.shrink(other.lg_k);
        match &other.body {
            Body::Few(all) => self.extend(all.iter()),
            Body::Bytes(bytes, far) => {
                self.extend_bytes(bytes);
                self.extend(far.iter());
            }
            Body::Matrix(rows) => unite(self.matrix().words(), &rows.to_rows(), |columns| columns),
        }
    }

    /// Takes in coupons of a set with as many rows or more.
    pub(super) fn extend(&mut self, coupons: impl Iterator<Item = u32>) {
        let mask = self.mask();
        for coupon in coupons {
            self.insert(coupon & mask);
        }
    }

    /// Takes in the first columns of a set with as many rows or more, a byte for each row. The set is left uncounted.
    pub(super) fn extend_bytes(&mut self, from: &[u8]) {
        if matches!(self.body, Body::Few(_)) {
            self.widen();
        }
        self.count = UNCOUNTED;
        match &mut self.body {
            Body::Few(_) => {}
            Body::Bytes(bytes, _) => unite(bytes, from, |columns| columns),
            Body::Matrix(matrix) => matrix.extend_window(from, 0),
        }
    }

    /// Takes in the coupons of stored sets with as many rows or more, which are read side by side. The set may be left
    /// uncounted.
    ///
    /// # Errors
    /// As for [`Table::read`].
    pub(super) fn extend_tables(&mut self, tables: &mut [Reading<'_>]) -> Result<()> {
        if tables.is_empty() {
            return Ok(());
        }
        if matches!(self.body, Body::Few(_)) && self.lg_k <= SMALL {
            self.widen();
        }
        let mask = self.mask();
        match &mut self.body {
            Body::Bytes(bytes, far) if tables.iter().all(|table| table.lg_k() == self.lg_k) => {
                self.count = UNCOUNTED;
                rounds::read(tables, |row, columns| put_columns(bytes, far, row, columns))?;
                if is_outgrown(far, self.lg_k) {
                    self.widen();
                }
                Ok(())
            }
            _ => rounds::read(tables, |row, bits| {
                columns(bits).for_each(|column| _ = self.insert(((row << 6) as u32 | column) & mask));
            }),
        }
    }

    /// Takes in the coupons of a stored set with as many rows or more. The set may be left uncounted.
    ///
    /// # Errors
    /// As for [`Table::read`].
    pub(super) fn extend_table(&mut self, table: Table<'_>) -> Result<()> {
        if matches!(self.body, Body::Few(_)) && self.lg_k <= SMALL && !self.is_empty() {
            self.widen();
        }
        let mask = self.mask();
        match &mut self.body {
            Body::Bytes(bytes, far) if table.lg_k() == self.lg_k => {
                self.count = UNCOUNTED;
                table.read(|row, columns| put_columns(bytes, far, row, columns))?;
                if is_outgrown(far, self.lg_k) {
                    self.widen();
                }
                Ok(())
            }
            Body::Matrix(matrix) if table.lg_k() == self.lg_k => {
                self.count = UNCOUNTED;
                let rows = matrix.words();
                table.read(|row, columns| {
                    if let Some(row) = rows.get_mut(row) {
                        *row |= columns;
                    }
                })
            }
            _ => table.read(|row, bits| {
                columns(bits).for_each(|column| _ = self.insert(((row << 6) as u32 | column) & mask));
            }),
        }
    }

    /// The bits that coupons of this set have.
    pub(super) fn mask(&self) -> u32 {
        ((64u64 << self.lg_k) - 1) as u32
    }

    /// Bytes of heap.
    pub(super) fn heap_size(&self) -> usize {
        match &self.body {
            Body::Few(all) => all.heap_size(),
            Body::Bytes(bytes, far) => size_of_val(&**bytes) + far.heap_size(),
            Body::Matrix(matrix) => matrix.heap_size(),
        }
    }
}

/// Whether a hash table of a set of 2^`lg_k` rows is full and would, after growing, not be smaller than their bytes.
#[inline]
fn is_outgrown(slots: &Slots, lg_k: u8) -> bool {
    slots.is_full() && 2 * slots.heap_size() >= 1 << lg_k
}

#[inline]
fn is_near(coupon: u32) -> bool {
    coupon & 63 < NEAR
}

/// Takes in a coupon of the first columns; whether it is new.
#[inline]
fn set_near(bytes: &mut [u8], coupon: u32) -> bool {
    let (byte, bit) = (&mut bytes[(coupon >> 6) as usize], 1 << (coupon & 63));
    let new = *byte & bit == 0;
    *byte |= bit;
    new
}

/// Takes in a coupon; whether it is new.
#[inline]
fn set_bit(rows: &mut [u64], coupon: u32) -> bool {
    let (row, bit) = (&mut rows[(coupon >> 6) as usize], 1 << (coupon & 63));
    let new = *row & bit == 0;
    *row |= bit;
    new
}

/// Takes in a coupon where it belongs.
#[inline]
fn put(bytes: &mut [u8], far: &mut Slots, coupon: u32) {
    if is_near(coupon) {
        set_near(bytes, coupon);
    } else {
        far.insert(coupon);
    }
}

/// Takes in coupons of a row where they belong.
#[inline(always)]
fn put_columns(bytes: &mut [u8], far: &mut Slots, row: usize, columns: u64) {
    // A damaged table is found out at its end; what it has outside of the rows must not stay.
    let Some(byte) = bytes.get_mut(row) else { return };
    *byte |= columns as u8;
    if columns >> NEAR != 0 {
        put_far(far, row, columns & !0xff);
    }
}

/// Takes in coupons of a row. Inlined where it is rare, it would crowd out what is not.
#[cold]
#[inline(never)]
fn put_far(far: &mut Slots, row: usize, bits: u64) {
    columns(bits).for_each(|column| _ = far.insert((row << 6) as u32 | column));
}

/// Adds the columns of each row to those of the row whose number ends in the same bits.
pub(super) fn unite<R: Copy + std::ops::BitOrAssign, C: Copy>(rows: &mut [R], from: &[C], columns: impl Fn(C) -> R) {
    for part in from.chunks_exact(rows.len()) {
        rows.iter_mut().zip(part).for_each(|(row, more)| *row |= columns(*more));
    }
}

/// How many bits are set: in the sums of a word's bytes, which takes fewer steps than counting word by word.
pub(super) fn ones<W: Copy>(words: &[W], word: impl Fn(W) -> u64) -> u64 {
    const PAIRS: u64 = 0x5555_5555_5555_5555;
    const FOURS: u64 = 0x3333_3333_3333_3333;
    const BYTES: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let in_bytes = |bits: &W| {
        let bits = word(*bits);
        let bits = bits - (bits >> 1 & PAIRS);
        let bits = (bits & FOURS) + (bits >> 2 & FOURS);
        (bits + (bits >> 4)) & BYTES
    };
    // Bytes of up to 248 would overflow when multiplied together, so pairs of them are added first.
    let together = |sums: u64| {
        let sums = (sums & 0x00ff_00ff_00ff_00ff) + (sums >> 8 & 0x00ff_00ff_00ff_00ff);
        sums.wrapping_mul(0x0001_0001_0001_0001) >> 48
    };
    // Sixteen words of at most eight in a byte stay below 256, as would up to thirty-one.
    let (parts, rest) = words.as_chunks::<16>();
    let parts = parts.iter().map(|words| together(words.iter().map(in_bytes).sum()));
    parts.sum::<u64>() + together(rest.iter().map(in_bytes).sum())
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
    fn all_bodies_hold_the_same() {
        for (lg_k, count) in [(4, 1), (4, 12), (4, 13), (4, 500), (8, 24), (8, 25), (8, 9000), (11, 100), (11, 9000)] {
            let coupons = coupons(lg_k, count);
            let expected: BTreeSet<u32> = coupons.iter().copied().collect();
            let mut set = CouponSet::new(lg_k);
            let new = coupons.iter().filter(|coupon| set.insert(**coupon)).count();
            assert_eq!(new, expected.len(), "{lg_k} {count}");
            assert_eq!(set.len() as usize, expected.len(), "{lg_k} {count}");
            assert!(set.sorted().into_iter().eq(expected.iter().copied()), "{lg_k} {count}");
            assert!(coupons.iter().all(|coupon| !set.insert(*coupon)), "{lg_k} {count}");
            let bytes = (expected.len() * 11).max(32).min(8 << lg_k);
            assert!(set.heap_size() <= bytes, "{lg_k} {count}: {}", set.heap_size());
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

    #[test]
    fn bits_are_counted() {
        for length in [0, 1, 30, 31, 32, 62, 256] {
            let words: Vec<u64> = (0..length).map(|at| if length > 60 { u64::MAX } else { at * 0x9e37_79b9 }).collect();
            let expected: u32 = words.iter().map(|word| word.count_ones()).sum();
            assert_eq!(ones(&words, |word| word), u64::from(expected), "{length}");
        }
    }
}
