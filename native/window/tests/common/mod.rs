//! Feeding cases to sessions the way hosts do.

use arrow::array::{Array, ArrayRef};
use chronon_aggregate::Value;
use chronon_testkit::cases::{Case, columns};
use chronon_testkit::naive::Row;
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

pub fn plan(case: &Case) -> Arc<WindowPlan> {
    Arc::new(WindowPlan::new(columns(), case.specs.clone(), case.resolution).unwrap())
}

pub fn arrays(events: &[&(i32, Row)]) -> Vec<ArrayRef> {
    let column = |index: usize| {
        let values: Vec<&Value> = events.iter().map(|(_, row)| &row.values[index]).collect();
        Value::column(&values, &columns()[index].data_type).unwrap()
    };
    (0..columns().len()).map(column).collect()
}

/// Runs a case with query batches and event batches of the given sizes, taken in turn. Returns, per output, the result
/// arrays of the batches.
pub fn run(case: &Case, query_sizes: &[usize], event_sizes: &[usize]) -> Vec<Vec<ArrayRef>> {
    let mut session = PointInTimeSession::new(plan(case)).unwrap();
    let (timeless, inclusive) = (session.plan().is_timeless(), session.plan().includes_query_time());
    let mut results = vec![Vec::new(); case.specs.len()];
    let (mut from, mut sent, mut query_size, mut event_size) =
        (0, 0, query_sizes.iter().cycle(), event_sizes.iter().cycle());
    while from < case.queries.len() {
        let queries = &case.queries[from..(from + query_size.next().unwrap()).min(case.queries.len())];
        from += queries.len();
        let (groups, ts): (Vec<i32>, Vec<i64>) = queries.iter().copied().unzip();
        session.queries(&groups, &ts).unwrap();
        let bound = queries[queries.len() - 1];
        let is_due = |(group, row): &(i32, Row)| {
            let place = (*group, if timeless { i64::MIN } else { row.ts });
            place < bound || place == bound && inclusive
        };
        let due = case.events[sent..].iter().take_while(|event| is_due(event)).count();
        let mut due = &case.events[sent..sent + due];
        sent += due.len();
        while !due.is_empty() {
            let (now, later) = due.split_at((*event_size.next().unwrap()).min(due.len()));
            let groups: Vec<i32> = now.iter().map(|(group, _)| *group).collect();
            let ts: Vec<i64> = now.iter().map(|(_, row)| row.ts).collect();
            session.events(&groups, &ts, &arrays(&now.iter().collect::<Vec<_>>())).unwrap();
            due = later;
        }
        for (result, array) in results.iter_mut().zip(session.finish().unwrap()) {
            assert_eq!(array.len(), queries.len());
            result.push(array);
        }
    }
    results
}

/// One value per query, for each output.
pub fn values(results: &[Vec<ArrayRef>]) -> Vec<Vec<Value>> {
    let rows = |arrays: &Vec<ArrayRef>| {
        let row = |array: &ArrayRef| (0..array.len()).map(|row| Value::read(array, row).unwrap()).collect::<Vec<_>>();
        arrays.iter().flat_map(row).collect()
    };
    results.iter().map(rows).collect()
}

/// Values as text in which every bit of a floating number shows.
pub fn bits(value: &Value) -> String {
    match value {
        Value::Double(value) => format!("{:016x}", value.to_bits()),
        Value::List(items) => format!("{:?}", items.iter().map(bits).collect::<Vec<_>>()),
        Value::Map(entries) => {
            format!("{:?}", entries.iter().map(|(key, value)| (bits(key), bits(value))).collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}
