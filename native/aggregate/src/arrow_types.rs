//! Column types as arrow types, the way the hosts lay columns out.

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField, Fields};
use chronon_types::{DataType, Field};
use std::sync::Arc;

/// The arrow layout of a column of type `data_type`. Every nested value may be null except map keys; list elements
/// are called `element`, map entries `entries` with `key` and `value`.
pub fn arrow_type(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::Boolean => ArrowType::Boolean,
        DataType::Byte => ArrowType::Int8,
        DataType::Short => ArrowType::Int16,
        DataType::Int => ArrowType::Int32,
        DataType::Long => ArrowType::Int64,
        DataType::Float => ArrowType::Float32,
        DataType::Double => ArrowType::Float64,
        DataType::String => ArrowType::Utf8,
        DataType::Binary => ArrowType::Binary,
        DataType::Date => ArrowType::Date32,
        DataType::Timestamp => ArrowType::Int64,
        // a scale is at most the digits, so it fits
        DataType::Decimal(precision, scale) => ArrowType::Decimal128(*precision, *scale as i8),
        DataType::List(element) => ArrowType::List(Arc::new(ArrowField::new("element", arrow_type(element), true))),
        DataType::Map(key, value) => {
            let entries = Fields::from(vec![
                ArrowField::new("key", arrow_type(key), false),
                ArrowField::new("value", arrow_type(value), true),
            ]);
            ArrowType::Map(Arc::new(ArrowField::new("entries", ArrowType::Struct(entries), false)), false)
        }
        DataType::Struct(_, fields) => ArrowType::Struct(fields.iter().map(arrow_field).collect()),
    }
}

/// The arrow field of a column, which may hold nulls.
pub fn arrow_field(field: &Field) -> ArrowField {
    ArrowField::new(&field.name, arrow_type(&field.data_type), true)
}

/// Whether an array of type `actual` can be read as `expected`: the same physical layout, whatever nested fields are
/// called and whichever of them may be null.
pub fn same_layout(actual: &ArrowType, expected: &ArrowType) -> bool {
    match (actual, expected) {
        (ArrowType::List(a), ArrowType::List(b)) | (ArrowType::Map(a, _), ArrowType::Map(b, _)) => {
            same_layout(a.data_type(), b.data_type())
        }
        (ArrowType::Struct(a), ArrowType::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_layout(a.data_type(), b.data_type()))
        }
        _ => actual == expected,
    }
}
