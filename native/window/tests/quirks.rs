//! The reference's known oddities (aggregator sheet §20): what is done here, one test each, named by number. Those about
//! definitions that are refused are in the tests of `plan`, the null rate is in those of `stats`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use arrow::array::ArrayRef;
use chronon_aggregate::{
    AggregationSpec, Definition, GroupedColumn, OperationKind, Resolution, TimeUnit, Value, Window, grouped,
};
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_types::{DataType, Field};
use chronon_window::online::{Base, BatchIr, Events, Lambda, Mutations, OnlinePlan, Request, Streamed};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

/// 2025-05-11 00:00 UTC.
const BATCH_END: Millis = 1_746_921_600_000;

fn column(data_type: &DataType, values: &[Value]) -> ArrayRef {
    Value::column(&values.iter().collect::<Vec<_>>(), data_type).unwrap()
}

fn longs(values: &[i64]) -> Vec<Value> {
    values.iter().copied().map(Value::Long).collect()
}

fn doubles(values: &[f64]) -> Vec<Value> {
    values.iter().copied().map(Value::Double).collect()
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|text| Value::Bytes(text.as_bytes().into())).collect()
}

fn list(items: Vec<Value>) -> Value {
    Value::List(items.into())
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| (Value::Bytes(key.as_bytes().into()), value.clone())).collect())
}

fn spec(kind: OperationKind) -> AggregationSpec {
    AggregationSpec::new(kind, 0)
}

/// An accumulator of `spec` over a column `x` and a bucket column `b`, with one group.
struct Group {
    of: Box<dyn GroupedColumn>,
    data_type: DataType,
}

impl Group {
    fn new(spec: &AggregationSpec, data_type: DataType) -> Self {
        let columns = [Field::new("x", data_type.clone()), Field::new("b", DataType::String)];
        Self { of: grouped(&Definition::new(spec, &columns).unwrap()).unwrap(), data_type }
    }

    fn change(&mut self, values: &[Value], delete: bool) {
        let bucket = column(&DataType::String, &texts(&vec!["x"; values.len()]));
        self.of.load(&[column(&self.data_type, values), bucket]).unwrap();
        let ts = vec![5; values.len()];
        match delete {
            true => self.of.delete(0, 0..values.len(), &ts).unwrap(),
            false => self.of.fold(0..1, 0..values.len(), &ts).unwrap(),
        }
    }

    fn fold(mut self, values: &[Value]) -> Self {
        self.change(values, false);
        self
    }

    fn delete(mut self, values: &[Value]) -> Self {
        self.change(values, true);
        self
    }

    fn result(&self) -> Value {
        Value::read(&self.of.finalize(1).unwrap(), 0).unwrap()
    }
}

/// The result of `spec` at each query over one key's events.
fn offline(spec: AggregationSpec, data_type: DataType, events: &[(Millis, Value)], queries: &[Millis]) -> Vec<Value> {
    let inputs = vec![Field::new("x", data_type.clone())];
    let plan = WindowPlan::new(inputs, vec![spec], Resolution::FiveMinute).unwrap();
    let mut session = PointInTimeSession::new(Arc::new(plan)).unwrap();
    session.queries(&vec![0; queries.len()], queries).unwrap();
    let (ts, values): (Vec<_>, Vec<_>) = events.iter().cloned().unzip();
    session.events(&vec![0; ts.len()], &ts, &[column(&data_type, &values)]).unwrap();
    let results = session.finish().unwrap();
    (0..queries.len()).map(|query| Value::read(&results[0], query).unwrap()).collect()
}

/// A batch of longs, and requests to it.
struct Served {
    plan: Arc<OnlinePlan>,
    batch: Vec<u8>,
}

impl Served {
    fn new(bases: &[(OperationKind, &[Window])], rows: &[(Millis, i64)]) -> Self {
        let base = |(kind, windows): &(OperationKind, &[Window])| Base {
            spec: spec(*kind),
            windows: windows.iter().copied().map(Some).collect(),
        };
        let inputs = vec![Field::new("x", DataType::Long)];
        let plan = Arc::new(OnlinePlan::new(inputs, bases.iter().map(base).collect()).unwrap());
        let mut batch = BatchIr::new(plan.clone(), BATCH_END).unwrap();
        let (ts, values): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
        batch.update(&ts, &[column(&DataType::Long, &longs(&values))]).unwrap();
        let mut bytes = Vec::new();
        batch.encode(&mut bytes).unwrap();
        Self { plan, batch: bytes }
    }

    /// Answers after changes of (event time, value, time of the change).
    fn ask(&self, changes: &[(Millis, i64, Millis)], query: Millis) -> Vec<Value> {
        let ts: Vec<Millis> = changes.iter().map(|(ts, ..)| *ts).collect();
        let values: Vec<i64> = changes.iter().map(|(_, value, _)| *value).collect();
        let at: Vec<Millis> = changes.iter().map(|(.., at)| *at).collect();
        let mutations = Some(Mutations { is_before: &vec![false; ts.len()], ts: &at });
        let columns = [column(&DataType::Long, &longs(&values))];
        let mut lambda = Lambda::new(self.plan.clone()).unwrap();
        let streamed = Streamed::Rows(Events { ts: &ts, columns: &columns, mutations });
        let batch = Some(self.batch.as_slice());
        lambda.answer(&Request { query, batch_end: BATCH_END, batch, streamed, streamed_from: None }).unwrap();
        lambda.finish().unwrap().iter().map(|column| Value::read(column, 0).unwrap()).collect()
    }
}

const fn days(length: i32) -> Window {
    Window { length, unit: TimeUnit::Days }
}

#[test]
fn q02_element_wise_holds_over_several_hops() {
    let sums = spec(OperationKind::Sum).over(1, TimeUnit::Days).element_wise();
    let lists = DataType::List(Box::new(DataType::Long));
    let events = [(BATCH_END, list(longs(&[1, 2]))), (BATCH_END + 2 * HOUR, list(longs(&[10, 20])))];
    assert_eq!(offline(sums, lists, &events, &[BATCH_END + 3 * HOUR]), [list(longs(&[11, 22]))]);
}

#[test]
fn q03_a_saturated_set_of_numbers_is_stored_as_a_full_one() {
    let bounded = spec(OperationKind::BoundedUniqueCount).with_arg("k", "2");
    let full = Group::new(&bounded, DataType::Long).fold(&longs(&[1, 2, 3]));
    let mut bytes = Vec::new();
    full.of.encode(0, &mut bytes).unwrap();
    let mut back = Group::new(&bounded, DataType::Long);
    back.of.decode(0, &mut bytes.as_slice()).unwrap();
    assert_eq!(back.fold(&longs(&[4])).result(), Value::Long(2));
}

#[test]
fn q04_a_sketch_estimates_from_its_history_until_it_is_copied() {
    let values: Vec<i64> = (0..38).collect();
    let sketch = Group::new(&spec(OperationKind::ApproxUniqueCount), DataType::Long).fold(&longs(&values));
    let mut stored = Vec::new();
    sketch.of.encode(0, &mut stored).unwrap();
    let mut copy = Group::new(&spec(OperationKind::ApproxUniqueCount), DataType::Long);
    copy.of.merge_encoded(&[0], &mut stored.as_slice()).unwrap();
    assert_ne!(sketch.result(), copy.result());
    let count = spec(OperationKind::ApproxUniqueCount).over(1, TimeUnit::Days);
    let events: Vec<(Millis, Value)> = longs(&values).into_iter().map(|value| (BATCH_END, value)).collect();
    assert_eq!(offline(count, DataType::Long, &events, &[BATCH_END + 1]), [copy.result()], "windows always copy");
}

#[test]
fn q07_deleting_from_a_map_column_is_ignored_where_the_operation_cannot() {
    let maps = DataType::Map(Box::new(DataType::String), Box::new(DataType::Long));
    let one = [map(&[("a", Value::Long(7))])];
    let max = Group::new(&spec(OperationKind::Max), maps.clone()).fold(&one).delete(&one);
    assert_eq!(max.result(), one[0]);
    let sum = Group::new(&spec(OperationKind::Sum), maps).fold(&one).delete(&one);
    assert_eq!(sum.result(), map(&[("a", Value::Long(0))]));
}

#[test]
fn q08_a_cut_histogram_keeps_the_largest_counts() {
    let histogram = spec(OperationKind::Histogram).with_arg("k", "2");
    let counted = Group::new(&histogram, DataType::String).fold(&texts(&["a", "b", "c", "c", "c"]));
    assert_eq!(counted.result(), map(&[("a", Value::Long(1)), ("c", Value::Long(3))]));
}

#[test]
fn q09_every_query_judges_every_mutation() {
    let served = Served::new(&[(OperationKind::Sum, &[days(7)])], &[(BATCH_END - DAY, 14)]);
    let changed = BATCH_END + 1000;
    let changes = [(BATCH_END + 5 * HOUR, 5, changed), (BATCH_END + 1, 1, changed)];
    assert_eq!(served.ask(&changes, BATCH_END + HOUR), [Value::Long(15)]);
    assert_eq!(served.ask(&changes, BATCH_END + 6 * HOUR), [Value::Long(20)]);
}

#[test]
fn q10_binaries_are_told_apart_by_content() {
    for kind in [OperationKind::UniqueCount, OperationKind::BoundedUniqueCount] {
        let counted = Group::new(&spec(kind), DataType::Binary).fold(&texts(&["abc", "abc"]));
        assert_eq!(counted.result(), Value::Long(1));
    }
}

#[test]
fn q11_a_row_at_the_very_tail_of_the_batch_counts_offline_only() {
    let at_the_tail = BATCH_END - DAY;
    let served = Served::new(&[(OperationKind::Count, &[days(1)])], &[(at_the_tail, 1)]);
    assert_eq!(served.ask(&[], BATCH_END), [Value::Null]);
    let count = spec(OperationKind::Count).over(1, TimeUnit::Days);
    assert_eq!(offline(count, DataType::Long, &[(at_the_tail, Value::Long(1))], &[BATCH_END]), [Value::Long(1)]);
}

#[test]
fn q12_a_window_between_hops_shares_hops_when_served_and_keeps_the_rule_offline() {
    let odd = Window { length: 300, unit: TimeUnit::Hours };
    // In the day hop that both windows share, and collapsed for the odd one.
    let row = (BATCH_END - 300 * HOUR + 2 * DAY + HOUR, 1);
    let served = Served::new(&[(OperationKind::Count, &[odd, days(12)])], &[row]);
    assert_eq!(served.ask(&[], BATCH_END), [Value::Long(2), Value::Long(1)]);
    let count = spec(OperationKind::Count).over(300, TimeUnit::Hours);
    let early = BATCH_END + HOUR - 300 * HOUR - HOUR;
    assert_eq!(offline(count, DataType::Long, &[(early, Value::Long(1))], &[BATCH_END + HOUR]), [Value::Long(1)]);
}

#[test]
fn q13_of_equal_times_the_first_stays_and_the_lists_take_the_last() {
    let values = texts(&["a", "b", "c", "d"]);
    for (kind, k, expected) in [
        (OperationKind::First, "", texts(&["a"])[0].clone()),
        (OperationKind::Last, "", texts(&["a"])[0].clone()),
        (OperationKind::FirstK, "2", list(texts(&["d", "b"]))),
        (OperationKind::LastK, "3", list(texts(&["d", "b", "c"]))),
    ] {
        let group = Group::new(&spec(kind).with_arg("k", k), DataType::String).fold(&values);
        assert_eq!(group.result(), expected, "{kind}");
    }
}

#[test]
fn q14_a_result_leaves_the_accumulator_as_it_is() {
    let top = Group::new(&spec(OperationKind::TopK).with_arg("k", "3"), DataType::Long).fold(&longs(&[9, 7, 7]));
    assert_eq!(top.result(), list(longs(&[9, 7, 7])));
    assert_eq!(top.fold(&longs(&[8])).result(), list(longs(&[9, 8, 7])));
}

#[test]
fn q15_moments_and_percentiles_keep_what_is_deleted() {
    for kind in [OperationKind::Variance, OperationKind::Skew, OperationKind::Kurtosis, OperationKind::ApproxPercentile]
    {
        let all = Group::new(&spec(kind), DataType::Double).fold(&doubles(&[1.0, 2.0, 4.0, 8.0]));
        let before = all.result();
        assert_eq!(all.delete(&doubles(&[8.0])).result(), before, "{kind}");
    }
}

#[test]
fn q16_counts_can_be_negative() {
    let deleted = |kind, data_type, value: &Value| {
        Group::new(&spec(kind), data_type).delete(std::slice::from_ref(value)).result()
    };
    assert_eq!(deleted(OperationKind::Count, DataType::Long, &Value::Long(3)), Value::Long(-1));
    let text = &texts(&["a"])[0];
    assert_eq!(deleted(OperationKind::Histogram, DataType::String, text), map(&[("a", Value::Long(-1))]));
}

#[test]
fn q17_what_is_not_finite_is_null_outside_maps_and_lists_only() {
    let skew = spec(OperationKind::Skew);
    let one = doubles(&[1.0]);
    assert_eq!(Group::new(&skew, DataType::Double).fold(&one).result(), Value::Null);
    let bucketed = Group::new(&skew.by(1), DataType::Double).fold(&one).result();
    assert!(format!("{bucketed:?}").contains("NaN"), "{bucketed:?}");
    let top =
        Group::new(&spec(OperationKind::TopK).with_arg("k", "1"), DataType::Double).fold(&doubles(&[f64::INFINITY]));
    assert_eq!(top.result(), list(doubles(&[f64::INFINITY])));
}

#[test]
fn q18_not_a_number_is_the_least_and_the_greatest() {
    for kind in [OperationKind::Min, OperationKind::Max] {
        let group = Group::new(&spec(kind), DataType::Double).fold(&doubles(&[1.0, f64::NAN, 2.0]));
        assert_eq!(group.result(), Value::Null, "{kind}");
    }
}

#[test]
fn q19_percentiles_default_to_the_median() {
    let median = Group::new(&spec(OperationKind::ApproxPercentile), DataType::Long).fold(&longs(&[1, 2, 3]));
    assert_eq!(median.result(), list(doubles(&[2.0])));
}

#[test]
fn q22_the_empty_string_counts_exactly_but_gives_no_coupon() {
    let count = |kind| Group::new(&spec(kind), DataType::String).fold(&texts(&[""])).result();
    assert_eq!(count(OperationKind::UniqueCount), Value::Long(1));
    assert_eq!(count(OperationKind::ApproxUniqueCount), Value::Long(0));
}

#[test]
fn q24_tails_before_1970_round_toward_zero() {
    let count = spec(OperationKind::Count).over(1, TimeUnit::Hours);
    // The tail of a request at 50 minutes is at minus 10 minutes, of one at 58 minutes at zero.
    let events = [(-1000, Value::Long(1)), (1000, Value::Long(1))];
    let queries = [50 * 60_000, 58 * 60_000];
    assert_eq!(offline(count, DataType::Long, &events, &queries), longs(&[2, 1]));
}

#[test]
fn q25_a_stale_batch_keeps_rows_that_left_the_window() {
    let row = BATCH_END - 4 * DAY - 12 * HOUR;
    let late = BATCH_END + 3 * DAY;
    let served = Served::new(&[(OperationKind::Count, &[days(7)])], &[(row, 1)]);
    assert_eq!(served.ask(&[], late), [Value::Long(1)]);
    let count = spec(OperationKind::Count).over(7, TimeUnit::Days);
    assert_eq!(offline(count, DataType::Long, &[(row, Value::Long(1))], &[late]), [Value::Null]);
}

#[test]
fn q26_a_stored_count_stops_at_its_greatest_number() {
    // An AVERAGE of 2^31 − 1 zeros, as stored, and one more.
    let mut stored = vec![2, 2];
    stored.extend_from_slice(&0f64.to_le_bytes());
    stored.extend_from_slice(&[2, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
    let mut average = Group::new(&spec(OperationKind::Average), DataType::Double);
    average.of.decode(0, &mut stored.as_slice()).unwrap();
    let average = average.fold(&doubles(&[0.0]));
    let mut again = Vec::new();
    average.of.encode(0, &mut again).unwrap();
    assert_eq!(again, stored);
}
