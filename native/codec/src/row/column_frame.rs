//! Columns to rows.

use super::{WORD, fixed_bytes, null_bytes};
use chronon_types::{DataType, Error, Field, Result};

/// Reads frames of columns, of which it makes rows.
///
/// A frame is made of parts, each padded to whole words of 8 bytes, little-endian: the number of rows (8 bytes); which rows are left
/// out, as flags; then for each column which values are null, as flags, and its values. Flags are a word that is 0 where no flag
/// is set, or 1 and then a byte for each row, 0 or 1. Values are one behind the other at their own width (1 byte for booleans), of
/// nulls too; of texts and bytes there is the end of each (4 bytes) and then all of them.
///
/// ```
/// use chronon_codec::row::{ColumnFrames, Row};
/// use chronon_types::{DataType, Field};
/// let frames = ColumnFrames::new(&[Field::new("n", DataType::Int)])?;
/// // two rows, none left out, no nulls: 7 and -1
/// let frame = [2u64, 0, 0, 0xffff_ffff_0000_0007].map(u64::to_le_bytes).concat();
/// let columns = frames.read(&frame)?;
/// let mut row = Vec::new();
/// columns.append_row(1, &mut row)?;
/// assert_eq!(Row::new(&row, 1)?.slot(0), 0xffff_ffff);
/// # Ok::<(), chronon_types::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ColumnFrames {
    columns: Vec<Kind>,
}

/// How the values of a column lie in a frame.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Bytes of a value.
    Fixed(usize),
    Variable,
}

impl ColumnFrames {
    /// Frames of columns of these types.
    ///
    /// # Errors
    /// `Unsupported` naming the first column that is no plain number, boolean, date, text or bytes.
    pub fn new(fields: &[Field]) -> Result<Self> {
        let kind = |field: &Field| {
            Ok(match field.data_type {
                DataType::String | DataType::Binary => Kind::Variable,
                DataType::Boolean | DataType::Byte => Kind::Fixed(1),
                DataType::Short => Kind::Fixed(2),
                DataType::Int | DataType::Float | DataType::Date => Kind::Fixed(4),
                DataType::Long | DataType::Double => Kind::Fixed(8),
                ref other => {
                    return Err(Error::unsupported(format!(
                        "column `{}` of type {other} is not read from frames of columns; send rows",
                        field.name
                    )));
                }
            })
        };
        Ok(Self { columns: fields.iter().map(kind).collect::<Result<_>>()? })
    }

    /// The columns of a frame.
    ///
    /// # Errors
    /// `CorruptData` when the parts do not fill the frame.
    pub fn read<'a>(&self, frame: &'a [u8]) -> Result<ColumnFrame<'a>> {
        let mut parts = Parts { rest: frame, whole: frame.len() };
        let rows = usize::try_from(parts.word()?).map_err(|_| parts.corrupt())?;
        let left_out = parts.flags(rows)?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for kind in &self.columns {
            let nulls = parts.flags(rows)?;
            let values = match kind {
                Kind::Fixed(width) => Values::Fixed { bytes: parts.take(rows, *width)?, width: *width },
                Kind::Variable => {
                    let ends = parts.take(rows, 4)?;
                    let size = ends.last_chunk().map_or(0, |end| u32::from_le_bytes(*end) as usize);
                    Values::Variable { ends, bytes: parts.take(size, 1)? }
                }
            };
            columns.push(Column { nulls, values });
        }
        // without columns nothing bounds the number of rows
        if parts.rest.is_empty() && (rows == 0 || !columns.is_empty()) {
            Ok(ColumnFrame { rows, left_out, columns })
        } else {
            Err(parts.corrupt())
        }
    }
}

/// What is left of a frame.
struct Parts<'a> {
    rest: &'a [u8],
    whole: usize,
}

impl<'a> Parts<'a> {
    #[cold]
    fn corrupt(&self) -> Error {
        let at = self.whole - self.rest.len();
        Error::corrupt_data(format!("a frame of columns of {} bytes is not made of its parts at {at}", self.whole))
    }

    /// So many values of so many bytes each.
    fn take(&mut self, count: usize, width: usize) -> Result<&'a [u8]> {
        let size = count.checked_mul(width).ok_or_else(|| self.corrupt())?;
        let padded = size.checked_next_multiple_of(WORD).ok_or_else(|| self.corrupt())?;
        let (part, rest) = self.rest.split_at_checked(padded).ok_or_else(|| self.corrupt())?;
        self.rest = rest;
        Ok(&part[..size])
    }

    fn word(&mut self) -> Result<u64> {
        let mut word = [0; WORD];
        word.copy_from_slice(self.take(1, WORD)?);
        Ok(u64::from_le_bytes(word))
    }

    fn flags(&mut self, rows: usize) -> Result<Option<&'a [u8]>> {
        match self.word()? {
            0 => Ok(None),
            1 => self.take(rows, 1).map(Some),
            _ => Err(self.corrupt()),
        }
    }
}

/// The columns of one frame.
#[derive(Debug)]
pub struct ColumnFrame<'a> {
    rows: usize,
    left_out: Option<&'a [u8]>,
    columns: Vec<Column<'a>>,
}

#[derive(Debug)]
struct Column<'a> {
    nulls: Option<&'a [u8]>,
    values: Values<'a>,
}

#[derive(Debug)]
enum Values<'a> {
    Fixed { bytes: &'a [u8], width: usize },
    Variable { ends: &'a [u8], bytes: &'a [u8] },
}

impl ColumnFrame<'_> {
    /// Number of rows, with those that are left out.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a row is not to be looked at.
    #[inline]
    pub fn is_left_out(&self, row: usize) -> bool {
        self.left_out.is_some_and(|flags| flags[row] != 0)
    }

    /// Appends row `row`, byte for byte as Spark's own projection writes it.
    ///
    /// # Errors
    /// `CorruptData` for a text or bytes that end before they begin, or outside the frame; `OutOfBudget` when the row is longer
    /// than 4 GiB.
    #[inline]
    pub fn append_row(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let (start, slots) = (out.len(), null_bytes(self.columns.len()));
        out.resize(start + fixed_bytes(self.columns.len()), 0);
        for (index, column) in self.columns.iter().enumerate() {
            if column.nulls.is_some_and(|nulls| nulls[row] != 0) {
                out[start + index / 8] |= 1 << (index % 8);
                continue;
            }
            let slot = start + slots + index * WORD;
            match column.values {
                Values::Fixed { bytes, width } => {
                    let at = row * width;
                    out[slot..slot + width].copy_from_slice(&bytes[at..at + width]);
                }
                Values::Variable { ends, bytes } => {
                    let begin = if row == 0 { 0 } else { end(ends, row - 1) };
                    let value = bytes.get(begin..end(ends, row)).ok_or_else(|| {
                        Error::corrupt_data(format!("value {row} of column {index} lies outside its frame"))
                    })?;
                    let place = u32::try_from(out.len() - start)
                        .map_err(|_| Error::out_of_budget("a row is longer than 4 GiB"))?;
                    let place = u64::from(place) << 32 | value.len() as u64;
                    out[slot..slot + WORD].copy_from_slice(&place.to_le_bytes());
                    out.extend_from_slice(value);
                    out.resize(out.len() + value.len().next_multiple_of(WORD) - value.len(), 0);
                }
            }
        }
        Ok(())
    }
}

/// Where a value ends.
#[inline]
fn end(ends: &[u8], row: usize) -> usize {
    let mut end = [0; 4];
    end.copy_from_slice(&ends[row * 4..row * 4 + 4]);
    u32::from_le_bytes(end) as usize
}
