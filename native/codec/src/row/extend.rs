//! Rows with columns added to them.

use super::{Row, WORD, fixed_bytes, null_bytes};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use chronon_types::{Error, Result};

/// Puts values of arrays behind the columns of rows.
///
/// Bytes are those that Spark's own projection would write, so rows of equal values are equal byte for byte.
#[derive(Debug)]
pub struct RowExtender {
    columns: usize,
    variable: Vec<usize>,
    added: usize,
}

impl RowExtender {
    /// Extends rows of `columns` columns, of which those at `variable` have their values in the variable part, by `added`
    /// columns.
    ///
    /// # Errors
    /// `InvalidArgument` when `variable` names a column that is not there.
    pub fn new(columns: usize, variable: Vec<usize>, added: usize) -> Result<Self> {
        if let Some(stranger) = variable.iter().find(|index| **index >= columns) {
            return Err(Error::invalid_argument(format!("column {stranger} of a row of {columns} columns")));
        }
        Ok(Self { columns, variable, added })
    }

    /// Appends `row`, extended by element `index` of each column, to `out`. There are as many as columns are added.
    ///
    /// # Errors
    /// `Unsupported` for an array of a type that the kernel does not compute; `OutOfBudget` when the row is longer than 2 GiB.
    pub fn append(&self, row: &Row<'_>, added: &[Added<'_>], index: usize, out: &mut Vec<u8>) -> Result<()> {
        let (start, all) = (out.len(), self.columns + self.added);
        let (fixed, before) = (fixed_bytes(all), fixed_bytes(self.columns));
        let shift = (fixed - before) as u64;
        let nulls = null_bytes(self.columns);
        out.extend_from_slice(&row.bytes()[..nulls]);
        out.resize(start + null_bytes(all), 0);
        out.extend_from_slice(&row.bytes()[nulls..before]);
        out.resize(start + fixed, 0);
        out.extend_from_slice(&row.bytes()[before..]);
        let slot = |column: usize| start + null_bytes(all) + column * WORD;
        for column in &self.variable {
            // an empty slot is that of a null; a wide decimal has a place even when it is null
            let old = row.slot(*column);
            if old != 0 {
                put(out, slot(*column), old + (shift << 32));
            }
        }
        for (added, column) in added.iter().zip(self.columns..) {
            if added.nulls.is_some_and(|nulls| nulls.is_null(index)) {
                out[start + column / 8] |= 1 << (column % 8);
                continue;
            }
            let value = match added.values {
                Values::Long(values) => values[index] as u64,
                Values::Double(values) => values[index].to_bits(),
                Values::Other(array) => append_value(array, index, start, out)?,
            };
            put(out, slot(column), value);
        }
        Ok(())
    }
}

/// A column that rows are extended by: what is known of its array once and for all rows.
#[derive(Debug, Clone, Copy)]
pub struct Added<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Values<'a> {
    Long(&'a [i64]),
    Double(&'a [f64]),
    Other(&'a ArrayRef),
}

impl<'a> Added<'a> {
    /// The column of an array.
    pub fn new(array: &'a ArrayRef) -> Self {
        let values = match array.data_type() {
            ArrowType::Int64 => Values::Long(array.as_primitive::<Int64Type>().values()),
            ArrowType::Float64 => Values::Double(array.as_primitive::<Float64Type>().values()),
            _ => Values::Other(array),
        };
        Self { nulls: array.nulls(), values }
    }
}

#[inline]
fn put(out: &mut [u8], at: usize, word: u64) {
    out[at..at + WORD].copy_from_slice(&word.to_le_bytes());
}

/// The value that a slot or an element holds itself, zero-extended; none for other types.
#[inline]
fn fixed_value(array: &ArrayRef, index: usize) -> Option<u64> {
    fn of<T: ArrowPrimitiveType>(array: &ArrayRef, index: usize) -> T::Native {
        array.as_primitive::<T>().value(index)
    }
    Some(match array.data_type() {
        ArrowType::Int64 => of::<Int64Type>(array, index) as u64,
        ArrowType::Float64 => of::<Float64Type>(array, index).to_bits(),
        ArrowType::Int32 => u64::from(of::<Int32Type>(array, index) as u32),
        ArrowType::Float32 => u64::from(of::<Float32Type>(array, index).to_bits()),
        ArrowType::Int16 => u64::from(of::<Int16Type>(array, index) as u16),
        ArrowType::Int8 => u64::from(of::<Int8Type>(array, index) as u8),
        ArrowType::Date32 => u64::from(of::<Date32Type>(array, index) as u32),
        ArrowType::Boolean => u64::from(array.as_boolean().value(index)),
        _ => return None,
    })
}

/// What a slot or an element holds: the value itself, or the place relative to `base` of the one that is appended.
#[inline]
fn append_value(array: &ArrayRef, index: usize, base: usize, out: &mut Vec<u8>) -> Result<u64> {
    match fixed_value(array, index) {
        Some(value) => Ok(value),
        None => append_variable(array, index, base, out),
    }
}

/// Appends the value, padded; its place relative to `base`.
fn append_variable(array: &ArrayRef, index: usize, base: usize, out: &mut Vec<u8>) -> Result<u64> {
    let start = out.len();
    match array.data_type() {
        ArrowType::Utf8 => out.extend_from_slice(array.as_string::<i32>().value(index).as_bytes()),
        ArrowType::Binary => out.extend_from_slice(array.as_binary::<i32>().value(index)),
        ArrowType::List(_) => append_list(&array.as_list::<i32>().value(index), out)?,
        ArrowType::Map(..) => {
            let entries = array.as_map().value(index);
            put_later(out, |out| append_list(entries.column(0), out))?;
            append_list(entries.column(1), out)?;
        }
        ArrowType::Struct(_) => append_struct(array.as_struct(), index, out)?,
        other => return Err(Error::unsupported(format!("values of type {other} cannot be put into rows"))),
    }
    let size = out.len() - start;
    pad(out, start);
    let place = |n: usize| {
        u32::try_from(n)
            .ok()
            .filter(|n| *n <= i32::MAX as u32)
            .map(u64::from)
            .ok_or_else(|| Error::out_of_budget("a row is longer than 2 GiB; use a shorter window or a smaller k"))
    };
    Ok(place(start - base)? << 32 | place(size)?)
}

/// Appends a word that says how many bytes `append` appends behind it.
fn put_later(out: &mut Vec<u8>, append: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let at = out.len();
    out.resize(at + WORD, 0);
    append(out)?;
    let size = (out.len() - at - WORD) as u64;
    put(out, at, size);
    Ok(())
}

/// Appends the members as a row of their own.
fn append_struct(array: &StructArray, index: usize, out: &mut Vec<u8>) -> Result<()> {
    let (start, count) = (out.len(), array.num_columns());
    out.resize(start + fixed_bytes(count), 0);
    for (at, member) in array.columns().iter().enumerate() {
        if member.is_null(index) {
            out[start + at / 8] |= 1 << (at % 8);
            continue;
        }
        let value = append_value(member, index, start, out)?;
        put(out, start + null_bytes(count) + at * WORD, value);
    }
    Ok(())
}

fn append_list(values: &ArrayRef, out: &mut Vec<u8>) -> Result<()> {
    let (start, count) = (out.len(), values.len());
    let width = values.data_type().primitive_width().unwrap_or(match values.data_type() {
        ArrowType::Boolean => 1,
        _ => WORD,
    });
    let elements = start + WORD + null_bytes(count);
    out.extend_from_slice(&(count as u64).to_le_bytes());
    out.resize(elements + count * width, 0);
    pad(out, start);
    for index in 0..count {
        if values.is_null(index) {
            out[start + WORD + index / 8] |= 1 << (index % 8);
            continue;
        }
        let value = append_value(values, index, start, out)?;
        let at = elements + index * width;
        out[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }
    Ok(())
}

/// Fills up to whole words from `start` on.
fn pad(out: &mut Vec<u8>, start: usize) {
    let size = (out.len() - start).next_multiple_of(WORD);
    out.resize(start + size, 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::RowColumns;
    use arrow::array::{Float64Array, Int32Array, Int64Array, ListArray, StringArray};
    use chronon_types::{DataType, Field};
    use std::sync::Arc;

    fn empty() -> Vec<u8> {
        vec![0; fixed_bytes(0)]
    }

    /// Columns of all kinds become rows, in two steps, and columns again.
    #[test]
    fn what_is_put_into_rows_is_read_from_rows() {
        let members = vec![Field::new("s", DataType::String), Field::new("i", DataType::Int)];
        let fields = [
            Field::new("i", DataType::Int),
            Field::new("s", DataType::String),
            Field::new("d", DataType::Double),
            Field::new("l", DataType::List(Box::new(DataType::Int))),
            Field::new("t", DataType::List(Box::new(DataType::String))),
            Field::new("p", DataType::Struct("pair".to_owned(), members.clone())),
            Field::new("q", DataType::List(Box::new(DataType::Struct("pair".to_owned(), members.clone())))),
        ];
        let ints = Arc::new(Int32Array::from(vec![Some(-1), None, Some(i32::MAX), Some(0)]));
        let texts = Arc::new(StringArray::from(vec![Some("naïve"), Some(""), None, Some("eight by")]));
        let doubles = Arc::new(Float64Array::from(vec![Some(-0.0), Some(f64::NAN), None, Some(1e300)]));
        let element = |t| Arc::new(arrow::datatypes::Field::new("element", t, true));
        let offsets = || arrow::buffer::OffsetBuffer::new(vec![0, 3, 3, 3, 4].into());
        let present = || Some(arrow::buffer::NullBuffer::from(vec![true, true, false, true]));
        let lists = Arc::new(ListArray::new(
            element(ArrowType::Int32),
            offsets(),
            Arc::new(Int32Array::from(vec![Some(1), None, Some(3), Some(4)])),
            present(),
        ));
        let text_lists = Arc::new(ListArray::new(
            element(ArrowType::Utf8),
            offsets(),
            Arc::new(StringArray::from(vec![Some("a"), Some("longer than a word"), None, Some("")])),
            present(),
        ));
        // the first is null, and its members with it; of the others, members are
        let pairs = Arc::new(StructArray::new(
            members.iter().map(chronon_aggregate::arrow_field).collect(),
            vec![
                Arc::new(StringArray::from(vec![None, Some("first"), None, Some("longer than a word")])),
                Arc::new(Int32Array::from(vec![None, None, Some(-3), Some(4)])),
            ],
            Some(arrow::buffer::NullBuffer::from(vec![false, true, true, true])),
        ));
        let pair_lists =
            Arc::new(ListArray::new(element(pairs.data_type().clone()), offsets(), pairs.clone(), present()));
        let arrays: Vec<ArrayRef> = vec![ints, texts, doubles, lists, text_lists, pairs, pair_lists];
        let first = RowExtender::new(0, vec![], 2).unwrap();
        let second = RowExtender::new(2, vec![1], 5).unwrap();
        let mut gathered = RowColumns::new(0, &fields).unwrap();
        let added: Vec<_> = arrays.iter().map(Added::new).collect();
        for index in 0..4 {
            let (mut part, mut whole) = (Vec::new(), vec![0xab; 16]);
            first.append(&Row::new(&empty(), 0).unwrap(), &added[..2], index, &mut part).unwrap();
            second.append(&Row::new(&part, 2).unwrap(), &added[2..], index, &mut whole).unwrap();
            gathered.append(&Row::new(&whole[16..], 7).unwrap()).unwrap();
        }
        let read = gathered.finish();
        for (written, read) in arrays.iter().zip(&read) {
            assert_eq!(format!("{written:?}"), format!("{read:?}"));
        }
        assert_eq!(gathered.rows(), 0);
    }

    /// The null bits grow by a word where the columns cross a multiple of 64.
    #[test]
    fn a_row_may_outgrow_its_null_bits() {
        let one: ArrayRef = Arc::new(Int64Array::from(vec![Some(5)]));
        let none: ArrayRef = Arc::new(Int64Array::from(vec![None]));
        let sixty = RowExtender::new(0, vec![], 63).unwrap();
        let mut row = Vec::new();
        sixty.append(&Row::new(&empty(), 0).unwrap(), &[Added::new(&one); 63], 0, &mut row).unwrap();
        let mut wide = Vec::new();
        let more = RowExtender::new(63, vec![], 3).unwrap();
        more.append(
            &Row::new(&row, 63).unwrap(),
            &[Added::new(&none), Added::new(&one), Added::new(&none)],
            0,
            &mut wide,
        )
        .unwrap();
        let wide = Row::new(&wide, 66).unwrap();
        assert_eq!((0..66).filter(|i| wide.is_null(*i)).collect::<Vec<_>>(), [63, 65]);
        assert!((0..63).all(|i| wide.slot(i) == 5) && wide.slot(64) == 5);
    }

    /// Bytes that lie are errors, never panics.
    #[test]
    fn a_place_outside_the_row_is_corrupt_data() {
        let fields = [Field::new("s", DataType::List(Box::new(DataType::Long)))];
        let read = |slot: u64, tail: &[u64]| {
            let words: Vec<u64> = [0, slot].into_iter().chain(tail.iter().copied()).collect();
            let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            RowColumns::new(0, &fields).unwrap().append(&Row::new(&bytes, 1).unwrap())
        };
        assert!(read(16 << 32 | 24, &[1, 0, 7]).is_ok());
        for (slot, tail) in [
            (u64::MAX, &[1, 0, 7][..]),
            (16 << 32 | 32, &[1, 0, 7]),
            (16 << 32 | 24, &[2, 0, 7]),
            (16 << 32 | 24, &[u64::MAX, 0, 7]),
            (16 << 32 | 4, &[1]),
        ] {
            let error = read(slot, tail).unwrap_err();
            assert!(error.to_string().contains("column `s`"), "{error}");
        }
        assert!(Row::new(&[0; 8], 1).is_err() && Row::new(&[0; 17], 1).is_err());
    }
}
