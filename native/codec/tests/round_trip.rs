//! What is encoded is decoded, whatever the types, the slicing and the place in memory.

#![allow(clippy::unwrap_used, reason = "a panic is the failure report of a test")]

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int32Builder, Int64Array, ListBuilder, MapBuilder, MapFieldNames, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType as ArrowType, Field as ArrowField};
use chronon_codec::{FrameDecoder, FrameEncoder, schema};
use chronon_types::{DataType, ErrorCode, Field};
use std::sync::Arc;

fn lists() -> ArrayRef {
    let field = ArrowField::new("element", ArrowType::Int32, true);
    let mut builder = ListBuilder::new(Int32Builder::new()).with_field(field);
    for row in 0..6 {
        (0..row).for_each(|i| builder.values().append_option((i != 2).then_some(i)));
        builder.append(row != 1);
    }
    Arc::new(builder.finish())
}

fn maps() -> ArrayRef {
    let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
    let mut builder = MapBuilder::new(Some(names), StringBuilder::new(), Int32Builder::new());
    for row in 0..6 {
        for i in 0..row % 4 {
            builder.keys().append_value(format!("k{i}é"));
            builder.values().append_option((i != 1).then_some(i));
        }
        builder.append(row != 3).unwrap();
    }
    Arc::new(builder.finish())
}

/// Six rows of every type, with nulls.
fn batch() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true), None, Some(true)]))),
        ("byte", Arc::new(Int8Array::from(vec![Some(-128), None, Some(3), Some(4), Some(5), Some(127)]))),
        ("short", Arc::new(Int16Array::from(vec![Some(-1), None, Some(3), None, None, None]))),
        ("int", Arc::new(Int32Array::from(vec![None, None, None, None, None, None]))),
        ("long", Arc::new(Int64Array::from(vec![i64::MIN, 2, 3, 4, 5, i64::MAX]))),
        ("float", Arc::new(Float32Array::from(vec![Some(f32::INFINITY), None, Some(-0.0), Some(4.), Some(5.), None]))),
        ("double", Arc::new(Float64Array::from(vec![Some(1e300), None, Some(-0.0), Some(4.), Some(5.), None]))),
        (
            "string",
            Arc::new(StringArray::from(vec![Some("a"), None, Some(""), Some("日本"), Some("e"), Some("\u{1f600}")])),
        ),
        (
            "binary",
            Arc::new(BinaryArray::from(vec![Some(&b"\xff"[..]), None, Some(b""), Some(b"d"), Some(b"e"), None])),
        ),
        ("date", Arc::new(Date32Array::from(vec![Some(-1), None, Some(3), Some(4), Some(5), None]))),
        ("timestamp", Arc::new(Int64Array::from(vec![Some(7); 6]))),
        ("list_int", lists()),
        ("map_string_int", maps()),
    ];
    let fields: Vec<_> = columns.iter().map(|(name, _)| Field::new(*name, DataType::parse(name).unwrap())).collect();
    RecordBatch::try_new(schema(&[], &fields), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn bytes_of(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    FrameEncoder::new(batch.schema()).unwrap().encode(batch).unwrap().append_to(&mut bytes);
    bytes
}

#[test]
fn every_slice_of_every_type_comes_back() {
    let batch = batch();
    let decoder = FrameDecoder::new(batch.schema()).unwrap();
    for start in 0..=batch.num_rows() {
        for rows in 0..=batch.num_rows() - start {
            let sent = batch.slice(start, rows);
            assert_eq!(decoder.decode_slice(&bytes_of(&sent)).unwrap(), sent, "{rows} rows from {start}");
        }
    }
}

#[test]
fn a_frame_may_lie_at_any_address() {
    let batch = batch();
    let decoder = FrameDecoder::new(batch.schema()).unwrap();
    let bytes = bytes_of(&batch);
    for shift in 0..9 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
        let buffer = arrow::buffer::Buffer::from(shifted).slice(shift);
        assert_eq!(decoder.decode(buffer).unwrap(), batch, "shifted by {shift}");
    }
}

#[test]
fn an_encoder_repeats_itself() {
    let batch = batch();
    let mut encoder = FrameEncoder::new(batch.schema()).unwrap();
    let (first, second) = (encoder.encode(&batch).unwrap(), encoder.encode(&batch).unwrap());
    let (mut a, mut b) = (Vec::new(), vec![0; second.len()]);
    first.append_to(&mut a);
    assert_eq!(second.copy_to(&mut b), Ok(first.len()));
    assert_eq!(a, b);
    assert_eq!(a.len() % 8, 0);
    assert_eq!(second.copy_to(&mut b[1..]), Err(first.len()));
}

#[test]
fn structs_of_structs_come_back() {
    let inner = DataType::Struct("p".into(), vec![Field::new("x", DataType::Long), Field::new("s", DataType::String)]);
    let outer = DataType::Struct("q".into(), vec![Field::new("p", inner), Field::new("b", DataType::Boolean)]);
    let schema = schema(&[Field::new("group", DataType::Int)], &[Field::new("q", outer)]);
    let nulls = arrow::array::new_null_array(schema.field(1).data_type(), 3);
    let batch = RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(vec![1, 2, 3])), nulls]).unwrap();
    assert_eq!(FrameDecoder::new(batch.schema()).unwrap().decode_slice(&bytes_of(&batch)).unwrap(), batch);
}

#[test]
fn a_message_of_other_columns_is_a_schema_mismatch() {
    let batch = batch();
    let narrower = schema(&[], &[Field::new("long", DataType::Long)]);
    let error = FrameDecoder::new(narrower.clone()).unwrap().decode_slice(&bytes_of(&batch)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::SchemaMismatch, "{error}");
    assert!(error.message().contains("[long Int64]"), "{error}");
    let error = FrameEncoder::new(narrower).unwrap().encode(&batch).unwrap_err();
    assert_eq!(error.code(), ErrorCode::SchemaMismatch, "{error}");
}

#[test]
fn a_null_in_a_required_column_is_named() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let optional = RecordBatch::try_new(schema(&[], &[Field::new("ts", DataType::Long)]), vec![column]).unwrap();
    let required = FrameDecoder::new(schema(&[Field::new("ts", DataType::Long)], &[])).unwrap();
    let error = required.decode_slice(&bytes_of(&optional)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::SchemaMismatch);
    assert!(error.message().contains("column `ts` holds 1 nulls"), "{error}");
}

#[test]
fn a_type_that_does_not_cross_is_refused_when_the_decoder_is_made() {
    let views = Arc::new(arrow::datatypes::Schema::new(vec![ArrowField::new("v", ArrowType::Utf8View, true)]));
    assert_eq!(FrameDecoder::new(views.clone()).unwrap_err().code(), ErrorCode::Unsupported);
    assert_eq!(FrameEncoder::new(views).unwrap_err().code(), ErrorCode::Unsupported);
}
