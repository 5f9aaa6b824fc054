//! Values of any type, one at a time: payloads that no operation looks into, such as LAST of a struct.

use crate::arrow_types::arrow_type;
use crate::decimal::DecimalSink;
use crate::sink::{Cells, Composite, Sink};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, ListArray, MapArray, NullArray, StringArray,
    StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType as ArrowType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use chronon_types::{DataType, Error, Result};
use std::sync::Arc;

/// One value, owned. Whole numbers, booleans and dates widen to `Long`, `Float` to `Double`; the column's type says
/// what to narrow to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number, a boolean (0 or 1), a date or a time.
    Long(i64),
    /// A floating-point number.
    Double(f64),
    /// A decimal number: how many units of its column's last digit.
    Decimal(Box<i128>),
    /// Text in UTF-8, or bytes.
    Bytes(Box<[u8]>),
    /// A list's elements, or a struct's members.
    List(Box<[Value]>),
    /// A map's entries, in the order they came.
    Map(Box<[(Value, Value)]>),
}

impl Value {
    /// The value in row `row` of `array`.
    ///
    /// # Errors
    /// `Unsupported` naming the arrow type when no column type is laid out like it.
    ///
    /// ```
    /// use arrow::array::Int32Array;
    /// use chronon_aggregate::Value;
    /// let array = Int32Array::from(vec![Some(7), None]);
    /// assert_eq!(Value::read(&array, 0).unwrap(), Value::Long(7));
    /// assert_eq!(Value::read(&array, 1).unwrap(), Value::Null);
    /// ```
    pub fn read(array: &dyn Array, row: usize) -> Result<Self> {
        if array.is_null(row) {
            return Ok(Self::Null);
        }
        Ok(match array.data_type() {
            ArrowType::Null => Self::Null,
            ArrowType::Boolean => Self::Long(array.as_boolean().value(row).into()),
            ArrowType::Int8 => Self::Long(array.as_primitive::<Int8Type>().value(row).into()),
            ArrowType::Int16 => Self::Long(array.as_primitive::<Int16Type>().value(row).into()),
            ArrowType::Int32 => Self::Long(array.as_primitive::<Int32Type>().value(row).into()),
            ArrowType::Int64 => Self::Long(array.as_primitive::<Int64Type>().value(row)),
            ArrowType::Date32 => Self::Long(array.as_primitive::<arrow::datatypes::Date32Type>().value(row).into()),
            ArrowType::Float32 => Self::Double(array.as_primitive::<Float32Type>().value(row).into()),
            ArrowType::Float64 => Self::Double(array.as_primitive::<Float64Type>().value(row)),
            ArrowType::Decimal128(_, _) => Self::Decimal(Box::new(array.as_primitive::<Decimal128Type>().value(row))),
            ArrowType::Utf8 => Self::Bytes(array.as_string::<i32>().value(row).as_bytes().into()),
            ArrowType::Binary => Self::Bytes(array.as_binary::<i32>().value(row).into()),
            ArrowType::List(_) => {
                let elements = array.as_list::<i32>().value(row);
                Self::List((0..elements.len()).map(|i| Self::read(&elements, i)).collect::<Result<_>>()?)
            }
            ArrowType::Struct(_) => {
                let members = array.as_struct().columns();
                Self::List(members.iter().map(|member| Self::read(member, row)).collect::<Result<_>>()?)
            }
            ArrowType::Map(_, _) => {
                let entries = array.as_map().value(row);
                let (keys, values) = (entries.column(0), entries.column(1));
                let entry = |i| Ok((Self::read(keys, i)?, Self::read(values, i)?));
                Self::Map((0..entries.len()).map(entry).collect::<Result<_>>()?)
            }
            other => return Err(Error::unsupported(format!("columns of arrow type {other} cannot be read"))),
        })
    }

    /// A column of type `data_type` with these values.
    ///
    /// # Errors
    /// `Internal` when a value is not of that type.
    pub fn column(values: &[&Self], data_type: &DataType) -> Result<ArrayRef> {
        let nulls: Vec<bool> = values.iter().map(|value| !matches!(value, Self::Null)).collect();
        let nulls = nulls.contains(&false).then(|| NullBuffer::from(nulls));
        let to = arrow_type(data_type);
        let internal = |error: arrow::error::ArrowError| Error::internal(format!("values as {data_type}: {error}"));
        let mismatch = || Error::internal(format!("a value that is not a {data_type} in a column of that type"));
        Ok(match data_type {
            DataType::Float | DataType::Double => {
                let doubles: Vec<f64> = values
                    .iter()
                    .map(|value| match value {
                        Self::Double(value) => Ok(*value),
                        Self::Null => Ok(0.0),
                        _ => Err(mismatch()),
                    })
                    .collect::<Result<_>>()?;
                cast(&Float64Array::new(doubles.into(), nulls), &to).map_err(internal)?
            }
            DataType::Decimal(_, _) => {
                let mut sink = DecimalSink::new(data_type);
                for value in values {
                    match value {
                        Self::Decimal(value) => sink.push(**value),
                        Self::Null => sink.push_null(),
                        _ => return Err(mismatch()),
                    }
                }
                sink.finish()?
            }
            DataType::String | DataType::Binary => {
                let bytes: Vec<Option<&[u8]>> = values
                    .iter()
                    .map(|value| match value {
                        Self::Bytes(value) => Ok(Some(value.as_ref())),
                        Self::Null => Ok(None),
                        _ => Err(mismatch()),
                    })
                    .collect::<Result<_>>()?;
                let binary = BinaryArray::from(bytes);
                if *data_type == DataType::Binary {
                    Arc::new(binary)
                } else {
                    let (offsets, values, nulls) = binary.into_parts();
                    Arc::new(StringArray::try_new(offsets, values, nulls).map_err(internal)?)
                }
            }
            DataType::List(element) => {
                let rows: Vec<&[Self]> = values.iter().map(|value| value.members()).collect();
                let elements: Vec<&Self> = rows.iter().flat_map(|row| row.iter()).collect();
                let ArrowType::List(field) = to else { return Err(mismatch()) };
                let offsets = OffsetBuffer::from_lengths(rows.iter().map(|row| row.len()));
                Arc::new(
                    ListArray::try_new(field, offsets, Self::column(&elements, element)?, nulls).map_err(internal)?,
                )
            }
            DataType::Struct(_, fields) => {
                let ArrowType::Struct(arrow_fields) = to else { return Err(mismatch()) };
                if arrow_fields.is_empty() {
                    return Ok(Arc::new(StructArray::new_empty_fields(values.len(), nulls)));
                }
                let members = fields.iter().enumerate().map(|(i, field)| {
                    let member: Vec<&Self> =
                        values.iter().map(|value| value.members().get(i).unwrap_or(&Self::Null)).collect();
                    Self::column(&member, &field.data_type)
                });
                let members = members.collect::<Result<Vec<_>>>()?;
                Arc::new(StructArray::try_new(arrow_fields, members, nulls).map_err(internal)?)
            }
            DataType::Map(key, value) => {
                let rows: Vec<&[(Self, Self)]> = values
                    .iter()
                    .map(|value| match value {
                        Self::Map(entries) => entries.as_ref(),
                        _ => &[],
                    })
                    .collect();
                let keys: Vec<&Self> = rows.iter().flat_map(|row| row.iter().map(|(key, _)| key)).collect();
                let members: Vec<&Self> = rows.iter().flat_map(|row| row.iter().map(|(_, value)| value)).collect();
                let ArrowType::Map(field, _) = to else { return Err(mismatch()) };
                let ArrowType::Struct(entry_fields) = field.data_type().clone() else { return Err(mismatch()) };
                let columns = vec![Self::column(&keys, key)?, Self::column(&members, value)?];
                let entries = StructArray::try_new(entry_fields, columns, None).map_err(internal)?;
                let offsets = OffsetBuffer::from_lengths(rows.iter().map(|row| row.len()));
                Arc::new(MapArray::try_new(field, offsets, entries, nulls, false).map_err(internal)?)
            }
            _ if to == ArrowType::Null => Arc::new(NullArray::new(values.len())),
            _ => {
                let longs: Vec<i64> = values
                    .iter()
                    .map(|value| match value {
                        Self::Long(value) => Ok(*value),
                        Self::Null => Ok(0),
                        _ => Err(mismatch()),
                    })
                    .collect::<Result<_>>()?;
                let array = Int64Array::new(longs.into(), nulls);
                if to == ArrowType::Date32 {
                    let days = cast(&array, &ArrowType::Int32).map_err(internal)?;
                    return cast(&days, &to).map_err(internal);
                }
                cast(&array, &to).map_err(internal)?
            }
        })
    }

    /// Hands the value over as one of type `data_type`.
    ///
    /// # Errors
    /// `Internal` when it is not of that type.
    pub fn put(&self, data_type: &DataType, cells: &mut dyn Cells) -> Result<()> {
        match (self, data_type) {
            (Self::Null, _) => cells.null(),
            (Self::Long(value), _) => cells.whole(&arrow_type(data_type), *value)?,
            (Self::Double(value), _) => cells.floating(&arrow_type(data_type), *value)?,
            (Self::Decimal(units), DataType::Decimal(_, scale)) => cells.decimal(*scale, **units),
            (Self::Bytes(value), _) => cells.bytes(&arrow_type(data_type), value)?,
            (Self::List(elements), DataType::List(element)) => {
                cells.begin(Composite::List, elements.len());
                elements.iter().try_for_each(|value| value.put(element, cells))?;
                cells.end();
            }
            (Self::List(_), DataType::Struct(_, fields)) => {
                cells.begin(Composite::Struct, fields.len());
                for (i, field) in fields.iter().enumerate() {
                    self.members().get(i).unwrap_or(&Self::Null).put(&field.data_type, cells)?;
                }
                cells.end();
            }
            (Self::Map(entries), DataType::Map(key, value)) => {
                cells.begin(Composite::Map, entries.len());
                for (one, of) in entries {
                    one.put(key, cells)?;
                    of.put(value, cells)?;
                }
                cells.end();
            }
            _ => return Err(Error::internal(format!("a value that is not a {data_type} in a column of that type"))),
        }
        Ok(())
    }

    fn members(&self) -> &[Self] {
        match self {
            Self::List(members) => members,
            _ => &[],
        }
    }

    /// Bytes of heap held.
    pub fn heap_size(&self) -> usize {
        match self {
            Self::Null | Self::Long(_) | Self::Double(_) => 0,
            Self::Decimal(_) => size_of::<i128>(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(members) => {
                std::mem::size_of_val(members.as_ref()) + members.iter().map(Self::heap_size).sum::<usize>()
            }
            Self::Map(entries) => {
                std::mem::size_of_val(entries.as_ref())
                    + entries.iter().map(|(key, value)| key.heap_size() + value.heap_size()).sum::<usize>()
            }
        }
    }
}

/// Values of any type.
#[derive(Debug)]
pub struct AnySink {
    to: DataType,
    values: Vec<Value>,
}

impl AnySink {
    /// A sink whose column has type `to`.
    pub fn new(to: DataType) -> Self {
        Self { to, values: Vec::new() }
    }

    /// Appends `value`.
    pub fn push(&mut self, value: Value) {
        self.values.push(value);
    }
}

impl Sink for AnySink {
    fn push_null(&mut self) {
        self.values.push(Value::Null);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values: Vec<&Value> = self.values.iter().collect();
        let column = Value::column(&values, &self.to);
        self.values.clear();
        column
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        self.values[row].put(&self.to, cells)
    }

    fn clear(&mut self) {
        self.values.clear();
    }

    fn heap_size(&self) -> usize {
        self.values.capacity() * size_of::<Value>() + self.values.iter().map(Value::heap_size).sum::<usize>()
    }
}
