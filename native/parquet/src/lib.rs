//! Parquet files from rows.
//!
//! [`ParquetFile`] takes rows as an engine hands them over and gives the bytes of a file, a row group at a time.
//! [`FileOptions`] says what the columns are and how they are encoded; `schema` maps the types.

mod file;
mod options;
mod schema;

#[cfg(test)]
mod tests;

pub use file::ParquetFile;
pub use options::{Compression, FileOptions};
