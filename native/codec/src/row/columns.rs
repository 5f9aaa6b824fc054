//! Rows to arrays.

use super::{Row, WORD, place, word};
use arrow::array::{
    Array, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Float32Builder, Float64Builder, Int8Builder,
    Int16Builder, Int32Builder, Int64Builder, ListArray, MapArray, NullBufferBuilder, StringBuilder, StructArray,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{Field as ArrowField, Fields};
use chronon_aggregate::{arrow_field, arrow_type};
use chronon_types::{DataType, Error, Field, Result};
use std::sync::Arc;

/// Gathers some columns of rows as arrays. The columns of interest stand next to each other, from a first one on.
#[derive(Debug)]
pub struct RowColumns {
    first: usize,
    fields: Vec<Field>,
    builders: Vec<Builder>,
    rows: usize,
}

impl RowColumns {
    /// Gathers the columns `first`, `first + 1`, … of the types of `fields`.
    ///
    /// # Errors
    /// `Unsupported` naming the column for instants, decimals and structs without members, which nothing reads.
    pub fn new(first: usize, fields: &[Field]) -> Result<Self> {
        let builders = fields.iter().map(|field| Builder::new(&field.data_type).map_err(|e| e.within(of(field))));
        Ok(Self { first, fields: fields.to_vec(), builders: builders.collect::<Result<_>>()?, rows: 0 })
    }

    /// Rows gathered since the last [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row, which has all the columns.
    ///
    /// # Errors
    /// `CorruptData` naming the column whose value lies outside the row or is no UTF-8.
    #[inline]
    pub fn append(&mut self, row: &Row<'_>) -> Result<()> {
        for (index, builder) in self.builders.iter_mut().enumerate() {
            builder.append(row, self.first + index).map_err(|e| e.within(of(&self.fields[index])))?;
        }
        self.rows += 1;
        Ok(())
    }

    /// The rows gathered, one array per column; begins anew.
    pub fn finish(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        self.builders.iter_mut().map(Builder::finish).collect()
    }
}

#[cold]
fn of(field: &Field) -> String {
    format!("column `{}`", field.name)
}

/// What slots of rows and elements of lists have in common.
trait Values {
    fn is_null(&self, index: usize) -> bool;
    /// The value itself in the low bytes; what stands above them is of no meaning.
    fn fixed(&self, index: usize, width: usize) -> u64;
    fn variable(&self, index: usize) -> Result<&[u8]>;
}

impl Values for Row<'_> {
    #[inline]
    fn is_null(&self, index: usize) -> bool {
        Row::is_null(self, index)
    }

    #[inline]
    fn fixed(&self, index: usize, _width: usize) -> u64 {
        self.slot(index)
    }

    #[inline]
    fn variable(&self, index: usize) -> Result<&[u8]> {
        Row::variable(self, index)
    }
}

/// The elements of a list.
struct Elements<'a> {
    bytes: &'a [u8],
    count: usize,
    /// Where they begin.
    start: usize,
}

impl<'a> Elements<'a> {
    fn new(bytes: &'a [u8], width: usize) -> Result<Self> {
        let corrupt = || Error::corrupt_data(format!("a list of {} bytes is shorter than its elements", bytes.len()));
        if bytes.len() < WORD {
            return Err(corrupt());
        }
        let count = usize::try_from(word(bytes, 0)).map_err(|_| corrupt())?;
        let end = count.checked_mul(width).and_then(|n| n.checked_add(WORD + count.div_ceil(64) * WORD));
        if end.is_none_or(|end| end > bytes.len()) {
            return Err(corrupt());
        }
        Ok(Self { bytes, count, start: WORD + count.div_ceil(64) * WORD })
    }
}

impl Values for Elements<'_> {
    fn is_null(&self, index: usize) -> bool {
        self.bytes[WORD + index / 8] >> (index % 8) & 1 == 1
    }

    fn fixed(&self, index: usize, width: usize) -> u64 {
        let mut value = [0; WORD];
        let at = self.start + index * width;
        value[..width].copy_from_slice(&self.bytes[at..at + width]);
        u64::from_le_bytes(value)
    }

    fn variable(&self, index: usize) -> Result<&[u8]> {
        place(self.bytes, self.fixed(index, WORD))
    }
}

/// Nulls wherever one looks: the members of a struct that is null.
struct Nothing;

impl Values for Nothing {
    fn is_null(&self, _index: usize) -> bool {
        true
    }

    fn fixed(&self, _index: usize, _width: usize) -> u64 {
        0
    }

    fn variable(&self, _index: usize) -> Result<&[u8]> {
        Ok(&[])
    }
}

#[derive(Debug)]
enum Builder {
    Boolean(BooleanBuilder),
    Byte(Int8Builder),
    Short(Int16Builder),
    Int(Int32Builder),
    Long(Int64Builder),
    Float(Float32Builder),
    Double(Float64Builder),
    Date(Date32Builder),
    String(StringBuilder),
    Binary(BinaryBuilder),
    List(Box<ListColumn>),
    Map(Box<MapColumn>),
    Struct(StructColumn),
}

#[derive(Debug)]
struct ListColumn {
    element: DataType,
    width: usize,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    values: Builder,
    count: usize,
}

#[derive(Debug)]
struct MapColumn {
    key: DataType,
    value: DataType,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    keys: Builder,
    values: Builder,
    count: usize,
}

/// A struct is a row inside the row.
#[derive(Debug)]
struct StructColumn {
    fields: Fields,
    members: Vec<Builder>,
    nulls: NullBufferBuilder,
}

/// Bytes of a list's element.
pub(super) fn width(data_type: &DataType) -> usize {
    match data_type {
        DataType::Boolean | DataType::Byte => 1,
        DataType::Short => 2,
        DataType::Int | DataType::Float | DataType::Date => 4,
        _ => WORD,
    }
}

/// Appends a value that is not null, or a null.
macro_rules! append {
    ($builder:expr, $values:expr, $index:expr, $value:expr) => {
        if $values.is_null($index) { $builder.append_null() } else { $builder.append_value($value) }
    };
}

impl Builder {
    fn new(data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Byte => Self::Byte(Int8Builder::new()),
            DataType::Short => Self::Short(Int16Builder::new()),
            DataType::Int => Self::Int(Int32Builder::new()),
            DataType::Long => Self::Long(Int64Builder::new()),
            DataType::Float => Self::Float(Float32Builder::new()),
            DataType::Double => Self::Double(Float64Builder::new()),
            DataType::Date => Self::Date(Date32Builder::new()),
            DataType::String => Self::String(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::List(element) => Self::List(Box::new(ListColumn {
                width: width(element),
                values: Self::new(element)?,
                element: element.as_ref().clone(),
                offsets: vec![0],
                nulls: NullBufferBuilder::new(0),
                count: 0,
            })),
            DataType::Map(key, value) => Self::Map(Box::new(MapColumn {
                keys: Self::new(key)?,
                values: Self::new(value)?,
                key: key.as_ref().clone(),
                value: value.as_ref().clone(),
                offsets: vec![0],
                nulls: NullBufferBuilder::new(0),
                count: 0,
            })),
            DataType::Struct(_, members) if !members.is_empty() => Self::Struct(StructColumn {
                fields: members.iter().map(arrow_field).collect(),
                members: members.iter().map(|member| Self::new(&member.data_type)).collect::<Result<_>>()?,
                nulls: NullBufferBuilder::new(0),
            }),
            DataType::Timestamp | DataType::Decimal(..) | DataType::Struct(..) => {
                return Err(Error::unsupported(format!("type {data_type} cannot be read from rows")));
            }
        })
    }

    #[inline]
    fn append(&mut self, values: &impl Values, index: usize) -> Result<()> {
        match self {
            Self::Boolean(b) => append!(b, values, index, values.fixed(index, 1) as u8 != 0),
            Self::Byte(b) => append!(b, values, index, values.fixed(index, 1) as i8),
            Self::Short(b) => append!(b, values, index, values.fixed(index, 2) as i16),
            Self::Int(b) => append!(b, values, index, values.fixed(index, 4) as i32),
            Self::Long(b) => append!(b, values, index, values.fixed(index, 8) as i64),
            Self::Float(b) => append!(b, values, index, f32::from_bits(values.fixed(index, 4) as u32)),
            Self::Double(b) => append!(b, values, index, f64::from_bits(values.fixed(index, 8))),
            Self::Date(b) => append!(b, values, index, values.fixed(index, 4) as i32),
            Self::String(b) => append!(b, values, index, text(values.variable(index)?)?),
            Self::Binary(b) => append!(b, values, index, values.variable(index)?),
            Self::List(list) => {
                list.nulls.append(!values.is_null(index));
                if !values.is_null(index) {
                    let elements = Elements::new(values.variable(index)?, list.width)?;
                    (0..elements.count).try_for_each(|element| list.values.append(&elements, element))?;
                    list.count += elements.count;
                }
                list.offsets.push(offset(list.count)?);
            }
            Self::Map(map) => {
                map.nulls.append(!values.is_null(index));
                if !values.is_null(index) {
                    map.append(values.variable(index)?)?;
                }
                map.offsets.push(offset(map.count)?);
            }
            Self::Struct(column) => {
                column.nulls.append(!values.is_null(index));
                let members = column.members.iter_mut().enumerate();
                if values.is_null(index) {
                    members.into_iter().try_for_each(|(_, member)| member.append(&Nothing, 0))?;
                } else {
                    let row = Row::new(values.variable(index)?, members.len())?;
                    members.into_iter().try_for_each(|(at, member)| member.append(&row, at))?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(b) => Arc::new(b.finish()),
            Self::Byte(b) => Arc::new(b.finish()),
            Self::Short(b) => Arc::new(b.finish()),
            Self::Int(b) => Arc::new(b.finish()),
            Self::Long(b) => Arc::new(b.finish()),
            Self::Float(b) => Arc::new(b.finish()),
            Self::Double(b) => Arc::new(b.finish()),
            Self::Date(b) => Arc::new(b.finish()),
            Self::String(b) => Arc::new(b.finish()),
            Self::Binary(b) => Arc::new(b.finish()),
            Self::List(list) => {
                let offsets = std::mem::replace(&mut list.offsets, vec![0]);
                list.count = 0;
                Arc::new(ListArray::new(
                    Arc::new(ArrowField::new("element", arrow_type(&list.element), true)),
                    OffsetBuffer::new(ScalarBuffer::from(offsets)),
                    list.values.finish(),
                    list.nulls.finish(),
                ))
            }
            Self::Map(map) => Arc::new(map.finish()),
            Self::Struct(column) => Arc::new(StructArray::new(
                column.fields.clone(),
                column.members.iter_mut().map(Self::finish).collect(),
                column.nulls.finish(),
            )),
        }
    }
}

impl MapColumn {
    /// The bytes of a map: those of its keys' list before it, its keys, its values.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let corrupt = |what: &str| Error::corrupt_data(format!("a map of {} bytes {what}", bytes.len()));
        let size = bytes.first_chunk::<WORD>().map(|word| u64::from_le_bytes(*word));
        let lists = size.and_then(|size| bytes[WORD..].split_at_checked(usize::try_from(size).ok()?));
        let (keys, values) = lists.ok_or_else(|| corrupt("is shorter than its keys"))?;
        let keys = Elements::new(keys, width(&self.key))?;
        let values = Elements::new(values, width(&self.value))?;
        if keys.count != values.count {
            return Err(corrupt(&format!("has {} keys and {} values", keys.count, values.count)));
        }
        for entry in 0..keys.count {
            if keys.is_null(entry) {
                return Err(corrupt("has a null key"));
            }
            self.keys.append(&keys, entry)?;
            self.values.append(&values, entry)?;
        }
        self.count += keys.count;
        Ok(())
    }

    fn finish(&mut self) -> MapArray {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        self.count = 0;
        let fields = vec![
            ArrowField::new("key", arrow_type(&self.key), false),
            ArrowField::new("value", arrow_type(&self.value), true),
        ];
        let columns = vec![self.keys.finish(), self.values.finish()];
        let entries = StructArray::new(fields.into(), columns, None);
        MapArray::new(
            Arc::new(ArrowField::new("entries", entries.data_type().clone(), false)),
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            entries,
            self.nulls.finish(),
            false,
        )
    }
}

fn offset(count: usize) -> Result<i32> {
    i32::try_from(count).map_err(|_| Error::out_of_budget("the lists of a batch have more than 2^31 elements"))
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|e| Error::corrupt_data(format!("a string is not UTF-8: {e}")))
}
