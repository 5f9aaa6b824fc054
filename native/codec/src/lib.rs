//! Byte formats at the border of the kernel.
//!
//! - [`columns`]: arrow types to column types, and the schemas of messages.
//! - [`frame`]: one record batch as one Arrow IPC encapsulated message.

pub mod columns;
pub mod frame;

pub use columns::{column_type, schema};
pub use frame::{Frame, FrameDecoder, FrameEncoder};
