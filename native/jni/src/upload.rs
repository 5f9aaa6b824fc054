//! The upload of a partition behind a handle.

use crate::exclusive::{Exclusive, Held};
use crate::session::Written;
use crate::settings;
use chronon_join::{ColumnUpload, PartitionUpload, Uploaded};
use chronon_plan::Plan;
use chronon_types::time::Millis;
use chronon_types::{Error, Field, Result};
use chronon_window::WindowPlan;
use chronon_window::online::{Base, OnlinePlan};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// What `uploadOpen` understands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    keys: Vec<Field>,
    /// When the batch ends.
    end: Millis,
    stored: Stored,
}

/// What is stored of a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    /// Its batch IR.
    BatchIr,
    /// Its outputs.
    Outputs,
    /// Its outputs, unless all are null.
    NonEmptyOutputs,
}

/// What `columnUploadOpen` understands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnOptions {
    definition: String,
    keys: Vec<Field>,
    columns: Vec<Field>,
}

/// An upload.
pub(crate) struct Upload {
    state: Exclusive<State>,
}

enum Rows {
    Aggregated(Box<PartitionUpload>),
    Plain(Box<ColumnUpload>),
}

struct State {
    rows: Rows,
    failed: Option<Error>,
    definition: String,
}

/// What the plan serves.
///
/// # Errors
/// What the window crate refuses.
pub(crate) fn online_plan(plan: &Plan) -> Result<Arc<OnlinePlan>> {
    let parts = plan.online_plan();
    let bases = parts.bases.into_iter().map(|(spec, windows)| Base { spec, windows });
    Ok(Arc::new(OnlinePlan::new(parts.inputs, bases.collect())?))
}

impl Upload {
    /// An upload of what the plan computes.
    ///
    /// # Errors
    /// `InvalidArgument` for options that are not understood, and what the upload refuses.
    pub(crate) fn open(plan: &Plan, options: &str) -> Result<Self> {
        let options: Options = parse(options)?;
        let uploaded = || match options.stored {
            Stored::BatchIr => Ok(Uploaded::BatchIr(online_plan(plan)?)),
            Stored::Outputs | Stored::NonEmptyOutputs => {
                let parts = plan.window_plan();
                let plan = Arc::new(WindowPlan::new(parts.inputs, parts.specs, parts.resolution)?);
                Ok(Uploaded::Outputs { plan, drop_empty: matches!(options.stored, Stored::NonEmptyOutputs) })
            }
        };
        let definition = plan.name();
        let rows = uploaded().and_then(|uploaded| PartitionUpload::new(uploaded, options.keys, options.end));
        Self::over(definition, rows.map(|rows| Rows::Aggregated(Box::new(rows))))
    }

    /// An upload of columns as they are.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub(crate) fn of_columns(options: &str) -> Result<Self> {
        let options: ColumnOptions = parse(options)?;
        let rows = ColumnUpload::new(options.keys, options.columns);
        Self::over(&options.definition, rows.map(|rows| Rows::Plain(Box::new(rows))))
    }

    fn over(definition: &str, rows: Result<Rows>) -> Result<Self> {
        let definition = format!("definition {definition}");
        let rows = rows.map_err(|error| error.within(&definition))?;
        Ok(Self { state: Exclusive::new(State { rows, failed: None, definition }) })
    }

    /// Takes a frame of records in; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the upload refuses; `OutOfBudget`.
    pub(crate) fn put(&self, frame: Vec<u8>) -> Result<u64> {
        self.step(|state| {
            settings::check_budget("the upload", state.bytes_held(), frame.len())?;
            match &mut state.rows {
                Rows::Aggregated(upload) => upload.put(frame)?,
                Rows::Plain(upload) => upload.put(&frame)?,
            }
            Ok(state.bytes_held())
        })
    }

    /// Moves rows to a new file; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; `Internal` naming the file when it cannot be written.
    pub(crate) fn spill(&self, path: &str) -> Result<u64> {
        self.step(|state| {
            if let Rows::Aggregated(upload) = &mut state.rows {
                upload.spill(Path::new(path))?;
            }
            Ok(state.bytes_held())
        })
    }

    /// Hands rows to `write`: bytes written, or else bytes needed for one row, and then it waits. `Ok(Ok(0))` at the end.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the upload refuses.
    pub(crate) fn next(&self, room: usize, write: impl FnOnce(&[u8])) -> Result<Written> {
        self.step(|state| {
            let rows = match &mut state.rows {
                Rows::Aggregated(upload) => upload.next(room)?,
                Rows::Plain(upload) => upload.next(room),
            };
            Ok(rows.map(|rows| {
                write(rows);
                rows.len()
            }))
        })
    }

    /// Bytes held after the last call.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.state.bytes_held()
    }

    /// A step of the upload; when it fails, rows may be missing, so nothing may follow.
    fn step<R>(&self, work: impl FnOnce(&mut State) -> Result<R>) -> Result<R> {
        self.state.with(|state| {
            work(state).map_err(|error| {
                let error = error.within(&state.definition);
                state.failed = Some(error.clone());
                error
            })
        })
    }
}

fn parse<'a, T: Deserialize<'a>>(options: &'a str) -> Result<T> {
    serde_json::from_str(options).map_err(|e| Error::invalid_argument(format!("options of the upload: {e}")))
}

impl Held for State {
    fn bytes_held(&self) -> u64 {
        match &self.rows {
            Rows::Aggregated(upload) => upload.bytes_held() as u64,
            Rows::Plain(upload) => upload.bytes_held() as u64,
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }
}
