//! Arrow types back to column types, and the schemas of messages.
//!
//! The other direction is [`chronon_aggregate::arrow_type`]: the layout that Spark's `ArrowUtils` builds for the same type,
//! so that a message written by Spark's arrow-java needs no conversion. Types alone decide the layout: nested field names
//! matter nowhere but in error messages.

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use chronon_aggregate::{arrow_field, arrow_type};
use chronon_types::{DataType, Error, Field, Result};
use std::sync::Arc;

/// The column type that an arrow type carries. A column of instants crosses as 64-bit numbers, so it comes back as `long`
/// unless the arrow type says otherwise.
///
/// ```
/// use chronon_codec::column_type;
/// use chronon_types::DataType;
/// assert_eq!(column_type(&arrow::datatypes::DataType::Utf8)?, DataType::String);
/// # Ok::<(), chronon_types::Error>(())
/// ```
///
/// # Errors
/// `Unsupported` naming the arrow type when no column type has that layout (views, dictionaries, decimals, …).
pub fn column_type(arrow: &ArrowType) -> Result<DataType> {
    Ok(match arrow {
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int8 => DataType::Byte,
        ArrowType::Int16 => DataType::Short,
        ArrowType::Int32 => DataType::Int,
        ArrowType::Int64 => DataType::Long,
        ArrowType::Float32 => DataType::Float,
        ArrowType::Float64 => DataType::Double,
        ArrowType::Utf8 => DataType::String,
        ArrowType::Binary => DataType::Binary,
        ArrowType::Date32 => DataType::Date,
        ArrowType::Timestamp(TimeUnit::Microsecond, _) => DataType::Timestamp,
        ArrowType::List(element) => DataType::List(Box::new(column_type(element.data_type())?)),
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(pair) if pair.len() == 2 => {
                DataType::Map(Box::new(column_type(pair[0].data_type())?), Box::new(column_type(pair[1].data_type())?))
            }
            other => return Err(unsupported(other)),
        },
        ArrowType::Struct(fields) if !fields.is_empty() => DataType::Struct(
            String::new(),
            fields
                .iter()
                .map(|field| Ok(Field::new(field.name(), column_type(field.data_type())?)))
                .collect::<Result<_>>()?,
        ),
        other => return Err(unsupported(other)),
    })
}

/// The schema of a message that carries `required` columns, which hold no nulls, followed by `optional` ones.
pub fn schema(required: &[Field], optional: &[Field]) -> SchemaRef {
    let required = required.iter().map(|field| ArrowField::new(&field.name, arrow_type(&field.data_type), false));
    let optional = optional.iter().map(arrow_field);
    Arc::new(Schema::new(required.chain(optional).collect::<Vec<_>>()))
}

#[cold]
fn unsupported(arrow: &ArrowType) -> Error {
    Error::unsupported(format!(
        "arrow type {arrow} has no column type; send booleans, signed integers, floats, Utf8, Binary, Date32, \
         microsecond timestamps, and lists, maps and structs of these"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_name_survives_the_way_to_arrow_and_back() {
        for text in [
            "bool",
            "byte",
            "short",
            "int",
            "long",
            "float",
            "double",
            "string",
            "binary",
            "date",
            "list_string",
            "list_list_double",
            "map_string_long",
            "map_string_list_int",
        ] {
            let data_type = DataType::parse(text).unwrap();
            assert_eq!(column_type(&arrow_type(&data_type)).unwrap(), data_type, "{text}");
        }
    }

    #[test]
    fn layouts_without_a_column_type_are_refused_by_name() {
        for arrow in [ArrowType::Utf8View, ArrowType::UInt8, ArrowType::Decimal128(10, 2), ArrowType::Null] {
            let error = column_type(&arrow).unwrap_err();
            assert_eq!(error.code(), chronon_types::ErrorCode::Unsupported);
            assert!(error.message().contains(&arrow.to_string()), "{error}");
        }
    }
}
