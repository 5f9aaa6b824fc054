//! Whatever the bytes are, decoding ends in a value or in one of three errors, and the arrays are no larger than the bytes.

#![allow(clippy::unwrap_used, reason = "a panic is the failure report of a test")]

use arrow::array::{Array, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType as ArrowType;
use chronon_codec::row::ColumnFrames;
use chronon_codec::{FrameDecoder, FrameEncoder, schema};
use chronon_types::{DataType, ErrorCode, Field};
use proptest::prelude::*;
use std::sync::Arc;

fn batch() -> RecordBatch {
    let optional = ["string", "list_int", "map_string_long", "bool"];
    let optional: Vec<_> = optional.iter().map(|name| Field::new(*name, DataType::parse(name).unwrap())).collect();
    let schema = schema(&[Field::new("group", DataType::Int)], &optional);
    let ArrowType::List(element) = schema.field(2).data_type() else { panic!("a list") };
    let ArrowType::Map(entries, _) = schema.field(3).data_type() else { panic!("a map") };
    let ArrowType::Struct(pair) = entries.data_type() else { panic!("entries") };
    let keys = Arc::new(StringArray::from(vec!["a", "bé", "c"]));
    let values = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    let lengths = || OffsetBuffer::from_lengths([0, 2, 1]);
    let numbers = Arc::new(Int32Array::from(vec![Some(7), None, Some(9)]));
    let pairs = arrow::array::StructArray::new(pair.clone(), vec![keys, values], None);
    RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(Int32Array::from(vec![1, 1, 2])),
            Arc::new(StringArray::from(vec![Some("日本"), None, Some("x")])),
            Arc::new(ListArray::new(element.clone(), lengths(), numbers, None)),
            Arc::new(MapArray::new(entries.clone(), lengths(), pairs, None, false)),
            Arc::new(arrow::array::BooleanArray::from(vec![Some(true), None, Some(false)])),
        ],
    )
    .unwrap()
}

fn frame() -> (FrameDecoder, Vec<u8>) {
    let batch = batch();
    let mut bytes = Vec::new();
    FrameEncoder::new(batch.schema()).unwrap().encode(&batch).unwrap().append_to(&mut bytes);
    (FrameDecoder::new(batch.schema()).unwrap(), bytes)
}

/// Decodes, and uses every value of what came out.
fn survive(decoder: &FrameDecoder, bytes: &[u8]) {
    match decoder.decode_slice(bytes) {
        Ok(batch) => {
            assert!(batch.get_array_memory_size() <= 16 * 1024 + 16 * bytes.len(), "{}", batch.get_array_memory_size());
            for column in batch.columns() {
                column.to_data().validate_full().unwrap();
            }
        }
        Err(error) => assert!(
            matches!(error.code(), ErrorCode::CorruptData | ErrorCode::SchemaMismatch | ErrorCode::Unsupported),
            "{error}"
        ),
    }
}

#[test]
fn every_truncation_is_corrupt() {
    let (decoder, bytes) = frame();
    for end in 0..bytes.len() {
        assert_eq!(decoder.decode_slice(&bytes[..end]).unwrap_err().code(), ErrorCode::CorruptData, "{end} bytes");
    }
    let longer = [&bytes[..], &[0; 8]].concat();
    assert_eq!(decoder.decode_slice(&longer).unwrap_err().code(), ErrorCode::CorruptData);
}

#[test]
fn every_single_bit_flip_is_survived() {
    let (decoder, bytes) = frame();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << bit;
            survive(&decoder, &flipped);
        }
    }
}

#[test]
fn messages_say_what_was_found() {
    let (decoder, bytes) = frame();
    let refused = |bytes: &[u8]| decoder.decode_slice(bytes).unwrap_err().message().to_owned();
    assert!(refused(b"not").contains("3 bytes are no message"));
    assert!(refused(b"{\"json\": true}").contains("not with the marker ffffffff"));
    assert!(refused(&[0xff; 16]).contains("announces -1 bytes of metadata"));
    assert!(refused(&[&bytes[..], &[0; 8]].concat()).contains("announces a body of"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survive(&frame().0, &bytes);
    }

    #[test]
    fn any_metadata_is_survived(metadata in proptest::collection::vec(any::<u8>(), 1..300)) {
        let mut bytes = vec![0xff; 4];
        bytes.extend((metadata.len() as i32).to_le_bytes());
        bytes.extend(metadata);
        survive(&frame().0, &bytes);
    }

    #[test]
    fn any_damage_is_survived(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<i32>(), 0..3u8), 1..6)) {
        let (decoder, mut bytes) = frame();
        for (position, value, width) in damage {
            let at = position.index(bytes.len() - 4);
            match width {
                0 => bytes[at] = value as u8,
                1 => bytes[at..at + 4].copy_from_slice(&value.to_le_bytes()),
                _ => bytes[at..at + 4].copy_from_slice(&(value % 64).to_le_bytes()),
            }
        }
        survive(&decoder, &bytes);
    }
}

/// Makes every row of a frame of columns, if it is one.
fn survive_columns(bytes: &[u8]) {
    let fields = ["string", "int", "bool", "double"].map(|name| Field::new(name, DataType::parse(name).unwrap()));
    let mut rows = Vec::new();
    let made = ColumnFrames::new(&fields).unwrap().read(bytes).and_then(|columns| {
        (0..columns.rows())
            .filter(|row| !columns.is_left_out(*row))
            .try_for_each(|row| columns.append_row(row, &mut rows))
    });
    assert!(rows.len() <= 64 * bytes.len(), "{} bytes of rows", rows.len());
    if let Err(error) = made {
        assert_eq!(error.code(), ErrorCode::CorruptData, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_as_columns_are_survived(words in prop::collection::vec(prop_oneof![0u64..4, any::<u64>()], 0..40)) {
        survive_columns(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_as_columns_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive_columns(&bytes);
    }
}
