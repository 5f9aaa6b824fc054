//! The kernel's answer to a case.

mod columns;
mod definition;
mod online;
mod row;
mod sawtooth;
mod serving;

use crate::case::{Answer, Case, Mode};
use crate::json::Records;
use crate::value::Value;
use chronon_types::{Error, ErrorCode};
use std::collections::BTreeMap;
use std::fmt;

/// Why the kernel has no answer.
#[derive(Debug)]
pub enum Refusal {
    /// An operation or a shape that is not built.
    NotBuilt(String),
    /// The kernel's error, or what is wrong with its answer.
    Error(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error.code() {
            ErrorCode::Unsupported => Self::NotBuilt(error.to_string()),
            _ => Self::Error(error.to_string()),
        }
    }
}

impl From<String> for Refusal {
    fn from(error: String) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt(text) | Self::Error(text) => f.write_str(text),
        }
    }
}

/// The kernel's answer to a case.
///
/// # Errors
/// The kernel's error, or a text that says where its answers contradict each other.
pub fn answer(case: &Case) -> Result<Answer, Refusal> {
    let plan = definition::plan(case)?;
    let outputs = plan.outputs().iter().map(|o| (o.field().name.clone(), o.field().data_type.clone())).collect();
    let answer = match &case.mode {
        Mode::Sawtooth(_) => Answer { values: sawtooth::values(case, &plan)?, ..Answer::default() },
        Mode::Row { .. } => row::answer(case, &plan)?,
        Mode::Online { .. } | Mode::Tiled { .. } => {
            let records = online::records(case, &plan)?;
            let mut schemas = BTreeMap::from([("batch".to_owned(), plan.batch_ir_schema()?)]);
            if matches!(case.mode, Mode::Tiled { .. }) {
                schemas.insert("tile".to_owned(), plan.tile_ir_schema()?);
            }
            Answer { values: online::values(case, &plan, &records)?, records, schemas, ..Answer::default() }
        }
        Mode::Many { .. } => {
            // what is stored here is the kernel's own affair
            let records = online::records(case, &plan)?;
            Answer { values: online::values(case, &plan, &records)?, ..Answer::default() }
        }
    };
    Ok(Answer { outputs, ..answer })
}

/// What the kernel makes of the reference's records.
///
/// # Errors
/// The kernel's error.
pub fn decode(case: &Case, records: &Records) -> Result<Vec<Vec<Value>>, Refusal> {
    let plan = definition::plan(case)?;
    match &case.mode {
        Mode::Row { .. } => row::values(case, &plan, records),
        Mode::Sawtooth(_) => Err(Refusal::Error("the offline path stores nothing".to_owned())),
        Mode::Online { .. } | Mode::Tiled { .. } | Mode::Many { .. } => online::values(case, &plan, records),
    }
}
