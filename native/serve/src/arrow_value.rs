//! Results of a plan, which are arrow columns, as slots.

use crate::answer::{Place, Slots};
use crate::message::Kind;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type,
};
use chronon_types::{Error, Result};

/// Puts the value in row `row` of `array`.
///
/// # Errors
/// `Internal` naming the arrow type when no output has it.
pub(crate) fn put(array: &dyn Array, row: usize, place: Place, slots: &mut Slots) -> Result<()> {
    if array.is_null(row) {
        slots.null(place);
        return Ok(());
    }
    match array.data_type() {
        ArrowType::Boolean => slots.boolean(place, array.as_boolean().value(row)),
        ArrowType::Int8 => slots.byte(place, array.as_primitive::<Int8Type>().value(row)),
        ArrowType::Int16 => slots.short(place, array.as_primitive::<Int16Type>().value(row)),
        ArrowType::Int32 => slots.int(place, array.as_primitive::<Int32Type>().value(row)),
        ArrowType::Int64 => slots.long(place, array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Float32 => slots.float(place, array.as_primitive::<Float32Type>().value(row)),
        ArrowType::Float64 => slots.double(place, array.as_primitive::<Float64Type>().value(row)),
        ArrowType::Date32 => slots.date(place, array.as_primitive::<Date32Type>().value(row)),
        ArrowType::Decimal128(_, scale) => {
            slots.decimal(place, scale.unsigned_abs(), array.as_primitive::<Decimal128Type>().value(row));
        }
        ArrowType::Utf8 => slots.text(place, array.as_string::<i32>().value(row).as_bytes()),
        ArrowType::Binary => slots.binary(place, array.as_binary::<i32>().value(row)),
        ArrowType::List(_) => {
            let list = array.as_list::<i32>();
            let items = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
            slots.composite(place, Kind::List, |slots| {
                items.clone().try_for_each(|item| put(list.values(), item, Place::Inside, slots))?;
                Ok(items.len())
            })?;
        }
        ArrowType::Map(_, _) => {
            let map = array.as_map();
            let items = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
            slots.composite(place, Kind::Map, |slots| {
                for item in items.clone() {
                    put(map.keys(), item, Place::Inside, slots)?;
                    put(map.values(), item, Place::Inside, slots)?;
                }
                Ok(items.len())
            })?;
        }
        ArrowType::Struct(members) => slots.composite(place, Kind::Struct, |slots| {
            array.as_struct().columns().iter().try_for_each(|member| put(member, row, Place::Inside, slots))?;
            Ok(members.len())
        })?,
        other => return Err(Error::internal(format!("a result of arrow type {other} has no slot"))),
    }
    Ok(())
}
