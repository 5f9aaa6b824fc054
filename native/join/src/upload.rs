//! The upload of one partition: what is stored of each of its keys.

use crate::record::Layout;
use crate::sorter::{Placed, Sorted, Sorter};
use crate::stored_row::{StoredRows, put_record};
use arrow::array::{Array, ArrayRef};
use chronon_codec::row::{Row, RowColumns};
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Field, Result};
use chronon_window::online::{BatchIr, OnlinePlan};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Rows that are folded in at once.
const BATCH: usize = 8192;

/// What is stored of a key.
#[derive(Debug)]
pub enum Uploaded {
    /// Its batch IR, for requests that come with streamed rows.
    BatchIr(Arc<OnlinePlan>),
    /// Its outputs as they are when the batch ends.
    Outputs {
        /// What to compute.
        plan: Arc<WindowPlan>,
        /// Whether a key whose outputs are all null is left out.
        drop_empty: bool,
    },
}

/// Gives the rows of an upload: for every key of a partition its bytes, and the bytes of what is stored of it.
///
/// First all rows come in, in frames of records and in any order ([`Self::put`]); meanwhile [`Self::spill`] moves rows to disk. A
/// record is two lengths (4 bytes each, little-endian), a row of (keys, time, inputs of the plan) in Spark's layout, and nothing.
/// Then [`Self::next`] gives one row for each key, in an order of the upload's own.
///
/// A key that is null is a key like others. Rows at or after the end of the batch do not count, but their keys do. Rows of a
/// key are folded by time, those of equal time by their inputs, so the result does not depend on the order in which rows came.
///
/// Cost: O(n log n) in the rows, and what the folding takes. Memory: the rows, 24 bytes for each, and what is held of one key.
pub struct PartitionUpload {
    state: State,
    layout: Layout,
    end: Millis,
    engine: Engine,
    keys: Vec<Field>,
    key_values: RowColumns,
    inputs: RowColumns,
    batch: Batch,
    value: Vec<u8>,
    out: StoredRows,
}

enum State {
    Loading(Sorter),
    Folding(Sorted),
    /// The step in between failed.
    Broken,
}

enum Engine {
    BatchIr(Box<BatchIr>),
    Outputs { session: Box<PointInTimeSession>, fields: Vec<Field>, drop_empty: bool },
}

/// Rows that are folded at once, and their keys.
#[derive(Default)]
struct Batch {
    keys: Vec<Key>,
    /// Keys begun before this batch.
    before: i32,
    times: Vec<Millis>,
    /// For each row the session's number for its key.
    groups: Vec<i32>,
}

struct Key {
    hash: u64,
    head: Vec<u8>,
    /// Its stored form; empty until the batch in which it began is complete.
    bytes: Vec<u8>,
    /// Its rows in the batch.
    rows: Range<usize>,
}

impl Batch {
    /// The last key goes on, maybe, in the next batch; others are forgotten.
    fn keep_last(&mut self) {
        let gone = self.keys.len().saturating_sub(1);
        self.keys.drain(..gone);
        self.before += gone as i32;
        self.times.clear();
        self.groups.clear();
        self.keys.iter_mut().for_each(|key| key.rows = 0..0);
    }

    fn is_last(&self, layout: &Layout, row: &Placed<'_>) -> Result<bool> {
        let Some(last) = self.keys.last().filter(|last| last.hash == row.hash) else { return Ok(false) };
        let head = Row::new(&last.head, row.record.head.columns())?;
        Ok(layout.compare_keys(&head, &row.record.head).is_eq())
    }

    /// The session's number for the key at `index`.
    fn group(&self, index: usize) -> i32 {
        self.before + index as i32
    }
}

impl PartitionUpload {
    /// An upload of rows with these keys, as of `end`, that come out as `out` makes them.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no key; `Unsupported` naming the column whose type is not read from rows; what the
    /// plan refuses.
    pub fn new(uploaded: Uploaded, keys: Vec<Field>, end: Millis, out: StoredRows) -> Result<Self> {
        if keys.is_empty() {
            return Err(Error::invalid_argument("an upload needs a key"));
        }
        let inputs = match &uploaded {
            Uploaded::BatchIr(plan) => plan.inputs(),
            Uploaded::Outputs { plan, .. } => plan.inputs(),
        };
        let variable = keys.iter().map(|key| is_variable(&key.data_type)).collect();
        let types = inputs.iter().map(|input| input.data_type.clone()).collect();
        let layout = Layout::new(variable, types).with_null_keys();
        let inputs = RowColumns::new(layout.time() + 1, inputs)?;
        let (engine, end) = match uploaded {
            Uploaded::BatchIr(plan) => (Engine::BatchIr(Box::new(BatchIr::new(plan, end)?)), end),
            Uploaded::Outputs { plan, drop_empty } => {
                let end = if plan.is_timeless() { Millis::MAX } else { end };
                let fields = plan.outputs().to_vec();
                let session = Box::new(PointInTimeSession::new(plan)?);
                (Engine::Outputs { session, fields, drop_empty }, end)
            }
        };
        Ok(Self {
            state: State::Loading(Sorter::new(layout.clone(), "the source")),
            layout,
            end,
            engine,
            key_values: RowColumns::new(0, &keys)?,
            keys,
            inputs,
            batch: Batch::default(),
            value: Vec::new(),
            out,
        })
    }

    /// Takes a frame of records in.
    ///
    /// # Errors
    /// `CorruptData` when it is not made of records; `InvalidArgument` for a record without a time, or after the first
    /// [`Self::next`].
    pub fn put(&mut self, frame: Vec<u8>) -> Result<()> {
        match &mut self.state {
            State::Loading(rows) => rows.put(frame),
            _ => Err(Error::invalid_argument("rows came after the first row was asked for")),
        }
    }

    /// Moves the rows in memory to a new file at `path`, which has no name any more when this returns. Does nothing once rows
    /// were asked for.
    ///
    /// # Errors
    /// `Internal` naming the file when it cannot be written.
    pub fn spill(&mut self, path: &Path) -> Result<()> {
        match &mut self.state {
            State::Loading(rows) => rows.spill(path),
            _ => Ok(()),
        }
    }

    /// The next rows, as [`StoredRows`] makes them: as many as there is room for; empty when all were given. `Err` in the inner
    /// result says how much room one row needs.
    ///
    /// # Errors
    /// What reading rows and folding refuse.
    pub fn next(&mut self, room: usize) -> Result<std::result::Result<&[u8], usize>> {
        while self.out.is_empty() && self.fold()? {}
        Ok(self.out.take(room))
    }

    /// Bytes of heap held.
    pub fn bytes_held(&self) -> usize {
        let rows = match &self.state {
            State::Loading(rows) => rows.bytes_held(),
            State::Folding(rows) => rows.bytes_held(),
            State::Broken => 0,
        };
        let engine = match &self.engine {
            Engine::BatchIr(ir) => ir.heap_size(),
            Engine::Outputs { session, .. } => session.bytes_held(),
        };
        rows + engine + self.value.capacity() + self.out.bytes_held()
    }

    /// Folds a batch of rows in, and sends out the keys that it completes; whether there was one.
    fn fold(&mut self) -> Result<bool> {
        if let State::Loading(_) = self.state
            && let State::Loading(rows) = std::mem::replace(&mut self.state, State::Broken)
        {
            self.state = State::Folding(rows.finish()?);
        }
        let ended = self.read()?;
        if self.batch.keys.is_empty() {
            return Ok(false);
        }
        // the keys that began in this batch; one that goes on from the batch before has its bytes already
        let first_new = self.batch.keys.len() - self.key_values.rows();
        let key_columns = self.key_values.finish();
        for (row, key) in self.batch.keys[first_new..].iter_mut().enumerate() {
            put_record(&self.keys, &key_columns, row, &mut key.bytes)?;
        }
        let inputs = self.inputs.finish();
        let complete = self.batch.keys.len() - usize::from(!ended);
        match &mut self.engine {
            Engine::BatchIr(ir) => {
                ir.load(&inputs)?;
                for (index, key) in self.batch.keys.iter().enumerate() {
                    ir.update_rows(&self.batch.times, key.rows.clone())?;
                    if index < complete {
                        self.value.clear();
                        ir.encode(&mut self.value)?;
                        self.out.send(&key.bytes, &self.value)?;
                        ir.clear();
                    }
                }
                ir.unload();
            }
            Engine::Outputs { session, fields, drop_empty } => {
                let asked: Vec<i32> = (0..complete).map(|index| self.batch.group(index)).collect();
                session.queries(&asked, &vec![self.end; complete])?;
                session.events(&self.batch.groups, &self.batch.times, &inputs)?;
                let outputs = session.finish()?;
                for (index, key) in self.batch.keys[..complete].iter().enumerate() {
                    if *drop_empty && is_empty(&outputs, index) {
                        continue;
                    }
                    self.value.clear();
                    put_record(fields, &outputs, index, &mut self.value)?;
                    self.out.send(&key.bytes, &self.value)?;
                }
            }
        }
        if ended {
            self.batch.keys.clear();
        }
        Ok(true)
    }

    /// Reads the next rows; whether none are left.
    fn read(&mut self) -> Result<bool> {
        let State::Folding(rows) = &mut self.state else {
            return Err(Error::internal("the rows could not be sorted"));
        };
        self.batch.keep_last();
        let mut read = 0;
        while let Some(row) = rows.peek()? {
            if read == BATCH {
                return Ok(false);
            }
            if !self.batch.is_last(&self.layout, &row)? {
                if self.batch.group(self.batch.keys.len()) == i32::MAX {
                    return Err(Error::out_of_budget("a partition has more than 2^31 keys; use more partitions"));
                }
                let (head, at) = (row.record.head.bytes().to_vec(), self.batch.times.len());
                self.batch.keys.push(Key { hash: row.hash, head, bytes: Vec::new(), rows: at..at });
                self.key_values.append(&row.record.head)?;
            }
            if row.time < self.end {
                self.batch.groups.push(self.batch.group(self.batch.keys.len() - 1));
                self.batch.times.push(row.time);
                self.inputs.append(&row.record.head)?;
                if let Some(key) = self.batch.keys.last_mut() {
                    key.rows.end += 1;
                }
            }
            read += 1;
            rows.advance()?;
        }
        Ok(true)
    }
}

/// Whether a value of the type lies in the variable part of a row.
pub(crate) fn is_variable(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::String | DataType::Binary | DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_, _)
    )
}

fn is_empty(outputs: &[ArrayRef], row: usize) -> bool {
    outputs.iter().all(|output| output.is_null(row))
}

impl std::fmt::Debug for PartitionUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionUpload").field("bytes_held", &self.bytes_held()).finish_non_exhaustive()
    }
}
