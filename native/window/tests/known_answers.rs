//! Worked examples of the window rule and of single operations, by hand, through a session.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use arrow::array::{ArrayRef, Int64Array};
use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit, Value};
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_types::{DataType, ErrorCode, Field};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

const MINUTE: Millis = 60_000;

fn session(columns: &[(&str, DataType)], specs: Vec<AggregationSpec>, resolution: Resolution) -> PointInTimeSession {
    let inputs = columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone())).collect();
    PointInTimeSession::new(Arc::new(WindowPlan::new(inputs, specs, resolution).unwrap())).unwrap()
}

/// The outputs of one query after the rows, which are a time and a value per column.
fn ask(
    columns: &[(&str, DataType)],
    specs: Vec<AggregationSpec>,
    resolution: Resolution,
    rows: &[(Millis, Vec<Value>)],
    query: Millis,
) -> Vec<Value> {
    let mut session = session(columns, specs, resolution);
    session.queries(&[0], &[query]).unwrap();
    let arrays: Vec<ArrayRef> = columns
        .iter()
        .enumerate()
        .map(|(i, (_, data_type))| {
            let values: Vec<&Value> = rows.iter().map(|(_, values)| &values[i]).collect();
            Value::column(&values, data_type).unwrap()
        })
        .collect();
    let ts: Vec<Millis> = rows.iter().map(|(ts, _)| *ts).collect();
    session.events(&vec![0; rows.len()], &ts, &arrays).unwrap();
    session.finish().unwrap().iter().map(|array| Value::read(array, 0).unwrap()).collect()
}

fn one(data_type: DataType, spec: AggregationSpec, rows: &[(Millis, Value)]) -> Value {
    let rows: Vec<_> = rows.iter().map(|(ts, value)| (*ts, vec![value.clone()])).collect();
    ask(&[("x", data_type)], vec![spec], Resolution::FiveMinute, &rows, 1 << 40).remove(0)
}

fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().into())
}

fn list(items: &[Value]) -> Value {
    Value::List(items.into())
}

#[test]
fn windows_reach_from_the_rounded_tail_to_just_before_the_query() {
    let day = 20_000 * DAY;
    let query = day + 10 * HOUR + 7 * MINUTE + 30_000;
    let count = |length, unit| AggregationSpec::new(OperationKind::Count, 0).over(length, unit);
    let specs = vec![count(1, TimeUnit::Hours), count(1, TimeUnit::Days), count(30, TimeUnit::Days)];
    let tails = [day + 9 * HOUR + 5 * MINUTE, day - DAY + 10 * HOUR, day - 30 * DAY];
    for (window, tail) in tails.iter().enumerate() {
        for (ts, inside) in [(tail - 1, false), (*tail, true), (query - 1, true)] {
            let rows = [(ts, vec![Value::Long(1)])];
            let found = ask(&[("x", DataType::Long)], specs.clone(), Resolution::FiveMinute, &rows, query);
            let expected = if inside { Value::Long(1) } else { Value::Null };
            assert_eq!(found[window], expected, "window {window}, {ts}");
        }
    }
}

#[test]
fn events_at_the_query_wait_for_a_later_one() {
    let sum = AggregationSpec::new(OperationKind::Sum, 0);
    let mut session = session(&[("x", DataType::Long)], vec![sum], Resolution::FiveMinute);
    let x: ArrayRef = Arc::new(Int64Array::from(vec![5]));
    session.queries(&[0], &[100]).unwrap();
    session.events(&[0], &[100], &[x]).unwrap();
    assert_eq!(Value::read(&session.finish().unwrap()[0], 0).unwrap(), Value::Null);
    session.queries(&[0], &[101]).unwrap();
    assert_eq!(Value::read(&session.finish().unwrap()[0], 0).unwrap(), Value::Long(5));
}

#[test]
fn broken_order_is_refused() {
    let sum = || vec![AggregationSpec::new(OperationKind::Sum, 0)];
    let new = || session(&[("x", DataType::Long)], sum(), Resolution::FiveMinute);
    let column = |length: usize| -> ArrayRef { Arc::new(Int64Array::from(vec![1; length])) };
    let refused =
        |result: chronon_types::Result<()>| assert_eq!(result.unwrap_err().code(), ErrorCode::InvalidArgument);

    refused(new().queries(&[1, 0], &[5, 6]));
    refused(new().queries(&[0, 0], &[6, 5]));
    refused(new().queries(&[0], &[6, 5]));
    refused(new().events(&[0], &[1], &[column(1)]));
    assert_eq!(new().finish().unwrap_err().code(), ErrorCode::InvalidArgument);

    let mut open = new();
    open.queries(&[0, 4], &[100, 100]).unwrap();
    refused(open.queries(&[9], &[1]));
    refused(open.events(&[0, 0], &[9, 8], &[column(2)]));
    refused(open.events(&[0], &[1], &[column(2)]));
    refused(open.events(&[0], &[1], &[]));
    open.events(&[0, 2], &[300, 50], &[column(2)]).unwrap();
    refused(open.events(&[2], &[49], &[column(1)]));
    open.finish().unwrap();
    refused(open.queries(&[4], &[99]));
    open.queries(&[4], &[150]).unwrap();
    refused(open.events(&[4], &[99], &[column(1)]));

    let mut typed = new();
    typed.queries(&[0], &[100]).unwrap();
    let wrong: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["x"]));
    assert_eq!(typed.events(&[0], &[1], &[wrong]).unwrap_err().code(), ErrorCode::SchemaMismatch);
}

#[test]
fn operations_give_the_worked_examples() {
    use OperationKind::*;
    let spec = AggregationSpec::new;
    let double = Value::Double;
    let longs = || DataType::List(Box::new(DataType::Long));
    let lists = [
        (1, list(&[Value::Long(1), Value::Long(2), Value::Long(3)])),
        (2, list(&[Value::Long(3), Value::Long(4)])),
        (3, list(&[Value::Long(5), Value::Null])),
        (4, list(&[])),
        (5, Value::Null),
    ];
    assert_eq!(one(longs(), spec(Average, 0), &lists), double(3.0));
    assert_eq!(one(longs(), spec(Count, 0), &lists), Value::Long(6));
    assert_eq!(one(longs(), spec(Count, 0), &lists[3..]), Value::Null);
    assert_eq!(one(longs(), spec(Last, 0), &lists), list(&[]));

    let tenths: Vec<_> = (0..3).map(|ts| (ts, double(0.1f32.into()))).collect();
    assert_eq!(one(DataType::Float, spec(Sum, 0), &tenths), double(0.30000000447034836));
    let wrap = [(1, Value::Long(i64::MAX)), (2, Value::Long(1))];
    assert_eq!(one(DataType::Long, spec(Sum, 0), &wrap), Value::Long(i64::MIN));
    let truths = [(1, Value::Long(1)), (2, Value::Long(0)), (3, Value::Long(1))];
    assert_eq!(one(DataType::Boolean, spec(Sum, 0), &truths), Value::Long(2));

    let odd: Vec<_> = [0.0, -0.0, f64::NAN, f64::NAN].iter().map(|value| (1, double(*value))).collect();
    assert_eq!(one(DataType::Double, spec(UniqueCount, 0), &odd), Value::Long(3));
    for kind in [Sum, Average, Min, Max] {
        assert_eq!(one(DataType::Double, spec(kind, 0), &odd), Value::Null, "{kind}");
    }

    let tied: Vec<_> = ["a", "b", "c", "d"].iter().map(|value| (7, text(value))).collect();
    assert_eq!(one(DataType::String, spec(First, 0), &tied), text("a"));
    assert_eq!(one(DataType::String, spec(Last, 0), &tied), text("a"));
    for (k, expected) in [("1", "d"), ("2", "db"), ("3", "dbc"), ("4", "abcd")] {
        let expected: Vec<Value> = expected.chars().map(|c| text(&c.to_string())).collect();
        for kind in [FirstK, LastK] {
            assert_eq!(one(DataType::String, spec(kind, 0).with_arg("k", k), &tied), list(&expected), "{kind} {k}");
        }
    }

    assert_eq!(one(DataType::String, spec(ApproxUniqueCount, 0), &[(1, text(""))]), Value::Long(0));
    assert_eq!(one(DataType::String, spec(UniqueCount, 0), &[(1, text(""))]), Value::Long(1));
    let many: Vec<_> = (0..1000).map(|value| (value, Value::Long(value))).collect();
    assert_eq!(one(DataType::Long, spec(ApproxUniqueCount, 0), &many), Value::Long(1017));
    let equal = [(1, text("xy")), (2, text("xy"))];
    assert_eq!(one(DataType::Binary, spec(UniqueCount, 0), &equal), Value::Long(1));

    let letters: Vec<_> = ["a", "b", "c", "c", "c"].iter().map(|value| (1, text(value))).collect();
    let expected = Value::Map(vec![(text("a"), Value::Long(1)), (text("c"), Value::Long(3))].into());
    assert_eq!(one(DataType::String, spec(Histogram, 0).with_arg("k", "2"), &letters), expected);
}

#[test]
fn buckets_keep_what_is_not_finite_and_order_keys_by_utf16() {
    let columns = [("x", DataType::Double), ("b", DataType::String)];
    let spec = AggregationSpec::new(OperationKind::Max, 0).by(1);
    let rows = [
        (1, vec![Value::Double(f64::INFINITY), text("\u{FFFD}")]),
        (2, vec![Value::Double(2.0), text("\u{1F600}")]),
        (3, vec![Value::Null, text("c")]),
        (4, vec![Value::Double(9.0), Value::Null]),
    ];
    let found = ask(&columns, vec![spec], Resolution::FiveMinute, &rows, 1 << 40);
    let expected = vec![(text("\u{1F600}"), Value::Double(2.0)), (text("\u{FFFD}"), Value::Double(f64::INFINITY))];
    assert_eq!(found, [Value::Map(expected.into())]);
}

#[test]
fn exact_resolution_cuts_to_the_millisecond_and_ignores_time_without_windows() {
    let count = || AggregationSpec::new(OperationKind::Count, 0);
    let columns = [("x", DataType::Long)];
    let rows: Vec<_> = [0, 1, DAY].iter().map(|ts| (*ts, vec![Value::Long(1)])).collect();
    let specs = vec![count().over(1, TimeUnit::Days), count()];
    assert_eq!(ask(&columns, specs, Resolution::Exact, &rows, DAY + 1), [Value::Long(2), Value::Long(3)]);
    assert_eq!(ask(&columns, vec![count()], Resolution::Exact, &rows, 0), [Value::Long(3)]);
}
