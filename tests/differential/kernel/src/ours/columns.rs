//! Values as arrow columns, and back.

use super::Refusal;
use crate::case::{Case, Row};
use crate::value::Value;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType as ArrowType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use chronon_aggregate::arrow_type;
use chronon_plan::Plan;
use chronon_types::{DataType, Field};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The columns that the plan reads, of these rows.
pub(super) fn inputs(case: &Case, plan: &Plan, rows: &[Row]) -> Result<Vec<ArrayRef>, Refusal> {
    let column = |field: &Field| {
        let i = case.column(&field.name).ok_or_else(|| format!("the case has no column `{}`", field.name))?;
        array(&field.data_type, &rows.iter().map(|r| &r.values[i]).collect::<Vec<_>>()).map_err(Refusal::Error)
    };
    plan.inputs().iter().map(column).collect()
}

/// Output columns as rows.
pub(super) fn table(plan: &Plan, columns: &[ArrayRef]) -> Vec<Vec<Value>> {
    let types = plan.outputs().iter().map(|o| &o.field().data_type);
    let columns: Vec<Vec<Value>> = columns.iter().zip(types).map(|(a, t)| values(a.as_ref(), t)).collect();
    let rows = columns.first().map_or(0, Vec::len);
    (0..rows).map(|i| columns.iter().map(|c| c[i].clone()).collect()).collect()
}

macro_rules! collect {
    ($array:ty, $values:expr, $variant:ident($v:ident) => $as:expr) => {
        Arc::new($values.iter().map(|v| if let Value::$variant($v) = v { Some($as) } else { None }).collect::<$array>())
    };
}

/// The column as arrow lays it out.
fn array(data_type: &DataType, values: &[&Value]) -> Result<ArrayRef, String> {
    Ok(match data_type {
        DataType::Boolean => collect!(BooleanArray, values, Bool(v) => *v),
        DataType::Byte => collect!(Int8Array, values, Int(v) => *v as i8),
        DataType::Short => collect!(Int16Array, values, Int(v) => *v as i16),
        DataType::Int => collect!(Int32Array, values, Int(v) => *v as i32),
        DataType::Long => collect!(Int64Array, values, Int(v) => *v),
        DataType::Float => collect!(Float32Array, values, Float(v) => *v as f32),
        DataType::Double => collect!(Float64Array, values, Float(v) => *v),
        DataType::String => collect!(StringArray, values, Text(v) => v.as_str()),
        DataType::Binary => collect!(BinaryArray, values, Bytes(v) => v.as_slice()),
        DataType::Decimal(precision, scale) => {
            let units = values.iter().map(|v| if let Value::Decimal(v, _) = v { Some(*v) } else { None });
            let array = units.collect::<Decimal128Array>().with_precision_and_scale(*precision, *scale as i8);
            Arc::new(array.map_err(|e| e.to_string())?)
        }
        DataType::List(element) => {
            let lists: Vec<Option<&Vec<Value>>> =
                values.iter().map(|v| if let Value::List(list) = v { Some(list) } else { None }).collect();
            let child = array(element, &lists.iter().flatten().flat_map(|list| list.iter()).collect::<Vec<_>>())?;
            let ArrowType::List(field) = arrow_type(data_type) else { return Err("not a list".to_owned()) };
            let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.map_or(0, Vec::len)));
            let nulls = NullBuffer::from_iter(lists.iter().map(Option::is_some));
            Arc::new(ListArray::try_new(field, offsets, child, Some(nulls)).map_err(|e| e.to_string())?)
        }
        DataType::Map(_, of) => {
            let maps: Vec<Option<&BTreeMap<String, Value>>> =
                values.iter().map(|v| if let Value::Map(map) = v { Some(map) } else { None }).collect();
            let entries = || maps.iter().flatten().flat_map(|map| map.iter());
            let keys: ArrayRef = Arc::new(entries().map(|(key, _)| Some(key.as_str())).collect::<StringArray>());
            let of = array(of, &entries().map(|(_, v)| v).collect::<Vec<_>>())?;
            let ArrowType::Map(field, sorted) = arrow_type(data_type) else { return Err("not a map".to_owned()) };
            let ArrowType::Struct(fields) = field.data_type() else { return Err("a map without entries".to_owned()) };
            let entries = StructArray::try_new(fields.clone(), vec![keys, of], None).map_err(|e| e.to_string())?;
            let offsets = OffsetBuffer::from_lengths(maps.iter().map(|map| map.map_or(0, BTreeMap::len)));
            let nulls = NullBuffer::from_iter(maps.iter().map(Option::is_some));
            Arc::new(MapArray::try_new(field, offsets, entries, Some(nulls), sorted).map_err(|e| e.to_string())?)
        }
        DataType::Struct(_, members) => {
            let structs: Vec<Option<&Vec<Value>>> =
                values.iter().map(|v| if let Value::List(members) = v { Some(members) } else { None }).collect();
            let member = |(i, member): (usize, &Field)| {
                let cells: Vec<&Value> = structs.iter().map(|cells| cells.map_or(&Value::Null, |c| &c[i])).collect();
                array(&member.data_type, &cells)
            };
            let ArrowType::Struct(fields) = arrow_type(data_type) else { return Err("not a struct".to_owned()) };
            let columns = members.iter().enumerate().map(member).collect::<Result<_, _>>()?;
            let nulls = NullBuffer::from_iter(structs.iter().map(Option::is_some));
            Arc::new(StructArray::try_new(fields, columns, Some(nulls)).map_err(|e| e.to_string())?)
        }
        other => return Err(format!("no column of type {other} is generated")),
    })
}

/// The cells of an arrow column.
fn values(array: &dyn Array, data_type: &DataType) -> Vec<Value> {
    let cell = |i: usize| match data_type {
        DataType::Boolean => Value::Bool(array.as_boolean().value(i)),
        DataType::Byte => Value::Int(array.as_primitive::<Int8Type>().value(i).into()),
        DataType::Short => Value::Int(array.as_primitive::<Int16Type>().value(i).into()),
        DataType::Int => Value::Int(array.as_primitive::<Int32Type>().value(i).into()),
        DataType::Long => Value::Int(array.as_primitive::<Int64Type>().value(i)),
        DataType::Float => Value::Float(array.as_primitive::<Float32Type>().value(i).into()),
        DataType::Double => Value::Float(array.as_primitive::<Float64Type>().value(i)),
        DataType::String => Value::Text(array.as_string::<i32>().value(i).to_owned()),
        DataType::Binary => Value::Bytes(array.as_binary::<i32>().value(i).to_vec()),
        DataType::Decimal(_, scale) => Value::Decimal(array.as_primitive::<Decimal128Type>().value(i), *scale),
        DataType::List(of) => Value::List(values(array.as_list::<i32>().value(i).as_ref(), of)),
        DataType::Map(_, of) => {
            let entries = array.as_map().value(i);
            let keys = values(entries.column(0).as_ref(), &DataType::String);
            let of = values(entries.column(1).as_ref(), of);
            let pairs =
                keys.into_iter().zip(of).filter_map(|(k, v)| if let Value::Text(k) = k { Some((k, v)) } else { None });
            Value::Map(pairs.collect::<BTreeMap<_, _>>())
        }
        DataType::Struct(_, members) => {
            let cell = |(column, member): (&ArrayRef, &Field)| {
                values(column.slice(i, 1).as_ref(), &member.data_type).pop().unwrap_or(Value::Null)
            };
            Value::List(array.as_struct().columns().iter().zip(members).map(cell).collect())
        }
        _ => Value::Null,
    };
    (0..array.len()).map(|i| if array.is_null(i) { Value::Null } else { cell(i) }).collect()
}
