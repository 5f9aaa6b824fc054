//! The point-in-time session: sorted queries and events in, one row of features per query out.

use crate::plan::WindowPlan;
use crate::sliding::{Run, Sliding, Tail, columns};
use crate::timeline::{Segment, Timeline};
use arrow::array::ArrayRef;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// A place in the order that queries and events come in: key, then time.
type Place = (i32, Millis);

/// Computes, for every query, each aggregation over the events of its key in `[round(Q − W, hop), Q)`, or to `Q` itself
/// where the plan [includes](WindowPlan::includes_query_time) it.
///
/// Queries come in batches. Each batch is followed by the events it needs, in any number of batches, and ended by
/// [`Self::finish`]. Keys are `group` numbers that never fall; state is kept while the group stays and dropped when it
/// grows. Queries, and events, come in ascending order of (group, time), also from batch to batch. Events behind the windows
/// of the last query sent are folded in once that is answered, and wait for queries of a later batch, whose windows must
/// not end before them.
///
/// Results are a function of the events in a query's window and their order alone: neither the sizes of batches nor
/// other queries or keys change a bit of them. Memory is bounded by the hops (and distinct values) that windows reach
/// for one key, plus the queries of one batch and their results.
///
/// ```
/// use arrow::array::{ArrayRef, AsArray, Int64Array};
/// use arrow::datatypes::Int64Type;
/// use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit};
/// use chronon_types::{DataType, Field};
/// use chronon_window::{PointInTimeSession, WindowPlan};
/// use std::sync::Arc;
///
/// let inputs = vec![Field::new("n", DataType::Long)];
/// let specs = vec![AggregationSpec::new(OperationKind::Sum, 0).over(1, TimeUnit::Hours)];
/// let plan = Arc::new(WindowPlan::new(inputs, specs, Resolution::FiveMinute).unwrap());
/// let mut session = PointInTimeSession::new(plan).unwrap();
///
/// session.queries(&[0, 0], &[600_000, 6_000_000]).unwrap();
/// let n: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
/// session.events(&[0, 0], &[500_000, 600_000], &[n]).unwrap();
/// let results = session.finish().unwrap();
/// assert_eq!(results[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
/// ```
pub struct PointInTimeSession {
    plan: Arc<WindowPlan>,
    /// How long after the time of a query its windows end.
    after_query: Millis,
    columns: Vec<Box<dyn Sliding>>,
    timelines: Vec<Timeline>,
    segments: Vec<Vec<Segment>>,
    tails: Vec<Tail>,
    /// Times of the tails for the query that the tails were last worked out for.
    tail_times: Vec<Millis>,
    tails_of: Option<usize>,
    groups: Vec<i32>,
    /// The first time behind the window of each query.
    ends: Vec<Millis>,
    next: usize,
    open: bool,
    group: Option<i32>,
    last_query: Option<Place>,
    last_event: Option<Place>,
    /// The last query of the batches that are finished: nothing may come before it any more.
    answered: Option<Place>,
}

impl PointInTimeSession {
    /// A session that computes `plan`.
    ///
    /// # Errors
    /// `Internal` when the plan names an operation that no column computes.
    pub fn new(plan: Arc<WindowPlan>) -> Result<Self> {
        Ok(Self {
            after_query: plan.includes_query_time().into(),
            columns: columns(&plan)?,
            timelines: plan.hops().iter().map(|hop| Timeline::new(*hop)).collect(),
            segments: vec![Vec::new(); plan.hops().len()],
            tails: vec![Tail::default(); plan.windows().len()],
            tail_times: vec![0; plan.windows().len()],
            tails_of: None,
            groups: Vec::new(),
            ends: Vec::new(),
            next: 0,
            open: false,
            group: None,
            last_query: None,
            last_event: None,
            answered: None,
            plan,
        })
    }

    /// What the session computes.
    pub fn plan(&self) -> &WindowPlan {
        &self.plan
    }

    /// Starts a batch of queries.
    ///
    /// # Errors
    /// `InvalidArgument` when the batch before is not finished, the order is broken, or a query does not come after
    /// the events that were sent ahead of it.
    pub fn queries(&mut self, groups: &[i32], ts: &[Millis]) -> Result<()> {
        if self.open {
            return Err(Error::invalid_argument("the results of the queries sent before must be taken first"));
        }
        check_order("queries", groups, ts, self.last_query)?;
        if let (Some(first), Some(event)) = (groups.first().zip(ts.first()), self.last_event)
            && (*first.0, self.end(*first.1)) <= event
        {
            return Err(Error::invalid_argument(format!(
                "the query at (group, ts) {first:?} does not come after the event at {event:?}, which is folded in already"
            )));
        }
        self.groups.extend_from_slice(groups);
        for ts in ts {
            self.ends.push(self.end(*ts));
        }
        self.last_query = last(groups, ts).or(self.last_query);
        (self.open, self.next, self.tails_of) = (true, 0, None);
        Ok(())
    }

    /// Folds a batch of events in; `columns` are the plan's inputs. Groups without queries are ignored.
    ///
    /// # Errors
    /// `InvalidArgument` when no batch of queries is open, lengths differ, the order is broken, an event lies before
    /// a query of a finished batch, or lists that are aggregated element by element differ in length; `SchemaMismatch` when a column is not what the plan declares.
    pub fn events(&mut self, groups: &[i32], ts: &[Millis], columns: &[ArrayRef]) -> Result<()> {
        if !self.open {
            return Err(Error::invalid_argument("events came before the queries they are for"));
        }
        if columns.len() != self.plan.inputs().len() || columns.iter().any(|column| column.len() != groups.len()) {
            return Err(Error::invalid_argument(format!(
                "a batch of {} events must bring {} columns of that length; it brings {:?}",
                groups.len(),
                self.plan.inputs().len(),
                columns.iter().map(|column| column.len()).collect::<Vec<_>>()
            )));
        }
        check_order("events", groups, ts, self.last_event.max(self.answered))?;
        self.last_event = last(groups, ts).or(self.last_event);
        for column in &mut self.columns {
            column.load(columns)?;
        }
        let mut row = 0;
        while row < groups.len() {
            if self.next == self.groups.len() {
                let same = leading(&groups[row..], |group| *group == groups[row]);
                self.feed_ahead(groups[row], ts, row..row + same)?;
                row += same;
                continue;
            }
            let query = (self.groups[self.next], self.ends[self.next]);
            if query <= (groups[row], ts[row]) {
                self.answer()?;
            } else if query.0 > groups[row] {
                row += leading(&groups[row..], |group| *group < query.0);
            } else {
                let same = run_length(&groups[row..], &ts[row..], query);
                self.locate();
                self.feed(groups[row], ts, row..row + same)?;
                row += same;
            }
        }
        self.columns.iter_mut().for_each(|column| column.unload());
        Ok(())
    }

    /// Ends the batch: one column per output of the plan, with one row per query in the order of the queries.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no open batch; `Internal` when the results exceed what a column can hold.
    pub fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        if !self.open {
            return Err(Error::invalid_argument("there are no queries to finish"));
        }
        while self.next < self.groups.len() {
            self.answer()?;
        }
        self.answered = last(&self.groups, &self.ends).or(self.answered);
        self.groups.clear();
        self.ends.clear();
        self.open = false;
        let mut results: Vec<Option<ArrayRef>> = vec![None; self.plan.outputs().len()];
        for column in &mut self.columns {
            column.finish(&mut |output, array| results[output] = Some(array))?;
        }
        let missing = || Error::internal("an output was computed by no column");
        results.into_iter().map(|result| result.ok_or_else(missing)).collect()
    }

    /// Bytes of heap held, by capacity: state, open queries and results.
    pub fn bytes_held(&self) -> usize {
        self.columns.iter().map(|column| column.heap_size()).sum::<usize>()
            + self.timelines.iter().map(Timeline::heap_size).sum::<usize>()
            + self.segments.iter().map(|segments| segments.capacity() * size_of::<Segment>()).sum::<usize>()
            + self.groups.capacity() * size_of::<i32>()
            + self.ends.capacity() * size_of::<Millis>()
    }

    /// The first time behind the window of a query at `ts`.
    fn end(&self, ts: Millis) -> Millis {
        // without windows and hops every event of the key counts, whenever it was
        if self.plan.is_timeless() { Millis::MAX } else { ts.saturating_add(self.after_query) }
    }

    fn enter(&mut self, group: i32) {
        if self.group != Some(group) {
            self.group = Some(group);
            self.timelines.iter_mut().for_each(Timeline::clear);
            self.columns.iter_mut().for_each(|column| column.reset());
            self.tails.fill(Tail::default());
        }
    }

    /// Works out when the windows of the next query begin.
    fn locate(&mut self) {
        if self.tails_of != Some(self.next) {
            self.tails_of = Some(self.next);
            self.locate_at(self.ends[self.next].saturating_sub(self.after_query));
        }
    }

    fn locate_at(&mut self, head: Millis) {
        for (tail, window) in self.tail_times.iter_mut().zip(self.plan.windows()) {
            *tail = self.timelines[window.timeline].tail(head, window.length);
        }
    }

    /// Folds in rows of one key for queries that are still to come, all of them after the last row.
    fn feed_ahead(&mut self, group: i32, ts: &[Millis], rows: Range<usize>) -> Result<()> {
        self.locate_at(ts[rows.end - 1]);
        self.tails_of = None;
        self.feed(group, ts, rows)
    }

    /// Folds in rows of one key, leaving out those before every located tail.
    fn feed(&mut self, group: i32, ts: &[Millis], rows: Range<usize>) -> Result<()> {
        self.enter(group);
        let mut first = rows.end;
        for (index, timeline) in self.timelines.iter_mut().enumerate() {
            let tails = self.tail_times.iter().zip(self.plan.windows());
            let oldest = tails.filter(|(_, window)| window.timeline == index).map(|(tail, _)| *tail).min();
            let oldest = oldest.unwrap_or(Millis::MAX);
            let skipped = leading(&ts[rows.clone()], |ts| *ts < oldest);
            timeline.split(ts, rows.start + skipped..rows.end, &mut self.segments[index]);
            first = first.min(rows.start + skipped);
        }
        if first < rows.end {
            let run = Run { ts, rows: first..rows.end, segments: &self.segments };
            self.columns.iter_mut().try_for_each(|column| column.update(&run))?;
        }
        Ok(())
    }

    /// Answers the next query.
    fn answer(&mut self) -> Result<()> {
        self.enter(self.groups[self.next]);
        self.locate();
        for ((tail, time), window) in self.tails.iter_mut().zip(&self.tail_times).zip(self.plan.windows()) {
            tail.ts = *time;
            tail.hop = self.timelines[window.timeline].seek(tail.hop, *time);
            tail.index = self.timelines[window.timeline].index(*time);
        }
        self.columns.iter_mut().try_for_each(|column| column.query(&self.tails))?;
        for (index, timeline) in self.timelines.iter_mut().enumerate() {
            let tails = self.tails.iter().zip(self.plan.windows());
            let oldest = tails.filter(|(_, window)| window.timeline == index).map(|(tail, _)| tail.hop).min();
            if let Some(to) = oldest.and_then(|oldest| timeline.trim(oldest)) {
                self.columns.iter_mut().for_each(|column| column.trim(index, to));
            }
        }
        self.next += 1;
        Ok(())
    }
}

impl std::fmt::Debug for PointInTimeSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PointInTimeSession")
            .field("plan", &self.plan)
            .field("group", &self.group)
            .field("open_queries", &(self.groups.len() - self.next))
            .finish_non_exhaustive()
    }
}

fn last(groups: &[i32], ts: &[Millis]) -> Option<Place> {
    Some((*groups.last()?, *ts.last()?))
}

/// How many items at the front satisfy `inside`, which turns false once. Short runs are the rule, long ones are galloped.
#[inline]
fn leading<T>(items: &[T], inside: impl Fn(&T) -> bool) -> usize {
    let mut step = 1;
    let mut known = 0;
    while known + step <= items.len() && inside(&items[known + step - 1]) {
        known += step;
        step *= 2;
    }
    let end = (known + step).min(items.len());
    known + items[known..end].partition_point(inside)
}

/// How many events at the front are of the query's group and before it.
#[inline]
fn run_length(groups: &[i32], ts: &[Millis], query: Place) -> usize {
    let mut step = 1;
    let mut known = 0;
    let inside = |row: usize| groups[row] == query.0 && ts[row] < query.1;
    while known + step <= groups.len() && inside(known + step - 1) {
        known += step;
        step *= 2;
    }
    let (mut low, mut high) = (known, (known + step).min(groups.len()));
    while low < high {
        let middle = (low + high) / 2;
        if inside(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Fails unless places ascend, from `before` on.
fn check_order(what: &str, groups: &[i32], ts: &[Millis], before: Option<Place>) -> Result<()> {
    if groups.len() != ts.len() {
        return Err(Error::invalid_argument(format!("{} groups but {} times of {what}", groups.len(), ts.len())));
    }
    let mut place = before.unwrap_or((i32::MIN, Millis::MIN));
    for (group, ts) in groups.iter().zip(ts) {
        let next = (*group, *ts);
        if next < place {
            return Err(Error::invalid_argument(format!(
                "{what} must ascend by (group, ts), but {next:?} follows {place:?}"
            )));
        }
        place = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galloping_finds_the_turning_point() {
        for length in 0..40usize {
            let items: Vec<usize> = (0..length).collect();
            for turn in 0..=length {
                assert_eq!(leading(&items, |item| *item < turn), turn);
                let (groups, ts) = (vec![3; length], items.iter().map(|item| *item as i64).collect::<Vec<_>>());
                assert_eq!(run_length(&groups, &ts, (3, turn as i64)), turn);
            }
        }
    }

    #[test]
    fn events_sent_ahead_wait_for_later_queries() {
        use arrow::array::{AsArray, Int64Array};
        use arrow::datatypes::Int64Type;
        use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit};
        use chronon_types::{DataType, ErrorCode, Field};

        let inputs = vec![Field::new("n", DataType::Long)];
        let specs = vec![AggregationSpec::new(OperationKind::Sum, 0).over(1, TimeUnit::Hours)];
        let plan = Arc::new(WindowPlan::new(inputs, specs, Resolution::FiveMinute).unwrap());
        let mut session = PointInTimeSession::new(plan).unwrap();
        let ones = |rows: usize| vec![Arc::new(Int64Array::from(vec![1; rows])) as ArrayRef];
        let sums = |columns: Vec<ArrayRef>| columns[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>();

        session.queries(&[0], &[1_000]).unwrap();
        // one before the query, two after it, one of a key that nobody has asked for yet
        session.events(&[0, 0, 0, 1], &[500, 1_000, 2_000, 700], &ones(4)).unwrap();
        assert_eq!(sums(session.finish().unwrap()), [Some(1)]);
        let late = session.queries(&[1], &[700]).unwrap_err();
        assert_eq!(late.code(), ErrorCode::InvalidArgument);
        session.queries(&[], &[]).unwrap();
        session.events(&[1], &[800], &ones(1)).unwrap();
        assert_eq!(sums(session.finish().unwrap()), []);
        session.queries(&[1, 1], &[900, 7_200_000]).unwrap();
        assert_eq!(sums(session.finish().unwrap()), [Some(2), None]);
    }
}
