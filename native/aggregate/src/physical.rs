//! The few widths operations compute in, and input columns widened to them.
//!
//! `Byte`, `Short`, `Int` and `Boolean` widen to [`Longs`], `Float` to [`Doubles`]; both directions are exact, so
//! every operation is compiled for at most five widths, [`decimal::Decimals`] among them. Widening happens once per
//! batch.

use crate::decimal;
use crate::definition::Layout;
use crate::sink::{BytesSink, DoubleSink, LongSink, Sink};
use crate::value::{AnySink, Value};
use crate::{arrow_type, same_layout};
use arrow::array::{Array, ArrayRef, AsArray, BooleanBufferBuilder};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{ArrowPrimitiveType, DataType as ArrowType, Float64Type, Int64Type};
use chronon_types::{DataType, Error, Result};
use std::cmp::Ordering;
use std::ops::Range;

/// A width that operations compute in.
pub trait Physical: Send + Sync + 'static {
    /// A value as it stands in a column.
    type Ref<'a>: Copy;
    /// A value kept in an accumulator.
    type Owned: Clone + Send + Sync + std::fmt::Debug + 'static;
    /// A column.
    type Array: Send + Sync + std::fmt::Debug + 'static;
    /// Where finalized values go.
    type Sink: Sink;

    /// The column `array`, widened.
    ///
    /// # Errors
    /// `SchemaMismatch` when the array cannot be read at this width.
    fn read(array: &ArrayRef) -> Result<Self::Array>;
    /// The value in row `row`, which must not be null.
    fn get(array: &Self::Array, row: usize) -> Self::Ref<'_>;
    /// The values of the first `rows` rows, none of which may be null.
    #[inline]
    fn values(array: &Self::Array, rows: usize) -> impl Iterator<Item = Self::Ref<'_>> {
        (0..rows).map(|row| Self::get(array, row))
    }
    /// A copy to keep.
    fn own(value: Self::Ref<'_>) -> Self::Owned;
    /// Overwrites `kept`, reusing its memory.
    #[inline]
    fn assign(kept: &mut Self::Owned, value: Self::Ref<'_>) {
        *kept = Self::own(value);
    }
    /// A kept value as if it stood in a column.
    fn borrow(kept: &Self::Owned) -> Self::Ref<'_>;
    /// A sink for a column of type `to`; `nested` when the values stand inside lists or maps.
    fn sink(to: &DataType, nested: bool) -> Self::Sink;
    /// Appends a kept value to an output column.
    fn push(sink: &mut Self::Sink, value: &Self::Owned);
    /// Bytes of heap a kept value holds.
    #[inline]
    fn heap_size(_kept: &Self::Owned) -> usize {
        0
    }
}

/// A width whose values are ordered, as MIN and MAX order them.
pub trait Ordered: Physical {
    /// Whether `a` precedes `b`: smaller, for MIN; larger, with `largest`, for MAX. Not-a-number precedes all else in
    /// both, and `-0.0` is below `0.0`.
    fn beats(a: Self::Ref<'_>, b: Self::Ref<'_>, largest: bool) -> bool;
    /// The total order of Java's `compare`: not-a-number is the greatest, and `-0.0` is below `0.0`.
    fn compare(a: Self::Ref<'_>, b: Self::Ref<'_>) -> Ordering;
    /// Whether [`Self::partial`] always is [`Self::compare`], and equal values are the same value.
    const TOTAL: bool = true;
    /// The order of Java's operators: none where not-a-number is involved, and `-0.0` equals `0.0`.
    #[inline]
    fn partial(a: Self::Ref<'_>, b: Self::Ref<'_>) -> Option<Ordering> {
        Some(Self::compare(a, b))
    }
}

/// A width whose values can be told apart by a key: equal values have equal keys, as Java's `equals` has it.
pub trait Keyed: Physical {
    /// What tells values apart.
    type Key: Clone + Eq + Ord + std::hash::Hash + Send + Sync + std::fmt::Debug + 'static;
    /// The key of `value`.
    fn key(value: Self::Ref<'_>) -> Self::Key;
    /// The value that has this key.
    fn value(key: &Self::Key) -> Self::Owned;
    /// Bytes of heap a key holds.
    #[inline]
    fn key_heap_size(_key: &Self::Key) -> usize {
        0
    }
}

/// The values of a column of numbers as `T`.
fn widened<T: ArrowPrimitiveType>(array: &ArrayRef, width: &str) -> Result<ScalarBuffer<T::Native>> {
    // A cast to the same type costs more than the numbers of a small batch.
    if let Some(wide) = array.as_primitive_opt::<T>() {
        return Ok(wide.values().clone());
    }
    let wide = cast(array, &T::DATA_TYPE).map_err(|_| unreadable(array, width))?;
    Ok(wide.as_primitive::<T>().values().clone())
}

#[cold]
pub(crate) fn unreadable(array: &ArrayRef, width: &str) -> Error {
    Error::schema_mismatch(format!("a column of arrow type {} cannot be read as {width}", array.data_type()))
}

/// 64-bit whole numbers; also booleans as 0 and 1.
#[derive(Debug, Clone, Copy)]
pub struct Longs;

impl Physical for Longs {
    type Ref<'a> = i64;
    type Owned = i64;
    type Array = ScalarBuffer<i64>;
    type Sink = LongSink;

    fn read(array: &ArrayRef) -> Result<Self::Array> {
        widened::<Int64Type>(array, "whole numbers")
    }
    #[inline]
    fn get(array: &Self::Array, row: usize) -> i64 {
        array[row]
    }
    #[inline]
    fn values(array: &Self::Array, rows: usize) -> impl Iterator<Item = i64> {
        array[..rows].iter().copied()
    }
    #[inline]
    fn own(value: i64) -> i64 {
        value
    }
    #[inline]
    fn borrow(kept: &i64) -> i64 {
        *kept
    }
    fn sink(to: &DataType, _nested: bool) -> LongSink {
        LongSink::new(arrow_type(to))
    }
    #[inline]
    fn push(sink: &mut LongSink, value: &i64) {
        sink.push(*value);
    }
}

impl Ordered for Longs {
    #[inline]
    fn beats(a: i64, b: i64, largest: bool) -> bool {
        if largest { a > b } else { a < b }
    }
    #[inline]
    fn compare(a: i64, b: i64) -> Ordering {
        a.cmp(&b)
    }
}

impl Keyed for Longs {
    type Key = i64;
    #[inline]
    fn key(value: i64) -> i64 {
        value
    }
    fn value(key: &i64) -> i64 {
        *key
    }
}

/// Double-precision numbers.
#[derive(Debug, Clone, Copy)]
pub struct Doubles;

impl Physical for Doubles {
    type Ref<'a> = f64;
    type Owned = f64;
    type Array = ScalarBuffer<f64>;
    type Sink = DoubleSink;

    fn read(array: &ArrayRef) -> Result<Self::Array> {
        if matches!(array.data_type(), ArrowType::Decimal128(_, _)) {
            return decimal::to_doubles(array);
        }
        widened::<Float64Type>(array, "numbers")
    }
    #[inline]
    fn get(array: &Self::Array, row: usize) -> f64 {
        array[row]
    }
    #[inline]
    fn values(array: &Self::Array, rows: usize) -> impl Iterator<Item = f64> {
        array[..rows].iter().copied()
    }
    #[inline]
    fn own(value: f64) -> f64 {
        value
    }
    #[inline]
    fn borrow(kept: &f64) -> f64 {
        *kept
    }
    fn sink(to: &DataType, nested: bool) -> DoubleSink {
        DoubleSink::new(arrow_type(to), !nested)
    }
    #[inline]
    fn push(sink: &mut DoubleSink, value: &f64) {
        sink.push(*value);
    }
}

impl Ordered for Doubles {
    const TOTAL: bool = false;

    #[inline]
    fn beats(a: f64, b: f64, largest: bool) -> bool {
        // Nearly all values of a long fold end here; comparisons with not-a-number do not.
        if if largest { a < b } else { a > b } {
            return false;
        }
        match (a.is_nan(), b.is_nan()) {
            (true, b_is_nan) => !b_is_nan,
            (false, true) => false,
            // Of numbers that are not NaN, the total order differs from `<` only in putting -0.0 below 0.0.
            _ if largest => a.total_cmp(&b) == Ordering::Greater,
            _ => a.total_cmp(&b) == Ordering::Less,
        }
    }
    fn compare(a: f64, b: f64) -> Ordering {
        match (a.is_nan(), b.is_nan()) {
            (false, false) => a.total_cmp(&b),
            (a, b) => a.cmp(&b),
        }
    }
    #[inline]
    fn partial(a: f64, b: f64) -> Option<Ordering> {
        a.partial_cmp(&b)
    }
}

impl Keyed for Doubles {
    type Key = u64;
    #[inline]
    fn key(value: f64) -> u64 {
        if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
    }
    fn value(key: &u64) -> f64 {
        f64::from_bits(*key)
    }
}

/// Text in UTF-8, and bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bytes;

/// A column of text or bytes.
#[derive(Debug)]
pub struct BytesArray {
    offsets: OffsetBuffer<i32>,
    values: Buffer,
}

impl Physical for Bytes {
    type Ref<'a> = &'a [u8];
    type Owned = Vec<u8>;
    type Array = BytesArray;
    type Sink = BytesSink;

    fn read(array: &ArrayRef) -> Result<Self::Array> {
        if let Some(text) = array.as_string_opt::<i32>() {
            return Ok(BytesArray { offsets: text.offsets().clone(), values: text.values().clone() });
        }
        match array.as_binary_opt::<i32>() {
            Some(bytes) => Ok(BytesArray { offsets: bytes.offsets().clone(), values: bytes.values().clone() }),
            None => Err(unreadable(array, "text or bytes")),
        }
    }
    #[inline]
    fn get(array: &Self::Array, row: usize) -> &[u8] {
        &array.values[array.offsets[row] as usize..array.offsets[row + 1] as usize]
    }
    #[inline]
    fn own(value: &[u8]) -> Vec<u8> {
        value.to_vec()
    }
    #[inline]
    fn assign(kept: &mut Vec<u8>, value: &[u8]) {
        kept.clear();
        kept.extend_from_slice(value);
    }
    #[inline]
    fn borrow(kept: &Vec<u8>) -> &[u8] {
        kept
    }
    fn sink(to: &DataType, _nested: bool) -> BytesSink {
        BytesSink::new(arrow_type(to))
    }
    fn push(sink: &mut BytesSink, value: &Vec<u8>) {
        sink.push(value);
    }
    #[inline]
    fn heap_size(kept: &Vec<u8>) -> usize {
        kept.capacity()
    }
}

/// The order of two texts in UTF-8 by their UTF-16 code units, which is how Java compares. It differs from byte order
/// only where supplementary characters meet U+E000 to U+FFFF.
///
/// ```
/// use chronon_aggregate::compare_utf16;
/// assert!(compare_utf16("\u{FFFD}".as_bytes(), "\u{1F600}".as_bytes()).is_gt());
/// ```
pub fn compare_utf16(a: &[u8], b: &[u8]) -> Ordering {
    // Lead bytes EE and EF (U+E000 to U+FFFF) move behind F0 to F4, whose surrogates start at U+D800.
    let rank = |byte: u8| if byte == 0xEE || byte == 0xEF { byte + 0x10 } else { byte };
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((a, b)) => rank(*a).cmp(&rank(*b)),
        None => a.len().cmp(&b.len()),
    }
}

impl Ordered for Bytes {
    #[inline]
    fn beats(a: &[u8], b: &[u8], largest: bool) -> bool {
        compare_utf16(a, b) == if largest { Ordering::Greater } else { Ordering::Less }
    }
    fn compare(a: &[u8], b: &[u8]) -> Ordering {
        compare_utf16(a, b)
    }
}

impl Keyed for Bytes {
    type Key = Box<[u8]>;
    fn key(value: &[u8]) -> Box<[u8]> {
        value.into()
    }
    fn value(key: &Box<[u8]>) -> Vec<u8> {
        key.to_vec()
    }
    fn key_heap_size(key: &Box<[u8]>) -> usize {
        key.len()
    }
}

/// Values that are carried whole.
#[derive(Debug, Clone, Copy)]
pub struct Anything;

/// A value of any type, in a column or kept.
#[derive(Debug, Clone, Copy)]
pub enum AnyRef<'a> {
    /// A row of a column.
    Row(&'a ArrayRef, usize),
    /// A kept value.
    Kept(&'a Value),
}

impl Physical for Anything {
    type Ref<'a> = AnyRef<'a>;
    type Owned = Value;
    type Array = ArrayRef;
    type Sink = AnySink;

    fn read(array: &ArrayRef) -> Result<Self::Array> {
        if array.len() > array.null_count() {
            // Types are checked here, once, so that reading a row later cannot fail.
            let row = (0..array.len()).find(|row| array.is_valid(*row)).unwrap_or(0);
            Value::read(array, row)?;
        }
        Ok(array.clone())
    }
    fn get(array: &Self::Array, row: usize) -> AnyRef<'_> {
        AnyRef::Row(array, row)
    }
    fn own(value: AnyRef<'_>) -> Value {
        match value {
            AnyRef::Row(array, row) => Value::read(array, row).unwrap_or(Value::Null),
            AnyRef::Kept(value) => value.clone(),
        }
    }
    fn borrow(kept: &Value) -> AnyRef<'_> {
        AnyRef::Kept(kept)
    }
    fn sink(to: &DataType, _nested: bool) -> AnySink {
        AnySink::new(to.clone())
    }
    fn push(sink: &mut AnySink, value: &Value) {
        sink.push(value.clone());
    }
    fn heap_size(kept: &Value) -> usize {
        kept.heap_size()
    }
}

/// Values that are only counted.
#[derive(Debug, Clone, Copy)]
pub struct Presence;

impl Physical for Presence {
    type Ref<'a> = ();
    type Owned = ();
    type Array = ();
    type Sink = LongSink;

    fn read(_array: &ArrayRef) -> Result<()> {
        Ok(())
    }
    #[inline]
    fn get(_array: &(), _row: usize) {}
    #[inline]
    fn own(_value: ()) {}
    #[inline]
    fn borrow(_kept: &()) {}
    fn sink(to: &DataType, _nested: bool) -> LongSink {
        LongSink::new(arrow_type(to))
    }
    fn push(sink: &mut LongSink, (): &()) {
        sink.push(1);
    }
}

/// One batch of an input column: rows that hold one value each or, for lists and maps, any number of values.
#[derive(Debug)]
pub struct Column<P: Physical> {
    /// The values, row by row; those of a list or map one row after the other.
    pub values: P::Array,
    /// Which values are missing.
    pub nulls: Option<NullBuffer>,
    lists: Option<OffsetBuffer<i32>>,
    len: usize,
}

impl<P: Physical> Column<P> {
    /// Reads `array`, which must be of type `data_type` and holds its values as `layout` says.
    ///
    /// # Errors
    /// `SchemaMismatch` when the array is laid out otherwise.
    pub fn load(array: &ArrayRef, data_type: &DataType, layout: Layout) -> Result<Self> {
        check_layout(array, data_type)?;
        let (lists, elements) = match layout {
            Layout::Single => {
                return Ok(Self {
                    values: P::read(array)?,
                    nulls: present_nulls(array),
                    lists: None,
                    len: array.len(),
                });
            }
            Layout::Vector | Layout::ElementWise => (array.as_list::<i32>().offsets(), array.as_list::<i32>().values()),
            Layout::Map => (array.as_map().offsets(), array.as_map().values()),
        };
        let mut nulls = present_nulls(elements);
        if let Some(missing) = present_nulls(array) {
            // A null list may cover elements; they are nobody's values.
            let covers = |row: usize| missing.is_null(row) && lists[row + 1] > lists[row];
            if (0..array.len()).any(covers) {
                let mut valid = BooleanBufferBuilder::new(elements.len());
                valid.append_n(elements.len(), true);
                for row in (0..array.len()).filter(|row| covers(*row)) {
                    for element in lists[row]..lists[row + 1] {
                        valid.set_bit(element as usize, false);
                    }
                }
                let hidden = NullBuffer::new(valid.finish());
                nulls = NullBuffer::union(nulls.as_ref(), Some(&hidden));
            }
        }
        Ok(Self { values: P::read(elements)?, nulls, lists: Some(lists.clone()), len: elements.len() })
    }

    /// How many positions there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no position.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The positions of the values that rows `rows` hold.
    #[inline]
    pub fn elements(&self, rows: Range<usize>) -> Range<usize> {
        match &self.lists {
            None => rows,
            Some(offsets) => offsets[rows.start] as usize..offsets[rows.end] as usize,
        }
    }

    /// Whether the value at `position` is missing.
    #[inline]
    pub fn is_null(&self, position: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(position))
    }

    /// How many values the positions hold.
    #[inline]
    pub fn count(&self, positions: Range<usize>) -> usize {
        match &self.nulls {
            None => positions.len(),
            Some(nulls) => positions.filter(|position| nulls.is_valid(*position)).count(),
        }
    }

    /// Calls `f` with the position of every value among `positions` that is not missing, and the value.
    #[inline]
    pub fn each<'a>(&'a self, positions: Range<usize>, mut f: impl FnMut(usize, P::Ref<'a>)) {
        match &self.nulls {
            None => positions.for_each(|position| f(position, P::get(&self.values, position))),
            Some(nulls) => {
                for position in positions {
                    if nulls.is_valid(position) {
                        f(position, P::get(&self.values, position));
                    }
                }
            }
        }
    }
}

/// Fails unless `array` is laid out as a column of type `data_type`.
///
/// # Errors
/// `SchemaMismatch` naming both types.
pub fn check_layout(array: &ArrayRef, data_type: &DataType) -> Result<()> {
    let expected = arrow_type(data_type);
    if same_layout(array.data_type(), &expected) {
        return Ok(());
    }
    Err(Error::schema_mismatch(format!(
        "a column declared {data_type} came as arrow type {}; send {expected}",
        array.data_type()
    )))
}

fn present_nulls(array: &dyn Array) -> Option<NullBuffer> {
    array.nulls().filter(|nulls| nulls.null_count() > 0).cloned()
}
