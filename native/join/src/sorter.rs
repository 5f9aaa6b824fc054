//! Sorts the records of one side by key and time; what does not fit into memory goes to disk in sorted runs.
//!
//! The order is: hash of the keys, keys, time, inputs. Rows of a key stand together and in time order; which key comes first
//! means nothing, but is the same on both sides.

use crate::record::{Layout, Record, length};
use chronon_codec::row::Row;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// What the sort looks at before it looks at a record.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    time: Millis,
    /// Frame (upper half) and place in it.
    at: u64,
}

/// Takes records in, in any order.
pub(crate) struct Sorter {
    layout: Layout,
    rows_of: &'static str,
    frames: Vec<Box<[u8]>>,
    entries: Vec<Entry>,
    runs: Vec<Run>,
    frame_bytes: usize,
}

impl Sorter {
    /// `rows_of` says in messages whose rows these are.
    pub(crate) fn new(layout: Layout, rows_of: &'static str) -> Self {
        Self { layout, rows_of, frames: Vec::new(), entries: Vec::new(), runs: Vec::new(), frame_bytes: 0 }
    }

    /// Takes the records of a frame. Those with a null key are left out: nothing can match them.
    ///
    /// # Errors
    /// `CorruptData` when the frame is not made of records; `InvalidArgument` for a record without a time. The frame
    /// is left out then.
    pub(crate) fn put(&mut self, frame: Vec<u8>) -> Result<()> {
        let known = self.entries.len();
        let done = self.index(&frame);
        match done {
            Ok(()) => {
                self.frame_bytes += frame.len();
                self.frames.push(frame.into_boxed_slice());
            }
            Err(_) => self.entries.truncate(known),
        }
        done
    }

    fn index(&mut self, frame: &[u8]) -> Result<()> {
        let mut at = 0;
        while at < frame.len() {
            let rest = &frame[at..];
            let record = self.layout.record(rest)?;
            if !self.layout.matches_nothing(&record.head) {
                let time = self.layout.millis(&record.head).ok_or_else(|| {
                    Error::invalid_argument(format!(
                        "the time column of {} is null in a row; keep only rows with a time by a where clause \
                         such as `ts IS NOT NULL`, or mend the expression of the time column",
                        self.rows_of
                    ))
                })?;
                let place = (self.frames.len() as u64) << 32 | at as u64;
                self.entries.push(Entry { hash: self.layout.hash(&record.head)?, time, at: place });
            }
            at += length(rest)?;
        }
        Ok(())
    }

    /// Bytes of heap held.
    pub(crate) fn bytes_held(&self) -> usize {
        self.frame_bytes
            + self.frames.capacity() * size_of::<Box<[u8]>>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.runs.iter().map(Run::bytes_held).sum::<usize>()
    }

    /// Writes what is in memory to a new file as one sorted run. The file has no name any more when this returns, so it goes
    /// away with the sorter, however that ends.
    ///
    /// # Errors
    /// `Internal` naming the file when it cannot be written.
    pub(crate) fn spill(&mut self, path: &Path) -> Result<()> {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.sort();
        let failed = |e: std::io::Error| Error::internal(format!("cannot write rows to {}: {e}", path.display()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).map_err(failed)?;
        std::fs::remove_file(path).map_err(failed)?;
        let mut writer = BufWriter::with_capacity(1 << 18, file);
        let mut next = 0;
        while next < self.entries.len() {
            let end = separate(&self.layout, &self.frames, &mut self.entries, next)?;
            for entry in &self.entries[next..end] {
                let bytes = bytes_at(&self.frames, entry.at);
                writer.write_all(&bytes[..length(bytes)?]).map_err(failed)?;
            }
            next = end;
        }
        let mut file = writer.into_inner().map_err(|e| failed(e.into_error()))?;
        file.rewind().map_err(failed)?;
        self.runs.push(Run::open(file, &self.layout)?);
        self.entries = Vec::new();
        self.frames = Vec::new();
        self.frame_bytes = 0;
        Ok(())
    }

    /// Sorts the entries in memory by hash, time and inputs. What that leaves open is for [`separate`].
    fn sort(&mut self) {
        let (layout, frames) = (&self.layout, &self.frames);
        self.entries.sort_unstable_by(|a, b| {
            a.hash.cmp(&b.hash).then(a.time.cmp(&b.time)).then_with(|| {
                match (head(layout, frames, a), head(layout, frames, b)) {
                    (Ok(a), Ok(b)) => layout.compare_keys(&a, &b).then_with(|| layout.compare_inputs(&a, &b)),
                    _ => Ordering::Equal,
                }
            })
        });
    }

    /// The records in order. No more come in.
    ///
    /// # Errors
    /// `Internal` when a run on disk cannot be read.
    pub(crate) fn finish(mut self) -> Result<Sorted> {
        self.sort();
        let mut sorted = Sorted { rows: self, next: 0, separated: 0, least: None };
        sorted.choose()?;
        Ok(sorted)
    }
}

/// Puts the entries from `first` on that share its hash into complete order; where they end. Nearly always they are of one
/// key and in order. This is done only when they are about to be read, because looking at them brings them into the cache.
fn separate(layout: &Layout, frames: &[Box<[u8]>], entries: &mut [Entry], first: usize) -> Result<usize> {
    let hash = entries[first].hash;
    let same = entries[first..].iter().take_while(|entry| entry.hash == hash).count();
    let end = first + same;
    // One byte of each first: so short a loop has many of its cache misses under way at once.
    let touch = |sum: u8, entry: &Entry| sum ^ frames[(entry.at >> 32) as usize][entry.at as u32 as usize];
    std::hint::black_box(entries[first..end].iter().fold(0, touch));
    let key = head(layout, frames, &entries[first])?;
    let mut one_key = true;
    for entry in &entries[first + 1..end] {
        one_key &= layout.compare_keys(&key, &head(layout, frames, entry)?).is_eq();
    }
    if !one_key {
        entries[first..end].sort_by(|a, b| match (head(layout, frames, a), head(layout, frames, b)) {
            (Ok(a), Ok(b)) => layout.compare_keys(&a, &b),
            _ => Ordering::Equal,
        });
    }
    Ok(end)
}

/// The head of an entry's record, which was checked when it came in.
#[inline]
fn head<'a>(layout: &Layout, frames: &'a [Box<[u8]>], entry: &Entry) -> Result<Row<'a>> {
    Ok(layout.record(bytes_at(frames, entry.at))?.head)
}

/// The record at a place in frames, and what follows it there.
#[inline]
fn bytes_at(frames: &[Box<[u8]>], at: u64) -> &[u8] {
    &frames[(at >> 32) as usize][at as u32 as usize..]
}

/// A record with what orders it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) hash: u64,
    pub(crate) time: Millis,
    pub(crate) record: Record<'a>,
}

/// Where the next record is.
#[derive(Debug, Clone, Copy)]
enum Source {
    Memory,
    Run(usize),
}

/// Gives records out in order.
pub(crate) struct Sorted {
    rows: Sorter,
    next: usize,
    /// Entries before this one are in complete order.
    separated: usize,
    least: Option<Source>,
}

impl Sorted {
    /// The next record; none at the end.
    #[inline]
    pub(crate) fn peek(&self) -> Result<Option<Placed<'_>>> {
        match self.least {
            Some(Source::Memory) => self.memory(),
            Some(Source::Run(run)) => self.rows.runs[run].peek(&self.rows.layout),
            None => Ok(None),
        }
    }

    /// Goes on to the record after it.
    ///
    /// # Errors
    /// `Internal` when a run on disk cannot be read.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<()> {
        match self.least {
            Some(Source::Memory) => self.next += 1,
            Some(Source::Run(run)) => self.rows.runs[run].advance(&self.rows.layout)?,
            None => {}
        }
        self.choose()
    }

    /// Bytes of heap held.
    pub(crate) fn bytes_held(&self) -> usize {
        self.rows.bytes_held()
    }

    #[inline]
    fn memory(&self) -> Result<Option<Placed<'_>>> {
        let Some(entry) = self.rows.entries.get(self.next) else { return Ok(None) };
        let record = self.rows.layout.record(bytes_at(&self.rows.frames, entry.at))?;
        Ok(Some(Placed { hash: entry.hash, time: entry.time, record }))
    }

    #[inline]
    fn choose(&mut self) -> Result<()> {
        if self.next == self.separated && self.next < self.rows.entries.len() {
            self.separated = separate(&self.rows.layout, &self.rows.frames, &mut self.rows.entries, self.next)?;
        }
        self.least = (self.next < self.rows.entries.len()).then_some(Source::Memory);
        if !self.rows.runs.is_empty() {
            self.merge()?;
        }
        Ok(())
    }

    /// The least among what is in memory and the runs; runs are few, so each is looked at.
    fn merge(&mut self) -> Result<()> {
        let mut least = self.memory()?.map(|placed| (placed, Source::Memory));
        for (index, run) in self.rows.runs.iter().enumerate() {
            if let Some(candidate) = run.peek(&self.rows.layout)? {
                let before = least.as_ref().is_none_or(|(least, _)| self.compare(&candidate, least).is_lt());
                if before {
                    least = Some((candidate, Source::Run(index)));
                }
            }
        }
        self.least = least.map(|(_, source)| source);
        Ok(())
    }

    fn compare(&self, a: &Placed<'_>, b: &Placed<'_>) -> Ordering {
        let (x, y): (&Row<'_>, &Row<'_>) = (&a.record.head, &b.record.head);
        a.hash
            .cmp(&b.hash)
            .then_with(|| self.rows.layout.compare_keys(x, y))
            .then(a.time.cmp(&b.time))
            .then_with(|| self.rows.layout.compare_inputs(x, y))
    }
}

/// A sorted run on disk, and its next record.
struct Run {
    reader: BufReader<File>,
    /// The record; empty at the end.
    bytes: Vec<u8>,
    hash: u64,
    time: Millis,
}

impl Run {
    const BUFFER: usize = 1 << 18;

    fn open(file: File, layout: &Layout) -> Result<Self> {
        let reader = BufReader::with_capacity(Self::BUFFER, file);
        let mut run = Self { reader, bytes: Vec::new(), hash: 0, time: 0 };
        run.advance(layout)?;
        Ok(run)
    }

    fn peek(&self, layout: &Layout) -> Result<Option<Placed<'_>>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        Ok(Some(Placed { hash: self.hash, time: self.time, record: layout.record(&self.bytes)? }))
    }

    fn advance(&mut self, layout: &Layout) -> Result<()> {
        let failed = |e| Error::internal(format!("cannot read rows back from disk: {e}"));
        let mut prefix = [0; 8];
        self.bytes.clear();
        match self.reader.read_exact(&mut prefix) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(failed(e)),
        }
        self.bytes.extend_from_slice(&prefix);
        self.bytes.resize(length(&prefix)?, 0);
        self.reader.read_exact(&mut self.bytes[prefix.len()..]).map_err(failed)?;
        let head = layout.record(&self.bytes)?.head;
        self.hash = layout.hash(&head)?;
        self.time = layout.millis(&head).ok_or_else(|| Error::internal("a row on disk has lost its time"))?;
        Ok(())
    }

    fn bytes_held(&self) -> usize {
        Self::BUFFER + self.bytes.capacity()
    }
}
