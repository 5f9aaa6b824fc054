use crate::{FileOptions, ParquetFile};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use chronon_types::ErrorCode;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Encoding;
use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;

const TYPES: [&str; 11] =
    ["boolean", "byte", "short", "int", "long", "float", "double", "date", "string", "binary", "list_string"];

fn options(types: &[&str], dictionary: &str, compression: &str) -> FileOptions {
    let columns: Vec<String> =
        types.iter().enumerate().map(|(i, t)| format!(r#"{{"name": "c{i}", "type": "{t}"}}"#)).collect();
    FileOptions::parse(&format!(
        r#"{{"columns": [{}], "dictionary": [{dictionary}], "compression": "{compression}", "page_bytes": 4096,
            "metadata": {{"who": "me"}}}}"#,
        columns.join(",")
    ))
    .unwrap()
}

/// A value that any of the types can hold, or part of.
type Value = Option<(u64, Vec<u8>)>;

/// A row as an engine lays it out; written out here from the format's definition.
fn row(types: &[&str], values: &[Value]) -> Vec<u8> {
    let slots = types.len().div_ceil(64) * 8;
    let mut bytes = vec![0; slots + types.len() * 8];
    for (i, (data_type, value)) in types.iter().zip(values).enumerate() {
        let Some((number, text)) = value else {
            bytes[i / 8] |= 1 << (i % 8);
            continue;
        };
        let width = match *data_type {
            "boolean" | "byte" => 1,
            "short" => 2,
            "int" | "float" | "date" => 4,
            _ => 8,
        };
        let slot = match *data_type {
            "boolean" => number & 1,
            "string" | "binary" => append(&mut bytes, text),
            "list_string" => {
                // two elements, the second one null: count, null bits, slots, the text
                let mut list: Vec<u8> = [2, 2, 32 << 32 | text.len() as u64, 0u64]
                    .iter()
                    .flat_map(|word: &u64| word.to_le_bytes())
                    .collect();
                list.extend_from_slice(text);
                append(&mut bytes, &list)
            }
            "map_string_long" => {
                // one entry: size of the list of keys, that list, the list of values
                let mut keys: Vec<u8> =
                    [1, 0, 24 << 32 | text.len() as u64].iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
                keys.extend_from_slice(text);
                keys.resize(keys.len().next_multiple_of(8), 0);
                let mut map = (keys.len() as u64).to_le_bytes().to_vec();
                map.extend(keys);
                map.extend([1, 0, *number].iter().flat_map(|word| word.to_le_bytes()));
                append(&mut bytes, &map)
            }
            _ if width == 8 => *number,
            _ => number & ((1 << (8 * width)) - 1),
        };
        bytes[slots + i * 8..slots + i * 8 + 8].copy_from_slice(&slot.to_le_bytes());
    }
    bytes
}

fn append(row: &mut Vec<u8>, value: &[u8]) -> u64 {
    let place = (row.len() as u64) << 32 | value.len() as u64;
    row.extend_from_slice(value);
    row.resize(row.len().next_multiple_of(8), 0);
    place
}

fn frame(rows: &[Vec<u8>]) -> Vec<u8> {
    rows.iter().flat_map(|row| [&(row.len() as u64).to_le_bytes()[..], row].concat()).collect()
}

/// The file, with `rows` put in frames of `per_frame`.
fn write(options: &FileOptions, rows: &[Vec<u8>], per_frame: usize, row_group_bytes: usize) -> bytes::Bytes {
    let mut file = ParquetFile::new(options).unwrap();
    let mut bytes = Vec::new();
    let mut drain = |file: &mut ParquetFile| {
        while file.ready() > 0 {
            bytes.extend(file.take(1000));
        }
    };
    for some in rows.chunks(per_frame) {
        file.put(&frame(some), row_group_bytes).unwrap();
        drain(&mut file);
    }
    file.finish().unwrap();
    drain(&mut file);
    bytes.into()
}

fn read(file: bytes::Bytes) -> Vec<RecordBatch> {
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

/// The value that the reader finds, in the form that it was written from.
fn found(column: &ArrayRef, data_type: &str, i: usize) -> Value {
    if column.is_null(i) {
        return None;
    }
    let number = |n: u64| (n, Vec::new());
    Some(match data_type {
        "boolean" => number(u64::from(column.as_boolean().value(i))),
        "byte" => number(u64::from(column.as_primitive::<Int8Type>().value(i) as u8)),
        "short" => number(u64::from(column.as_primitive::<Int16Type>().value(i) as u16)),
        "int" => number(u64::from(column.as_primitive::<Int32Type>().value(i) as u32)),
        "long" => number(column.as_primitive::<Int64Type>().value(i) as u64),
        "float" => number(u64::from(column.as_primitive::<Float32Type>().value(i).to_bits())),
        "double" => number(column.as_primitive::<Float64Type>().value(i).to_bits()),
        "date" => number(u64::from(column.as_primitive::<Date32Type>().value(i) as u32)),
        "string" => (0, column.as_string::<i32>().value(i).as_bytes().to_vec()),
        "binary" => (0, column.as_binary::<i32>().value(i).to_vec()),
        "map_string_long" => {
            let entries = column.as_map().value(i);
            assert_eq!(entries.len(), 1);
            let value = entries.column(1).as_primitive::<Int64Type>().value(0) as u64;
            (value, entries.column(0).as_string::<i32>().value(0).as_bytes().to_vec())
        }
        _ => {
            let list = column.as_list::<i32>().value(i);
            let list = list.as_string::<i32>();
            assert_eq!((list.len(), list.is_null(1)), (2, true));
            (0, list.value(0).as_bytes().to_vec())
        }
    })
}

fn expected(value: &Value, data_type: &str) -> Value {
    let (number, text) = value.clone()?;
    Some(match data_type {
        "boolean" => (number & 1, Vec::new()),
        "byte" => (number & 0xff, Vec::new()),
        "short" => (number & 0xffff, Vec::new()),
        "int" | "float" | "date" => (number & 0xffff_ffff, Vec::new()),
        "long" | "double" => (number, Vec::new()),
        "map_string_long" => (number, text),
        _ => (0, text),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_was_written_is_read(
        rows in prop::collection::vec(
            prop::collection::vec(prop::option::of((any::<u64>(), "\\PC{0,12}".prop_map(String::into_bytes))), TYPES.len()),
            0..1500,
        ),
        per_frame in 1usize..700,
        row_group_bytes in 1usize..200_000,
        dictionary in any::<bool>(),
        snappy in any::<bool>(),
    ) {
        let options = options(
            &TYPES,
            if dictionary { r#""c4", "c8", "c11""# } else { "" },
            if snappy { "snappy" } else { "uncompressed" },
        );
        let encoded: Vec<Vec<u8>> = rows.iter().map(|values| row(&TYPES, values)).collect();
        let mut seen = 0;
        for batch in read(write(&options, &encoded, per_frame, row_group_bytes)) {
            for i in 0..batch.num_rows() {
                for (c, data_type) in TYPES.iter().enumerate() {
                    prop_assert_eq!(
                        found(batch.column(c), data_type, i),
                        expected(&rows[seen][c], data_type),
                        "row {} column {}", seen, data_type
                    );
                }
                seen += 1;
            }
        }
        prop_assert_eq!(seen, rows.len());
    }
}

#[test]
fn the_footer_says_what_was_asked_for() {
    let options = options(&["long", "string", "byte"], r#""c1""#, "snappy");
    let rows: Vec<Vec<u8>> = (0..5000u64)
        .map(|i| row(&["long", "string", "byte"], &[Some((i, vec![])), Some((0, b"same".to_vec())), None]))
        .collect();
    let file = SerializedFileReader::new(write(&options, &rows, 500, 10_000)).unwrap();
    let metadata = file.metadata();
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    assert_eq!(pairs.iter().map(|kv| kv.key.as_str()).collect::<Vec<_>>(), ["who"], "and no Arrow schema");
    let mut schema = Vec::new();
    parquet::schema::printer::print_schema(&mut schema, metadata.file_metadata().schema());
    assert_eq!(
        String::from_utf8(schema).unwrap().split_whitespace().collect::<Vec<_>>().join(" "),
        "message spark_schema { OPTIONAL INT64 c0; OPTIONAL BYTE_ARRAY c1 (STRING); OPTIONAL INT32 c2 (INTEGER(8,true)); }"
    );
    assert!(metadata.num_row_groups() > 1);
    let group = metadata.row_group(0);
    assert_eq!(group.column(0).dictionary_page_offset(), None);
    assert!(group.column(1).dictionary_page_offset().is_some());
    assert!(group.column(0).encodings().any(|e| e == Encoding::PLAIN));
    assert_eq!(group.column(0).statistics().unwrap().min_bytes_opt(), Some(&0u64.to_le_bytes()[..]));
}

#[test]
fn texts_that_are_no_utf8_are_written_as_they_are() {
    let text = vec![0xff, 0xfe];
    let file = write(&options(&["string"], "", "snappy"), &[row(&["string"], &[Some((0, text.clone()))])], 1, 1 << 20);
    let file = SerializedFileReader::new(file).unwrap();
    let ColumnReader::ByteArrayColumnReader(mut column) = file.get_row_group(0).unwrap().get_column_reader(0).unwrap()
    else {
        panic!("a text is a byte array");
    };
    let mut values = Vec::new();
    column.read_records(1, Some(&mut Vec::new()), None, &mut values).unwrap();
    assert_eq!(values[0].data(), text);
}

#[test]
fn bad_frames_are_refused() {
    let mut file = ParquetFile::new(&options(&["long"], "", "snappy")).unwrap();
    for lying in [&[1u8, 2][..], &frame(&[vec![0; 16]])[..20], &u64::MAX.to_le_bytes()[..], &frame(&[vec![0; 8]])[..]] {
        let error = file.put(lying, usize::MAX).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CorruptData, "{error}");
    }
}

#[test]
fn maps_that_lie_are_refused() {
    let words = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let lying: [(&[u64], &str); 5] = [
        (&[], "shorter than its keys"),
        (&[999, 0, 0], "shorter than its keys"),
        (&[u64::MAX, 0], "shorter than its keys"),
        (&[24, 1, 0, 5, 2, 0, 5, 5], "1 keys and 2 values"),
        (&[24, 1, 1, 5, 1, 0, 5], "a null key"),
    ];
    for (map, complaint) in lying {
        let mut row = words(&[0, 0]);
        let place = append(&mut row, &words(map));
        row[8..16].copy_from_slice(&place.to_le_bytes());
        let mut file = ParquetFile::new(&options(&["map_long_long"], "", "snappy")).unwrap();
        let error = file.put(&frame(&[row]), usize::MAX).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CorruptData);
        assert!(error.to_string().contains(complaint) && error.to_string().contains("c0"), "{error}");
    }
}

#[test]
fn types_that_are_not_written_are_named() {
    let options = options(&["long", "timestamp"], "", "snappy");
    let error = ParquetFile::new(&options).err().unwrap();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert!(error.to_string().contains("`c1`"), "{error}");
}

#[test]
fn nothing_follows_the_footer() {
    let mut file = ParquetFile::new(&options(&["long"], "", "uncompressed")).unwrap();
    file.finish().unwrap();
    assert!(file.finish().is_err());
}
