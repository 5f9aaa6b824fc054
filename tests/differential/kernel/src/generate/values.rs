//! Random rows.

use super::Rng;
use super::definition::Column;
use crate::case::{Row, SORT_KEY, UNIQUE_ID, member};
use crate::value::Value;
use chronon_types::{DataType, Field, time::Millis};

/// A row of one of `keys` keys.
pub(super) fn row(rng: &mut Rng, columns: &[Column], keys: usize, ts: Millis) -> Row {
    let cell = |rng: &mut Rng, column: &Column| match (&column.data_type, column.dimension) {
        _ if rng.one_in(7) => Value::Null,
        (DataType::List(of), Some(dimension)) => Value::List((0..dimension).map(|_| value(rng, of)).collect()),
        (data_type, _) => value(rng, data_type),
    };
    let values = columns.iter().map(|column| cell(rng, column)).collect();
    Row { key: rng.below(keys) as i32, ts, values, before: false, mutated: ts }
}

/// A value that is not null itself, though nulls may be inside.
fn value(rng: &mut Rng, data_type: &DataType) -> Value {
    match data_type {
        DataType::Boolean => Value::Bool(rng.one_in(2)),
        DataType::Byte => Value::Int(integer(rng, i64::from(i8::MIN), i64::from(i8::MAX))),
        DataType::Short => Value::Int(integer(rng, i64::from(i16::MIN), i64::from(i16::MAX))),
        DataType::Int => Value::Int(integer(rng, i64::from(i32::MIN), i64::from(i32::MAX))),
        DataType::Long => Value::Int(integer(rng, i64::MIN, i64::MAX)),
        DataType::Float => Value::Float(f64::from(float(rng, f64::from(f32::MAX)) as f32)),
        DataType::Double => Value::Float(float(rng, f64::MAX)),
        DataType::Decimal(precision, scale) => Value::Decimal(decimal(rng, *precision), *scale),
        DataType::String => Value::Text(text(rng)),
        DataType::Binary => Value::Bytes(text(rng).into_bytes()),
        DataType::List(of) => {
            let size = if rng.one_in(40) { 30 } else { rng.below(5) };
            Value::List((0..size).map(|_| if rng.one_in(6) { Value::Null } else { value(rng, of) }).collect())
        }
        DataType::Map(_, of) => {
            let entry = |rng: &mut Rng| (text(rng), if rng.one_in(6) { Value::Null } else { value(rng, of) });
            Value::Map((0..rng.below(5)).map(|_| entry(rng)).collect())
        }
        DataType::Struct(_, members) if member(members, UNIQUE_ID).is_some() => {
            let id = rng.below(POOL.len());
            // mostly all that has an id is one value, so that the order of folding does not matter
            let fixed = &mut Rng::new(0, id as u64);
            let rng = if rng.one_in(8) { rng } else { fixed };
            let cell = |of: &Field| match of.name.as_str() {
                UNIQUE_ID => Value::Int(id as i64),
                SORT_KEY if rng.one_in(40) => Value::Text(text(rng)),
                SORT_KEY => Value::Text(POOL[id].to_owned()),
                _ => value(rng, &of.data_type),
            };
            Value::List(members.iter().map(cell).collect())
        }
        DataType::Struct(_, members) => {
            let member = |rng: &mut Rng, of| if rng.one_in(6) { Value::Null } else { value(rng, of) };
            Value::List(members.iter().map(|of| member(rng, &of.data_type)).collect())
        }
        _ => Value::Null,
    }
}

/// Takes the nulls out of lists and maps.
pub(super) fn drop_nulls(value: &mut Value, data_type: &DataType) {
    match (value, data_type) {
        (Value::List(list), DataType::List(of)) => {
            list.retain(|v| *v != Value::Null);
            list.iter_mut().for_each(|v| drop_nulls(v, of));
        }
        (Value::Map(map), DataType::Map(_, of)) => {
            map.retain(|_, v| *v != Value::Null);
            map.values_mut().for_each(|v| drop_nulls(v, of));
        }
        (Value::List(cells), DataType::Struct(_, members)) => {
            cells.iter_mut().zip(members).for_each(|(v, member)| drop_nulls(v, &member.data_type));
        }
        _ => {}
    }
}

/// Puts a number where there is none.
pub(super) fn replace_nan(value: &mut Value) {
    match value {
        Value::Float(v) if v.is_nan() => *v = 0.5,
        Value::List(list) => list.iter_mut().for_each(replace_nan),
        Value::Map(map) => map.values_mut().for_each(replace_nan),
        _ => {}
    }
}

fn integer(rng: &mut Rng, least: i64, most: i64) -> i64 {
    match rng.below(12) {
        0 => least,
        1 => most,
        2 => rng.bits() as i64 & most,
        _ => rng.below(100) as i64 - 50,
    }
}

/// Mostly small; a thousand of the largest add up to what the type can hold.
fn decimal(rng: &mut Rng, precision: u8) -> i128 {
    let most = 10i128.pow(precision.saturating_sub(4).into()) - 1;
    match rng.below(12) {
        0 => most,
        1 => -most,
        2 => (i128::from(rng.bits() as i64) << 62) % most,
        _ => (rng.below(1000) as i128 - 500) % most,
    }
}

fn float(rng: &mut Rng, most: f64) -> f64 {
    match rng.below(24) {
        0 if rng.one_in(3) => f64::NAN,
        1 => 0.0,
        2 => -0.0,
        3 if rng.one_in(8) => f64::INFINITY,
        3 if rng.one_in(7) => f64::NEG_INFINITY,
        4 if rng.one_in(8) => most,
        5 => -1e-310,
        6 => (rng.bits() as f64 / u64::MAX as f64 - 0.5) * 1e18,
        7..12 => rng.below(7) as f64 - 3.0,
        _ => rng.below(2_000_000) as f64 / 1000.0 - 1000.0,
    }
}

const POOL: [&str; 13] =
    ["a", "b", "c", "Aa", "BB", "", "é", "\u{1F600}", "\u{FFFD}", "\u{10FFFF}x", "\u{E000}", "日本", "a\0b"];

/// Mostly from a small pool, with the empty text, characters that sort apart in UTF-8 and UTF-16, texts whose Java
/// hashes collide, and long texts.
fn text(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => format!("item_{}", rng.below(1000)),
        1 if rng.one_in(8) => "long ".repeat(1 + rng.below(60)),
        _ => (*rng.pick(&POOL)).to_owned(),
    }
}
