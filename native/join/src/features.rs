//! What a join computes for its left rows.

use crate::batch::{BATCH, Batch};
use crate::record::Layout;
use crate::sorter::Sorted;
use arrow::array::ArrayRef;
use chronon_codec::row::RowColumns;
use chronon_types::Result;
use chronon_types::time::Millis;
use chronon_window::{PointInTimeSession, WindowPlan};
use std::cmp::Ordering;
use std::sync::Arc;

/// Gives batches of left rows their features; the right rows are read once, on the way.
pub(crate) trait Features: Send {
    /// One column for each output. Keys of batches ascend; the last key of a batch may go on in the next one.
    ///
    /// # Errors
    /// What reading rows and computing refuse.
    fn of(&mut self, batch: &Batch, layout: &Layout, right: &mut Sorted) -> Result<Vec<ArrayRef>>;

    /// Where in these columns the features of a row of the batch stand.
    fn place(&self, row: usize) -> usize;

    /// Bytes of heap held.
    fn bytes_held(&self) -> usize;
}

/// Windows over events.
pub(crate) struct EventWindows {
    session: PointInTimeSession,
    inputs: RowColumns,
    groups: Vec<i32>,
    times: Vec<Millis>,
}

impl EventWindows {
    /// `layout` is that of right heads: keys, time, inputs of the plan.
    ///
    /// # Errors
    /// `Unsupported` when an input is of a type that is not read from rows; what the session refuses.
    pub(crate) fn new(plan: Arc<WindowPlan>, layout: &Layout) -> Result<Self> {
        Ok(Self {
            inputs: RowColumns::new(layout.time() + 1, plan.inputs())?,
            session: PointInTimeSession::new(plan)?,
            groups: Vec::new(),
            times: Vec::new(),
        })
    }

    fn fold(&mut self) -> Result<()> {
        self.session.events(&self.groups, &self.times, &self.inputs.finish())?;
        self.groups.clear();
        self.times.clear();
        Ok(())
    }
}

impl Features for EventWindows {
    fn of(&mut self, batch: &Batch, layout: &Layout, right: &mut Sorted) -> Result<Vec<ArrayRef>> {
        self.session.queries(&batch.groups, &batch.times)?;
        let mut key = 0;
        while let Some(row) = right.peek()? {
            let order = match batch.keys.get(key) {
                Some(asked) => asked.compare(layout, &row)?,
                None => break,
            };
            let asked = &batch.keys[key];
            let last = key + 1 == batch.keys.len();
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
                self.fold()?;
            }
        }
        if !self.groups.is_empty() {
            self.fold()?;
        }
        self.session.finish()
    }

    fn place(&self, row: usize) -> usize {
        row
    }

    fn bytes_held(&self) -> usize {
        self.session.bytes_held()
    }
}
