//! Stored accumulators: batch IRs and tiles of a plan with every operation, type and shape.

use crate::decoded;
use arrow::array::ArrayRef;
use chronon_aggregate::{AggregationSpec, TimeUnit, Value, Window};
use chronon_testkit::cases::{columns, every_aggregation};
use chronon_types::DataType;
use chronon_types::ErrorCode::{CorruptData, InvalidArgument};
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_window::online::{Base, BatchIr, Lambda, OnlinePlan, Request, Streamed, Tile};
use std::sync::{Arc, LazyLock};

const BATCH_END: Millis = 20_000 * DAY;

static PLAN: LazyLock<Arc<OnlinePlan>> = LazyLock::new(|| {
    let windows = vec![Some(Window::new(1, TimeUnit::Days)), Some(Window::new(7, TimeUnit::Days)), None];
    let base = |spec: AggregationSpec| Base { spec, windows: windows.clone() };
    let bases = every_aggregation().into_iter().map(base).collect();
    Arc::new(OnlinePlan::new(columns(), bases).expect("every aggregation is accepted"))
});

pub(crate) fn batch_ir(bytes: &[u8]) {
    let Some(batch) = decoded(BatchIr::decode(PLAN.clone(), BATCH_END, bytes), &[CorruptData]) else { return };
    let mut again = Vec::new();
    batch.encode(&mut again).expect("what was read can be written");
    BatchIr::decode(PLAN.clone(), BATCH_END, &again).expect("what was written can be read");
}

pub(crate) fn request(bytes: &[u8]) {
    let mut lambda = Lambda::new(PLAN.clone()).expect("a plan that runs");
    for query in [BATCH_END, BATCH_END + 30 * HOUR] {
        let request = Request {
            query,
            batch_end: BATCH_END,
            batch: Some(bytes),
            streamed: Streamed::Nothing,
            streamed_from: None,
        };
        // Lists that are merged position by position may differ in length from one hop to the next.
        decoded(lambda.answer(&request), &[CorruptData, InvalidArgument]);
    }
    lambda.finish().expect("results");
}

pub(crate) fn tile(bytes: &[u8]) {
    let mut tile = Tile::new(PLAN.clone()).expect("a plan that runs");
    for _ in 0..2 {
        if decoded(tile.merge(bytes), &[CorruptData, InvalidArgument]).is_none() {
            return;
        }
    }
    tile.encode(true, &mut Vec::new()).expect("what was read can be written");
}

/// A value of a type, without nulls inside.
pub(crate) fn value(data_type: &DataType, seed: i64) -> Value {
    match data_type {
        DataType::Float | DataType::Double => Value::Double(seed as f64 / 4.0),
        DataType::String | DataType::Binary => Value::Bytes(format!("é{seed}").into_bytes().into()),
        DataType::List(element) => Value::List([value(element, seed), value(element, seed + 1)].into()),
        DataType::Map(key, of) => Value::Map([(value(key, seed), value(of, seed))].into()),
        DataType::Decimal(_, _) => Value::Decimal(Box::new((seed % 2).into())),
        DataType::Struct(_, fields) => Value::List(fields.iter().map(|f| value(&f.data_type, seed)).collect()),
        _ => Value::Long(seed % 2),
    }
}

fn rows(count: i64) -> (Vec<Millis>, Vec<ArrayRef>) {
    let column = |data_type: &DataType| {
        let values: Vec<Value> = (0..count).map(|row| value(data_type, row % 5)).collect();
        Value::column(&values.iter().collect::<Vec<_>>(), data_type).expect("a column")
    };
    let ts = (0..count).map(|row| BATCH_END - 7 * DAY + 5 * HOUR * row).collect();
    (ts, columns().iter().map(|field| column(&field.data_type)).collect())
}

pub(crate) fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (ts, columns) = rows(12);
    let mut batch = BatchIr::new(PLAN.clone(), BATCH_END).expect("a plan that runs");
    let mut empty = Vec::new();
    batch.encode(&mut empty).expect("stored forms");
    batch.update(&ts, &columns).expect("rows of the plan");
    let mut full = Vec::new();
    batch.encode(&mut full).expect("stored forms");
    let mut tile = Tile::new(PLAN.clone()).expect("a plan that runs");
    tile.update(&ts, &columns, 0..ts.len()).expect("rows of the plan");
    let mut tiled = Vec::new();
    tile.encode(true, &mut tiled).expect("stored forms");
    vec![
        ("batch_ir", "empty", empty.clone()),
        ("batch_ir", "full", full.clone()),
        ("request", "empty", empty),
        ("request", "full", full),
        ("tile", "full", tiled),
    ]
}
