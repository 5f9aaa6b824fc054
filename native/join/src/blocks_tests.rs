//! Blocks against the rows that went in.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use crate::tests::{record, row, text};
use crate::upload_tests::{END, Event, events, head, inputs, keys, online_plan, stored, uploaded};
use crate::{KeyBlocks, PartitionUpload, Uploaded};
use chronon_aggregate::Value;
use chronon_codec::row::Row;
use chronon_testkit::workload::Random;
use chronon_types::{DataType, ErrorCode, Field};
use std::collections::BTreeMap;

fn time_and_inputs() -> Vec<Field> {
    [vec![Field::new("ts", DataType::Long)], inputs()].concat()
}

/// The blocks that are ready: mark and records.
fn take(blocks: &mut KeyBlocks, room: usize) -> Vec<(i32, Vec<u8>)> {
    let mut found = Vec::new();
    loop {
        let bytes = match blocks.next(room) {
            Ok(bytes) => bytes.to_vec(),
            Err(needed) => blocks.next(needed).unwrap().to_vec(),
        };
        if bytes.is_empty() {
            return found;
        }
        let mut rest = bytes.as_slice();
        while let Some((prefix, behind)) = rest.split_first_chunk::<8>() {
            let (row, behind) = behind.split_at(u64::from_le_bytes(*prefix) as usize);
            let row = Row::new(row, 2).unwrap();
            assert!(!row.is_null(0) && !row.is_null(1));
            found.push((row.slot(0) as u32 as i32, row.variable(1).unwrap().to_vec()));
            rest = behind;
        }
    }
}

/// The records of each mark, in order.
fn by_mark(blocks: Vec<(i32, Vec<u8>)>) -> BTreeMap<i32, Vec<u8>> {
    let mut found: BTreeMap<i32, Vec<u8>> = BTreeMap::new();
    blocks.into_iter().for_each(|(mark, block)| found.entry(mark).or_default().extend(block));
    found
}

fn records(events: &[Event]) -> Vec<u8> {
    events.iter().flat_map(|event| record(&head(event), &[])).collect()
}

fn flags(flags: impl Iterator<Item = bool>, out: &mut Vec<u8>) {
    let flags: Vec<u8> = flags.map(u8::from).collect();
    let any = flags.contains(&1);
    out.extend_from_slice(&u64::from(any).to_le_bytes());
    if any {
        out.extend_from_slice(&flags);
        out.resize(out.len().next_multiple_of(8), 0);
    }
}

/// Rows of values as a frame of columns; of nulls it has values that nobody may read.
fn column_frame(rows: &[Vec<Value>], types: &[DataType], left_out: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut out = (rows.len() as u64).to_le_bytes().to_vec();
    flags((0..rows.len()).map(left_out), &mut out);
    for (at, data_type) in types.iter().enumerate() {
        let values = || rows.iter().map(|row| &row[at]);
        flags(values().map(|value| *value == Value::Null), &mut out);
        if matches!(data_type, DataType::String | DataType::Binary) {
            let bytes: Vec<&[u8]> = values().map(|v| if let Value::Bytes(b) = v { b } else { &b"null"[..] }).collect();
            let ends = bytes.iter().scan(0, |end, bytes| {
                *end += bytes.len() as u32;
                Some(*end)
            });
            out.extend(ends.flat_map(u32::to_le_bytes));
            out.resize(out.len().next_multiple_of(8), 0);
            out.extend(bytes.concat());
        } else {
            for value in values() {
                let (bits, double) = match value {
                    Value::Long(n) => (*n as u64, *n as f64),
                    Value::Double(x) => (x.to_bits(), *x),
                    _ => (u64::MAX, f64::NAN),
                };
                match data_type {
                    DataType::Boolean | DataType::Byte => out.push(bits as u8),
                    DataType::Short => out.extend((bits as u16).to_le_bytes()),
                    DataType::Int | DataType::Date => out.extend((bits as u32).to_le_bytes()),
                    DataType::Float => out.extend((double as f32).to_le_bytes()),
                    _ => out.extend(bits.to_le_bytes()),
                }
            }
        }
        out.resize(out.len().next_multiple_of(8), 0);
    }
    out
}

fn values(event: &Event) -> Vec<Value> {
    let [user, n] = event.key.clone();
    let [amount, item] = event.inputs.clone();
    vec![user, n, Value::Long(event.ts), amount, item]
}

const TYPES: [DataType; 5] = [DataType::String, DataType::Int, DataType::Long, DataType::Long, DataType::String];

#[test]
fn every_row_comes_out_once_with_the_mark_of_its_key_and_in_order() {
    let mut random = Random(1);
    let events = events(&mut random, 5_000);
    let key_of: BTreeMap<Vec<u8>, String> =
        events.iter().map(|event| (head(event), format!("{:?}", event.key))).collect();
    let marks = vec![-3, 11, 12, i32::MAX];
    for (block_bytes, room) in [(1, 1), (300, 1 << 12), (1 << 20, 1 << 20)] {
        let mut blocks = KeyBlocks::new(&keys(), &time_and_inputs(), marks.clone(), block_bytes, false).unwrap();
        let mut found = Vec::new();
        for frame in events.chunks(97) {
            blocks.put_rows(&records(frame)).unwrap();
            found.extend(take(&mut blocks, room));
            if random.below(9) == 0 {
                blocks.flush().unwrap();
            }
        }
        blocks.flush().unwrap();
        found.extend(take(&mut blocks, room));
        assert!(found.iter().all(|(mark, block)| marks.contains(mark) && !block.is_empty()));
        if block_bytes == 300 {
            assert!(found.iter().all(|(_, block)| block.len() <= 300), "a block is no longer than it should be");
        }

        // each key has one mark
        let found = by_mark(found);
        assert!(found.len() > 1, "rows are spread");
        let mut mark_of = BTreeMap::new();
        for (mark, bytes) in &found {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (head, behind) = crate::record::only_head(rest).unwrap();
                assert_eq!(mark_of.entry(key_of[head].clone()).or_insert(*mark), mark);
                rest = behind;
            }
        }
        // and the rows of a mark are those of its keys, in order
        for (mark, bytes) in found {
            let of_mark: Vec<_> =
                events.iter().filter(|event| mark_of[&format!("{:?}", event.key)] == mark).cloned().collect();
            assert!(bytes == records(&of_mark), "mark {mark}");
        }
    }
}

#[test]
fn columns_make_the_same_blocks_as_rows() {
    let mut random = Random(2);
    let marks: Vec<i32> = (0..7).collect();
    let make = |columnar| KeyBlocks::new(&keys(), &time_and_inputs(), marks.clone(), 1_000, columnar).unwrap();
    let (mut of_rows, mut of_columns) = (make(false), make(true));
    for size in [0, 1, 7, 8, 4_096] {
        let events = events(&mut random, size);
        let (kept, out): (Vec<_>, Vec<_>) = events.iter().cloned().partition(|event| event.ts % 5 != 0);
        let left_out = |at: usize| events[at].ts % 5 == 0;
        assert_eq!(events.len(), kept.len() + out.len());
        of_rows.put_rows(&records(&kept)).unwrap();
        let rows: Vec<_> = events.iter().map(values).collect();
        of_columns.put_columns(&column_frame(&rows, &TYPES, left_out)).unwrap();
        of_rows.flush().unwrap();
        of_columns.flush().unwrap();
        assert!(take(&mut of_rows, 1 << 16) == take(&mut of_columns, 1 << 16), "{size} rows");
    }
    assert_eq!(of_columns.bytes_held() > 0, of_rows.bytes_held() > 0);
}

#[test]
fn rows_of_columns_are_sparks_whatever_the_type() {
    let types = [
        DataType::Boolean,
        DataType::Long,
        DataType::Byte,
        DataType::Short,
        DataType::Int,
        DataType::Float,
        DataType::Double,
        DataType::Date,
        DataType::String,
        DataType::Binary,
    ];
    let long = |n| Value::Long(n);
    let rows = [
        vec![long(1), long(-1), long(-1), long(-2), long(-3), Value::Double(-0.0), Value::Double(f64::NAN), long(-9)],
        vec![long(0), long(7), Value::Null, Value::Null, Value::Null, Value::Null, Value::Null, Value::Null],
        vec![
            Value::Null,
            long(i64::MIN),
            long(127),
            long(300),
            long(9),
            Value::Double(1.5),
            Value::Double(-2.5),
            long(1),
        ],
    ];
    let texts = [[text("naïve".to_owned()), Value::Null], [text(String::new()), text("12345678".to_owned())]];
    let texts = [texts[0].clone(), texts[1].clone(), [Value::Null, Value::Null]];
    let rows: Vec<Vec<Value>> =
        rows.into_iter().zip(texts).map(|(row, texts)| [row, texts.to_vec()].concat()).collect();
    let fields: Vec<_> = types.iter().map(|t| Field::new("c", t.clone())).collect();
    let mut blocks = KeyBlocks::new(&fields[..1], &fields[1..], vec![5], 1 << 20, true).unwrap();
    blocks.put_columns(&column_frame(&rows, &types, |_| false)).unwrap();
    blocks.flush().unwrap();
    let expected: Vec<u8> = rows
        .iter()
        .flat_map(|r| record(&row(&r.iter().cloned().zip(types.clone()).collect::<Vec<_>>()), &[]))
        .collect();
    assert_eq!(take(&mut blocks, 1 << 20), [(5, expected)]);
}

#[test]
fn an_upload_of_blocks_is_that_of_the_rows() {
    let mut random = Random(4);
    let events = events(&mut random, 4_000);
    let open = || PartitionUpload::new(Uploaded::BatchIr(online_plan()), keys(), END, stored()).unwrap();
    let expected = uploaded(&mut open(), &events, &mut random, 1 << 16);

    let mut blocks = KeyBlocks::new(&keys(), &time_and_inputs(), vec![0, 1, 2], 2_000, true).unwrap();
    let rows: Vec<_> = events.iter().map(values).collect();
    rows.chunks(500).for_each(|rows| blocks.put_columns(&column_frame(rows, &TYPES, |_| false)).unwrap());
    blocks.flush().unwrap();
    let mut found = Vec::new();
    for records in by_mark(take(&mut blocks, 1 << 16)).into_values() {
        let mut upload = open();
        upload.put(records).unwrap();
        found.extend(uploaded(&mut upload, &[], &mut random, 1 << 16));
    }
    found.sort();
    assert!(found == expected);
}

#[test]
fn what_is_no_frame_is_refused() {
    let mut blocks = KeyBlocks::new(&keys(), &time_and_inputs(), vec![0], 100, true).unwrap();
    let mut random = Random(6);
    let rows: Vec<_> = events(&mut random, 9).iter().map(values).collect();
    let frame = column_frame(&rows, &TYPES, |_| false);
    for length in (0..frame.len()).step_by(8) {
        assert_eq!(blocks.put_columns(&frame[..length]).unwrap_err().code(), ErrorCode::CorruptData, "{length} bytes");
    }
    for at in 0..frame.len() {
        let mut damaged = frame.clone();
        damaged[at] ^= 0x81;
        let _ = blocks.put_columns(&damaged); // whatever it says, it says so
    }
    assert_eq!(blocks.put_rows(&[9, 0, 0]).unwrap_err().code(), ErrorCode::CorruptData);

    let list = [Field::new("l", DataType::List(Box::new(DataType::Int)))];
    let refused =
        KeyBlocks::new(&keys(), &[time_and_inputs(), list.to_vec()].concat(), vec![0], 100, true).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unsupported);
    assert!(refused.message().contains("column `l` of type"), "{refused}");
    let none: [Field; 0] = [];
    assert!(KeyBlocks::new(&none, &time_and_inputs(), vec![0], 100, false).is_err());
    assert!(KeyBlocks::new(&keys(), &time_and_inputs(), vec![], 100, false).is_err());
}
