//! Fuzz targets: a function of bytes per decoder of bytes from outside.
//!
//! A target panics when a decoder breaks its promise: a value that can be used, or a typed error.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is what a fuzzer reports")]

mod hosts;
mod serving;
mod sketches;
mod stored;

use chronon_types::{ErrorCode, Result};

/// What a fuzzer calls with bytes of its making.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("batch_ir", stored::batch_ir),
    ("cpc", sketches::cpc),
    ("fetch", serving::fetch),
    ("frame", hosts::frame),
    ("frequent_items", sketches::frequent_items),
    ("histogram", sketches::histogram),
    ("kll", sketches::kll),
    ("plan", hosts::plan),
    ("record", serving::record),
    ("request", stored::request),
    ("row", hosts::row),
    ("tile", stored::tile),
];

/// Runs the target called `name`.
///
/// # Panics
/// When there is none, and when a decoder breaks its promise.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    target(bytes);
}

/// Valid bytes for the targets: name of the target, name of the input, bytes.
pub fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    [stored::seeds(), sketches::seeds(), hosts::seeds(), serving::seeds()].concat()
}

/// The value, if the bytes are one; refusals must be typed.
fn decoded<T>(result: Result<T>, refusals: &[ErrorCode]) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(refusals.contains(&error.code()), "{error}");
            None
        }
    }
}
