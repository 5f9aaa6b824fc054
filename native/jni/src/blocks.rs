//! Blocks of rows behind a handle.

use crate::exclusive::{Exclusive, Held, Steps};
use crate::session::Written;
use crate::settings;
use chronon_join::KeyBlocks;
use chronon_types::{Error, Field, Result};
use serde::Deserialize;

/// What `blocksOpen` understands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    definition: String,
    keys: Vec<Field>,
    /// The time, then the inputs.
    columns: Vec<Field>,
    marks: Vec<i32>,
    block_bytes: usize,
    columnar: bool,
}

/// Blocks.
pub(crate) struct Blocks {
    state: Exclusive<Steps<KeyBlocks>>,
}

impl Blocks {
    /// Blocks without rows.
    ///
    /// # Errors
    /// `InvalidArgument` for options that are not understood, and what the blocks refuse.
    pub(crate) fn open(options: &str) -> Result<Self> {
        let options: Options = serde_json::from_str(options)
            .map_err(|e| Error::invalid_argument(format!("options of the blocks: {e}")))?;
        let blocks =
            KeyBlocks::new(&options.keys, &options.columns, options.marks, options.block_bytes, options.columnar);
        Ok(Self { state: Exclusive::steps_of(&options.definition, blocks)? })
    }

    /// Takes a frame in, of columns or of records; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the blocks refuse; `OutOfBudget`.
    pub(crate) fn put(&self, frame: &[u8], columnar: bool) -> Result<u64> {
        self.state.step(|blocks| {
            settings::check_budget("the blocks", blocks.bytes_held() as u64, frame.len())?;
            if columnar {
                blocks.put_columns(frame)?
            } else {
                blocks.put_rows(frame)?
            }
            Ok(blocks.bytes_held() as u64)
        })
    }

    /// Gives all blocks out, however short.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the blocks refuse.
    pub(crate) fn flush(&self) -> Result<()> {
        self.state.step(KeyBlocks::flush)
    }

    /// Hands blocks to `write`: bytes written, or else bytes needed for one, and then it waits. `Ok(Ok(0))` when none are ready.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; the error of an earlier call.
    pub(crate) fn next(&self, room: usize, write: impl FnOnce(&[u8])) -> Result<Written> {
        self.state.step(|blocks| {
            Ok(blocks.next(room).map(|blocks| {
                write(blocks);
                blocks.len()
            }))
        })
    }

    /// Bytes held after the last call.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.state.bytes_held()
    }
}

impl Held for KeyBlocks {
    fn bytes_held(&self) -> u64 {
        self.bytes_held() as u64
    }
}
