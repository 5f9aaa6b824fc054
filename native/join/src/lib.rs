//! What happens to the rows of one partition: the point-in-time join, and the upload.
//!
//! [`PartitionJoin`] takes the rows of both sides as they come out of an exchange, sorts them (`sorter`, with runs on disk
//! when memory is short), brings the keys of both sides together, and lets a `chronon_window::PointInTimeSession` compute, or
//! merges snapshots and mutations of entities as a fetch would.
//! [`PartitionUpload`] sorts one side alike, and gives for every key the bytes of its key and of what is stored of it;
//! [`ColumnUpload`] gives the same of rows that are not aggregated. [`KeyBlocks`] stands before an exchange and makes blocks of rows.

mod avro_json;
mod batch;
mod blocks;
mod column_upload;
mod entity_states;
mod features;
mod outbox;
mod partition;
mod record;
mod sorter;
mod stored_row;
mod upload;

#[cfg(test)]
mod blocks_tests;
#[cfg(test)]
mod entity_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upload_tests;

pub use blocks::KeyBlocks;
pub use column_upload::ColumnUpload;
pub use partition::{JoinLayout, PartitionJoin, Side};
pub use stored_row::{JsonSample, StoredRows};
pub use upload::{PartitionUpload, Uploaded};
