//! Memory is bounded by the hops and distinct values that windows reach, never by history.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit};
use chronon_testkit::workload::Random;
use chronon_types::time::DAY;
use chronon_types::{DataType, Field};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

/// The most bytes held after a batch, for `events` events of one key spread over 14 days.
fn peak(events: usize) -> usize {
    use OperationKind::*;
    const BATCH: usize = 8192;
    let inputs = vec![
        Field::new("amount", DataType::Double),
        Field::new("item", DataType::Long),
        Field::new("kind", DataType::String),
    ];
    let mut specs = Vec::new();
    let kinds = [(Sum, 0), (Sum, 1), (Average, 0), (Max, 0), (First, 0), (Last, 2), (LastK, 1), (UniqueCount, 1)];
    for (kind, input) in kinds.into_iter().chain([(ApproxUniqueCount, 1), (UniqueCount, 2), (Histogram, 2)]) {
        for (length, unit) in [(1, TimeUnit::Hours), (1, TimeUnit::Days), (7, TimeUnit::Days)] {
            specs.push(AggregationSpec::new(kind, input).over(length, unit).with_arg("k", "5"));
        }
    }
    specs.push(AggregationSpec::new(Sum, 0));
    let plan = WindowPlan::new(inputs, specs, Resolution::FiveMinute).unwrap();
    let mut session = PointInTimeSession::new(Arc::new(plan)).unwrap();
    let mut random = Random(3);
    let (start, step) = (20_000 * DAY, 14 * DAY / events as i64);
    let mut peak = 0;
    for from in (0..events).step_by(BATCH) {
        let rows = from..(from + BATCH).min(events);
        let ts: Vec<i64> = rows.clone().map(|row| start + row as i64 * step).collect();
        let amounts = Float64Array::from_iter_values(rows.clone().map(|_| random.unit()));
        let items = Int64Array::from_iter_values(rows.clone().map(|_| random.below(1000) as i64));
        let kinds = StringArray::from_iter_values(rows.clone().map(|_| format!("kind {}", random.below(50))));
        let columns: Vec<ArrayRef> = vec![Arc::new(amounts), Arc::new(items), Arc::new(kinds)];
        let end = ts[ts.len() - 1] + 1;
        session.queries(&[7; 4], &[ts[0], ts[ts.len() / 3], ts[ts.len() / 2], end]).unwrap();
        session.events(&vec![7; ts.len()], &ts, &columns).unwrap();
        peak = peak.max(session.bytes_held());
        session.finish().unwrap();
    }
    peak
}

#[test]
fn a_hot_key_streams() {
    let few = peak(100_000);
    let many = peak(2_000_000);
    assert!(many < 3 << 20, "{many} bytes for two million events");
    assert!(many < 2 * few, "{many} bytes for two million events, {few} for a twentieth");
}
