//! One record batch as one Arrow IPC encapsulated message.
//!
//! A frame is: continuation marker, metadata length, metadata (a FlatBuffer, padded to 8 bytes), body. No schema message
//! goes before it and no end marker after it: both sides know the schema from the plan. Metadata version 5, buffers aligned
//! to 8 bytes, no dictionaries, no compression; arrow-java 12 writes and reads the same.

mod decode;
mod encode;

pub use decode::FrameDecoder;
pub use encode::{Frame, FrameEncoder};

/// The marker that opens every message since Arrow 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Continuation marker and metadata length.
const PREFIX: usize = 8;
