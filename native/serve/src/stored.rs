//! Stored records whose members come out as they are: outputs of a snapshot, selected columns.

use crate::answer::{Place, Slots};
use crate::message::Kind;
use crate::request::Part;
use chronon_aggregate::{Value, avro};
use chronon_types::{DataType, Error, Field, Result};
use std::ops::Range;

/// The slots of a part, one per member of its batch value; nulls when it has none. What follows the last member is not looked at:
/// writers append members before readers know of them.
///
/// # Errors
/// `CorruptData` naming column and byte; no slots are put then.
pub(crate) fn answer(part: &Part<'_>, members: &[Field], slots: &mut Slots) -> Result<Range<usize>> {
    let mark = slots.mark();
    let Some(whole) = part.batch else {
        members.iter().for_each(|_| slots.null(Place::Slot));
        return Ok(slots.since(mark));
    };
    let mut rest = whole;
    for field in members {
        if let Err(error) = member(field, Place::Slot, &mut rest, slots) {
            slots.back_to(mark);
            let at =
                format!("`{}`, at byte {} of the batch value's {}", field.name, whole.len() - rest.len(), whole.len());
            return Err(error.within(at));
        }
    }
    Ok(slots.since(mark))
}

/// Moves a member of a record, which may be null.
fn member(field: &Field, place: Place, bytes: &mut &[u8], slots: &mut Slots) -> Result<()> {
    if avro::get_union(bytes)? {
        return value(&field.data_type, place, bytes, slots);
    }
    slots.null(place);
    Ok(())
}

/// Moves a value from the front of `bytes`.
fn value(data_type: &DataType, place: Place, bytes: &mut &[u8], slots: &mut Slots) -> Result<()> {
    match data_type {
        DataType::Boolean => slots.boolean(place, avro::get_fixed::<1>(bytes)?[0] != 0),
        DataType::Byte => slots.byte(place, small(avro::get_long(bytes)?)?),
        DataType::Short => slots.short(place, small(avro::get_long(bytes)?)?),
        DataType::Int => slots.int(place, avro::get_int(bytes)?),
        DataType::Long => slots.long(place, avro::get_long(bytes)?),
        DataType::Float => slots.float(place, f32::from_le_bytes(avro::get_fixed(bytes)?)),
        DataType::Double => slots.double(place, avro::get_double(bytes)?),
        DataType::Date => slots.date(place, avro::get_int(bytes)?),
        DataType::Timestamp => slots.timestamp(place, avro::get_long(bytes)?),
        DataType::String => slots.text(place, avro::get_text(bytes)?),
        DataType::Binary => slots.binary(place, avro::get_bytes(bytes)?),
        DataType::Decimal(_, scale) => match Value::decode(data_type, bytes)? {
            Value::Decimal(units) => slots.decimal(place, *scale, *units),
            other => return Err(Error::internal(format!("{other:?} was read as a {data_type}"))),
        },
        DataType::List(element) => slots.composite(place, Kind::List, |slots| {
            let mut count = 0;
            avro::get_items(bytes, |bytes| {
                count += 1;
                value(element, Place::Inside, bytes, slots)
            })?;
            Ok(count)
        })?,
        DataType::Map(key, of) => slots.composite(place, Kind::Map, |slots| {
            let mut count = 0;
            avro::get_items(bytes, |bytes| {
                count += 1;
                value(key, Place::Inside, bytes, slots)?;
                value(of, Place::Inside, bytes, slots)
            })?;
            Ok(count)
        })?,
        DataType::Struct(_, members) => slots.composite(place, Kind::Struct, |slots| {
            members.iter().try_for_each(|field| member(field, Place::Inside, bytes, slots))?;
            Ok(members.len())
        })?,
    }
    Ok(())
}

fn small<T: TryFrom<i64>>(value: i64) -> Result<T> {
    T::try_from(value).map_err(|_| {
        let bits = 8 * size_of::<T>();
        Error::corrupt_data(format!("{value} stands where a {bits}-bit number should"))
    })
}
