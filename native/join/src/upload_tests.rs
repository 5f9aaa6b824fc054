//! Uploads against one key's rows folded at once, however rows come in and wherever they wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use crate::tests::{new_file, record, row, text};
use crate::{ColumnUpload, PartitionUpload, StoredRows, Uploaded};
use arrow::array::ArrayRef;
use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit, Value, Window};
use chronon_codec::row::Row;
use chronon_testkit::workload::Random;
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_types::{DataType, ErrorCode, Field};
use chronon_window::online::{Base, BatchIr, OnlinePlan};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const END: Millis = 40 * DAY;

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) key: [Value; 2],
    pub(crate) ts: Millis,
    pub(crate) inputs: [Value; 2],
}

pub(crate) fn keys() -> Vec<Field> {
    vec![Field::new("user", DataType::String), Field::new("n", DataType::Int)]
}

pub(crate) fn inputs() -> Vec<Field> {
    vec![Field::new("amount", DataType::Long), Field::new("item", DataType::String)]
}

/// Keys with nulls and empty texts, rows on both sides of the batch's end, one key that holds half of all rows. No two rows of
/// a key have one time, so that their order is plain.
pub(crate) fn events(random: &mut Random, rows: usize) -> Vec<Event> {
    let user = |n: u64| [Value::Null, text(String::new()), text("longer than eight".to_owned())][n as usize].clone();
    (0..rows)
        .map(|at| {
            let hot = random.below(2) == 0;
            let n = if hot {
                Value::Long(0)
            } else {
                [Value::Null, Value::Long(0), Value::Long(7)][random.below(3) as usize].clone()
            };
            let amount = if random.below(5) == 0 { Value::Null } else { Value::Long(random.below(100) as i64) };
            let item = if random.below(5) == 0 { Value::Null } else { text(format!("item {}", random.below(4))) };
            Event {
                key: [if hot { user(2) } else { user(random.below(3)) }, n],
                ts: END - 35 * DAY + (random.below(36 * 24) as Millis) * HOUR + at as Millis,
                inputs: [amount, item],
            }
        })
        .collect()
}

pub(crate) fn head(event: &Event) -> Vec<u8> {
    let [user, n] = event.key.clone();
    let [amount, item] = event.inputs.clone();
    let time = (Value::Long(event.ts), DataType::Long);
    row(&[(user, DataType::String), (n, DataType::Int), time, (amount, DataType::Long), (item, DataType::String)])
}

/// Rows without JSON.
pub(crate) fn stored() -> StoredRows {
    StoredRows::new("2024-01-30", None)
}

/// A record of members as Avro has it.
fn avro(values: &[Value], fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for (value, field) in values.iter().zip(fields) {
        out.push(if *value == Value::Null { 0 } else { 2 });
        if *value != Value::Null {
            value.encode(&field.data_type, &mut out).unwrap();
        }
    }
    out
}

fn columns(events: &[Event]) -> Vec<ArrayRef> {
    let column = |at: usize, field: &Field| {
        let values: Vec<&Value> = events.iter().map(|event| &event.inputs[at]).collect();
        Value::column(&values, &field.data_type).unwrap()
    };
    inputs().iter().enumerate().map(|(at, field)| column(at, field)).collect()
}

/// The rows of each key in the order of time.
fn by_key(events: &[Event]) -> BTreeMap<Vec<u8>, Vec<Event>> {
    let mut found: BTreeMap<Vec<u8>, Vec<Event>> = BTreeMap::new();
    for event in events {
        found.entry(avro(&event.key, &keys())).or_default().push(event.clone());
    }
    found.values_mut().for_each(|events| events.sort_by_key(|event| event.ts));
    found
}

/// All rows that come out of `next`, key and value, in a buffer of so many bytes or more.
fn drain(room: usize, mut next: impl FnMut(usize) -> Result<Vec<u8>, usize>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    loop {
        let bytes = match next(room) {
            Ok(bytes) => bytes,
            Err(needed) => next(needed).unwrap(),
        };
        if bytes.is_empty() {
            return found;
        }
        let mut rest = bytes.as_slice();
        while let Some((prefix, behind)) = rest.split_first_chunk::<8>() {
            let (row, behind) = behind.split_at(u64::from_le_bytes(*prefix) as usize);
            let row = Row::new(row, 5).unwrap();
            found.push((row.variable(0).unwrap().to_vec(), row.variable(1).unwrap().to_vec()));
            rest = behind;
        }
    }
}

/// The upload of events that come in frames of some rows, with a spill now and then.
pub(crate) fn uploaded(
    upload: &mut PartitionUpload,
    events: &[Event],
    random: &mut Random,
    room: usize,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    for frame in events.chunks(1 + random.below(200) as usize) {
        upload.put(frame.iter().flat_map(|event| record(&head(event), &[])).collect()).unwrap();
        if random.below(4) == 0 {
            upload.spill(&new_file()).unwrap();
        }
    }
    assert!(upload.bytes_held() > 0);
    let mut rows = drain(room, |room| upload.next(room).unwrap().map(<[u8]>::to_vec));
    rows.sort();
    rows
}

pub(crate) fn online_plan() -> Arc<OnlinePlan> {
    let day = |n| Some(Window::new(n, TimeUnit::Days));
    let base = |operation, input, windows| Base { spec: AggregationSpec::new(operation, input), windows };
    let bases = vec![
        base(OperationKind::Sum, 0, vec![day(1), day(14), None]),
        base(OperationKind::Last, 1, vec![day(30)]),
        base(OperationKind::Histogram, 1, vec![day(3)]),
    ];
    Arc::new(OnlinePlan::new(inputs(), bases).unwrap())
}

#[test]
fn a_batch_ir_is_that_of_the_key_alone() {
    let mut random = Random(3);
    for (rows, room) in [(50, 1), (3_000, 4_096), (30_000, 1 << 20)] {
        let events = events(&mut random, rows);
        let plan = online_plan();
        let mut upload = PartitionUpload::new(Uploaded::BatchIr(plan.clone()), keys(), END, stored()).unwrap();
        let expected: Vec<_> = by_key(&events)
            .into_iter()
            .map(|(key, events)| {
                let mut ir = BatchIr::new(plan.clone(), END).unwrap();
                let times: Vec<_> = events.iter().map(|event| event.ts).collect();
                // in rows as the upload reads them: what folds over several batches is folded alike
                ir.update(&times, &columns(&events)).unwrap();
                let mut value = Vec::new();
                ir.encode(&mut value).unwrap();
                (key, value)
            })
            .collect();
        assert!(uploaded(&mut upload, &events, &mut random, room) == expected, "{rows} rows");
        assert_eq!(upload.next(100).unwrap(), Ok(&[][..]), "the end stays the end");
    }
}

#[test]
fn outputs_are_those_of_one_query_at_the_end() {
    let mut random = Random(5);
    for (rows, drop_empty) in [(40, false), (40, true), (20_000, true)] {
        let events = events(&mut random, rows);
        let specs = vec![
            AggregationSpec::new(OperationKind::Sum, 0).over(7, TimeUnit::Days),
            AggregationSpec::new(OperationKind::Last, 1).over(1, TimeUnit::Days),
        ];
        let plan = Arc::new(WindowPlan::new(inputs(), specs, Resolution::Daily).unwrap());
        let uploads = Uploaded::Outputs { plan: plan.clone(), drop_empty };
        let mut upload = PartitionUpload::new(uploads, keys(), END, stored()).unwrap();
        let expected: Vec<_> = by_key(&events)
            .into_iter()
            .filter_map(|(key, mut events)| {
                events.retain(|event| event.ts < END);
                let mut session = PointInTimeSession::new(plan.clone()).unwrap();
                session.queries(&[0], &[END]).unwrap();
                let times: Vec<_> = events.iter().map(|event| event.ts).collect();
                session.events(&vec![0; times.len()], &times, &columns(&events)).unwrap();
                let outputs = session.finish().unwrap();
                let values: Vec<_> = outputs.iter().map(|output| Value::read(output, 0).unwrap()).collect();
                let empty = values.iter().all(|value| *value == Value::Null);
                (!drop_empty || !empty).then(|| (key, avro(&values, plan.outputs())))
            })
            .collect();
        assert_eq!(uploaded(&mut upload, &events, &mut random, 1 << 16), expected, "{rows} rows");
    }
}

#[test]
fn without_windows_the_end_does_not_matter() {
    let specs = vec![AggregationSpec::new(OperationKind::Count, 0)];
    let plan = Arc::new(WindowPlan::new(inputs(), specs, Resolution::Exact).unwrap());
    let mut upload =
        PartitionUpload::new(Uploaded::Outputs { plan, drop_empty: false }, keys(), END, stored()).unwrap();
    let event = Event { key: [Value::Null, Value::Long(1)], ts: END + DAY, inputs: [Value::Long(3), Value::Null] };
    let rows = uploaded(&mut upload, &[event], &mut Random(1), 100);
    assert_eq!(rows, [(vec![0, 2, 2], vec![2, 2])]);
}

#[test]
fn columns_come_out_as_they_go_in() {
    let mut upload = ColumnUpload::new(keys(), inputs(), stored()).unwrap();
    let mut random = Random(9);
    for rows in [1, 9_000] {
        let events = events(&mut random, rows);
        let heads = events.iter().map(|event| {
            let ([user, n], [amount, item]) = (event.key.clone(), event.inputs.clone());
            let types = [DataType::String, DataType::Int, DataType::Long, DataType::String];
            let values: Vec<_> = [user, n, amount, item].into_iter().zip(types).collect();
            record(&row(&values), &[])
        });
        upload.put(&heads.flatten().collect::<Vec<_>>()).unwrap();
        let expected: Vec<_> =
            events.iter().map(|event| (avro(&event.key, &keys()), avro(&event.inputs, &inputs()))).collect();
        assert_eq!(drain(64, |room| upload.next(room).map(<[u8]>::to_vec)), expected);
    }
    assert_eq!(upload.put(&[1, 2, 3]).unwrap_err().code(), ErrorCode::CorruptData);
    assert_eq!(upload.put(&[200, 0, 0, 0, 0, 0, 0, 0]).unwrap_err().code(), ErrorCode::CorruptData);
}

#[test]
fn mistakes_are_told() {
    let plan = online_plan();
    let none = PartitionUpload::new(Uploaded::BatchIr(plan.clone()), Vec::new(), END, stored()).unwrap_err();
    assert_eq!(none.code(), ErrorCode::InvalidArgument);
    let mut upload = PartitionUpload::new(Uploaded::BatchIr(plan.clone()), keys(), END, stored()).unwrap();
    let nothing = (Value::Null, DataType::Long);
    let timeless = row(&[
        (text("a".to_owned()), DataType::String),
        (Value::Null, DataType::Int),
        nothing.clone(),
        nothing,
        (Value::Null, DataType::String),
    ]);
    let error = upload.put(record(&timeless, &[])).unwrap_err();
    assert!(error.message().contains("the time column of the source is null"), "{error}");
    assert_eq!(upload.next(10).unwrap(), Ok(&[][..]));
    assert_eq!(upload.put(Vec::new()).unwrap_err().code(), ErrorCode::InvalidArgument);

    let list = vec![Field::new("list", DataType::List(Box::new(DataType::Long)))];
    let mut columns = ColumnUpload::new(vec![Field::new("user", DataType::Long)], list, stored()).unwrap();
    let holey = Value::List(vec![Value::Long(1), Value::Null].into());
    let values = [(Value::Long(1), DataType::Long), (holey, DataType::List(Box::new(DataType::Long)))];
    let error = columns.put(&record(&row(&values), &[])).unwrap_err();
    assert!(error.to_string().contains("column `list`"), "{error}");
}
