//! Exact counts, in the order of a Java hash map.

use super::item::HistogramItem;
use crate::java_order::JavaTable;
use crate::murmur::finalize64;
use crate::scala_order::scala_order;
use hashbrown::HashTable;

/// Distinct items with their counts, which iterate in the order of a `java.util.HashMap` that was filled with them.
#[derive(Debug, Clone)]
pub struct Counts<T> {
    /// In the order of insertion.
    entries: Vec<(T, i64)>,
    /// The Java hash of each entry.
    hashes: Vec<i32>,
    /// Finds the entry of an item.
    index: HashTable<usize>,
    table: JavaTable,
}

impl<T> Default for Counts<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), hashes: Vec::new(), index: HashTable::new(), table: JavaTable::default() }
    }
}

/// A hash for the index, which needs all bits to be mixed.
fn mixed(hash: i32) -> u64 {
    finalize64(u64::from(hash as u32))
}

impl<T: HistogramItem> Counts<T> {
    /// What a map of `size` entries becomes when it is read from a stream, before its entries are added.
    pub(super) fn reread(size: usize) -> Self {
        Self { table: JavaTable::reread(size), ..Self::default() }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The table of the Java map.
    pub(super) fn table(&self) -> JavaTable {
        self.table
    }

    /// Adds to the count of an item, and says whether it is new. Saturates.
    pub(super) fn add(&mut self, item: &T::Borrowed, count: i64) -> bool {
        let hash = T::java_hash(item);
        let (entries, hashes) = (&mut self.entries, &mut self.hashes);
        if let Some(at) = self.index.find(mixed(hash), |at| entries[*at].0.is(item)) {
            entries[*at].1 = entries[*at].1.saturating_add(count);
            return false;
        }
        self.table.put(hashes, hash);
        entries.push((T::to_item(item), count));
        hashes.push(hash);
        self.index.insert_unique(mixed(hash), hashes.len() - 1, |at| mixed(hashes[*at]));
        true
    }

    /// Entries in the order of the Java map.
    pub(super) fn in_java_order(&self) -> impl Iterator<Item = (&T, i64)> {
        self.table.order(&self.hashes).into_iter().map(|at| (&self.entries[at].0, self.entries[at].1))
    }

    /// Entries in the order of the immutable Scala map that is made of the Java map.
    pub(super) fn in_scala_order(&self) -> impl Iterator<Item = (&T, i64)> {
        let java: Vec<&(T, i64)> = self.table.order(&self.hashes).into_iter().map(|at| &self.entries[at]).collect();
        let hashes: Vec<i32> = java.iter().map(|(item, _)| T::scala_hash(item.borrow())).collect();
        scala_order(&hashes).into_iter().map(move |at| (&java[at].0, java[at].1))
    }

    /// Bytes of heap held.
    pub fn heap_size(&self) -> usize {
        self.entries.capacity() * size_of::<(T, i64)>()
            + self.hashes.capacity() * 4
            + self.index.allocation_size()
            + self.entries.iter().map(|(item, _)| item.heap_size()).sum::<usize>()
    }
}
