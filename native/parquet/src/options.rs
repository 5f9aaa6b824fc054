//! What a file holds and how.

use chronon_types::{Error, Field, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a file is to look like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileOptions {
    /// Columns of a row, in its order. All may be null.
    pub columns: Vec<Field>,
    /// Columns whose values are worth a dictionary.
    pub dictionary: Vec<String>,
    /// Of the pages.
    pub compression: Compression,
    /// Bytes of a page, before it is compressed.
    pub page_bytes: usize,
    /// The file's key-value metadata.
    pub metadata: BTreeMap<String, String>,
}

/// How pages are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    Uncompressed,
    /// By Snappy.
    Snappy,
}

impl FileOptions {
    /// Options from their JSON: an object of all the fields here, `columns` being `{"name", "type"}` with the type's text
    /// name, `compression` in lower case.
    ///
    /// ```
    /// use chronon_parquet::FileOptions;
    /// let text = r#"{"columns": [{"name": "n", "type": "long"}], "dictionary": [], "compression": "snappy",
    ///     "page_bytes": 1048576, "metadata": {}}"#;
    /// assert_eq!(FileOptions::parse(text)?.columns.len(), 1);
    /// # Ok::<(), chronon_types::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for anything else.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|e| Error::invalid_argument(format!("options of the file: {e}")))
    }
}
