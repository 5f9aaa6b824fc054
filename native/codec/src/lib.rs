//! Byte formats at the border of the kernel.
//!
//! - [`columns`]: arrow types to column types, and the schemas of messages.
//! - [`frame`]: one record batch as one Arrow IPC encapsulated message.
//! - [`record`]: Avro records, such as streamed rows.
//! - [`row`]: rows in the layout of Spark's `UnsafeRow`, and frames of columns that become such rows.

pub mod columns;
pub mod frame;
pub mod record;
pub mod row;

pub use columns::{column_type, schema};
pub use frame::{Frame, FrameDecoder, FrameEncoder};
pub use record::{BadRecord, RecordColumns};
