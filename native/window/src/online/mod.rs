//! Serving: what is stored of a key at the end of a batch, what streamed in since, and their merge at a request.
//!
//! ```text
//!            batch end B − W            B − W + 2 d                     B              request Q
//!   batch IR      |── tail hops ────────────|──── collapsed ────────────|
//!   window of Q        |─────────── hops ───|──── collapsed ────────────|─ rows, tiles ─|
//!                 round(Q − W, hop)
//! ```
//!
//! A [`BatchIr`] holds, per window, one accumulator of everything that stays inside for two days more (collapsed), and the
//! hops in which the tail will move meanwhile. [`Lambda`] takes the stored form of one, folds in what was streamed, leaves
//! out the hops that the tail has passed, and appends the results of the request. A [`Tile`] is what a stream job keeps
//! of a key over a short span. Formats and rules are those of the reference (aggregator sheet §8.3, §8.4, §13, §14).

mod batch;
mod lambda;
mod plan;
mod tile;

pub use batch::BatchIr;
pub use lambda::{Events, Lambda, Mutations, Request, Streamed};
pub use plan::{Base, OnlinePlan};
pub use tile::Tile;

use chronon_types::Error;

/// Where in stored bytes an error was met.
#[cold]
fn at_byte(error: Error, what: &str, whole: &[u8], rest: &[u8]) -> Error {
    error.within(format!("{what}, at byte {} of {}", whole.len() - rest.len(), whole.len()))
}

/// Refuses bytes behind a record.
fn check_end(what: &str, rest: &[u8]) -> chronon_types::Result<()> {
    if rest.is_empty() {
        return Ok(());
    }
    Err(Error::corrupt_data(format!("{} bytes follow the end of {what}", rest.len())))
}
