//! States of entities: a snapshot of the day before, and the day's mutations until the moment asked for.

use crate::batch::{BATCH, Batch, Key};
use crate::features::Features;
use crate::record::Layout;
use crate::sorter::{Placed, Sorted};
use arrow::array::{Array, ArrayRef};
use chronon_codec::row::{Row, RowColumns};
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Field, Result};
use chronon_window::online::{BatchIr, Events, Lambda, Mutations, OnlinePlan, Request, Streamed};
use std::cmp::Ordering;
use std::sync::Arc;

/// Columns of a right head between its time and the inputs of the plan: whether the row is added, and its own time.
const BETWEEN: usize = 2;

/// Answers a row as a fetch at its time would be answered: from what an upload at the start of the row's day would store of the
/// key, and the mutations since.
///
/// The last key is the day, as the time at which it starts. A right head is (keys, time, whether it is added, its own time, inputs
/// of the plan); its time is the row's own of a snapshot, and that of the change of a mutation. Of a snapshot it is null whether
/// the row is added. Rows of a snapshot count before the day begins, mutations from then on: so those of a day come in the
/// order in which they are needed, and a mutation before the day is in the snapshot already.
///
/// Cost: for each key and day one fold per row of the snapshot and per mutation, and for each answer what its tail hops take. All
/// of the mutations that have come are folded again when a window's tail has moved (those of the shortest windows do 288 times a day),
/// and for an answer after a change that was made before the time of its row. Rows share an answer when no mutation came and no
/// tail moved between them. Memory: the batch IR, the mutations of one key and day, and two sets of accumulators.
pub(crate) struct EntityStates {
    snapshot: BatchIr,
    lambda: Lambda,
    inputs: RowColumns,
    /// The time of each row that is gathered in `inputs`.
    times: Vec<Millis>,
    state: Option<State>,
    places: Vec<usize>,
}

/// What is known of a key on a day.
struct State {
    /// The batch's number for the key.
    group: i32,
    day: Millis,
    /// The stored form of the snapshot, if there is one.
    stored: Option<Vec<u8>>,
    mutations: Gathered,
}

/// Mutations by the time of the change.
#[derive(Default)]
struct Gathered {
    columns: Vec<ArrayRef>,
    changed: Vec<Millis>,
    ts: Vec<Millis>,
    is_before: Vec<bool>,
}

impl EntityStates {
    /// What stands behind the time in right heads.
    pub(crate) fn head_columns(inputs: &[Field]) -> Vec<DataType> {
        let inputs = inputs.iter().map(|input| input.data_type.clone());
        [DataType::Boolean, DataType::Long].into_iter().chain(inputs).collect()
    }

    /// `layout` is that of right heads.
    ///
    /// # Errors
    /// `Unsupported` when an input is of a type that is not read from rows; `Internal` when the plan names an operation that
    /// nothing computes.
    pub(crate) fn new(plan: Arc<OnlinePlan>, layout: &Layout) -> Result<Self> {
        Ok(Self {
            snapshot: BatchIr::new(plan.clone(), 0)?,
            inputs: RowColumns::new(layout.time() + 1 + BETWEEN, plan.inputs())?,
            lambda: Lambda::new(plan)?,
            times: Vec::new(),
            state: None,
            places: Vec::new(),
        })
    }

    /// Reads the rows of a key and day.
    fn load(&mut self, key: &Key, layout: &Layout, right: &mut Sorted) -> Result<State> {
        let day = Row::new(&key.head, layout.time() + 1)?.slot(layout.time() - 1) as Millis;
        self.snapshot.restart(day);
        self.lambda.restart();
        let mut any = false;
        let mut mutations = Gathered::default();
        while let Some(row) = right.peek()? {
            match key.compare(layout, &row)? {
                // nobody asks for this key
                Ordering::Greater => {}
                Ordering::Less => break,
                Ordering::Equal => match kind(layout, &row) {
                    None if row.time < day => {
                        any = true;
                        self.inputs.append(&row.record.head)?;
                        self.times.push(row.time);
                        if self.times.len() == BATCH {
                            self.fold()?;
                        }
                    }
                    Some(added) if row.time >= day => {
                        self.fold()?;
                        mutations.put(layout, &row, added)?;
                        self.inputs.append(&row.record.head)?;
                    }
                    _ => {}
                },
            }
            right.advance()?;
        }
        self.fold()?;
        mutations.columns = self.inputs.finish();
        let mut stored = None;
        if any {
            self.snapshot.encode(stored.insert(Vec::new()))?;
        }
        Ok(State { group: key.group, day, stored, mutations })
    }

    /// Folds the rows of the snapshot in that were gathered.
    fn fold(&mut self) -> Result<()> {
        if self.times.is_empty() {
            return Ok(());
        }
        self.snapshot.update(&self.times, &self.inputs.finish())?;
        self.times.clear();
        Ok(())
    }

    /// Answers a row that asks at `query`, when so many mutations have come.
    fn answer(&mut self, state: &State, query: Millis, seen: usize) -> Result<()> {
        let Gathered { columns, changed, ts, is_before } = &state.mutations;
        let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(0, seen)).collect();
        let mutations = Mutations { is_before: &is_before[..seen], ts: &changed[..seen] };
        let rows = Events { ts: &ts[..seen], columns: &columns, mutations: Some(mutations) };
        self.lambda.follow(&Request {
            query,
            batch_end: state.day,
            batch: state.stored.as_deref(),
            streamed: if seen == 0 { Streamed::Nothing } else { Streamed::Rows(rows) },
            streamed_from: None,
        })
    }
}

/// Whether a mutation adds its row; none for a row of a snapshot.
fn kind(layout: &Layout, row: &Placed<'_>) -> Option<bool> {
    let added = layout.time() + 1;
    (!row.record.head.is_null(added)).then(|| row.record.head.slot(added) as u8 != 0)
}

impl Gathered {
    /// A mutation, but for its inputs.
    fn put(&mut self, layout: &Layout, row: &Placed<'_>, added: bool) -> Result<()> {
        let time = layout.time() + 2;
        if row.record.head.is_null(time) {
            return Err(Error::invalid_argument("a mutation has no time of its row"));
        }
        self.ts.push(row.record.head.slot(time) as Millis);
        self.changed.push(row.time);
        self.is_before.push(!added);
        Ok(())
    }

    fn bytes_held(&self) -> usize {
        self.columns.iter().map(|column| column.get_array_memory_size()).sum::<usize>()
            + (self.changed.capacity() + self.ts.capacity()) * size_of::<Millis>()
            + self.is_before.capacity()
    }
}

impl Features for EntityStates {
    fn of(&mut self, batch: &Batch, layout: &Layout, right: &mut Sorted) -> Result<Vec<ArrayRef>> {
        self.places.clear();
        let first = batch.keys.first().map_or(0, |key| key.group);
        // the key and time of the answer given last
        let mut answered: Option<(i32, Millis)> = None;
        let mut answers = 0;
        for (group, query) in batch.groups.iter().copied().zip(batch.times.iter().copied()) {
            let state = match self.state.take().filter(|state| state.group == group) {
                Some(state) => state,
                None => self.load(&batch.keys[(group - first) as usize], layout, right)?,
            };
            let seen = state.mutations.changed.partition_point(|change| *change < query);
            let same =
                answered.is_some_and(|(key, time)| key == group && (time == query || self.lambda.stands(query, seen)));
            if !same {
                self.answer(&state, query, seen)?;
                answered = Some((group, query));
                answers += 1;
            }
            self.places.push(answers - 1);
            self.state = Some(state);
        }
        self.lambda.finish()
    }

    fn place(&self, row: usize) -> usize {
        self.places[row]
    }

    fn bytes_held(&self) -> usize {
        let state = self
            .state
            .as_ref()
            .map_or(0, |state| state.stored.as_ref().map_or(0, Vec::capacity) + state.mutations.bytes_held());
        state
            + self.snapshot.heap_size()
            + self.lambda.heap_size()
            + self.times.capacity() * size_of::<Millis>()
            + self.places.capacity() * size_of::<usize>()
    }
}
