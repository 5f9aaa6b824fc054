//! Output columns under construction.
//!
//! Operations finalize in the few widths they compute in; a sink narrows to the declared type once, at the end.

use arrow::array::{
    Array, ArrayRef, BinaryArray, Float64Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType as ArrowType, Field as ArrowField, Fields};
use chronon_types::{Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// An output column that rows are appended to.
pub trait Sink: Send {
    /// Appends a null row.
    fn push_null(&mut self);
    /// The column built so far; the sink is empty afterwards.
    ///
    /// # Errors
    /// `Internal` when the values cannot be laid out, for example more than 2 GiB of text in one batch.
    fn finish(&mut self) -> Result<ArrayRef>;
    /// Hands a row over without a column around it.
    ///
    /// # Errors
    /// `Internal` when the row is not what the column's type says.
    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()>;
    /// Forgets all rows; their memory serves the next ones.
    fn clear(&mut self);
    /// Bytes of heap held, by capacity.
    fn heap_size(&self) -> usize;
}

/// Where the values of single rows go when no columns are wanted. Types are those of columns.
pub trait Cells {
    /// No value.
    fn null(&mut self);
    /// A whole number, a boolean (not 0), a date or a time.
    ///
    /// # Errors
    /// `Internal` when whole numbers have no such type; so with the others.
    fn whole(&mut self, to: &ArrowType, value: i64) -> Result<()>;
    /// A floating-point number.
    ///
    /// # Errors
    /// As for [`Self::whole`].
    fn floating(&mut self, to: &ArrowType, value: f64) -> Result<()>;
    /// A decimal number: how many units of its last digit, of which `scale` are behind the point.
    fn decimal(&mut self, scale: u8, units: i128);
    /// Text or bytes.
    ///
    /// # Errors
    /// As for [`Self::whole`]; `Internal` for text that is not UTF-8.
    fn bytes(&mut self, to: &ArrowType, value: &[u8]) -> Result<()>;
    /// Begins a value of `count` elements, members or entries, which come next: entries as a key and a value.
    fn begin(&mut self, kind: Composite, count: usize);
    /// Ends what was begun last.
    fn end(&mut self);
}

/// A value made of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composite {
    /// Elements.
    List,
    /// Keys and values.
    Map,
    /// Members.
    Struct,
}

/// The rows of a column below that belong to a row, whose ends are these.
fn below(ends: &[usize], row: usize) -> Range<usize> {
    row.checked_sub(1).map_or(0, |before| ends[before])..ends[row]
}

#[cold]
fn layout(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("an output column cannot be laid out: {error}"))
}

/// Which rows are not null; takes no memory before the first null.
#[derive(Debug, Default)]
pub(crate) struct Validity {
    bits: Vec<bool>,
    rows: usize,
}

impl Validity {
    #[inline]
    pub(crate) fn push(&mut self, valid: bool) {
        if !self.bits.is_empty() {
            self.bits.push(valid);
        } else if !valid {
            self.bits.resize(self.rows, true);
            self.bits.push(false);
        }
        self.rows += 1;
    }

    #[inline]
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.bits.is_empty() || self.bits[row]
    }

    pub(crate) fn clear(&mut self) {
        self.rows = 0;
        self.bits.clear();
    }

    pub(crate) fn finish(&mut self) -> Option<NullBuffer> {
        self.rows = 0;
        let nulls = (!self.bits.is_empty()).then(|| NullBuffer::from(self.bits.as_slice()));
        self.bits.clear();
        nulls
    }

    pub(crate) fn heap_size(&self) -> usize {
        self.bits.capacity()
    }
}

/// Whole numbers and booleans.
#[derive(Debug)]
pub struct LongSink {
    to: ArrowType,
    values: Vec<i64>,
    validity: Validity,
}

impl LongSink {
    /// A sink whose column has type `to`, which the values must fit.
    pub fn new(to: ArrowType) -> Self {
        Self { to, values: Vec::new(), validity: Validity::default() }
    }

    /// Appends `value`.
    #[inline]
    pub fn push(&mut self, value: i64) {
        self.values.push(value);
        self.validity.push(true);
    }
}

impl Sink for LongSink {
    #[inline]
    fn push_null(&mut self) {
        self.values.push(0);
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = std::mem::take(&mut self.values);
        let array = Int64Array::new(values.into(), self.validity.finish());
        if self.to == ArrowType::Int64 { Ok(Arc::new(array)) } else { cast(&array, &self.to).map_err(layout) }
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if !self.validity.is_valid(row) {
            cells.null();
            return Ok(());
        }
        cells.whole(&self.to, self.values[row])
    }

    fn clear(&mut self) {
        self.values.clear();
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.values.capacity() * 8 + self.validity.heap_size()
    }
}

/// Floating-point numbers.
#[derive(Debug)]
pub struct DoubleSink {
    to: ArrowType,
    finite_only: bool,
    values: Vec<f64>,
    validity: Validity,
}

impl DoubleSink {
    /// A sink whose column has type `to`. With `finite_only`, NaN and infinities become null.
    pub fn new(to: ArrowType, finite_only: bool) -> Self {
        Self { to, finite_only, values: Vec::new(), validity: Validity::default() }
    }

    /// Appends `value`.
    #[inline]
    pub fn push(&mut self, value: f64) {
        self.values.push(value);
        self.validity.push(!self.finite_only || value.is_finite());
    }
}

impl Sink for DoubleSink {
    #[inline]
    fn push_null(&mut self) {
        self.values.push(0.0);
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let mut values = std::mem::take(&mut self.values);
        let nulls = self.validity.finish();
        if let Some(nulls) = &nulls {
            // What stands under a null is part of the bytes that must not vary.
            for (value, valid) in values.iter_mut().zip(nulls.iter()) {
                if !valid {
                    *value = 0.0;
                }
            }
        }
        let array = Float64Array::new(values.into(), nulls);
        if self.to == ArrowType::Float64 { Ok(Arc::new(array)) } else { cast(&array, &self.to).map_err(layout) }
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if !self.validity.is_valid(row) {
            cells.null();
            return Ok(());
        }
        cells.floating(&self.to, self.values[row])
    }

    fn clear(&mut self) {
        self.values.clear();
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.values.capacity() * 8 + self.validity.heap_size()
    }
}

/// Text and bytes.
#[derive(Debug)]
pub struct BytesSink {
    to: ArrowType,
    ends: Vec<usize>,
    values: Vec<u8>,
    validity: Validity,
}

impl BytesSink {
    /// A sink whose column has type `to`, `Utf8` or `Binary`.
    pub fn new(to: ArrowType) -> Self {
        Self { to, ends: Vec::new(), values: Vec::new(), validity: Validity::default() }
    }

    /// Appends `value`.
    pub fn push(&mut self, value: &[u8]) {
        self.values.extend_from_slice(value);
        self.ends.push(self.values.len());
        self.validity.push(true);
    }
}

/// Arrow offsets from the end of each row.
fn offsets(ends: &mut Vec<usize>) -> Result<OffsetBuffer<i32>> {
    let mut offsets = Vec::with_capacity(ends.len() + 1);
    offsets.push(0);
    for end in ends.drain(..) {
        offsets.push(i32::try_from(end).map_err(|_| layout("it exceeds 2 GiB; use smaller query batches"))?);
    }
    Ok(OffsetBuffer::new(ScalarBuffer::from(offsets)))
}

impl Sink for BytesSink {
    fn push_null(&mut self) {
        self.ends.push(self.values.len());
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = Buffer::from_vec(std::mem::take(&mut self.values));
        let (offsets, nulls) = (offsets(&mut self.ends)?, self.validity.finish());
        Ok(match self.to {
            ArrowType::Utf8 => Arc::new(StringArray::try_new(offsets, values, nulls).map_err(layout)?),
            _ => Arc::new(BinaryArray::try_new(offsets, values, nulls).map_err(layout)?),
        })
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if !self.validity.is_valid(row) {
            cells.null();
            return Ok(());
        }
        cells.bytes(&self.to, &self.values[below(&self.ends, row)])
    }

    fn clear(&mut self) {
        self.values.clear();
        self.ends.clear();
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.values.capacity() + self.ends.capacity() * 8 + self.validity.heap_size()
    }
}

/// Lists of what another sink takes.
#[derive(Debug)]
pub struct ListSink<S> {
    /// Where elements go before [`Self::close`] ends their row.
    pub elements: S,
    rows: usize,
    ends: Vec<usize>,
    validity: Validity,
}

impl<S: Sink> ListSink<S> {
    /// A sink of lists whose elements go into `elements`.
    pub fn new(elements: S) -> Self {
        Self { elements, rows: 0, ends: Vec::new(), validity: Validity::default() }
    }

    /// Ends a row to which `added` elements were pushed.
    pub fn close(&mut self, added: usize) {
        self.rows += added;
        self.ends.push(self.rows);
        self.validity.push(true);
    }
}

impl<S: Sink> Sink for ListSink<S> {
    fn push_null(&mut self) {
        self.ends.push(self.rows);
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let elements = self.elements.finish()?;
        self.rows = 0;
        let field = Arc::new(ArrowField::new("element", elements.data_type().clone(), true));
        let array = ListArray::try_new(field, offsets(&mut self.ends)?, elements, self.validity.finish());
        Ok(Arc::new(array.map_err(layout)?))
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if !self.validity.is_valid(row) {
            cells.null();
            return Ok(());
        }
        let mut elements = below(&self.ends, row);
        cells.begin(Composite::List, elements.len());
        elements.try_for_each(|element| self.elements.put(element, cells))?;
        cells.end();
        Ok(())
    }

    fn clear(&mut self) {
        self.elements.clear();
        self.rows = 0;
        self.ends.clear();
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.elements.heap_size() + self.ends.capacity() * 8 + self.validity.heap_size()
    }
}

/// Maps to what another sink takes, from text unless keys have a sink of another kind.
#[derive(Debug)]
pub struct MapSink<S, K = BytesSink> {
    keys: K,
    /// Where the value of each key goes, one per [`Self::key`].
    pub values: S,
    entries: usize,
    ends: Vec<usize>,
    validity: Validity,
}

impl<S: Sink> MapSink<S> {
    /// A sink of maps whose values go into `values`.
    pub fn new(values: S) -> Self {
        Self::with_keys(BytesSink::new(ArrowType::Utf8), values)
    }

    /// Appends a key to the open row. The caller appends its value to `values`.
    pub fn key(&mut self, key: &[u8]) {
        self.open().push(key);
    }
}

impl<S: Sink, K: Sink> MapSink<S, K> {
    /// A sink of maps whose keys go into `keys` and whose values go into `values`.
    pub fn with_keys(keys: K, values: S) -> Self {
        Self { keys, values, entries: 0, ends: Vec::new(), validity: Validity::default() }
    }

    /// Where the caller appends the key of one more entry of the open row, which is never null.
    pub fn open(&mut self) -> &mut K {
        self.entries += 1;
        &mut self.keys
    }

    /// Ends the row.
    pub fn close(&mut self) {
        self.ends.push(self.entries);
        self.validity.push(true);
    }
}

impl<S: Sink, K: Sink> Sink for MapSink<S, K> {
    fn push_null(&mut self) {
        self.ends.push(self.entries);
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let (keys, values) = (self.keys.finish()?, self.values.finish()?);
        self.entries = 0;
        let fields = Fields::from(vec![
            ArrowField::new("key", keys.data_type().clone(), false),
            ArrowField::new("value", values.data_type().clone(), true),
        ]);
        let entries = StructArray::try_new(fields.clone(), vec![keys, values], None).map_err(layout)?;
        let field = Arc::new(ArrowField::new("entries", ArrowType::Struct(fields), false));
        let array = MapArray::try_new(field, offsets(&mut self.ends)?, entries, self.validity.finish(), false);
        Ok(Arc::new(array.map_err(layout)?))
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if !self.validity.is_valid(row) {
            cells.null();
            return Ok(());
        }
        let mut entries = below(&self.ends, row);
        cells.begin(Composite::Map, entries.len());
        entries.try_for_each(|entry| {
            self.keys.put(entry, cells)?;
            self.values.put(entry, cells)
        })?;
        cells.end();
        Ok(())
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
        self.entries = 0;
        self.ends.clear();
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.keys.heap_size() + self.values.heap_size() + self.ends.capacity() * 8 + self.validity.heap_size()
    }
}

/// Structs of what other sinks take, one per member.
#[derive(Debug)]
pub struct StructSink<S> {
    fields: Fields,
    /// Where the members of a row go before [`Self::close`] ends it: one value each.
    pub members: Vec<S>,
    validity: Validity,
}

impl<S: Sink> StructSink<S> {
    /// A sink of structs with these members.
    pub fn new(fields: Fields, members: Vec<S>) -> Self {
        Self { fields, members, validity: Validity::default() }
    }

    /// Ends a row.
    pub fn close(&mut self) {
        self.validity.push(true);
    }
}

impl<S: Sink> Sink for StructSink<S> {
    fn push_null(&mut self) {
        self.members.iter_mut().for_each(S::push_null);
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let members = self.members.iter_mut().map(S::finish).collect::<Result<_>>()?;
        let array = StructArray::try_new(self.fields.clone(), members, self.validity.finish());
        Ok(Arc::new(array.map_err(layout)?))
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if !self.validity.is_valid(row) {
            cells.null();
            return Ok(());
        }
        cells.begin(Composite::Struct, self.members.len());
        self.members.iter().try_for_each(|member| member.put(row, cells))?;
        cells.end();
        Ok(())
    }

    fn clear(&mut self) {
        self.members.iter_mut().for_each(S::clear);
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.members.iter().map(S::heap_size).sum::<usize>() + self.validity.heap_size()
    }
}
