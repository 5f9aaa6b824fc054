//! What hosts send: definitions, frames of columns, rows.

use crate::decoded;
use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use chronon_aggregate::Value;
use chronon_codec::row::{Row, RowColumns};
use chronon_codec::{FrameDecoder, FrameEncoder, schema};
use chronon_plan::Plan;
use chronon_types::ErrorCode::{CorruptData, InvalidPlan, SchemaMismatch, Unsupported};
use chronon_types::{DataType, Field};
use std::sync::Arc;

const OPTIONS: &str = r#"{"dialect":"airbnb","resolution":"five_minute","columns":[
    {"name":"amount","type":"double"},{"name":"tag","type":"string"},{"name":"list","type":"list_long"}]}"#;

pub(crate) fn plan(bytes: &[u8]) {
    let Some(plan) = decoded(Plan::open(bytes, OPTIONS), &[CorruptData, InvalidPlan, Unsupported]) else { return };
    plan.describe();
    plan.warnings();
}

/// The optional columns of frames and rows.
fn fields() -> Vec<Field> {
    let types = ["string", "list_int", "map_string_long", "bool", "double"];
    types.iter().map(|name| Field::new(*name, DataType::parse(name).expect("a type"))).collect()
}

pub(crate) fn frame(bytes: &[u8]) {
    let decoder = FrameDecoder::new(schema(&[Field::new("group", DataType::Int)], &fields())).expect("a schema");
    let refusals = [CorruptData, SchemaMismatch, Unsupported];
    let Some(batch) = decoded(decoder.decode_slice(bytes), &refusals) else { return };
    batch.columns().iter().for_each(|column| column.to_data().validate_full().expect("columns in order"));
}

pub(crate) fn row(bytes: &[u8]) {
    let fields = fields();
    let Some(row) = decoded(Row::new(bytes, fields.len()), &[CorruptData]) else { return };
    let mut columns = RowColumns::new(0, &fields).expect("types that rows have");
    if decoded(columns.append(&row), &[CorruptData, Unsupported]).is_some() {
        columns.finish().iter().for_each(|column| column.to_data().validate_full().expect("columns in order"));
    }
}

pub(crate) fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let schema = schema(&[Field::new("group", DataType::Int)], &fields());
    let null = Value::Null;
    let text = Value::Bytes("日本".as_bytes().into());
    let list = Value::List([Value::Long(7), Value::Null].into());
    let map = Value::Map([(text.clone(), Value::Long(1))].into());
    let column = |values: [&Value; 2], field: &Field| Value::column(&values, &field.data_type).expect("a column");
    let values = [[&text, &null], [&list, &null], [&map, &map], [&null, &Value::Long(1)], [&null, &null]];
    let group: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let fields = fields();
    let columns = values.into_iter().zip(&fields).map(|(values, field)| column(values, field));
    let batch = RecordBatch::try_new(schema.clone(), std::iter::once(group).chain(columns).collect());
    let mut frame = Vec::new();
    let mut encoder = FrameEncoder::new(schema).expect("a schema");
    encoder.encode(&batch.expect("a batch")).expect("a frame").append_to(&mut frame);
    // Five columns: a word of null bits, five words; the string of three bytes stands behind them.
    let mut row = vec![0u8; 56];
    row[0] = 0b01110;
    row[8..16].copy_from_slice(&(48u64 << 32 | 3).to_le_bytes());
    row[40..48].copy_from_slice(&1.5f64.to_le_bytes());
    row[48..51].copy_from_slice(b"abc");
    // A GroupBy in Thrift's binary protocol: metaData.name, and one aggregation SUM of amount.
    let mut plan = vec![12, 0, 1, 11, 0, 1, 0, 0, 0, 1, b't', 0];
    plan.extend_from_slice(&[15, 0, 4, 12, 0, 0, 0, 1]);
    plan.extend_from_slice(&[11, 0, 1, 0, 0, 0, 6]);
    plan.extend_from_slice(b"amount");
    plan.extend_from_slice(&[8, 0, 2, 0, 0, 0, 7, 0, 0]);
    vec![("frame", "two_rows", frame), ("row", "one", row), ("plan", "sum", plan)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_accepted() {
        for (target, name, bytes) in seeds() {
            match target {
                "plan" => assert!(Plan::open(&bytes, OPTIONS).is_ok(), "{name}"),
                "row" => assert!(Row::new(&bytes, fields().len()).is_ok(), "{name}"),
                _ => {}
            }
        }
    }
}
