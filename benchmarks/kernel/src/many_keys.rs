//! Running the sliding workload: shared by the criterion benches and the one-shot timing program.

use arrow::array::ArrayRef;
use chronon_aggregate::{AggregationSpec, Resolution};
use chronon_testkit::workload::Workload;
use chronon_types::Result;
use chronon_types::time::Millis;
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

/// A batch of events: groups, times, columns.
pub type EventBatch = (Vec<i32>, Vec<Millis>, Vec<ArrayRef>);

/// What a run gave: results of each query batch, and the most bytes the session held.
#[derive(Debug)]
pub struct Outcome {
    /// The outputs, batch by batch.
    pub results: Vec<Vec<ArrayRef>>,
    /// Largest `bytes_held` seen between batches.
    pub peak_bytes: usize,
}

/// Runs `specs` over a workload as a host would: query batches of `query_batch`, the events each needs, then its results.
///
/// # Errors
/// Whatever the session returns.
pub fn run(
    workload: &Workload,
    events: &[EventBatch],
    specs: Vec<AggregationSpec>,
    query_batch: usize,
) -> Result<Outcome> {
    let plan = Arc::new(WindowPlan::new(Workload::inputs(), specs, Resolution::FiveMinute)?);
    let mut session = PointInTimeSession::new(plan)?;
    let mut outcome = Outcome { results: Vec::new(), peak_bytes: 0 };
    let (mut batch, mut row, mut from) = (0, 0, 0);
    while from < workload.query_groups.len() {
        let to = (from + query_batch).min(workload.query_groups.len());
        session.queries(&workload.query_groups[from..to], &workload.query_times[from..to])?;
        let bound = (workload.query_groups[to - 1], workload.query_times[to - 1]);
        while let Some((groups, ts, columns)) = events.get(batch) {
            // The events of this batch that lie before the last query.
            let mut due = row;
            if (groups[groups.len() - 1], ts[ts.len() - 1]) < bound {
                due = groups.len();
            } else {
                let mut high = groups.len();
                while due < high {
                    let middle = (due + high) / 2;
                    if (groups[middle], ts[middle]) < bound { due = middle + 1 } else { high = middle }
                }
            }
            let slices: Vec<ArrayRef> = columns.iter().map(|column| column.slice(row, due - row)).collect();
            session.events(&groups[row..due], &ts[row..due], &slices)?;
            outcome.peak_bytes = outcome.peak_bytes.max(session.bytes_held());
            if due < groups.len() {
                row = due;
                break;
            }
            (batch, row) = (batch + 1, 0);
        }
        outcome.results.push(session.finish()?);
        from = to;
    }
    Ok(outcome)
}
