//! The join of one partition.

use crate::outbox::Outbox;
use crate::record::Layout;
use crate::sorter::{Placed, Sorted, Sorter};
use arrow::array::ArrayRef;
use chronon_codec::row::{Added, Row, RowColumns, RowExtender};
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Left rows that are answered at once, and right rows that are folded in at once: enough that a batch costs nothing, few
/// enough to stay in the cache.
const BATCH: usize = 8192;

/// Which input of a join a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The rows that ask.
    Left,
    /// The rows that are aggregated.
    Right,
}

/// What the rows of a join look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLayout {
    /// For each key, whether its value lies in the variable part of a row.
    pub variable_keys: Vec<bool>,
    /// Number of columns of a left row.
    pub left_columns: usize,
    /// Those of them whose values lie in the variable part.
    pub left_variable: Vec<usize>,
    /// The column of a left row by which rows will be written: rows of equal values come out side by side, within a batch,
    /// so that the writer seldom has to change files.
    pub together: Option<usize>,
}

/// Puts features beside the left rows of a partition.
///
/// First all rows come in, in frames of records and in any order ([`Self::put`]); meanwhile [`Self::spill`] moves rows to
/// disk. A record is two lengths (4 bytes each, little-endian) and two rows in Spark's layout: on the left (keys, time) and
/// the row itself, on the right (keys, time, inputs of the plan) and nothing. Then [`Self::next`] gives left rows back, each
/// extended by the outputs of the plan as of its time, in an order of the join's own.
///
/// A key that is null matches nothing; a left row without key or time must not be sent. Right rows of equal key and time are
/// folded in the order of their inputs, so the result does not depend on the order in which rows came in.
///
/// Cost: O(n log n) in the rows of a side, and what the session takes. Memory: the rows, 24 bytes for each, and what
/// the windows of one key hold; after a spill one buffer for each run.
pub struct PartitionJoin {
    state: State,
    /// That of right heads; keys compare alike on both sides.
    layout: Layout,
    session: PointInTimeSession,
    inputs: RowColumns,
    extender: RowExtender,
    left_columns: usize,
    together: Option<Together>,
    batch: Batch,
    groups: Vec<i32>,
    times: Vec<Millis>,
    out: Outbox,
}

/// Rows come in, then rows go out.
enum State {
    Loading {
        left: Sorter,
        right: Sorter,
    },
    Joining {
        left: Sorted,
        right: Sorted,
    },
    /// A step in between failed.
    Broken,
}

/// The left rows that are being answered.
#[derive(Default)]
struct Batch {
    rows: Vec<u8>,
    ends: Vec<usize>,
    groups: Vec<i32>,
    times: Vec<Millis>,
    /// The keys of the batch in order. The last one stays for the next batch, where it may go on.
    keys: Vec<Key>,
}

/// The key of left rows.
#[derive(Debug)]
struct Key {
    hash: u64,
    head: Vec<u8>,
    /// The session's number for it; ascends.
    group: i32,
    /// Time of its last row in the batch.
    last: Millis,
}

impl Key {
    fn compare(&self, layout: &Layout, other: &Placed<'_>) -> Result<Ordering> {
        let order = self.hash.cmp(&other.hash);
        if order.is_ne() {
            return Ok(order);
        }
        let head = Row::new(&self.head, layout.time() + 1)?;
        Ok(layout.compare_keys(&head, &other.record.head))
    }
}

impl Batch {
    /// Reads rows until the batch is full or the side ends.
    fn read(&mut self, layout: &Layout, left: &mut Sorted) -> Result<()> {
        self.rows.clear();
        self.ends.clear();
        self.groups.clear();
        self.times.clear();
        self.keys.drain(..self.keys.len().saturating_sub(1));
        self.keys.iter_mut().for_each(|key| key.last = Millis::MIN);
        while self.ends.len() < BATCH
            && let Some(row) = left.peek()?
        {
            let known = match self.keys.last() {
                Some(key) => key.compare(layout, &row)?.is_eq(),
                None => false,
            };
            if !known {
                let group = self.keys.last().map_or(Ok(0), |key| {
                    key.group.checked_add(1).ok_or_else(|| Error::out_of_budget("a partition has more than 2^31 keys"))
                })?;
                let head = row.record.head.bytes().to_vec();
                self.keys.push(Key { hash: row.hash, head, group, last: row.time });
            }
            if let Some(key) = self.keys.last_mut() {
                key.last = row.time;
                self.groups.push(key.group);
            }
            self.times.push(row.time);
            self.rows.extend_from_slice(row.record.row);
            self.ends.push(self.rows.len());
            left.advance()?;
        }
        Ok(())
    }

    /// Row `index`, of so many columns.
    fn row(&self, index: usize, columns: usize) -> Result<Row<'_>> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Row::new(&self.rows[start..self.ends[index]], columns)
    }

    fn bytes_held(&self) -> usize {
        self.rows.capacity() + self.ends.capacity() * 8 + self.groups.capacity() * 4 + self.times.capacity() * 8
    }
}

/// The column whose equal values come out side by side.
#[derive(Debug, Clone, Copy)]
struct Together {
    column: usize,
    variable: bool,
}

impl Together {
    /// The rows of a batch, those of equal values next to each other, otherwise in the order that they have: a counting sort
    /// by the rank at which a value first comes up.
    fn order(self, batch: &Batch, columns: usize) -> Result<Vec<usize>> {
        let mut ranks: HashMap<(&[u8], u64), usize> = HashMap::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut of_row = Vec::with_capacity(batch.ends.len());
        for index in 0..batch.ends.len() {
            let row = batch.row(index, columns)?;
            // a null has an empty slot, and need not be told from a zero or an empty text
            let slot = row.slot(self.column);
            let value = if self.variable && slot != 0 { (row.variable(self.column)?, 0) } else { (&[][..], slot) };
            let next = ranks.len();
            let rank = *ranks.entry(value).or_insert(next);
            if rank == next {
                counts.push(0);
            }
            counts[rank] += 1;
            of_row.push(rank);
        }
        let mut places = counts;
        let mut total = 0;
        for place in &mut places {
            total += std::mem::replace(place, total);
        }
        let mut order = vec![0; of_row.len()];
        for (index, rank) in of_row.into_iter().enumerate() {
            order[places[rank]] = index;
            places[rank] += 1;
        }
        Ok(order)
    }
}

impl PartitionJoin {
    /// A join that computes `plan` over rows of `layout`.
    ///
    /// # Errors
    /// `InvalidArgument` when the layout contradicts itself; `Unsupported` when an input is of a type that is not read
    /// from rows; what the session refuses.
    pub fn new(plan: Arc<WindowPlan>, layout: JoinLayout) -> Result<Self> {
        if layout.variable_keys.is_empty() {
            return Err(Error::invalid_argument("a join needs a key"));
        }
        let inputs = plan.inputs().iter().map(|input| input.data_type.clone()).collect();
        let left = Layout::new(layout.variable_keys.clone(), Vec::new());
        let right = Layout::new(layout.variable_keys.clone(), inputs);
        Self::over(plan, layout, left, right)
    }

    /// A join whose heads are of these layouts.
    pub(crate) fn over(plan: Arc<WindowPlan>, layout: JoinLayout, left: Layout, right: Layout) -> Result<Self> {
        if let Some(column) = layout.together.filter(|column| *column >= layout.left_columns) {
            return Err(Error::invalid_argument(format!(
                "column {column} of a row of {} columns",
                layout.left_columns
            )));
        }
        let together =
            layout.together.map(|column| Together { column, variable: layout.left_variable.contains(&column) });
        Ok(Self {
            together,
            state: State::Loading {
                left: Sorter::new(left, "the left side"),
                right: Sorter::new(right.clone(), "the right side"),
            },
            inputs: RowColumns::new(right.time() + 1, plan.inputs())?,
            layout: right,
            extender: RowExtender::new(layout.left_columns, layout.left_variable, plan.outputs().len())?,
            left_columns: layout.left_columns,
            session: PointInTimeSession::new(plan)?,
            batch: Batch::default(),
            groups: Vec::new(),
            times: Vec::new(),
            out: Outbox::default(),
        })
    }

    /// Takes a frame of records in.
    ///
    /// # Errors
    /// `CorruptData` when it is not made of records; `InvalidArgument` for a record without a time, or after the first
    /// [`Self::next`].
    pub fn put(&mut self, side: Side, frame: Vec<u8>) -> Result<()> {
        match (&mut self.state, side) {
            (State::Loading { left, .. }, Side::Left) => left.put(frame),
            (State::Loading { right, .. }, Side::Right) => right.put(frame),
            _ => Err(Error::invalid_argument("rows came after the first answer was asked for")),
        }
    }

    /// Moves the rows of the larger side to a new file at `path`, which has no name any more when this returns. Does nothing
    /// once answers were asked for.
    ///
    /// # Errors
    /// `Internal` naming the file when it cannot be written.
    pub fn spill(&mut self, path: &Path) -> Result<()> {
        match &mut self.state {
            State::Loading { left, right } if left.bytes_held() > right.bytes_held() => left.spill(path),
            State::Loading { right, .. } => right.spill(path),
            _ => Ok(()),
        }
    }

    /// The next rows, each after its length (8 bytes, little-endian): as many as there is room for, at most those of one
    /// batch; empty when all were given. `Err` in the inner result says how much room one row needs.
    ///
    /// # Errors
    /// What reading rows and the session refuse.
    pub fn next(&mut self, room: usize) -> Result<std::result::Result<&[u8], usize>> {
        if self.out.is_empty() {
            self.answer()?;
        }
        Ok(self.out.take(room))
    }

    /// Bytes of heap held.
    pub fn bytes_held(&self) -> usize {
        let rows = match &self.state {
            State::Loading { left, right } => left.bytes_held() + right.bytes_held(),
            State::Joining { left, right } => left.bytes_held() + right.bytes_held(),
            State::Broken => 0,
        };
        rows + self.session.bytes_held() + self.batch.bytes_held() + self.out.bytes_held()
    }

    /// Fills `out` with the rows of the next batch.
    fn answer(&mut self) -> Result<()> {
        if matches!(self.state, State::Loading { .. })
            && let State::Loading { left, right } = std::mem::replace(&mut self.state, State::Broken)
        {
            self.state = State::Joining { left: left.finish()?, right: right.finish()? };
        }
        let State::Joining { left, right } = &mut self.state else {
            return Err(Error::internal("the rows could not be sorted"));
        };
        self.batch.read(&self.layout, left)?;
        if self.batch.ends.is_empty() {
            return Ok(());
        }
        self.session.queries(&self.batch.groups, &self.batch.times)?;
        let mut key = 0;
        while let Some(row) = right.peek()? {
            let order = match self.batch.keys.get(key) {
                Some(asked) => asked.compare(&self.layout, &row)?,
                None => break,
            };
            let asked = &self.batch.keys[key];
            let last = key + 1 == self.batch.keys.len();
            match order {
                // nobody asks for this key
                Ordering::Greater => {}
                Ordering::Less if last => break,
                Ordering::Less => {
                    key += 1;
                    continue;
                }
                Ordering::Equal if row.time < asked.last => {
                    self.groups.push(asked.group);
                    self.times.push(row.time);
                    self.inputs.append(&row.record.head)?;
                }
                // a later batch may ask for it
                Ordering::Equal if last => break,
                Ordering::Equal => {}
            }
            right.advance()?;
            if self.groups.len() == BATCH {
                fold(&mut self.session, &mut self.groups, &mut self.times, self.inputs.finish())?;
            }
        }
        if !self.groups.is_empty() {
            fold(&mut self.session, &mut self.groups, &mut self.times, self.inputs.finish())?;
        }
        let features = self.session.finish()?;
        let added: Vec<_> = features.iter().map(Added::new).collect();
        let order = match &self.together {
            Some(together) => together.order(&self.batch, self.left_columns)?,
            None => (0..self.batch.ends.len()).collect(),
        };
        for index in order {
            let row = self.batch.row(index, self.left_columns)?;
            self.out.row(|out| self.extender.append(&row, &added, index, out))?;
        }
        Ok(())
    }
}

fn fold(
    session: &mut PointInTimeSession,
    groups: &mut Vec<i32>,
    times: &mut Vec<Millis>,
    inputs: Vec<ArrayRef>,
) -> Result<()> {
    session.events(groups, times, &inputs)?;
    groups.clear();
    times.clear();
    Ok(())
}

impl std::fmt::Debug for PartitionJoin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionJoin").field("bytes_held", &self.bytes_held()).finish_non_exhaustive()
    }
}
