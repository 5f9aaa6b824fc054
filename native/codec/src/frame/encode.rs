//! Arrays to bytes.
//!
//! The frame keeps references to the arrays' own memory: its length is known before a byte is copied, and the bytes are
//! copied once, to where the caller wants them.

use arrow::array::{Array, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamEncoder};
use chronon_aggregate::same_layout;
use chronon_types::{Error, Result};
use std::fmt;

/// Encodes the record batches of one schema.
pub struct FrameEncoder {
    schema: SchemaRef,
    encoder: StreamEncoder,
}

/// One encoded message, not yet copied anywhere.
#[derive(Debug, Clone)]
pub struct Frame {
    segments: Vec<Buffer>,
    len: usize,
}

impl FrameEncoder {
    /// An encoder for batches of `schema`.
    ///
    /// # Errors
    /// `Unsupported` when a column's type does not cross the border (see [`crate::columns`]).
    pub fn new(schema: SchemaRef) -> Result<Self> {
        for field in schema.fields() {
            crate::column_type(field.data_type())?;
        }
        let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).map_err(failed)?;
        let mut encoder = StreamEncoder::try_new_with_options(&schema, options).map_err(failed)?;
        // The first message of a stream has the schema before it; both sides know the schema, so it goes nowhere.
        encoder.encode(&RecordBatch::new_empty(schema.clone())).map_err(failed)?;
        Ok(Self { schema, encoder })
    }

    /// The schema that every batch must have.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Encodes a batch. The frame shares the memory of its arrays.
    ///
    /// # Errors
    /// `SchemaMismatch` when the batch has other columns than the schema.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Frame> {
        let expected = self.schema.fields();
        if batch.num_columns() != expected.len() {
            return Err(Error::schema_mismatch(format!(
                "the batch has {} columns, its schema {}",
                batch.num_columns(),
                expected.len()
            )));
        }
        for (array, field) in batch.columns().iter().zip(expected) {
            if !same_layout(array.data_type(), field.data_type()) {
                return Err(Error::schema_mismatch(format!(
                    "column `{}` is {}, its schema says {}",
                    field.name(),
                    array.data_type(),
                    field.data_type()
                )));
            }
        }
        let segments = self.encoder.encode(batch).map_err(failed)?;
        let len = segments.iter().map(Buffer::len).sum();
        Ok(Frame { segments, len })
    }
}

impl Frame {
    /// Length of the message in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never true: a message has at least its prefix.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies the message to the start of `target` and returns its length, or returns the length needed when `target`
    /// is too short.
    ///
    /// # Errors
    /// The number of bytes needed.
    pub fn copy_to(&self, target: &mut [u8]) -> std::result::Result<usize, usize> {
        let mut rest = target.get_mut(..self.len).ok_or(self.len)?;
        for segment in &self.segments {
            let (here, after) = rest.split_at_mut(segment.len());
            here.copy_from_slice(segment);
            rest = after;
        }
        Ok(self.len)
    }

    /// Appends the message to `target`.
    pub fn append_to(&self, target: &mut Vec<u8>) {
        target.reserve(self.len);
        for segment in &self.segments {
            target.extend_from_slice(segment);
        }
    }
}

impl fmt::Debug for FrameEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameEncoder").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// Only types that [`crate::columns`] refuses make the writer fail.
#[cold]
fn failed(error: ArrowError) -> Error {
    Error::internal(format!("cannot write an Arrow message: {error}"))
}
