//! The answer to a request: a batch IR's bytes, with what was streamed since.

use super::batch::{check_rows, each_hop};
use super::plan::{OnlinePlan, runs};
use super::{at_byte, check_end};
use arrow::array::ArrayRef;
use chronon_aggregate::sink::Cells;
use chronon_aggregate::{Copies, GroupedColumn, avro};
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// Rows that were streamed.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    /// Event times.
    pub ts: &'a [Millis],
    /// The plan's inputs.
    pub columns: &'a [ArrayRef],
    /// For rows that change others.
    pub mutations: Option<Mutations<'a>>,
}

/// What rows that change others have besides.
#[derive(Debug, Clone, Copy)]
pub struct Mutations<'a> {
    /// Whether the row is the old image, which is taken out, rather than the new one.
    pub is_before: &'a [bool],
    /// When the change happened.
    pub ts: &'a [Millis],
}

/// What was streamed since the batch ended.
#[derive(Debug, Clone, Copy)]
pub enum Streamed<'a> {
    /// Nothing.
    Nothing,
    /// Rows, in the order in which they are folded.
    Rows(Events<'a>),
    /// Start and stored form of every tile.
    Tiles(&'a [(Millis, &'a [u8])]),
}

/// One request for one key.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The time of the request; rows count that are before it.
    pub query: Millis,
    /// When the batch ended.
    pub batch_end: Millis,
    /// The stored batch IR, if the key has one.
    pub batch: Option<&'a [u8]>,
    /// What was streamed since.
    pub streamed: Streamed<'a>,
    /// Rows before this time (mutations: changes before it) are in the batch IR already, which was stored later than its
    /// batch ended.
    pub streamed_from: Option<Millis>,
}

/// Answers requests for one plan; the memory of one request serves the next.
///
/// ```
/// use arrow::array::{ArrayRef, AsArray, Int64Array};
/// use arrow::datatypes::Int64Type;
/// use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit, Window};
/// use chronon_types::time::HOUR;
/// use chronon_types::{DataType, Field};
/// use chronon_window::online::{Base, BatchIr, Events, Lambda, OnlinePlan, Request, Streamed};
/// use std::sync::Arc;
/// let base = Base { spec: AggregationSpec::new(OperationKind::Sum, 0), windows: vec![Some(Window::new(7, TimeUnit::Days))] };
/// let plan = Arc::new(OnlinePlan::new(vec![Field::new("n", DataType::Long)], vec![base]).unwrap());
/// let batch_end = 1_746_921_600_000;
/// let n = |values: Vec<i64>| -> Vec<ArrayRef> { vec![Arc::new(Int64Array::from(values))] };
/// let mut batch = BatchIr::new(plan.clone(), batch_end).unwrap();
/// batch.update(&[batch_end - HOUR], &n(vec![14])).unwrap();
/// let mut stored = Vec::new();
/// batch.encode(&mut stored).unwrap();
///
/// let mut lambda = Lambda::new(plan).unwrap();
/// let rows = Events { ts: &[batch_end, batch_end + HOUR], columns: &n(vec![3, 100]), mutations: None };
/// let request = Request {
///     query: batch_end + HOUR,
///     batch_end,
///     batch: Some(&stored),
///     streamed: Streamed::Rows(rows),
///     streamed_from: None,
/// };
/// lambda.answer(&request).unwrap();
/// let results = lambda.finish().unwrap();
/// assert_eq!(results[0].as_primitive::<Int64Type>().value(0), 17);
/// ```
pub struct Lambda {
    plan: Arc<OnlinePlan>,
    columns: Vec<Box<dyn GroupedColumn>>,
    /// Per distinct window, its tail at the request.
    tails: Vec<Millis>,
    /// Per distinct window, whether the hop or tile at hand is inside.
    inside: Vec<bool>,
    /// Per window set, the windows that the hop or tile at hand goes into.
    windows: Vec<Vec<usize>>,
    /// Per base and window, whether it had nothing before the hops.
    empty: Vec<Vec<bool>>,
    /// Per window set, which windows take which rows of the request at hand.
    segments: Vec<Vec<Segment>>,
    /// Where a row of requests stands.
    walk: Option<Walk>,
}

/// What requests that follow one another have folded in already. Their accumulators stand behind those of the windows, as they were
/// before the tail hops.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// Streamed rows, from the first one on.
    rows: usize,
    /// Byte of the batch IR at which the tail hops begin.
    hops_at: usize,
    /// Whether no later request takes more of these rows.
    settled: bool,
}

/// Consecutive rows and windows of which every window takes every row.
#[derive(Debug)]
struct Segment {
    /// Whether the rows are taken out.
    is_before: bool,
    rows: Range<usize>,
    windows: Range<usize>,
}

impl Lambda {
    /// Answers requests for `plan`.
    ///
    /// # Errors
    /// `Internal` when the plan names an operation that nothing computes.
    pub fn new(plan: Arc<OnlinePlan>) -> Result<Self> {
        let spans = plan.spans().len();
        Ok(Self {
            columns: plan.columns()?,
            tails: vec![0; spans],
            inside: vec![false; spans],
            windows: vec![Vec::new(); plan.window_sets().len()],
            empty: vec![Vec::new(); plan.bases().len()],
            segments: plan.window_sets().iter().map(|_| Vec::new()).collect(),
            walk: None,
            plan,
        })
    }

    /// Appends the results of a request. After an error nothing is appended, and further requests can be answered.
    ///
    /// Cost: one pass over the bytes, in which hops and windows that do not count are skipped, and one fold per row and window.
    ///
    /// # Errors
    /// `InvalidArgument` when the request lies before the batch's end or its rows do not fit the plan; `CorruptData` naming
    /// column and byte when stored bytes are not what they should be.
    pub fn answer(&mut self, request: &Request<'_>) -> Result<()> {
        self.fold(request)?;
        self.emit();
        Ok(())
    }

    /// The same for a request that follows the last one of this kind: of the same batch, as late or later, and with the same
    /// streamed rows, perhaps with more behind them. The results are those of [`Self::answer`]. [`Self::restart`] comes
    /// before the first request of a batch.
    ///
    /// Cost: that of the new rows, of the tail hops, and of two copies of each accumulator. The whole of [`Self::answer`] where a
    /// window's tail has moved, or a row's time was not before the last request though its change was.
    ///
    /// # Errors
    /// As for [`Self::answer`]; `InvalidArgument` for tiles, or when rows are missing.
    pub fn follow(&mut self, request: &Request<'_>) -> Result<()> {
        let before = self.walk.take();
        check_time(request)?;
        let nothing = Events { ts: &[], columns: &[], mutations: None };
        let rows = match &request.streamed {
            Streamed::Nothing => nothing,
            Streamed::Rows(rows) => *rows,
            Streamed::Tiles(_) => return Err(Error::invalid_argument("requests with tiles cannot follow one another")),
        };
        let stay = self.tails_stay(request.query);
        let (mut walk, mut changed) = match before {
            Some(walk) if walk.rows > rows.ts.len() => {
                return Err(Error::invalid_argument("rows of the request before are missing"));
            }
            Some(walk) if walk.settled && stay => {
                self.copy_windows(|window, windows| (window, windows + window));
                (walk, false)
            }
            _ => (Walk { rows: 0, hops_at: self.begin(request)?, settled: true }, true),
        };
        if walk.rows < rows.ts.len() {
            changed = true;
            check_rows(&self.plan, rows.ts, rows.columns)?;
            let columns: Vec<ArrayRef> =
                rows.columns.iter().map(|column| column.slice(walk.rows, rows.ts.len() - walk.rows)).collect();
            let mutations = rows.mutations.map(|all| Mutations {
                is_before: all.is_before.get(walk.rows..).unwrap_or_default(),
                ts: all.ts.get(walk.rows..).unwrap_or_default(),
            });
            let new = Events { ts: &rows.ts[walk.rows..], columns: &columns, mutations };
            self.rows(request, &new)?;
            walk.settled &= new.ts.iter().chain(mutations.map_or(&[][..], |m| m.ts)).all(|ts| *ts < request.query);
            walk.rows = rows.ts.len();
        }
        if changed {
            self.copy_windows(|window, windows| (windows + window, window));
        }
        self.end(request, walk.hops_at)?;
        self.emit();
        self.walk = Some(walk);
        Ok(())
    }

    /// Whether the answer given last by [`Self::follow`] is also that of a following request for `query` with so many streamed
    /// rows: nothing came between them, and no window's tail moved.
    pub fn stands(&self, query: Millis, rows: usize) -> bool {
        self.walk.is_some_and(|walk| walk.settled && walk.rows == rows) && self.tails_stay(query)
    }

    /// Whether every window of a request at `query` begins where that of the last one does.
    fn tails_stay(&self, query: Millis) -> bool {
        self.tails.iter().zip(self.plan.spans()).all(|(tail, span)| *tail == span.tail(query))
    }

    /// What is asked next has nothing to do with what was asked before.
    pub fn restart(&mut self) {
        self.walk = None;
    }

    fn emit(&mut self) {
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            (0..base.spans.len()).for_each(|window| column.emit(window, window));
        }
    }

    /// Copies the accumulators of all windows: `groups` gives for a window, and how many its base has, where to and where from.
    fn copy_windows(&mut self, groups: impl Fn(usize, usize) -> (usize, usize)) {
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            for window in 0..base.spans.len() {
                let (into, from) = groups(window, base.spans.len());
                column.copy_group(into, from);
            }
        }
    }

    /// Hands the results of a request over at once, in the order of the plan's outputs. After an error some may have been.
    ///
    /// # Errors
    /// As for [`Self::answer`]; `Internal` naming the output that is not of its type.
    pub fn put(&mut self, request: &Request<'_>, cells: &mut dyn Cells) -> Result<()> {
        self.fold(request)?;
        let mut outputs = self.plan.outputs().iter();
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            for (window, output) in (0..base.spans.len()).zip(&mut outputs) {
                column.put(window, cells).map_err(|error| error.within(format!("column {}", output.name)))?;
            }
        }
        Ok(())
    }

    fn fold(&mut self, request: &Request<'_>) -> Result<()> {
        self.walk = None;
        check_time(request)?;
        let hops_at = self.begin(request)?;
        match &request.streamed {
            Streamed::Nothing => {}
            Streamed::Rows(rows) => self.rows(request, rows)?,
            Streamed::Tiles(tiles) => self.tiles(request, tiles)?,
        }
        self.end(request, hops_at)
    }

    /// Begins with what the batch has collapsed; the byte at which its tail hops begin.
    fn begin(&mut self, request: &Request<'_>) -> Result<usize> {
        self.columns.iter_mut().for_each(|column| column.clear());
        for (tail, span) in self.tails.iter_mut().zip(self.plan.spans()) {
            *tail = span.tail(request.query);
        }
        let Some(stored) = request.batch else { return Ok(0) };
        let mut rest = stored;
        self.collapsed(&mut rest).map_err(|error| at_byte(error, "a batch IR", stored, rest))?;
        Ok(stored.len() - rest.len())
    }

    /// Ends with the batch's tail hops.
    fn end(&mut self, request: &Request<'_>, hops_at: usize) -> Result<()> {
        if let Some(stored) = request.batch {
            let mut rest = stored.get(hops_at..).unwrap_or_default();
            self.tail_hops(request, &mut rest).map_err(|error| at_byte(error, "a batch IR", stored, rest))?;
        }
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            for window in 0..base.spans.len() {
                column.end_merges(window);
            }
        }
        Ok(())
    }

    /// The results of all requests since the last call: one column per output of the plan, one row per request.
    ///
    /// # Errors
    /// `Internal` when the results exceed what a column can hold.
    pub fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        let mut results = Vec::with_capacity(self.plan.outputs().len());
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            for window in 0..base.spans.len() {
                results.push(column.finish(window)?);
            }
        }
        Ok(results)
    }

    /// Bytes of heap held, by capacity.
    pub fn heap_size(&self) -> usize {
        self.columns.iter().map(|column| column.heap_size()).sum()
    }

    /// Reads the collapsed accumulators.
    fn collapsed(&mut self, bytes: &mut &[u8]) -> Result<()> {
        avro::get_present(bytes)?;
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            for window in 0..base.spans.len() {
                column.merge_encoded(&[window], bytes).map_err(|error| error.within(base.name()))?;
            }
        }
        Ok(())
    }

    /// Folds streamed rows in.
    fn rows(&mut self, request: &Request<'_>, rows: &Events<'_>) -> Result<()> {
        check_rows(&self.plan, rows.ts, rows.columns)?;
        let earliest = request.streamed_from.map_or(request.batch_end, |from| from.max(request.batch_end));
        let seen_at = match &rows.mutations {
            None => rows.ts,
            Some(mutations) if mutations.ts.len() == rows.ts.len() && mutations.is_before.len() == rows.ts.len() => {
                mutations.ts
            }
            Some(_) => return Err(Error::invalid_argument("every mutation must say when it was and what it is")),
        };
        // Rows that some window may take, in runs of the same kind, with the earliest time in each.
        let mut kinds: Vec<(bool, Range<usize>, Millis)> = Vec::new();
        let kind = |row: usize| {
            let seen = seen_at[row] >= earliest && seen_at[row] < request.query && rows.ts[row] < request.query;
            seen.then(|| rows.mutations.is_some_and(|mutations| mutations.is_before[row]))
        };
        runs(0..rows.ts.len(), kind, |is_before, range| {
            let first = rows.ts[range.clone()].iter().min().copied().unwrap_or(Millis::MAX);
            kinds.push((is_before, range, first));
            Ok(())
        })?;
        if kinds.is_empty() {
            return Ok(());
        }
        self.find_segments(rows.ts, &kinds)?;
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            column.load(rows.columns)?;
            for Segment { is_before, rows: range, windows } in &self.segments[base.window_set] {
                if !is_before {
                    column.fold(windows.clone(), range.clone(), rows.ts)?;
                    continue;
                }
                windows.clone().try_for_each(|window| column.delete(window, range.clone(), rows.ts))?;
            }
            column.unload();
        }
        Ok(())
    }

    /// Works out for every window set which windows take which rows of the runs, so that a row is folded into all of them at
    /// once.
    fn find_segments(&mut self, ts: &[Millis], kinds: &[(bool, Range<usize>, Millis)]) -> Result<()> {
        for (segments, spans) in self.segments.iter_mut().zip(self.plan.window_sets()) {
            segments.clear();
            let tails = &self.tails;
            for (is_before, range, first) in kinds {
                if spans.iter().all(|span| *first >= tails[*span]) {
                    segments.push(Segment { is_before: *is_before, rows: range.clone(), windows: 0..spans.len() });
                    continue;
                }
                // The later a row, the more windows take it, so their number tells which they are.
                let taking = |row: usize| spans.iter().filter(|span| ts[row] >= tails[**span]).count();
                runs(
                    range.clone(),
                    |row| Some(taking(row)),
                    |_, rows| {
                        let takes = |window: usize| (ts[rows.start] >= tails[spans[window]]).then_some(());
                        runs(0..spans.len(), takes, |(), windows| {
                            segments.push(Segment { is_before: *is_before, rows: rows.clone(), windows });
                            Ok(())
                        })
                    },
                )?;
            }
        }
        Ok(())
    }

    /// Folds tiles in, each whole or not at all in a window. Those that go into the same windows are read column by column.
    fn tiles(&mut self, request: &Request<'_>, tiles: &[(Millis, &[u8])]) -> Result<()> {
        let counted = |tile: &&(Millis, &[u8])| (request.batch_end..request.query).contains(&tile.0);
        let counted: Vec<_> = tiles.iter().filter(counted).copied().collect();
        let tails = self.tails.clone();
        let alike = |a: &(Millis, _), b: &(Millis, _)| tails.iter().all(|tail| (a.0 >= *tail) == (b.0 >= *tail));
        for tiles in counted.chunk_by(alike) {
            for (inside, tail) in self.inside.iter_mut().zip(&tails) {
                *inside = tiles[0].0 >= *tail;
            }
            self.find_windows();
            self.tiles_alike(tiles).or_else(|error| {
                // Only a tile that is read alone can be named.
                tiles.iter().try_for_each(|tile| self.tiles_alike(std::slice::from_ref(tile)))?;
                Err(error)
            })?;
        }
        Ok(())
    }

    /// Folds tiles into the windows found.
    fn tiles_alike(&mut self, tiles: &[(Millis, &[u8])]) -> Result<()> {
        let mut rest: Vec<&[u8]> = tiles.iter().map(|(_, stored)| *stored).collect();
        self.tile_columns(&mut rest).map_err(|error| match (tiles, &rest[..]) {
            ([(start, stored)], [rest]) => at_byte(error, &format!("the tile at {start}"), stored, rest),
            _ => error,
        })
    }

    fn tile_columns(&mut self, tiles: &mut [&[u8]]) -> Result<()> {
        tiles.iter_mut().try_for_each(avro::get_present)?;
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            // for each window, and again where there is nothing to merge it into
            let copies = Copies { into_nothing: 2, into_something: 1 };
            let windows = &self.windows[base.window_set];
            column.merge_all_encoded(windows, tiles, copies).map_err(|error| error.within(base.name()))?;
        }
        tiles.iter_mut().try_for_each(|tile| {
            super::tile::get_is_complete(tile)?;
            check_end("a tile", tile)
        })
    }

    /// Folds the tail hops in that the tails have not passed.
    fn tail_hops(&mut self, request: &Request<'_>, bytes: &mut &[u8]) -> Result<()> {
        let plan = self.plan.clone();
        for (column, (base, empty)) in self.columns.iter().zip(plan.bases().iter().zip(&mut self.empty)) {
            empty.clear();
            empty.extend((0..base.spans.len()).map(|window| !column.is_present(window)));
        }
        self.inside.fill(false);
        self.find_windows();
        // Of every base, its accumulator in the hop at hand. The start stands behind them, so they are passed over first.
        let mut accumulators: Vec<&[u8]> = Vec::with_capacity(plan.bases().len());
        each_hop(bytes, |size, bytes| {
            accumulators.clear();
            for base in plan.bases() {
                accumulators.push(*bytes);
                if avro::get_union(bytes)? {
                    avro::skip(&base.stored, bytes).map_err(|error| error.within(base.name()))?;
                }
            }
            avro::get_present(bytes)?;
            let start = avro::get_long(bytes)?;
            let (mut any, mut changed) = (false, false);
            for ((inside, tail), span) in self.inside.iter_mut().zip(&self.tails).zip(plan.spans()) {
                let is = span.hop == size && (*tail..span.collapsed_from(request.batch_end)).contains(&start);
                any |= is;
                changed |= std::mem::replace(inside, is) != is;
            }
            if changed {
                self.find_windows();
            }
            if any { self.hop(&accumulators) } else { Ok(()) }
        })?;
        check_end("a batch IR", bytes)
    }

    /// Works out for every window set which windows the hop or tile at hand goes into.
    fn find_windows(&mut self) {
        for (windows, spans) in self.windows.iter_mut().zip(self.plan.window_sets()) {
            windows.clear();
            windows.extend(spans.iter().enumerate().filter(|(_, span)| self.inside[**span]).map(|(window, _)| window));
        }
    }

    /// Folds the accumulators of a hop, one per base, into the windows found.
    fn hop(&mut self, accumulators: &[&[u8]]) -> Result<()> {
        let columns = self.columns.iter_mut().zip(self.plan.bases()).zip(&self.empty);
        for (((column, base), empty), accumulator) in columns.zip(accumulators) {
            let windows = &self.windows[base.window_set];
            if windows.is_empty() {
                continue;
            }
            let read = if column.copies_of_copies_differ() {
                // The reference copies the hops of a window if it had nothing before them, so that it does not change what
                // it has stored.
                let of_nothing = Copies { into_nothing: 1, into_something: 1 };
                let (fresh, other): (Vec<usize>, Vec<usize>) = windows.iter().partition(|window| empty[**window]);
                column.merge_encoded_copies(&fresh, &mut &**accumulator, of_nothing).and_then(|()| {
                    let of_something = Copies { into_nothing: 1, into_something: 0 };
                    column.merge_encoded_copies(&other, &mut &**accumulator, of_something)
                })
            } else {
                column.merge_encoded(windows, &mut &**accumulator)
            };
            read.map_err(|error| error.within(base.name()))?;
        }
        Ok(())
    }
}

fn check_time(request: &Request<'_>) -> Result<()> {
    if request.query < request.batch_end {
        return Err(Error::invalid_argument(format!(
            "a request for time {} cannot be answered by a batch that ends later, at {}",
            request.query, request.batch_end
        )));
    }
    Ok(())
}

impl std::fmt::Debug for Lambda {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lambda").field("plan", &self.plan).finish_non_exhaustive()
    }
}
