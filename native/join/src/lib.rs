//! The point-in-time join of one partition: rows in, rows with features out.
//!
//! [`PartitionJoin`] takes the rows of both sides as they come out of an exchange, sorts them (`sorter`, with runs on disk
//! when memory is short), brings the keys of both sides together, and lets a `chronon_window::PointInTimeSession` compute.

mod partition;
mod record;
mod sorter;

#[cfg(test)]
mod tests;

pub use partition::{JoinLayout, PartitionJoin, Side};
