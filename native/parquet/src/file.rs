//! One file, from its first row to its footer.

use crate::options::{Compression, FileOptions};
use crate::schema::{descriptor, gathered, internal};
use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use chronon_aggregate::arrow_field;
use chronon_codec::row::{Row, RowColumns};
use chronon_types::{DataType, Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression as Codec;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use std::sync::Arc;

/// Rows that are gathered before they are encoded: enough to hide the cost of a batch, few enough for dozens of open files.
const BATCH_ROWS: usize = 1024;

/// Bytes that stand before each row in a frame: the row's length.
const LENGTH: usize = 8;

/// A Parquet file in the making: rows go in, bytes come out.
///
/// Columns are encoded as rows come; the bytes of a row group are ready when it ends, those of the footer after
/// [`Self::finish`]. Values are written plainly, or by a dictionary where the options ask for one, with statistics per
/// column chunk and page.
///
/// ```
/// use chronon_parquet::{FileOptions, ParquetFile};
/// let options = FileOptions::parse(r#"{"columns": [{"name": "n", "type": "long"}], "dictionary": [],
///     "compression": "snappy", "page_bytes": 1048576, "metadata": {}}"#)?;
/// let mut file = ParquetFile::new(&options)?;
/// // one row, behind its length: no nulls, the number 7
/// let frame: Vec<u8> = [16u64, 0, 7].iter().flat_map(|word| word.to_le_bytes()).collect();
/// file.put(&frame, usize::MAX)?;
/// file.finish()?;
/// assert_eq!(file.take(4), b"PAR1");
/// # Ok::<(), chronon_types::Error>(())
/// ```
pub struct ParquetFile {
    width: usize,
    schema: Arc<Schema>,
    gathered: RowColumns,
    /// Bytes of the rows in `gathered`.
    gathered_bytes: usize,
    writer: ArrowWriter<Vec<u8>>,
    /// How many of the bytes in the writer's target were taken.
    taken: usize,
}

impl ParquetFile {
    /// A file without rows.
    ///
    /// # Errors
    /// `Unsupported` naming the column for structs and instants.
    pub fn new(options: &FileOptions) -> Result<Self> {
        let columns = gathered(&options.columns);
        let schema = Arc::new(Schema::new(columns.iter().map(arrow_field).collect::<Vec<_>>()));
        let settings = ArrowWriterOptions::new()
            .with_properties(properties(options))
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(descriptor(&options.columns)?);
        Ok(Self {
            width: columns.len(),
            gathered: RowColumns::new(0, &columns)?,
            gathered_bytes: 0,
            writer: ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), settings).map_err(internal)?,
            schema,
            taken: 0,
        })
    }

    /// Takes rows in, each behind its length (8 bytes, little-endian), and ends the row group once it has so many bytes.
    ///
    /// # Errors
    /// `CorruptData` when a length or a row is not what it should be; the file is lost then.
    pub fn put(&mut self, frame: &[u8], row_group_bytes: usize) -> Result<()> {
        let mut rest = frame;
        while !rest.is_empty() {
            let (row, after) = split(rest)?;
            self.gathered.append(&Row::new(row, self.width)?)?;
            self.gathered_bytes += row.len();
            rest = after;
            if self.gathered.rows() == BATCH_ROWS {
                self.encode()?;
            }
        }
        if self.writer.in_progress_size() + self.gathered_bytes >= row_group_bytes {
            self.end_row_group()?;
        }
        Ok(())
    }

    /// Ends the last row group and adds the footer; nothing can be put after it.
    ///
    /// # Errors
    /// `Internal` when it was finished before.
    pub fn finish(&mut self) -> Result<()> {
        self.end_row_group()?;
        self.writer.finish().map_err(internal)?;
        Ok(())
    }

    /// Bytes that wait to be taken.
    pub fn ready(&self) -> usize {
        self.writer.inner().len() - self.taken
    }

    /// The next bytes of the file, at most so many; none when nothing is ready.
    pub fn take(&mut self, most: usize) -> &[u8] {
        let target = self.writer.inner_mut();
        if self.taken == target.len() {
            *target = Vec::new();
            self.taken = 0;
        }
        let from = self.taken;
        self.taken = target.len().min(from.saturating_add(most));
        &target[from..self.taken]
    }

    /// Bytes of heap: rows gathered, the row group in progress, and what waits to be taken.
    pub fn bytes_held(&self) -> usize {
        self.gathered_bytes + self.writer.memory_size() + self.writer.inner().capacity()
    }

    fn encode(&mut self) -> Result<()> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), self.gathered.finish())
            .map_err(|e| Error::internal(format!("a batch of rows: {e}")))?;
        self.gathered_bytes = 0;
        self.writer.write(&batch).map_err(internal)
    }

    fn end_row_group(&mut self) -> Result<()> {
        if self.gathered.rows() > 0 {
            self.encode()?;
        }
        self.writer.flush().map_err(internal)?;
        // the writer has a small buffer of its own
        self.writer.sync().map_err(|e| Error::internal(format!("writing Parquet: {e}")))
    }
}

fn properties(options: &FileOptions) -> WriterProperties {
    let metadata = options.metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let builder = WriterProperties::builder()
        .set_created_by(format!("chronon-native version {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(metadata.collect()))
        .set_compression(match options.compression {
            Compression::Uncompressed => Codec::UNCOMPRESSED,
            Compression::Snappy => Codec::SNAPPY,
        })
        .set_data_page_size_limit(options.page_bytes)
        .set_dictionary_page_size_limit(options.page_bytes)
        // row groups end where the caller says
        .set_max_row_group_row_count(None)
        .set_dictionary_enabled(false);
    let listed = options.columns.iter().filter(|column| options.dictionary.contains(&column.name));
    let paths = listed.flat_map(|column| leaves(vec![column.name.clone()], &column.data_type));
    paths.fold(builder, |builder, path| builder.set_column_dictionary_enabled(ColumnPath::new(path), true)).build()
}

/// Where the values of a column lie in the file's schema.
fn leaves(path: Vec<String>, data_type: &DataType) -> Vec<Vec<String>> {
    let below = |names: [&str; 2], inner: &DataType| leaves([&path[..], &names.map(str::to_owned)].concat(), inner);
    match data_type {
        DataType::List(element) => below(["list", "element"], element),
        DataType::Map(key, value) => [below(["key_value", "key"], key), below(["key_value", "value"], value)].concat(),
        _ => vec![path],
    }
}

/// The first row of a frame, and what follows it.
#[inline]
fn split(frame: &[u8]) -> Result<(&[u8], &[u8])> {
    let lying = || Error::corrupt_data(format!("the last {} bytes of a frame are not a whole row", frame.len()));
    let (length, rest) = frame.split_first_chunk::<LENGTH>().ok_or_else(lying)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| lying())?;
    rest.split_at_checked(length).ok_or_else(lying)
}
