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
use std::borrow::Borrow;
use std::sync::Arc;

const SEED: u64 = 7;
/// Events, and questions, in one batch.
const BATCH: usize = 8192;

/// Times and columns of some events.
type Events = (Vec<Millis>, Vec<ArrayRef>);

/// The questions, and the events to come in batches as a host sends them.
#[derive(Debug)]
pub struct SlidingRuns {
    plan: Arc<WindowPlan>,
    rows: usize,
    events: Vec<Events>,
    queries: Vec<Millis>,
    groups: Vec<i32>,
}

/// `rows` events in batches, made as they are asked for.
fn events(rows: usize, random: &mut Random) -> impl Iterator<Item = Events> {
    let step = 14 * DAY / rows as i64;
    (0..rows).step_by(BATCH).map(move |first| {
        let (mut ts, mut amounts, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for row in first..(first + BATCH).min(rows) {
            ts.push(START + row as i64 * step + random.below(step as u64) as i64);
            amounts.push(random.unit() * 100.0);
            items.push(random.below(10_000) as i64);
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(Float64Array::from(amounts)), Arc::new(Int64Array::from(items))];
        (ts, columns)
    })
}

impl SlidingRuns {
    /// `rows` events for the columns of `work`, held from the start.
    ///
    /// # Errors
    /// Whatever the plan returns.
    pub fn new(work: &str, rows: usize) -> Result<Self> {
        let held = events(rows, &mut Random(SEED)).collect();
        Ok(Self { events: held, ..Self::streamed(work, rows)? })
    }

    /// The same events, of which none is held: [`Self::check`] makes them as it goes.
    ///
    /// # Errors
    /// Whatever the plan returns.
    pub fn streamed(work: &str, rows: usize) -> Result<Self> {
        let mut random = Random(SEED);
        events(rows, &mut random).for_each(drop);
        let count = rows / 10;
        let pace = 7 * DAY / count as i64;
        let query = |index: i64| START + 7 * DAY + index * pace + random.below(pace as u64) as i64;
        let queries = (0..count as i64).map(query).collect();
        let mut specs = Workload::specs();
        if !work.ends_with("CPC") {
            specs.truncate(12);
        }
        let plan = Arc::new(WindowPlan::new(Workload::inputs(), specs, Resolution::FiveMinute)?);
        Ok(Self { plan, rows, events: Vec::new(), queries, groups: vec![0; BATCH] })
    }

    /// One column of values per feature, batch by batch of questions.
    ///
    /// # Errors
    /// Whatever the session returns.
    pub fn run(&self) -> Result<Vec<Vec<ArrayRef>>> {
        let mut results = Vec::new();
        self.answer(self.events.iter(), |batch| results.push(batch))?;
        Ok(results)
    }

    /// Hands the values of each batch of questions over.
    fn answer(
        &self,
        mut events: impl Iterator<Item = impl Borrow<Events>>,
        mut take: impl FnMut(Vec<ArrayRef>),
    ) -> Result<()> {
        let mut session = PointInTimeSession::new(self.plan.clone())?;
        let (mut batch, mut row) = (events.next(), 0);
        for queries in self.queries.chunks(BATCH) {
            session.queries(&self.groups[..queries.len()], queries)?;
            let head = queries[queries.len() - 1];
            while let Some((ts, columns)) = batch.as_ref().map(Borrow::borrow) {
                let due = row + ts[row..].partition_point(|ts| *ts < head);
                let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(row, due - row)).collect();
                session.events(&self.groups[..due - row], &ts[row..due], &columns)?;
                if due < ts.len() {
                    row = due;
                    break;
                }
                (batch, row) = (events.next(), 0);
            }
            take(session.finish()?);
        }
        Ok(())
    }

    /// The check sum of all values, feature by feature. Events that are not held are made as they are needed, and results
    /// are let go as soon as they are added.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub fn check(&self) -> Result<Digest> {
        let mut features = vec![Digest::new(false); self.plan.outputs().len()];
        let take = |batch: Vec<ArrayRef>| features.iter_mut().zip(&batch).for_each(|(sum, column)| sum.add_all(column));
        if self.events.is_empty() {
            self.answer(events(self.rows, &mut Random(SEED)), take)?;
        } else {
            self.answer(self.events.iter(), take)?;
        }
        let mut digest = Digest::new(false);
        features.iter().for_each(|feature| digest.add_digest(feature));
        Ok(digest)
    }
}
