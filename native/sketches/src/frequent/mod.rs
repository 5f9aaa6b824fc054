//! The most frequent items of a stream, approximately, in bounded memory.
//!
//! Own code rather than the pinned library's: output order, purges and stored bytes all follow the slots of the
//! reference's hash table, and so its Java hash codes.

mod item;
mod sketch;
mod slots;
mod table;

pub use item::FrequentItem;
pub use sketch::{ErrorType, FrequentItems, Row};

/// Bytes that are not a frequent-items sketch.
fn corrupt(message: impl std::fmt::Display) -> chronon_types::Error {
    chronon_types::Error::corrupt_data(format!("frequent-items sketch: {message}"))
}
