//! The kernel's answer to a case.

mod columns;
mod definition;
mod sawtooth;

use crate::case::{Answer, Case, Mode};
use chronon_types::{Error, ErrorCode};
use std::fmt;

/// Why the kernel has no answer.
#[derive(Debug)]
pub enum Refusal {
    /// An operation, a shape or a mode that is not built.
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
    match &case.mode {
        Mode::Sawtooth(_) => sawtooth::answer(case),
        mode => Err(Refusal::NotBuilt(format!("mode {}", mode.name()))),
    }
}
