//! One accumulator per key: per value of a bucket column, or per key of a map column.
//!
//! The accumulator is a list of entries in the UTF-16 order of their keys, which is the order of the output map. Nothing
//! inside a map is checked for NaN.

use super::{Direct, Shape, Source, add, column, copy, take};
use crate::avro;
use crate::definition::Definition;
use crate::operation::Operation;
use crate::physical::{Bytes, BytesArray, Column, Physical, compare_utf16};
use crate::sink::{MapSink, Sink};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use chronon_types::Result;
use chronon_types::time::Millis;
use std::ops::Range;

/// A value as it stands in a column of an operation.
type Value<'a, K> = <<<K as Keys>::Operation as Operation>::Input as Physical>::Ref<'a>;

/// Where the keys of values come from.
pub trait Keys: Send + Sync + 'static {
    /// What folds the values of a key.
    type Operation: Operation;
    /// One batch of keys and values.
    type Batch: Send;

    /// The operation.
    fn operation(&self) -> &Self::Operation;

    /// Reads the columns of keys and values.
    ///
    /// # Errors
    /// As for [`Shape::load`].
    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch>;

    /// Calls `f` with the key, the value and the time of every value in the rows.
    fn each<'a>(
        &self,
        batch: &'a Self::Batch,
        rows: Range<usize>,
        ts: &[Millis],
        f: impl FnMut(&'a [u8], Value<'a, Self>, Millis),
    );

    /// Whether the rows make a result, be it an empty map, even when they hold no value.
    fn present(&self, batch: &Self::Batch, rows: Range<usize>) -> bool;
}

/// One accumulator per key.
#[derive(Debug)]
pub struct PerKey<K> {
    keys: K,
}

/// One accumulator per value of a bucket column. Rows without value or without bucket are ignored.
pub type Bucketed<O> = PerKey<Buckets<O>>;

impl<O: Operation> Bucketed<O> {
    /// `operation` over the input of `definition`, split by the column at index `bucket`.
    pub fn new(operation: O, definition: &Definition, bucket: usize) -> Self {
        Self { keys: Buckets { inner: Direct::new(operation, definition), bucket: Source::text(bucket) } }
    }
}

/// One accumulator per key of a map column. Null maps and null values are ignored; a map without values makes an empty
/// result.
pub type MapColumn<O> = PerKey<MapKeys<O>>;

impl<O: Operation> MapColumn<O> {
    /// `operation` over the values of the map that is the input of `definition`.
    pub fn new(operation: O, definition: &Definition) -> Self {
        Self { keys: MapKeys { operation, source: Source::input(definition) } }
    }
}

/// Keys out of a bucket column.
#[derive(Debug)]
pub struct Buckets<O> {
    inner: Direct<O>,
    bucket: Source,
}

impl<O: Operation> Keys for Buckets<O> {
    type Operation = O;
    type Batch = (Column<O::Input>, Column<Bytes>);

    fn operation(&self) -> &O {
        &self.inner.operation
    }

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        Ok((self.inner.load(columns)?, self.bucket.load(columns)?))
    }

    fn each<'a>(
        &self,
        (values, buckets): &'a Self::Batch,
        rows: Range<usize>,
        ts: &[Millis],
        mut f: impl FnMut(&'a [u8], Value<'a, Self>, Millis),
    ) {
        buckets.each(rows, |row, bucket| self.inner.each(values, row..row + 1, ts, |value, ts| f(bucket, value, ts)));
    }

    fn present(&self, _batch: &Self::Batch, _rows: Range<usize>) -> bool {
        false
    }
}

/// Keys of a map column.
#[derive(Debug)]
pub struct MapKeys<O> {
    operation: O,
    source: Source,
}

/// One batch of a map column.
#[derive(Debug)]
pub struct MapBatch<P: Physical> {
    keys: BytesArray,
    values: Column<P>,
    nulls: Option<NullBuffer>,
}

impl<O: Operation> Keys for MapKeys<O> {
    type Operation = O;
    type Batch = MapBatch<O::Input>;

    fn operation(&self) -> &O {
        &self.operation
    }

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        let values = self.source.load(columns)?;
        let map = column(columns, self.source.index)?;
        Ok(MapBatch { keys: Bytes::read(map.as_map().keys())?, values, nulls: map.nulls().cloned() })
    }

    fn each<'a>(
        &self,
        batch: &'a Self::Batch,
        rows: Range<usize>,
        ts: &[Millis],
        mut f: impl FnMut(&'a [u8], Value<'a, Self>, Millis),
    ) {
        for row in rows {
            let entries = batch.values.elements(row..row + 1);
            batch.values.each(entries, |entry, value| f(Bytes::get(&batch.keys, entry), value, ts[row]));
        }
    }

    fn present(&self, batch: &Self::Batch, mut rows: Range<usize>) -> bool {
        batch.nulls.as_ref().map_or(!rows.is_empty(), |nulls| rows.any(|row| nulls.is_valid(row)))
    }
}

/// Calls `change` with the accumulator of `key`, absent when there is none, and keeps what it leaves there.
#[inline]
fn at_key<Ir>(entries: &mut Vec<(Box<[u8]>, Ir)>, key: &[u8], change: impl FnOnce(&mut Option<Ir>)) {
    let found = entries.binary_search_by(|(known, _)| compare_utf16(known, key));
    // An optional accumulator must be owned, so one that is there is taken out and put back.
    let (at, key, mut ir) = match found {
        Ok(at) => {
            let (key, ir) = entries.swap_remove(at);
            (at, key, Some(ir))
        }
        Err(at) => (at, key.into(), None),
    };
    change(&mut ir);
    let Some(ir) = ir else { return };
    entries.push((key, ir));
    match found {
        Ok(_) => {
            let last = entries.len() - 1;
            entries.swap(at, last);
        }
        Err(_) => entries[at..].rotate_right(1),
    }
}

impl<K: Keys> Shape for PerKey<K> {
    type Ir = Vec<(Box<[u8]>, <K::Operation as Operation>::Ir)>;
    type Batch = K::Batch;
    type Sink = MapSink<<K::Operation as Operation>::Sink>;

    const COPIES_DIFFER: bool = K::Operation::COPIES_DIFFER;
    const COPIES_OF_COPIES_DIFFER: bool = K::Operation::COPIES_OF_COPIES_DIFFER;

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        self.keys.load(columns)
    }

    fn fold(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        if self.keys.present(batch, rows.clone()) {
            ir.get_or_insert_default();
        }
        self.keys.each(batch, rows, ts, |key, value, ts| {
            at_key(ir.get_or_insert_default(), key, |ir| add(self.keys.operation(), ir, value, ts));
        });
        Ok(())
    }

    fn delete(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        if K::Operation::DELETABLE {
            // taking an empty map out leaves one behind, as folding one in does
            if self.keys.present(batch, rows.clone()) {
                ir.get_or_insert_default();
            }
            self.keys.each(batch, rows, ts, |key, value, ts| {
                at_key(ir.get_or_insert_default(), key, |ir| take(self.keys.operation(), ir, value, ts));
            });
        }
        Ok(())
    }

    fn merge(&self, ir: &mut Option<Self::Ir>, later: &Self::Ir) -> Result<()> {
        let entries = ir.get_or_insert_default();
        for (key, later) in later {
            at_key(entries, key, |ir| match ir {
                Some(ir) => self.keys.operation().merge(ir, later),
                None => *ir = Some(copy(self.keys.operation(), later)),
            });
        }
        Ok(())
    }

    fn mark_copied(&self, ir: &mut Self::Ir) {
        ir.iter_mut().for_each(|(_, ir)| self.keys.operation().mark_copied(ir));
    }

    fn is_complete(&self, _ir: &Self::Ir) -> bool {
        false
    }

    fn sink(&self) -> Self::Sink {
        MapSink::new(self.keys.operation().sink())
    }

    fn finalize(&self, ir: Option<&Self::Ir>, sink: &mut Self::Sink) {
        let Some(entries) = ir else { return sink.push_null() };
        for (key, ir) in entries {
            sink.key(key);
            self.keys.operation().finalize(ir, &mut sink.values);
        }
        sink.close();
    }

    /// Keys in ascending order, where the reference writes its hash order; readers do not depend on it.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.len(), |out| {
            for (key, ir) in ir {
                avro::put_bytes(out, key);
                self.keys.operation().encode(ir, out)?;
            }
            Ok(())
        })
    }

    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut entries: Self::Ir = Vec::new();
        avro::get_items(bytes, |bytes| {
            let key = avro::get_text(bytes)?.into();
            entries.push((key, self.keys.operation().decode(bytes)?));
            Ok(())
        })?;
        // Of equal keys, which no map writes, the last one counts, as it does for the reference's reader.
        entries.reverse();
        entries.sort_by(|a, b| compare_utf16(&a.0, &b.0));
        entries.dedup_by(|a, b| a.0 == b.0);
        Ok(entries)
    }

    fn heap_size(&self, ir: &Self::Ir) -> usize {
        let inner: usize = ir.iter().map(|(key, ir)| key.len() + self.keys.operation().heap_size(ir)).sum();
        ir.capacity() * size_of::<(Box<[u8]>, <K::Operation as Operation>::Ir)>() + inner
    }
}
