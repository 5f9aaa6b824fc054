//! The batch IR of one key: built from rows, merged, stored and read.

use super::plan::{HOPS, OnlinePlan, Span, runs};
use super::{at_byte, check_end};
use arrow::array::ArrayRef;
use chronon_aggregate::{GroupedColumn, avro};
use chronon_types::time::{Millis, round};
use chronon_types::{Error, Result};
use std::ops::Range;
use std::sync::Arc;

const RECORD: &str = "a batch IR";

/// What a batch job stores of one key: per window a collapsed accumulator, and hops around the window's tail.
///
/// Rows may come in any order, but folds follow it. Memory: one accumulator per window, and per base one for every hop
/// that holds rows within two days above a window's tail.
///
/// ```
/// use arrow::array::{ArrayRef, Int64Array};
/// use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit, Window};
/// use chronon_types::time::{DAY, HOUR};
/// use chronon_types::{DataType, Field};
/// use chronon_window::online::{Base, BatchIr, OnlinePlan};
/// use std::sync::Arc;
/// let windows = vec![Some(Window::new(1, TimeUnit::Days)), Some(Window::new(7, TimeUnit::Days))];
/// let base = Base { spec: AggregationSpec::new(OperationKind::Sum, 0), windows };
/// let plan = Arc::new(OnlinePlan::new(vec![Field::new("n", DataType::Long)], vec![base]).unwrap());
///
/// let end = 1_746_921_600_000;
/// let mut batch = BatchIr::new(plan, end).unwrap();
/// let n: ArrayRef = Arc::new(Int64Array::from(vec![3, 4]));
/// batch.update(&[end - HOUR, end - 6 * DAY], &[n]).unwrap();
/// let mut bytes = Vec::new();
/// batch.encode(&mut bytes).unwrap();
/// assert_eq!(bytes[..6], [2, 0, 2, 6, 2, 6]);
/// ```
pub struct BatchIr {
    plan: Arc<OnlinePlan>,
    end: Millis,
    columns: Vec<Box<dyn GroupedColumn>>,
    /// Per hop size, the start and the group of every hop, ascending.
    hops: [Vec<(Millis, usize)>; HOPS.len()],
    groups: usize,
    /// Per window set of the plan.
    edges: Arc<[Edges]>,
    /// Groups, and the rows that they take.
    folds: Vec<(Range<usize>, Range<usize>)>,
}

/// Where windows begin, as of the end of the batch.
struct Edges {
    windows: Vec<Edge>,
    /// Per hop size, the windows whose tails move in hops of it.
    tails: [Vec<Edge>; HOPS.len()],
}

/// Where a window begins.
#[derive(Debug, Clone, Copy)]
struct Edge {
    /// The last time that is not in the window.
    before: Millis,
    /// The first time whose rows are collapsed; those between are stored in hops.
    collapsed_from: Millis,
}

impl Edge {
    #[inline]
    fn collapses(&self, time: Millis) -> bool {
        time >= self.collapsed_from && time > self.before
    }

    #[inline]
    fn is_near(&self, time: Millis) -> bool {
        time > self.before && time < self.collapsed_from
    }
}

impl Edges {
    fn new(spans: &[Span], set: &[usize], end: Millis) -> Self {
        let edge = |span: &Span| Edge { before: span.before(end), collapsed_from: span.collapsed_from(end) };
        let of_size = |size| set.iter().map(|span| &spans[*span]).filter(move |span| span.hop == size);
        Self {
            windows: set.iter().map(|span| edge(&spans[*span])).collect(),
            tails: std::array::from_fn(|size| of_size(size).map(edge).collect()),
        }
    }
}

impl BatchIr {
    /// Nothing stored yet, for batches that end at `end`.
    ///
    /// # Errors
    /// `Internal` when the plan names an operation that nothing computes.
    pub fn new(plan: Arc<OnlinePlan>, end: Millis) -> Result<Self> {
        let groups = plan.first_hop_group();
        let edges = edges(&plan, end);
        let columns = plan.columns()?;
        Ok(Self { plan, end, columns, hops: Default::default(), groups, edges, folds: Vec::new() })
    }

    /// Forgets the key; what is loaded stays.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(|column| column.forget());
        self.hops.iter_mut().for_each(Vec::clear);
        self.groups = self.plan.first_hop_group();
    }

    /// Forgets the key; the batch of the next one ends at `end`.
    pub fn restart(&mut self, end: Millis) {
        self.clear();
        if end != self.end {
            self.end = end;
            self.edges = edges(&self.plan, end);
        }
    }

    /// Folds rows in; `columns` are the plan's inputs. Rows at or after the batch's end, and rows before every window, do
    /// not count.
    ///
    /// # Errors
    /// `InvalidArgument` when lengths differ, or a list of an element-wise aggregation has another length than those
    /// before; `SchemaMismatch` when a column is not what the plan declares.
    pub fn update(&mut self, ts: &[Millis], columns: &[ArrayRef]) -> Result<()> {
        check_rows(&self.plan, ts, columns)?;
        self.load(columns)?;
        self.update_rows(ts, 0..ts.len())?;
        self.unload();
        Ok(())
    }

    /// Reads the columns that the coming [`Self::update_rows`] point into.
    ///
    /// # Errors
    /// `SchemaMismatch` when a column is not what the plan declares.
    pub fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.columns.iter_mut().try_for_each(|column| column.load(columns))
    }

    /// Lets go of the loaded columns.
    pub fn unload(&mut self) {
        self.columns.iter_mut().for_each(|column| column.unload());
    }

    /// Folds some rows of the loaded columns in; `ts` holds the times of all rows.
    ///
    /// # Errors
    /// As for [`Self::update`].
    pub fn update_rows(&mut self, ts: &[Millis], rows: Range<usize>) -> Result<()> {
        let (plan, edges) = (self.plan.clone(), self.edges.clone());
        for (set, edges) in edges.iter().enumerate() {
            self.find_folds(edges, ts, rows.clone())?;
            for (column, base) in self.columns.iter_mut().zip(plan.bases()) {
                if base.window_set == set {
                    let mut folds = self.folds.iter().cloned();
                    folds.try_for_each(|(groups, rows)| column.fold(groups, rows, ts))?;
                }
            }
        }
        Ok(())
    }

    /// Works out which groups take which rows, once for all bases that have these windows: a row goes into all windows that
    /// collapse it at once, and into the hop of each size that stores it.
    fn find_folds(&mut self, edges: &Edges, ts: &[Millis], rows: Range<usize>) -> Result<()> {
        self.folds.clear();
        let end = self.end;
        // The later a row, the more windows collapse it, so their number tells which they are.
        let collapsing = |row: usize| edges.windows.iter().filter(|edge| edge.collapses(ts[row])).count();
        runs(
            rows.clone(),
            |row| (ts[row] < end).then(|| collapsing(row)),
            |_, rows| {
                let collapses = |window: usize| edges.windows[window].collapses(ts[rows.start]).then_some(());
                runs(0..edges.windows.len(), collapses, |(), windows| {
                    self.folds.push((windows, rows.clone()));
                    Ok(())
                })
            },
        )?;
        for (size, (hop, tails)) in
            HOPS.iter().zip(&edges.tails).enumerate().filter(|(_, (_, tails))| !tails.is_empty())
        {
            let near_a_tail = |row: usize| ts[row] < end && tails.iter().any(|edge| edge.is_near(ts[row]));
            let start = |row: usize| near_a_tail(row).then(|| round(ts[row], *hop));
            runs(rows.clone(), start, |start, rows| {
                let group = self.hop(size, start);
                self.folds.push((group..group + 1, rows));
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The group of the hop of size number `size` that starts at `start`.
    fn hop(&mut self, size: usize, start: Millis) -> usize {
        let hops = &mut self.hops[size];
        let at = match hops.last() {
            Some((newest, group)) if *newest == start => return *group,
            Some((newest, _)) if *newest < start => hops.len(),
            _ => match hops.binary_search_by_key(&start, |(known, _)| *known) {
                Ok(at) => return hops[at].1,
                Err(at) => at,
            },
        };
        let group = self.groups;
        hops.insert(at, (start, group));
        self.groups += 1;
        group
    }

    /// Folds in the batch IR of later rows of the same key.
    ///
    /// # Errors
    /// `InvalidArgument` when the other has another plan or batch end, or lists of other lengths.
    pub fn merge(&mut self, later: &Self) -> Result<()> {
        if !Arc::ptr_eq(&self.plan, &later.plan) || self.end != later.end {
            return Err(Error::invalid_argument("batch IRs of different plans or batch ends cannot be merged"));
        }
        let mut into: Vec<u32> = (0..later.groups as u32).collect();
        for size in 0..HOPS.len() {
            for (start, group) in &later.hops[size] {
                into[*group] = self.hop(size, *start) as u32;
            }
        }
        self.columns.iter_mut().zip(&later.columns).try_for_each(|(column, later)| column.merge(&**later, &into))
    }

    /// Appends the stored form: the record that every reader of uploaded values expects (aggregator sheet §8.3).
    ///
    /// # Errors
    /// Naming the column: `Internal` when an accumulator has no stored form, `InvalidArgument` when a value has none.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<()> {
        avro::put_present(out);
        for (column, base) in self.columns.iter().zip(self.plan.bases()) {
            (0..base.spans.len())
                .try_for_each(|window| column.encode(window, out))
                .map_err(|error| error.within(base.name()))?;
        }
        avro::put_present(out);
        avro::put_items(out, HOPS.len(), |out| {
            self.hops.iter().try_for_each(|hops| {
                avro::put_items(out, hops.len(), |out| {
                    hops.iter().try_for_each(|(start, group)| {
                        for (column, base) in self.columns.iter().zip(self.plan.bases()) {
                            column.encode(*group, out).map_err(|error| error.within(base.name()))?;
                        }
                        avro::put_present(out);
                        avro::put_long(out, *start);
                        Ok(())
                    })
                })
            })
        })
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// `CorruptData` naming the column and the byte when the bytes are not a batch IR of this plan.
    pub fn decode(plan: Arc<OnlinePlan>, end: Millis, bytes: &[u8]) -> Result<Self> {
        let mut batch = Self::new(plan, end)?;
        let mut rest = bytes;
        match batch.decode_from(&mut rest) {
            Ok(()) => Ok(batch),
            Err(error) => Err(at_byte(error, RECORD, bytes, rest)),
        }
    }

    fn decode_from(&mut self, bytes: &mut &[u8]) -> Result<()> {
        let plan = self.plan.clone();
        avro::get_present(bytes)?;
        for (index, base) in plan.bases().iter().enumerate() {
            for window in 0..base.spans.len() {
                self.columns[index].decode(window, bytes).map_err(|error| error.within(base.name()))?;
            }
        }
        each_hop(bytes, |size, bytes| {
            let group = self.groups;
            for (column, base) in self.columns.iter_mut().zip(plan.bases()) {
                column.decode(group, bytes).map_err(|error| error.within(base.name()))?;
            }
            avro::get_present(bytes)?;
            let start = avro::get_long(bytes)?;
            if self.hops[size].last().is_some_and(|(newest, _)| *newest >= start) {
                return Err(Error::corrupt_data("hops do not ascend"));
            }
            self.hops[size].push((start, group));
            self.groups += 1;
            Ok(())
        })?;
        check_end(RECORD, bytes)
    }

    /// Bytes of heap held, by capacity.
    pub fn heap_size(&self) -> usize {
        self.columns.iter().map(|column| column.heap_size()).sum::<usize>()
            + self.hops.iter().map(|hops| hops.capacity() * size_of::<(Millis, usize)>()).sum::<usize>()
            + self.folds.capacity() * size_of::<(Range<usize>, Range<usize>)>()
    }
}

impl std::fmt::Debug for BatchIr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchIr").field("end", &self.end).field("hops", &self.hops).finish_non_exhaustive()
    }
}

/// Per window set of the plan, where its windows begin.
fn edges(plan: &OnlinePlan, end: Millis) -> Arc<[Edges]> {
    plan.window_sets().iter().map(|set| Edges::new(plan.spans(), set, end)).collect()
}

/// Fails unless the rows bring what the plan reads.
pub(super) fn check_rows(plan: &OnlinePlan, ts: &[Millis], columns: &[ArrayRef]) -> Result<()> {
    if columns.len() == plan.inputs().len() && columns.iter().all(|column| column.len() == ts.len()) {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "{} rows must bring {} columns of that length; they bring {:?}",
        ts.len(),
        plan.inputs().len(),
        columns.iter().map(|column| column.len()).collect::<Vec<_>>()
    )))
}

/// Reads the tail hops of a record: calls `hop` with the number of the hop size, and the bytes of every hop.
pub(super) fn each_hop<'a>(
    bytes: &mut &'a [u8],
    mut hop: impl FnMut(usize, &mut &'a [u8]) -> Result<()>,
) -> Result<()> {
    avro::get_present(bytes)?;
    let mut size = 0;
    avro::get_items(bytes, |bytes| {
        if size >= HOPS.len() {
            return Err(Error::corrupt_data(format!("there are more than {} hop sizes", HOPS.len())));
        }
        avro::get_items(bytes, |bytes| hop(size, bytes))?;
        size += 1;
        Ok(())
    })
}
