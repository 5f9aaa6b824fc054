//! The upload of rows that are not aggregated.

use crate::record::only_head;
use crate::stored_row::{StoredRows, put_record};
use chronon_codec::row::{Row, RowColumns};
use chronon_types::{Field, Result};

/// Rows that are turned at once.
const BATCH: usize = 4096;

/// Turns rows into the bytes of their keys and of their other columns, one for one and in order.
///
/// Frames go in ([`Self::put`]) and rows come out ([`Self::next`]) in turns; nothing is kept but the rows of one frame. A record is
/// that of [`crate::PartitionUpload`] without a time: two lengths (4 bytes each, little-endian), a row of (keys, columns) in
/// Spark's layout, and nothing.
pub struct ColumnUpload {
    keys: Vec<Field>,
    columns: Vec<Field>,
    key_values: RowColumns,
    values: RowColumns,
    key: Vec<u8>,
    value: Vec<u8>,
    out: StoredRows,
}

impl ColumnUpload {
    /// An upload of rows of these keys and columns, that come out as `out` makes them.
    ///
    /// # Errors
    /// `Unsupported` naming the column whose type is not read from rows.
    pub fn new(keys: Vec<Field>, columns: Vec<Field>, out: StoredRows) -> Result<Self> {
        Ok(Self {
            key_values: RowColumns::new(0, &keys)?,
            values: RowColumns::new(keys.len(), &columns)?,
            keys,
            columns,
            key: Vec::new(),
            value: Vec::new(),
            out,
        })
    }

    /// Turns the records of a frame.
    ///
    /// # Errors
    /// `CorruptData` when the frame is not made of records; `InvalidArgument` naming the column whose value has no stored form.
    pub fn put(&mut self, frame: &[u8]) -> Result<()> {
        let mut rest = frame;
        while !rest.is_empty() {
            let (head, behind) = only_head(rest)?;
            let row = Row::new(head, self.keys.len() + self.columns.len())?;
            self.key_values.append(&row)?;
            self.values.append(&row)?;
            rest = behind;
            if self.values.rows() == BATCH {
                self.turn()?;
            }
        }
        self.turn()
    }

    fn turn(&mut self) -> Result<()> {
        let rows = self.values.rows();
        let (keys, values) = (self.key_values.finish(), self.values.finish());
        for row in 0..rows {
            self.key.clear();
            put_record(&self.keys, &keys, row, &mut self.key)?;
            self.value.clear();
            put_record(&self.columns, &values, row, &mut self.value)?;
            self.out.send(&self.key, &self.value)?;
        }
        Ok(())
    }

    /// The next rows, as [`crate::PartitionUpload::next`] gives them; empty until more frames go in.
    pub fn next(&mut self, room: usize) -> std::result::Result<&[u8], usize> {
        self.out.take(room)
    }

    /// Bytes of heap held.
    pub fn bytes_held(&self) -> usize {
        self.out.bytes_held() + self.key.capacity() + self.value.capacity()
    }
}

impl std::fmt::Debug for ColumnUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ColumnUpload").field("columns", &self.columns).finish_non_exhaustive()
    }
}
