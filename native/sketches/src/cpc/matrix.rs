//! The cells of a sketch, a word for each row.
//!
//! Stored sketches of many coupons hold a byte for each row, the columns of their window, and say which few cells before it
//! are empty. Going through all words for each of them would be most of the work of uniting many. So their bytes wait until
//! others are for different columns, and cells before the window are not filled again where every row has them.

use super::set::{before, unite};
use std::borrow::Cow;

/// The columns of each row as the bits of a word.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    rows: Box<[u64]>,
    /// Eight columns of each row from the column `offset` on, which are in no word yet; or nothing.
    waiting: Box<[u8]>,
    offset: u32,
    /// So many first columns are in every word.
    full: u32,
}

impl Matrix {
    /// A matrix of these rows.
    pub(super) fn new(rows: Box<[u64]>) -> Self {
        Self { rows, waiting: Box::default(), offset: 0, full: 0 }
    }

    /// The words, to add columns to. What waits is not in them.
    pub(super) fn words(&mut self) -> &mut [u64] {
        &mut self.rows
    }

    /// Takes in eight columns from `offset` on of a sketch with as many rows or more.
    pub(super) fn extend_window(&mut self, bytes: &[u8], offset: u32) {
        if self.offset != offset {
            self.settle();
        }
        if self.waiting.is_empty() {
            (self.waiting, self.offset) = (vec![0; self.rows.len()].into(), offset);
        }
        unite(&mut self.waiting, bytes, |columns| columns);
    }

    /// Takes in every cell of the first columns but some, which are in no word.
    pub(super) fn fill(&mut self, columns: u32, but: &[u32]) {
        if columns <= self.full {
            return;
        }
        self.rows.iter_mut().for_each(|row| *row |= before(columns));
        but.iter().for_each(|coupon| self.rows[(coupon >> 6) as usize] &= !(1 << (coupon & 63)));
        if but.is_empty() {
            self.full = columns;
        }
    }

    /// Puts what waits into the words.
    pub(super) fn settle(&mut self) {
        let (waiting, offset) = (std::mem::take(&mut self.waiting), self.offset);
        self.rows.iter_mut().zip(waiting).for_each(|(row, columns)| *row |= u64::from(columns) << offset);
    }

    /// The words with what waits.
    pub(super) fn to_rows(&self) -> Cow<'_, [u64]> {
        if self.waiting.is_empty() {
            return Cow::Borrowed(&self.rows);
        }
        self.rows.iter().zip(&self.waiting).map(|(row, columns)| row | u64::from(*columns) << self.offset).collect()
    }

    /// Bytes of heap.
    pub(super) fn heap_size(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells before a window stay empty until a sketch has them, whatever was united before and what waits.
    #[test]
    fn what_waits_is_there() {
        let mut matrix = Matrix::new(vec![0; 4].into());
        matrix.fill(3, &[2 << 6 | 1, 3 << 6]);
        matrix.extend_window(&[1, 0, 0, 0], 3);
        matrix.extend_window(&[2, 0, 0, 0x80], 3);
        let first = [0b11111, 0b111, 0b101, 0b110 | 1 << 10];
        assert_eq!(*matrix.to_rows(), first);
        matrix.extend_window(&[0, 0, 1, 0], 1);
        let second = [first[0], first[1], 0b111, first[3]];
        assert_eq!(*matrix.to_rows(), second, "the empty cell of row 2 was in another window");
        matrix.fill(2, &[3 << 6]);
        assert_eq!(*matrix.to_rows(), second, "row 3 lacks its first column in all");
        assert_eq!(matrix.full, 0);
        matrix.fill(2, &[]);
        assert_eq!(matrix.full, 2);
        matrix.settle();
        assert_eq!(*matrix.words(), [second[0], second[1], second[2], second[3] | 1]);
        assert!(matrix.waiting.is_empty());
    }
}
