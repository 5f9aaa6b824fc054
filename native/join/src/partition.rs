//! The join of one partition.

use crate::batch::{Batch, Together};
use crate::entity_states::EntityStates;
use crate::features::{EventWindows, Features};
use crate::outbox::Outbox;
use crate::record::Layout;
use crate::sorter::{Sorted, Sorter};
use chronon_codec::row::{Added, RowExtender};
use chronon_types::{Error, Result};
use chronon_window::WindowPlan;
use chronon_window::online::OnlinePlan;
use std::path::Path;
use std::sync::Arc;

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
/// Over entities with mutations ([`Self::of_mutations`]) the last key is the day, as the time at which it starts, and two columns
/// stand between time and inputs of a right head: whether the row is added (null of a row of a snapshot), and its own time. The
/// time before them is the row's own of a snapshot, and that of the change of a mutation. A left row gets what a fetch at its
/// time would give: the state at the start of its day, from the snapshot, and the mutations since.
///
/// Cost: O(n log n) in the rows of a side, and what the computation takes: over entities one fold per mutation of a key's day
/// whenever a mutation came, or a window's tail moved, since the row asked for before. Memory: the rows, 24 bytes for each, and
/// what the windows of one key hold, or the mutations of one key and day; after a spill one buffer for each run.
pub struct PartitionJoin {
    state: State,
    /// That of right heads; keys compare alike on both sides.
    layout: Layout,
    features: Box<dyn Features>,
    extender: RowExtender,
    left_columns: usize,
    together: Option<Together>,
    batch: Batch,
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

impl PartitionJoin {
    /// A join that computes `plan` over rows of `layout`.
    ///
    /// # Errors
    /// `InvalidArgument` when the layout contradicts itself; `Unsupported` when an input is of a type that is not read
    /// from rows; what the session refuses.
    pub fn new(plan: Arc<WindowPlan>, layout: JoinLayout) -> Result<Self> {
        let inputs = plan.inputs().iter().map(|input| input.data_type.clone()).collect();
        let left = Layout::new(layout.variable_keys.clone(), Vec::new());
        let right = Layout::new(layout.variable_keys.clone(), inputs);
        Self::of_events_as(plan, &layout, left, right)
    }

    /// A join that computes `plan` over snapshots and mutations of entities; the last key of `layout` is the day.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn of_mutations(plan: Arc<OnlinePlan>, layout: JoinLayout) -> Result<Self> {
        if layout.variable_keys.len() < 2 || layout.variable_keys.ends_with(&[true]) {
            return Err(Error::invalid_argument(
                "entities with mutations need a key, and the start of a day behind it",
            ));
        }
        let left = Layout::new(layout.variable_keys.clone(), Vec::new());
        let right = Layout::new(layout.variable_keys.clone(), EntityStates::head_columns(plan.inputs()));
        Self::of_mutations_as(plan, &layout, left, right)
    }

    /// A join over events whose heads are of these layouts.
    pub(crate) fn of_events_as(
        plan: Arc<WindowPlan>,
        layout: &JoinLayout,
        left: Layout,
        right: Layout,
    ) -> Result<Self> {
        let outputs = plan.outputs().len();
        let features = EventWindows::new(plan, &right)?;
        Self::over(Box::new(features), outputs, layout, left, right)
    }

    /// A join over entities whose heads are of these layouts.
    pub(crate) fn of_mutations_as(
        plan: Arc<OnlinePlan>,
        layout: &JoinLayout,
        left: Layout,
        right: Layout,
    ) -> Result<Self> {
        let outputs = plan.outputs().len();
        let features = EntityStates::new(plan, &right)?;
        Self::over(Box::new(features), outputs, layout, left, right)
    }

    fn over(
        features: Box<dyn Features>,
        outputs: usize,
        layout: &JoinLayout,
        left: Layout,
        right: Layout,
    ) -> Result<Self> {
        if layout.variable_keys.is_empty() {
            return Err(Error::invalid_argument("a join needs a key"));
        }
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
            layout: right,
            features,
            extender: RowExtender::new(layout.left_columns, layout.left_variable.clone(), outputs)?,
            left_columns: layout.left_columns,
            batch: Batch::default(),
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
        rows + self.features.bytes_held() + self.batch.bytes_held() + self.out.bytes_held()
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
        let features = self.features.of(&self.batch, &self.layout, right)?;
        let added: Vec<_> = features.iter().map(Added::new).collect();
        let order = match &self.together {
            Some(together) => together.order(&self.batch, self.left_columns)?,
            None => (0..self.batch.ends.len()).collect(),
        };
        for index in order {
            let row = self.batch.row(index, self.left_columns)?;
            let place = self.features.place(index);
            self.out.row(|out| self.extender.append(&row, &added, place, out))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for PartitionJoin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionJoin").field("bytes_held", &self.bytes_held()).finish_non_exhaustive()
    }
}
