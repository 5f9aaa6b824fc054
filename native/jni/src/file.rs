//! A Parquet file behind a handle.

use crate::exclusive::{Exclusive, Held, Steps};
use chronon_parquet::{FileOptions, ParquetFile};
use chronon_types::{Error, Result};

/// A file.
pub(crate) struct File {
    state: Exclusive<Steps<ParquetFile>>,
}

impl File {
    /// A file without rows.
    ///
    /// # Errors
    /// `InvalidArgument` for options that are not understood, `Unsupported` naming a column of a type that is not written.
    pub(crate) fn open(options: &str) -> Result<Self> {
        let file = ParquetFile::new(&FileOptions::parse(options)?)?;
        Ok(Self { state: Exclusive::steps(file) })
    }

    /// Takes a frame of rows in, ending the row group at so many bytes; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative size or a second thread; what the file refuses.
    pub(crate) fn put(&self, frame: &[u8], row_group: i64) -> Result<u64> {
        let bytes = usize::try_from(row_group)
            .map_err(|_| Error::invalid_argument(format!("a row group of {row_group} bytes")))?;
        self.state.step(|file| {
            file.put(frame, bytes)?;
            Ok(file.bytes_held() as u64)
        })
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the file refuses.
    pub(crate) fn finish(&self) -> Result<()> {
        self.state.step(ParquetFile::finish)
    }

    /// Hands bytes to `write`: how many.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; the error of an earlier call.
    pub(crate) fn take(&self, room: usize, write: impl FnOnce(&[u8])) -> Result<usize> {
        self.state.step(|file| {
            let bytes = file.take(room);
            write(bytes);
            Ok(bytes.len())
        })
    }

    /// Bytes held after the last call.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.state.bytes_held()
    }
}

impl Held for ParquetFile {
    fn bytes_held(&self) -> u64 {
        self.bytes_held() as u64
    }
}
