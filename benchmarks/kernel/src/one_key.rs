//! One key: events over 14 days, a tenth as many questions over the last 7 of them, sum, count, average and last of a
//! double over an hour, a day and a week, and in `15 columns with CPC` the distinct longs as well.

use crate::digest::Digest;
use crate::table::START;
use arrow::array::{ArrayRef, Float64Array, Int64Array};
use chronon_aggregate::Resolution;
use chronon_testkit::workload::{Random, Workload};
use chronon_types::Result;
use chronon_types::time::{DAY, Millis};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

const SEED: u64 = 7;
/// Events, and questions, in one batch.
const BATCH: usize = 8192;

/// The events and questions, in batches as a host sends them.
#[derive(Debug)]
pub struct SlidingRuns {
    plan: Arc<WindowPlan>,
    events: Vec<(Vec<Millis>, Vec<ArrayRef>)>,
    queries: Vec<Millis>,
    groups: Vec<i32>,
}

impl SlidingRuns {
    /// `rows` events for the columns of `work`.
    ///
    /// # Errors
    /// Whatever the plan returns.
    pub fn new(work: &str, rows: usize) -> Result<Self> {
        let mut random = Random(SEED);
        let step = 14 * DAY / rows as i64;
        let mut events = Vec::new();
        for first in (0..rows).step_by(BATCH) {
            let (mut ts, mut amounts, mut items) = (Vec::new(), Vec::new(), Vec::new());
            for row in first..(first + BATCH).min(rows) {
                ts.push(START + row as i64 * step + random.below(step as u64) as i64);
                amounts.push(random.unit() * 100.0);
                items.push(random.below(10_000) as i64);
            }
            let columns: Vec<ArrayRef> = vec![Arc::new(Float64Array::from(amounts)), Arc::new(Int64Array::from(items))];
            events.push((ts, columns));
        }
        let count = rows / 10;
        let pace = 7 * DAY / count as i64;
        let query = |index: i64| START + 7 * DAY + index * pace + random.below(pace as u64) as i64;
        let queries = (0..count as i64).map(query).collect();
        let mut specs = Workload::specs();
        if !work.ends_with("CPC") {
            specs.truncate(12);
        }
        let plan = Arc::new(WindowPlan::new(Workload::inputs(), specs, Resolution::FiveMinute)?);
        Ok(Self { plan, events, queries, groups: vec![0; BATCH.max(count)] })
    }

    /// One column of values per feature, batch by batch of questions.
    ///
    /// # Errors
    /// Whatever the session returns.
    pub fn run(&self) -> Result<Vec<Vec<ArrayRef>>> {
        let mut session = PointInTimeSession::new(self.plan.clone())?;
        let mut results = Vec::new();
        let (mut batch, mut row) = (0, 0);
        for queries in self.queries.chunks(BATCH) {
            session.queries(&self.groups[..queries.len()], queries)?;
            let head = queries[queries.len() - 1];
            while let Some((ts, columns)) = self.events.get(batch) {
                let due = row + ts[row..].partition_point(|ts| *ts < head);
                let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(row, due - row)).collect();
                session.events(&self.groups[row..due], &ts[row..due], &columns)?;
                if due < ts.len() {
                    row = due;
                    break;
                }
                (batch, row) = (batch + 1, 0);
            }
            results.push(session.finish()?);
        }
        Ok(results)
    }

    /// The check sum of all values, feature by feature.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub fn check(&self) -> Result<Digest> {
        let results = self.run()?;
        let mut digest = Digest::new(false);
        for output in 0..self.plan.outputs().len() {
            results.iter().for_each(|batch| digest.add_all(&batch[output]));
        }
        Ok(digest)
    }
}
