//! The left rows that are answered together.

use crate::record::Layout;
use crate::sorter::{Placed, Sorted};
use chronon_codec::row::Row;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Left rows that are answered at once, and right rows that are folded in at once: enough that a batch costs nothing, few
/// enough to stay in the cache.
pub(crate) const BATCH: usize = 8192;

/// The left rows that are being answered.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<u8>,
    pub(crate) ends: Vec<usize>,
    pub(crate) groups: Vec<i32>,
    pub(crate) times: Vec<Millis>,
    /// The keys of the batch in order. The last one stays for the next batch, where it may go on.
    pub(crate) keys: Vec<Key>,
}

/// The key of left rows.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) hash: u64,
    pub(crate) head: Vec<u8>,
    /// The session's number for it; ascends.
    pub(crate) group: i32,
    /// Time of its last row in the batch.
    pub(crate) last: Millis,
}

impl Key {
    pub(crate) fn compare(&self, layout: &Layout, other: &Placed<'_>) -> Result<Ordering> {
        let order = self.hash.cmp(&other.hash);
        if order.is_ne() {
            return Ok(order);
        }
        let head = Row::new(&self.head, layout.time() + 1)?;
        Ok(layout.compare_keys(&head, &other.record.head))
    }
}

impl Batch {
    /// Reads rows until the batch is full or the side ends.
    pub(crate) fn read(&mut self, layout: &Layout, left: &mut Sorted) -> Result<()> {
        self.rows.clear();
        self.ends.clear();
        self.groups.clear();
        self.times.clear();
        self.keys.drain(..self.keys.len().saturating_sub(1));
        self.keys.iter_mut().for_each(|key| key.last = Millis::MIN);
        while self.ends.len() < BATCH
            && let Some(row) = left.peek()?
        {
            let known = match self.keys.last() {
                Some(key) => key.compare(layout, &row)?.is_eq(),
                None => false,
            };
            if !known {
                let group = self.keys.last().map_or(Ok(0), |key| {
                    key.group.checked_add(1).ok_or_else(|| Error::out_of_budget("a partition has more than 2^31 keys"))
                })?;
                let head = row.record.head.bytes().to_vec();
                self.keys.push(Key { hash: row.hash, head, group, last: row.time });
            }
            if let Some(key) = self.keys.last_mut() {
                key.last = row.time;
                self.groups.push(key.group);
            }
            self.times.push(row.time);
            self.rows.extend_from_slice(row.record.row);
            self.ends.push(self.rows.len());
            left.advance()?;
        }
        Ok(())
    }

    /// Row `index`, of so many columns.
    pub(crate) fn row(&self, index: usize, columns: usize) -> Result<Row<'_>> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Row::new(&self.rows[start..self.ends[index]], columns)
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.rows.capacity() + self.ends.capacity() * 8 + self.groups.capacity() * 4 + self.times.capacity() * 8
    }
}

/// The column whose equal values come out side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together {
    pub(crate) column: usize,
    pub(crate) variable: bool,
}

impl Together {
    /// The rows of a batch, those of equal values next to each other, otherwise in the order that they have: a counting sort
    /// by the rank at which a value first comes up.
    pub(crate) fn order(self, batch: &Batch, columns: usize) -> Result<Vec<usize>> {
        let mut ranks: HashMap<(&[u8], u64), usize> = HashMap::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut of_row = Vec::with_capacity(batch.ends.len());
        for index in 0..batch.ends.len() {
            let row = batch.row(index, columns)?;
            // a null has an empty slot, and need not be told from a zero or an empty text
            let slot = row.slot(self.column);
            let value = if self.variable && slot != 0 { (row.variable(self.column)?, 0) } else { (&[][..], slot) };
            let next = ranks.len();
            let rank = *ranks.entry(value).or_insert(next);
            if rank == next {
                counts.push(0);
            }
            counts[rank] += 1;
            of_row.push(rank);
        }
        let mut places = counts;
        let mut total = 0;
        for place in &mut places {
            total += std::mem::replace(place, total);
        }
        let mut order = vec![0; of_row.len()];
        for (index, rank) in of_row.into_iter().enumerate() {
            order[places[rank]] = index;
            places[rank] += 1;
        }
        Ok(order)
    }
}
