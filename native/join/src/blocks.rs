//! Rows on their way to the partition of their key, many at a time.

use crate::outbox::Outbox;
use crate::record::{Layout, only_head};
use crate::upload::is_variable;
use chronon_codec::row::ColumnFrames;
use chronon_types::{Error, Field, Result};

const WORD: usize = 8;

/// Spreads rows by their keys and gives them out as blocks, so that what moves rows between machines has a few blocks to move
/// instead of every row.
///
/// Rows come in as records ([`Self::put_rows`]) or as columns ([`Self::put_columns`]); a block is what
/// [`crate::PartitionUpload::put`] takes. Rows with equal keys, nulls among them, go into blocks with the same mark, whatever
/// came before and on whatever machine. Rows of a mark stay in their order.
///
/// Cost: O(1) for each byte. Memory: one block for each mark, and what waits to be taken.
pub struct KeyBlocks {
    layout: Layout,
    columns: ColumnFrames,
    marks: Vec<i32>,
    blocks: Vec<Vec<u8>>,
    block_bytes: usize,
    /// A row that is being made.
    record: Vec<u8>,
    held: usize,
    out: Outbox,
}

impl KeyBlocks {
    /// Blocks of rows of these keys and columns, the first of which is the time. A block goes out when it has `block_bytes`;
    /// `marks` tell blocks apart.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no key, no time or no mark; `Unsupported` naming a column of which frames of columns
    /// cannot consist, if `columnar`.
    pub fn new(keys: &[Field], columns: &[Field], marks: Vec<i32>, block_bytes: usize, columnar: bool) -> Result<Self> {
        if keys.is_empty() || columns.is_empty() || marks.is_empty() {
            return Err(Error::invalid_argument("blocks need a key, a time and a mark"));
        }
        let all: Vec<Field> = keys.iter().chain(columns).cloned().collect();
        let types = columns[1..].iter().map(|column| column.data_type.clone()).collect();
        Ok(Self {
            layout: Layout::new(keys.iter().map(|key| is_variable(&key.data_type)).collect(), types).with_null_keys(),
            columns: ColumnFrames::new(if columnar { &all } else { &[] })?,
            blocks: vec![Vec::new(); marks.len()],
            marks,
            block_bytes,
            record: Vec::new(),
            held: 0,
            out: Outbox::default(),
        })
    }

    /// Takes a frame of records in; see [`crate::PartitionUpload`] for what a record is.
    ///
    /// # Errors
    /// `CorruptData` when the frame is not made of records; blocks have those before it then.
    pub fn put_rows(&mut self, frame: &[u8]) -> Result<()> {
        let mut rest = frame;
        while !rest.is_empty() {
            let (_, behind) = only_head(rest)?;
            self.add(&rest[..rest.len() - behind.len()])?;
            rest = behind;
        }
        Ok(())
    }

    /// Takes a frame of columns in: the keys and the columns.
    ///
    /// # Errors
    /// `CorruptData` when the frame is not made of these columns; blocks have the rows before it then.
    pub fn put_columns(&mut self, frame: &[u8]) -> Result<()> {
        let columns = self.columns.read(frame)?;
        let mut record = std::mem::take(&mut self.record);
        for row in (0..columns.rows()).filter(|row| !columns.is_left_out(*row)) {
            record.clear();
            record.extend_from_slice(&[0; WORD]);
            columns.append_row(row, &mut record)?;
            let size =
                u32::try_from(record.len() - WORD).map_err(|_| Error::out_of_budget("a row is longer than 4 GiB"))?;
            record[..4].copy_from_slice(&size.to_le_bytes());
            self.add(&record)?;
        }
        self.record = record;
        Ok(())
    }

    /// Puts a record into the block of its keys.
    #[inline]
    fn add(&mut self, record: &[u8]) -> Result<()> {
        let head = self.layout.record(record)?.head;
        // its upper half, spread evenly over so many blocks
        let upper = self.layout.hash(&head)? >> 32;
        let index = ((upper * self.blocks.len() as u64) >> 32) as usize;
        let block = &mut self.blocks[index];
        if block.len() + record.len() > self.block_bytes {
            self.held -= block.len();
            send(&mut self.out, self.marks[index], block)?;
            block.clear();
        }
        block.extend_from_slice(record);
        self.held += record.len();
        Ok(())
    }

    /// Gives all blocks out, however short.
    ///
    /// # Errors
    /// `OutOfBudget` when a block is longer than 4 GiB.
    pub fn flush(&mut self) -> Result<()> {
        for (block, mark) in self.blocks.iter_mut().zip(&self.marks) {
            send(&mut self.out, *mark, block)?;
            *block = Vec::new();
        }
        self.held = 0;
        Ok(())
    }

    /// The next blocks, each a row of its mark and its bytes in Spark's layout, after the length of that row (8 bytes,
    /// little-endian): as many as there is room for; empty when none are ready. `Err` says how much room one needs.
    pub fn next(&mut self, room: usize) -> std::result::Result<&[u8], usize> {
        self.out.take(room)
    }

    /// Bytes of rows held.
    pub fn bytes_held(&self) -> usize {
        self.held + self.out.bytes_held() + self.record.capacity()
    }
}

/// Sends a block out; one without rows is none.
fn send(out: &mut Outbox, mark: i32, block: &[u8]) -> Result<()> {
    if block.is_empty() {
        return Ok(());
    }
    let size = u32::try_from(block.len()).map_err(|_| Error::out_of_budget("a block is longer than 4 GiB"))?;
    out.row(|out| {
        let nulls_and_slots = 3 * WORD as u64;
        out.extend_from_slice(&[0; WORD]);
        out.extend_from_slice(&u64::from(mark as u32).to_le_bytes());
        out.extend_from_slice(&(nulls_and_slots << 32 | u64::from(size)).to_le_bytes());
        // records are whole words, so there is nothing to pad
        out.extend_from_slice(block);
        Ok(())
    })
}

impl std::fmt::Debug for KeyBlocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyBlocks").field("bytes_held", &self.bytes_held()).finish_non_exhaustive()
    }
}
