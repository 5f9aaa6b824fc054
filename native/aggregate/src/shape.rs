//! How rows reach an operation: directly, or split by the values of a bucket column.

use crate::definition::Definition;
use crate::operation::Operation;
use crate::physical::{Bytes, Column, Physical, compare_utf16};
use crate::sink::{MapSink, Sink};
use arrow::array::ArrayRef;
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Result};
use std::ops::Range;

/// How rows of input columns become folds of an operation, and its results an output column.
pub trait Shape: Send + 'static {
    /// The accumulator; absent until a row has a value.
    type Ir: Clone + Send + 'static;
    /// One batch of the columns it reads.
    type Batch: Send;
    /// The output column.
    type Sink: Sink + 'static;

    /// Reads the columns it needs out of all input columns.
    ///
    /// # Errors
    /// `SchemaMismatch` when a column is missing or of another type.
    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch>;

    /// Folds rows in, one after the other. `ts` holds the times of the whole batch.
    fn fold(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]);

    /// Folds every row of a batch into the accumulator of its group.
    fn fold_groups(&self, irs: &mut [Option<Self::Ir>], batch: &Self::Batch, groups: &[u32], ts: &[Millis]) {
        for (row, group) in groups.iter().enumerate() {
            self.fold(&mut irs[*group as usize], batch, row..row + 1, ts);
        }
    }

    /// Folds in the accumulator of later rows.
    fn merge(&self, ir: &mut Option<Self::Ir>, later: &Self::Ir);

    /// Whether later rows cannot change the accumulator.
    fn is_complete(&self, ir: &Self::Ir) -> bool;

    /// A new output column.
    fn sink(&self) -> Self::Sink;

    /// Appends the result, or null when there is none.
    fn finalize(&self, ir: Option<&Self::Ir>, sink: &mut Self::Sink);

    /// Bytes of heap the accumulator holds.
    fn heap_size(&self, ir: &Self::Ir) -> usize;
}

/// The input column `index` of a batch.
///
/// # Errors
/// `SchemaMismatch` when there are fewer columns.
pub fn column(columns: &[ArrayRef], index: usize) -> Result<&ArrayRef> {
    columns.get(index).ok_or_else(|| {
        Error::schema_mismatch(format!("a batch has {} input columns; the plan reads column {index}", columns.len()))
    })
}

/// Where an input column stands and how it is laid out.
#[derive(Debug, Clone)]
pub struct Source {
    index: usize,
    data_type: DataType,
    vector: bool,
}

impl Source {
    /// The input of `definition`.
    pub fn input(definition: &Definition) -> Self {
        Self { index: definition.spec.input, data_type: definition.input.data_type.clone(), vector: definition.vector }
    }

    /// Reads the column.
    ///
    /// # Errors
    /// `SchemaMismatch` when it is missing or of another type.
    pub fn load<P: Physical>(&self, columns: &[ArrayRef]) -> Result<Column<P>> {
        Column::load(column(columns, self.index)?, &self.data_type, self.vector)
    }
}

/// Every value of a row is an input of one accumulator.
#[derive(Debug)]
pub struct Direct<O> {
    /// The operation.
    pub operation: O,
    source: Source,
}

impl<O: Operation> Direct<O> {
    /// `operation` over the input of `definition`.
    pub fn new(operation: O, definition: &Definition) -> Self {
        Self { operation, source: Source::input(definition) }
    }

    #[inline]
    fn add(&self, ir: &mut Option<O::Ir>, value: <O::Input as Physical>::Ref<'_>, ts: Millis) {
        match ir {
            Some(ir) => self.operation.update(ir, value, ts),
            None => *ir = Some(self.operation.prepare(value, ts)),
        }
    }
}

impl<O: Operation> Shape for Direct<O> {
    type Ir = O::Ir;
    type Batch = Column<O::Input>;
    type Sink = O::Sink;

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        self.source.load(columns)
    }

    #[inline]
    fn fold(&self, ir: &mut Option<O::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) {
        if self.source.vector {
            let elements = batch.elements(rows);
            // Vectors are never timed: all elements pass as if they had one time.
            batch.each(elements, |_, value| self.add(ir, value, 0));
        } else {
            batch.each(rows, |row, value| self.add(ir, value, ts[row]));
        }
    }

    fn fold_groups(&self, irs: &mut [Option<O::Ir>], batch: &Self::Batch, groups: &[u32], ts: &[Millis]) {
        if self.source.vector {
            for (row, group) in groups.iter().enumerate() {
                self.fold(&mut irs[*group as usize], batch, row..row + 1, ts);
            }
        } else {
            batch.each(0..groups.len(), |row, value| self.add(&mut irs[groups[row] as usize], value, ts[row]));
        }
    }

    #[inline]
    fn merge(&self, ir: &mut Option<O::Ir>, later: &O::Ir) {
        match ir {
            Some(ir) => self.operation.merge(ir, later),
            None => *ir = Some(later.clone()),
        }
    }

    #[inline]
    fn is_complete(&self, ir: &O::Ir) -> bool {
        self.operation.is_complete(ir)
    }

    fn sink(&self) -> O::Sink {
        self.operation.sink()
    }

    #[inline]
    fn finalize(&self, ir: Option<&O::Ir>, sink: &mut O::Sink) {
        match ir {
            Some(ir) => self.operation.finalize(ir, sink),
            None => sink.push_null(),
        }
    }

    fn heap_size(&self, ir: &O::Ir) -> usize {
        self.operation.heap_size(ir)
    }
}

/// One accumulator per value of a bucket column. Rows without value or without bucket are ignored. The accumulator is
/// a list of buckets in UTF-16 order, which is the order of the output map.
#[derive(Debug)]
pub struct Bucketed<O> {
    inner: Direct<O>,
    bucket: Source,
}

impl<O: Operation> Bucketed<O> {
    /// `operation` over the input of `definition`, split by the column at index `bucket`.
    pub fn new(operation: O, definition: &Definition, bucket: usize) -> Self {
        let bucket = Source { index: bucket, data_type: DataType::String, vector: false };
        Self { inner: Direct::new(operation, definition), bucket }
    }
}

impl<O: Operation> Shape for Bucketed<O> {
    type Ir = Vec<(Box<[u8]>, O::Ir)>;
    type Batch = (Column<O::Input>, Column<Bytes>);
    type Sink = MapSink<O::Sink>;

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        Ok((self.inner.load(columns)?, self.bucket.load(columns)?))
    }

    fn fold(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) {
        let (values, buckets) = batch;
        buckets.each(rows, |row, bucket| {
            if values.count(values.elements(row..row + 1)) == 0 {
                return;
            }
            let entries = ir.get_or_insert_default();
            match entries.binary_search_by(|(key, _)| compare_utf16(key, bucket)) {
                Ok(at) => {
                    // Folding needs an owned optional accumulator: take the entry's out and put it back.
                    let (key, inner) = entries.swap_remove(at);
                    let mut inner = Some(inner);
                    self.inner.fold(&mut inner, values, row..row + 1, ts);
                    if let Some(inner) = inner {
                        entries.push((key, inner));
                        let last = entries.len() - 1;
                        entries.swap(at, last);
                    }
                }
                Err(at) => {
                    let mut inner = None;
                    self.inner.fold(&mut inner, values, row..row + 1, ts);
                    entries.extend(inner.map(|inner| (bucket.into(), inner)));
                    entries[at..].rotate_right(1);
                }
            }
        });
    }

    fn merge(&self, ir: &mut Option<Self::Ir>, later: &Self::Ir) {
        let Some(entries) = ir else {
            *ir = Some(later.clone());
            return;
        };
        for (bucket, later) in later {
            match entries.binary_search_by(|(key, _)| compare_utf16(key, bucket)) {
                Ok(at) => self.inner.operation.merge(&mut entries[at].1, later),
                Err(at) => entries.insert(at, (bucket.clone(), later.clone())),
            }
        }
    }

    fn is_complete(&self, _ir: &Self::Ir) -> bool {
        false
    }

    fn sink(&self) -> Self::Sink {
        MapSink::new(self.inner.sink())
    }

    fn finalize(&self, ir: Option<&Self::Ir>, sink: &mut Self::Sink) {
        let Some(entries) = ir else { return sink.push_null() };
        for (bucket, inner) in entries {
            sink.key(bucket);
            self.inner.operation.finalize(inner, &mut sink.values);
        }
        sink.close();
    }

    fn heap_size(&self, ir: &Self::Ir) -> usize {
        let entry = |(key, inner): &(Box<[u8]>, O::Ir)| key.len() + self.inner.heap_size(inner);
        ir.capacity() * size_of::<(Box<[u8]>, O::Ir)>() + ir.iter().map(entry).sum::<usize>()
    }
}
