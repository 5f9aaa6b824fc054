//! Types of rows as types of a Parquet file.
//!
//! The mapping is that of Spark's own writer with `spark.sql.parquet.writeLegacyFormat=false`: integers below 64 bits are
//! `INT32` with their width, texts are `BYTE_ARRAY` with `UTF8`, lists and maps have the three levels of the Parquet
//! format's rules for them. Every column, element and value of a map may be null.

use chronon_types::{DataType, Error, Field, Result};
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use std::sync::Arc;

/// The file's schema; the root has the name that Spark gives it.
///
/// # Errors
/// `Unsupported` naming the column for types that are not written here.
pub(crate) fn descriptor(columns: &[Field]) -> Result<SchemaDescriptor> {
    let fields = columns
        .iter()
        .map(|field| parquet_type(&field.name, &field.data_type, Repetition::OPTIONAL).map_err(|e| e.within(of(field))))
        .collect::<Result<Vec<_>>>()?;
    let root = Type::group_type_builder("spark_schema").with_fields(fields).build().map_err(internal)?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

/// The columns as they are gathered: texts as bytes, because an engine's texts need not be UTF-8.
pub(crate) fn gathered(columns: &[Field]) -> Vec<Field> {
    fn bytes(data_type: &DataType) -> DataType {
        match data_type {
            DataType::String => DataType::Binary,
            DataType::List(element) => DataType::List(Box::new(bytes(element))),
            DataType::Map(key, value) => DataType::Map(Box::new(bytes(key)), Box::new(bytes(value))),
            other => other.clone(),
        }
    }
    columns.iter().map(|field| Field::new(&field.name, bytes(&field.data_type))).collect()
}

fn parquet_type(name: &str, data_type: &DataType, repetition: Repetition) -> Result<TypePtr> {
    let (physical, logical, converted) = match data_type {
        DataType::Boolean => (Physical::BOOLEAN, None, ConvertedType::NONE),
        DataType::Byte => (Physical::INT32, Some(signed(8)), ConvertedType::INT_8),
        DataType::Short => (Physical::INT32, Some(signed(16)), ConvertedType::INT_16),
        DataType::Int => (Physical::INT32, None, ConvertedType::NONE),
        DataType::Long => (Physical::INT64, None, ConvertedType::NONE),
        DataType::Float => (Physical::FLOAT, None, ConvertedType::NONE),
        DataType::Double => (Physical::DOUBLE, None, ConvertedType::NONE),
        DataType::Date => (Physical::INT32, Some(LogicalType::Date), ConvertedType::DATE),
        DataType::String => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
        DataType::Binary => (Physical::BYTE_ARRAY, None, ConvertedType::NONE),
        DataType::List(element) => {
            let element = parquet_type("element", element, Repetition::OPTIONAL)?;
            return nested(name, repetition, (LogicalType::List, ConvertedType::LIST), "list", vec![element]);
        }
        DataType::Map(key, value) => {
            let key = parquet_type("key", key, Repetition::REQUIRED)?;
            let value = parquet_type("value", value, Repetition::OPTIONAL)?;
            return nested(name, repetition, (LogicalType::Map, ConvertedType::MAP), "key_value", vec![key, value]);
        }
        DataType::Timestamp | DataType::Decimal(..) | DataType::Struct(..) => {
            return Err(Error::unsupported(format!("type {data_type} is not written to Parquet here")));
        }
    };
    let leaf = Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .with_converted_type(converted);
    Ok(Arc::new(leaf.build().map_err(internal)?))
}

/// The outer two of the three levels: the column, and what repeats.
fn nested(
    name: &str,
    repetition: Repetition,
    (logical, converted): (LogicalType, ConvertedType),
    repeated: &str,
    fields: Vec<TypePtr>,
) -> Result<TypePtr> {
    let repeated = Type::group_type_builder(repeated).with_repetition(Repetition::REPEATED).with_fields(fields);
    let outer = Type::group_type_builder(name)
        .with_repetition(repetition)
        .with_logical_type(Some(logical))
        .with_converted_type(converted)
        .with_fields(vec![Arc::new(repeated.build().map_err(internal)?)]);
    Ok(Arc::new(outer.build().map_err(internal)?))
}

fn signed(bit_width: i8) -> LogicalType {
    LogicalType::integer(bit_width, true)
}

#[cold]
fn of(field: &Field) -> String {
    format!("column `{}`", field.name)
}

/// What the Parquet crate says is wrong, where nothing of the caller's can be.
#[cold]
pub(crate) fn internal(error: parquet::errors::ParquetError) -> Error {
    Error::internal(format!("writing Parquet: {error}"))
}
