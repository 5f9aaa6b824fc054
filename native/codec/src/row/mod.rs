//! Rows in the layout of Spark's `UnsafeRow`.
//!
//! A row is: one null bit per column, in whole words of 8 bytes; one slot of 8 bytes per column; the variable part. A slot
//! holds the value itself, zero-extended, or, for texts, bytes, lists, maps, structs and wide decimals, where in the row the value
//! lies (upper half) and how many bytes it has (lower half). Everything is padded to 8 bytes, and little-endian on all
//! machines that the library is built for. Lists, and the two halves of maps, are element count, null bits, elements at their
//! own width, variable part, with places relative to the list. A struct is a row inside the row.
//!
//! Rows come from the host as they are: no column is touched before it is read here, and a place that points outside its
//! row is an error.

mod column_frame;
mod columns;
mod extend;

pub use column_frame::{ColumnFrame, ColumnFrames};
pub use columns::RowColumns;
pub use extend::{Added, RowExtender};

use chronon_types::{Error, Result};

/// Bytes of a word, of a slot, and of the padding.
pub(crate) const WORD: usize = 8;

/// One row.
///
/// ```
/// use chronon_codec::row::Row;
/// // two columns: 7, and "hi"
/// let words = [0u64, 7, 24 << 32 | 2, u64::from_le_bytes(*b"hi\0\0\0\0\0\0")];
/// let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
/// let row = Row::new(&bytes, 2)?;
/// assert_eq!((row.slot(0), row.is_null(0), row.variable(1)?), (7, false, &b"hi"[..]));
/// # Ok::<(), chronon_types::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    bytes: &'a [u8],
    slots: usize,
    columns: usize,
}

impl<'a> Row<'a> {
    /// A row of so many columns.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are too few for the columns, or no whole words.
    #[inline]
    pub fn new(bytes: &'a [u8], columns: usize) -> Result<Self> {
        if bytes.len() < fixed_bytes(columns) || !bytes.len().is_multiple_of(WORD) {
            return Err(Error::corrupt_data(format!(
                "a row of {columns} columns has {} bytes; it needs at least {}, in whole words",
                bytes.len(),
                fixed_bytes(columns)
            )));
        }
        Ok(Self { bytes, slots: null_bytes(columns), columns })
    }

    /// All of it.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Whether column `index` is null.
    #[inline]
    pub fn is_null(&self, index: usize) -> bool {
        self.bytes[index / 8] >> (index % 8) & 1 == 1
    }

    /// The slot of column `index`, as it is.
    #[inline]
    pub fn slot(&self, index: usize) -> u64 {
        word(self.bytes, self.slots + index * WORD)
    }

    /// The value of column `index` out of the variable part.
    ///
    /// # Errors
    /// `CorruptData` when its place lies outside the row.
    #[inline]
    pub fn variable(&self, index: usize) -> Result<&'a [u8]> {
        place(self.bytes, self.slot(index))
    }
}

/// Bytes of the null bits.
#[inline]
pub(crate) fn null_bytes(columns: usize) -> usize {
    columns.div_ceil(64) * WORD
}

/// Bytes of null bits and slots.
#[inline]
pub(crate) fn fixed_bytes(columns: usize) -> usize {
    null_bytes(columns) + columns * WORD
}

/// The word at `at`, which must lie inside.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[at..at + WORD]);
    u64::from_le_bytes(word)
}

/// The bytes that a slot points to.
#[inline]
pub(crate) fn place(bytes: &[u8], slot: u64) -> Result<&[u8]> {
    let (offset, size) = ((slot >> 32) as usize, slot as u32 as usize);
    bytes.get(offset..offset + size).ok_or_else(|| {
        Error::corrupt_data(format!("a value of {size} bytes at {offset} lies outside its {} bytes", bytes.len()))
    })
}
