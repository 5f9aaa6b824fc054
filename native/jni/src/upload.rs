//! The upload of a partition behind a handle.

use crate::exclusive::{Exclusive, Held, Steps};
use crate::session::Written;
use crate::settings;
use chronon_join::{ColumnUpload, JsonSample, PartitionUpload, StoredRows, Uploaded};
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
    rows: RowOptions,
}

/// What a row has besides the bytes of its key and its value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowOptions {
    day: String,
    /// None, unless there are some.
    json: Option<JsonOptions>,
}

/// Which rows are there as JSON too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonOptions {
    /// Of ten thousand rows.
    share: u64,
    key_schema: String,
    value_schema: String,
}

impl RowOptions {
    fn open(self) -> Result<StoredRows> {
        let sample = |json: JsonOptions| JsonSample::new(json.share, &json.key_schema, &json.value_schema);
        Ok(StoredRows::new(self.day, self.json.map(sample).transpose()?))
    }
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
    rows: RowOptions,
}

/// An upload.
pub(crate) struct Upload {
    state: Exclusive<Steps<Rows>>,
}

enum Rows {
    Aggregated(Box<PartitionUpload>),
    Plain(Box<ColumnUpload>),
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
        let rows = uploaded().and_then(|it| PartitionUpload::new(it, options.keys, options.end, options.rows.open()?));
        let rows = rows.map(|rows| Rows::Aggregated(Box::new(rows)));
        Ok(Self { state: Exclusive::steps_of(plan.name(), rows)? })
    }

    /// An upload of columns as they are.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub(crate) fn of_columns(options: &str) -> Result<Self> {
        let options: ColumnOptions = parse(options)?;
        let rows = options.rows.open().and_then(|out| ColumnUpload::new(options.keys, options.columns, out));
        let rows = rows.map(|rows| Rows::Plain(Box::new(rows)));
        Ok(Self { state: Exclusive::steps_of(&options.definition, rows)? })
    }

    /// Takes a frame of records in; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the upload refuses; `OutOfBudget`.
    pub(crate) fn put(&self, frame: Vec<u8>) -> Result<u64> {
        self.state.step(|rows| {
            settings::check_budget("the upload", rows.bytes_held(), frame.len())?;
            match rows {
                Rows::Aggregated(upload) => upload.put(frame)?,
                Rows::Plain(upload) => upload.put(&frame)?,
            }
            Ok(rows.bytes_held())
        })
    }

    /// Moves rows to a new file; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; `Internal` naming the file when it cannot be written.
    pub(crate) fn spill(&self, path: &str) -> Result<u64> {
        self.state.step(|rows| {
            if let Rows::Aggregated(upload) = rows {
                upload.spill(Path::new(path))?;
            }
            Ok(rows.bytes_held())
        })
    }

    /// Hands rows to `write`: bytes written, or else bytes needed for one row, and then it waits. `Ok(Ok(0))` at the end.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the upload refuses.
    pub(crate) fn next(&self, room: usize, write: impl FnOnce(&[u8])) -> Result<Written> {
        self.state.step(|rows| {
            let rows = match rows {
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
}

fn parse<'a, T: Deserialize<'a>>(options: &'a str) -> Result<T> {
    serde_json::from_str(options).map_err(|e| Error::invalid_argument(format!("options of the upload: {e}")))
}

impl Held for Rows {
    fn bytes_held(&self) -> u64 {
        match self {
            Self::Aggregated(upload) => upload.bytes_held() as u64,
            Self::Plain(upload) => upload.bytes_held() as u64,
        }
    }
}
