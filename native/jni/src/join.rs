//! The join of a partition behind a handle.

use crate::exclusive::{Exclusive, Held, Steps};
use crate::session::Written;
use crate::settings;
use crate::upload::online_plan;
use chronon_join::{JoinLayout, PartitionJoin, Side};
use chronon_plan::Plan;
use chronon_types::{Error, Result};
use chronon_window::WindowPlan;
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// What `joinOpen` understands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// For each key, whether its value lies in the variable part of a row.
    variable_keys: Vec<bool>,
    /// Columns of a left row.
    left_columns: usize,
    /// Those of them whose values lie in the variable part.
    left_variable: Vec<usize>,
    /// The one whose equal values are to come out side by side.
    together: Option<usize>,
    /// Whether the right side is snapshots and mutations of entities; the last key is the day then.
    #[serde(default)]
    mutations: bool,
}

/// A join.
pub(crate) struct Join {
    state: Exclusive<Steps<PartitionJoin>>,
}

impl Join {
    /// A join over the plan.
    ///
    /// # Errors
    /// `InvalidArgument` for options that are not understood, and what the join refuses.
    pub(crate) fn open(plan: &Plan, options: &str) -> Result<Self> {
        let options: Options =
            serde_json::from_str(options).map_err(|e| Error::invalid_argument(format!("options of the join: {e}")))?;
        let layout = JoinLayout {
            variable_keys: options.variable_keys,
            left_columns: options.left_columns,
            left_variable: options.left_variable,
            together: options.together,
        };
        let join = if options.mutations {
            online_plan(plan).and_then(|plan| PartitionJoin::of_mutations(plan, layout))
        } else {
            let parts = plan.window_plan();
            WindowPlan::new(parts.inputs, parts.specs, parts.resolution)
                .and_then(|windows| PartitionJoin::new(Arc::new(windows), layout))
        };
        Ok(Self { state: Exclusive::steps_of(plan.name(), join)? })
    }

    /// Takes a frame of records in; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown side or a second thread; what the join refuses; `OutOfBudget`.
    pub(crate) fn put(&self, side: i32, frame: Vec<u8>) -> Result<u64> {
        let side = match side {
            0 => Side::Left,
            1 => Side::Right,
            other => return Err(Error::invalid_argument(format!("side {other}; 0 is left, 1 is right"))),
        };
        self.state.step(|join| {
            settings::check_budget("the join", join.bytes_held() as u64, frame.len())?;
            join.put(side, frame)?;
            Ok(join.bytes_held() as u64)
        })
    }

    /// Moves rows to a new file; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; `Internal` naming the file when it cannot be written.
    pub(crate) fn spill(&self, path: &str) -> Result<u64> {
        self.state.step(|join| {
            join.spill(Path::new(path))?;
            Ok(join.bytes_held() as u64)
        })
    }

    /// Hands rows to `write`: bytes written, or else bytes needed for one row, and then it waits. `Ok(Ok(0))` at the end.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the join refuses.
    pub(crate) fn next(&self, room: usize, write: impl FnOnce(&[u8])) -> Result<Written> {
        self.state.step(|join| {
            Ok(join.next(room)?.map(|rows| {
                write(rows);
                rows.len()
            }))
        })
    }

    /// Bytes held after the last call.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.state.bytes_held()
    }
}

impl Held for PartitionJoin {
    fn bytes_held(&self) -> u64 {
        self.bytes_held() as u64
    }
}
