//! Accumulators as arrow columns, the form that tables of daily accumulators hold: a column of the type that
//! [`Definition::ir_type`] names, sketches as bytes.
//!
//! Columns go straight to and from the stored form of accumulators (Avro binary), value by value; no tree of values is
//! made in between.

use crate::avro;
use crate::decimal::{DecimalSink, Decimals};
use crate::definition::Definition;
use crate::grouped::GroupedColumn;
use crate::min_max::Stored;
use crate::physical::{Bytes, Doubles, Longs, Physical, check_layout};
use crate::sink::{BytesSink, Cells, DoubleSink, ListSink, LongSink, MapSink, Sink, StructSink};
use crate::value::Value;
use crate::{arrow_field, arrow_type};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType as ArrowType;
use chronon_types::{DataType, Error, Result};

/// The accumulators of groups `0..groups` of `column`, which computes `definition`: null for a group without one.
///
/// # Errors
/// `Internal` when an accumulator has no stored form or the column exceeds 2 GiB.
///
/// ```
/// use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
/// use chronon_aggregate::{AggregationSpec, Definition, OperationKind, grouped};
/// use chronon_aggregate::ir_column::{ir_column, merge_ir_column};
/// use chronon_types::{DataType, Field};
/// use std::sync::Arc;
///
/// let average = AggregationSpec::new(OperationKind::Average, 0);
/// let average = Definition::new(&average, &[Field::new("x", DataType::Long)]).unwrap();
/// let mut monday = grouped(&average).unwrap();
/// let x: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
/// monday.update(&[0, 0], &[0, 1], &[x]).unwrap();
/// let stored = ir_column(&*monday, &average, 1).unwrap();
/// assert_eq!(stored.as_struct().column_names(), ["sum", "count"]);
///
/// let mut week = grouped(&average).unwrap();
/// merge_ir_column(&mut *week, &average, &stored, &[0]).unwrap();
/// assert!(week.finalize(1).unwrap().is_valid(0));
/// ```
pub fn ir_column(column: &dyn GroupedColumn, definition: &Definition, groups: usize) -> Result<ArrayRef> {
    let mut builder = builder(&definition.ir_type());
    let mut stored = Vec::new();
    for group in 0..groups {
        stored.clear();
        column.encode(group, &mut stored)?;
        let mut bytes = stored.as_slice();
        if avro::get_union(&mut bytes)? { builder.push(&mut bytes)? } else { builder.push_null() }
    }
    builder.finish()
}

/// Folds a column of accumulators of later rows in: that of row `i` into group `into[i]`; nulls change nothing.
///
/// # Errors
/// `SchemaMismatch` when the column is laid out otherwise; `InvalidArgument` when `into` has another length;
/// `CorruptData` naming the output and the row when a value is no accumulator. After an error the groups may hold a part of the
/// column.
pub fn merge_ir_column(
    column: &mut dyn GroupedColumn,
    definition: &Definition,
    stored: &ArrayRef,
    into: &[u32],
) -> Result<()> {
    let ir_type = definition.ir_type();
    check_layout(stored, &ir_type).map_err(|error| error.within(definition.output.name.clone()))?;
    if stored.len() != into.len() {
        return Err(Error::invalid_argument(format!("{} accumulators for {} groups", stored.len(), into.len())));
    }
    let mut bytes = Vec::new();
    for (row, group) in into.iter().enumerate().filter(|(row, _)| stored.is_valid(*row)) {
        let place = |error: Error| error.within(format!("row {row}")).within(definition.output.name.clone());
        bytes.clear();
        avro::put_present(&mut bytes);
        put(stored, row, &ir_type, &mut bytes).map_err(place)?;
        column.merge_encoded(&[*group as usize], &mut bytes.as_slice()).map_err(place)?;
    }
    Ok(())
}

/// Appends the value of a row, which is not null, in Avro binary.
fn put(array: &ArrayRef, row: usize, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
    let items = |elements: &ArrayRef, element: &DataType, out: &mut Vec<u8>| {
        avro::put_items(out, elements.len(), |out| {
            (0..elements.len()).try_for_each(|i| put_element(elements, i, element, out))
        })
    };
    match data_type {
        DataType::List(element) => items(&array.as_list::<i32>().value(row), element, out),
        DataType::Map(key, value) => {
            let entries = array.as_map().value(row);
            avro::put_items(out, entries.len(), |out| {
                (0..entries.len()).try_for_each(|i| {
                    put_element(entries.column(0), i, key, out)?;
                    put_element(entries.column(1), i, value, out)
                })
            })
        }
        DataType::Struct(_, members) => {
            members.iter().zip(array.as_struct().columns()).try_for_each(|(member, column)| {
                if column.is_null(row) {
                    avro::put_absent(out);
                    return Ok(());
                }
                avro::put_present(out);
                put(column, row, &member.data_type, out)
            })
        }
        _ => Value::read(array, row)?.encode(data_type, out),
    }
}

/// An element of a list or a value of a map, which is never null where accumulators are stored.
fn put_element(array: &ArrayRef, row: usize, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) {
        return Err(Error::corrupt_data("a list or map of an accumulator holds a null"));
    }
    put(array, row, data_type, out)
}

/// A column that takes values in Avro binary.
trait Builder: Sink {
    /// Appends the value at the front of `bytes` and moves `bytes` behind it.
    fn push(&mut self, bytes: &mut &[u8]) -> Result<()>;
}

impl Sink for Box<dyn Builder> {
    fn push_null(&mut self) {
        (**self).push_null();
    }
    fn finish(&mut self) -> Result<ArrayRef> {
        (**self).finish()
    }
    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        (**self).put(row, cells)
    }
    fn clear(&mut self) {
        (**self).clear();
    }
    fn heap_size(&self) -> usize {
        (**self).heap_size()
    }
}

/// Values of one width.
struct Scalars<P: Physical> {
    sink: P::Sink,
    data_type: DataType,
}

impl<P: Stored> Sink for Scalars<P> {
    fn push_null(&mut self) {
        self.sink.push_null();
    }
    fn finish(&mut self) -> Result<ArrayRef> {
        self.sink.finish()
    }
    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        self.sink.put(row, cells)
    }
    fn clear(&mut self) {
        self.sink.clear();
    }
    fn heap_size(&self) -> usize {
        self.sink.heap_size()
    }
}

impl<P: Stored> Builder for Scalars<P> {
    fn push(&mut self, bytes: &mut &[u8]) -> Result<()> {
        P::push(&mut self.sink, &P::decode(bytes, &self.data_type)?);
        Ok(())
    }
}

impl Builder for ListSink<Box<dyn Builder>> {
    fn push(&mut self, bytes: &mut &[u8]) -> Result<()> {
        let mut added = 0;
        avro::get_items(bytes, |bytes| {
            added += 1;
            self.elements.push(bytes)
        })?;
        self.close(added);
        Ok(())
    }
}

impl Builder for MapSink<Box<dyn Builder>, Box<dyn Builder>> {
    fn push(&mut self, bytes: &mut &[u8]) -> Result<()> {
        avro::get_items(bytes, |bytes| {
            self.open().push(bytes)?;
            self.values.push(bytes)
        })?;
        self.close();
        Ok(())
    }
}

impl Builder for StructSink<Box<dyn Builder>> {
    fn push(&mut self, bytes: &mut &[u8]) -> Result<()> {
        for member in &mut self.members {
            if avro::get_union(bytes)? { member.push(bytes)? } else { member.push_null() }
        }
        self.close();
        Ok(())
    }
}

fn builder(data_type: &DataType) -> Box<dyn Builder> {
    fn scalars<P: Stored>(sink: P::Sink, data_type: &DataType) -> Box<dyn Builder> {
        Box::new(Scalars::<P> { sink, data_type: data_type.clone() })
    }
    let arrow: ArrowType = arrow_type(data_type);
    match data_type {
        DataType::List(element) => Box::new(ListSink::new(builder(element))),
        DataType::Map(key, value) => Box::new(MapSink::with_keys(builder(key), builder(value))),
        DataType::Struct(_, members) => Box::new(StructSink::new(
            members.iter().map(arrow_field).collect(),
            members.iter().map(|member| builder(&member.data_type)).collect(),
        )),
        DataType::Float | DataType::Double => scalars::<Doubles>(DoubleSink::new(arrow, false), data_type),
        DataType::String | DataType::Binary => scalars::<Bytes>(BytesSink::new(arrow), data_type),
        DataType::Decimal(_, _) => scalars::<Decimals>(DecimalSink::new(data_type), data_type),
        _ => scalars::<Longs>(LongSink::new(arrow), data_type),
    }
}
