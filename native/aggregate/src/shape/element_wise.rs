//! Lists of one length: position by position.
//!
//! The first list fixes the length. A list of another length, and a null element, are errors; a null list is ignored.

use super::{Shape, Source, column};
use crate::avro;
use crate::definition::Definition;
use crate::operation::Operation;
use crate::physical::Column;
use crate::sink::{ListSink, Sink};
use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::ops::Range;

/// One accumulator per position of a list.
#[derive(Debug)]
pub struct ElementWise<O> {
    operation: O,
    name: String,
    source: Source,
}

impl<O: Operation> ElementWise<O> {
    /// `operation` over the positions of the lists that are the input of `definition`.
    pub fn new(operation: O, definition: &Definition) -> Self {
        Self { operation, name: definition.input.name.clone(), source: Source::input(definition) }
    }

    #[cold]
    fn mismatch(&self, existing: usize, new: usize) -> Error {
        Error::invalid_argument(format!(
            "column {} is aggregated element by element, so its lists must have one length; found {new} elements after \
             {existing}",
            self.name
        ))
    }

    /// Calls `change` with the accumulator, the elements and the number of every row that is not null and fits it.
    fn each_row(
        &self,
        ir: &mut Option<Vec<O::Ir>>,
        batch: &ListBatch<O>,
        rows: Range<usize>,
        mut change: impl FnMut(&mut Option<Vec<O::Ir>>, Range<usize>, usize) -> Result<()>,
    ) -> Result<()> {
        for row in rows {
            if batch.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let elements = batch.values.elements(row..row + 1);
            if let Some(ir) = ir.as_ref().filter(|ir| ir.len() != elements.len()) {
                return Err(self.mismatch(ir.len(), elements.len()));
            }
            change(ir, elements, row)?;
        }
        Ok(())
    }
}

/// One batch of lists.
pub struct ListBatch<O: Operation> {
    values: Column<O::Input>,
    nulls: Option<NullBuffer>,
}

impl<O: Operation> Shape for ElementWise<O> {
    type Ir = Vec<O::Ir>;
    type Batch = ListBatch<O>;
    type Sink = ListSink<O::Sink>;

    const COPIES_DIFFER: bool = O::COPIES_DIFFER;
    const COPIES_OF_COPIES_DIFFER: bool = O::COPIES_OF_COPIES_DIFFER;

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        let values: Column<O::Input> = self.source.load(columns)?;
        let lists = column(columns, self.source.index)?;
        let nulls = lists.nulls().cloned();
        let present = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        if let Some(row) = (0..lists.len()).filter(|row| present(*row)).find(|row| {
            let elements = values.elements(*row..*row + 1);
            values.count(elements.clone()) < elements.len()
        }) {
            return Err(Error::invalid_argument(format!(
                "column {} is aggregated element by element, so its lists cannot hold nulls; row {row} of a batch does",
                self.name
            )));
        }
        Ok(ListBatch { values, nulls })
    }

    fn fold(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        self.each_row(ir, batch, rows, |ir, elements, row| {
            let start = elements.start;
            match ir {
                Some(ir) => batch.values.each(elements, |at, value| {
                    self.operation.update(&mut ir[at - start], value, ts[row]);
                }),
                None => {
                    let mut new = Vec::with_capacity(elements.len());
                    batch.values.each(elements, |_, value| new.push(self.operation.prepare(value, ts[row])));
                    *ir = Some(new);
                }
            }
            Ok(())
        })
    }

    fn delete(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        if !O::DELETABLE {
            return Ok(());
        }
        self.each_row(ir, batch, rows, |ir, elements, row| {
            let start = elements.start;
            match ir {
                Some(ir) => batch.values.each(elements, |at, value| {
                    self.operation.delete(&mut ir[at - start], value, ts[row]);
                }),
                None => {
                    let mut new = Vec::with_capacity(elements.len());
                    batch.values.each(elements, |_, value| new.extend(self.operation.inverse_prepare(value, ts[row])));
                    *ir = Some(new);
                }
            }
            Ok(())
        })
    }

    fn merge(&self, ir: &mut Option<Self::Ir>, later: &Self::Ir) -> Result<()> {
        match ir {
            Some(ir) if ir.len() != later.len() => return Err(self.mismatch(ir.len(), later.len())),
            Some(ir) => ir.iter_mut().zip(later).for_each(|(ir, later)| self.operation.merge(ir, later)),
            None => {
                let mut copy = later.clone();
                self.mark_copied(&mut copy);
                *ir = Some(copy);
            }
        }
        Ok(())
    }

    fn mark_copied(&self, ir: &mut Self::Ir) {
        ir.iter_mut().for_each(|ir| self.operation.mark_copied(ir));
    }

    fn is_complete(&self, _ir: &Self::Ir) -> bool {
        // Even when no later value counts, a later list may have the wrong length.
        false
    }

    fn sink(&self) -> Self::Sink {
        ListSink::new(self.operation.sink())
    }

    fn finalize(&self, ir: Option<&Self::Ir>, sink: &mut Self::Sink) {
        let Some(ir) = ir else { return sink.push_null() };
        ir.iter().for_each(|ir| self.operation.finalize(ir, &mut sink.elements));
        sink.close(ir.len());
    }

    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.len(), |out| ir.iter().try_for_each(|ir| self.operation.encode(ir, out)))
    }

    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut irs = Vec::new();
        avro::get_items(bytes, |bytes| {
            irs.push(self.operation.decode(bytes)?);
            Ok(())
        })?;
        Ok(irs)
    }

    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.capacity() * size_of::<O::Ir>() + ir.iter().map(|ir| self.operation.heap_size(ir)).sum::<usize>()
    }
}
