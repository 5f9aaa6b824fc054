//! Every value of a row is an input of one accumulator.

use super::{Shape, Source, add, copy, take};
use crate::definition::{Definition, Layout};
use crate::operation::Operation;
use crate::physical::{Column, Physical};
use crate::sink::Sink;
use arrow::array::ArrayRef;
use chronon_types::Result;
use chronon_types::time::Millis;
use std::ops::Range;

/// A column of single values, or of vectors, each of whose elements is a value.
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

    fn is_vector(&self) -> bool {
        self.source.layout == Layout::Vector
    }

    /// Calls `f` with every value of the rows and its time.
    #[inline]
    pub(super) fn each<'a>(
        &self,
        batch: &'a Column<O::Input>,
        rows: Range<usize>,
        ts: &[Millis],
        mut f: impl FnMut(<O::Input as Physical>::Ref<'a>, Millis),
    ) {
        if self.is_vector() {
            // Vectors are never timed: all elements pass as if they had one time.
            batch.each(batch.elements(rows), |_, value| f(value, 0));
        } else {
            batch.each(rows, |row, value| f(value, ts[row]));
        }
    }
}

/// How many rows with rising times are worth asking whether they may go by.
const RISING: usize = 32;

impl<O: Operation> Direct<O> {
    /// Whether the operation may let rows of the batch go by.
    #[inline]
    fn lets_pass(&self, batch: &Column<O::Input>) -> bool {
        // Where values are missing, places do not tell how many there are.
        O::PASSES && !self.is_vector() && batch.nulls.is_none()
    }

    /// Folds rows in of which, where their times rise, the operation lets most go by.
    fn fold_rising(&self, ir: &mut Option<O::Ir>, batch: &Column<O::Input>, rows: Range<usize>, ts: &[Millis]) {
        let mut row = rows.start;
        while row < rows.end {
            let rising = ts[row..rows.end].windows(2).take_while(|pair| pair[0] < pair[1]).count() + 1;
            let end = row + rising;
            while row < end {
                if let Some(ir) = ir
                    && end - row >= RISING
                {
                    row += self.operation.pass(ir, ts[row], end - row);
                }
                let stop = end.min(row + RISING);
                batch.each(row..stop, |row, value| add(&self.operation, ir, value, ts[row]));
                row = stop;
            }
        }
    }
}

/// Adds each value to the accumulator of its group. A function of its own, as few enough things are alive in it for
/// registers to hold them.
#[inline(never)]
fn scatter<'a, O: Operation>(
    operation: &O,
    irs: &mut [Option<O::Ir>],
    rows: impl Iterator<Item = ((&'a u32, &'a Millis), <O::Input as Physical>::Ref<'a>)>,
) {
    for ((group, ts), value) in rows {
        add(operation, &mut irs[*group as usize], value, *ts);
    }
}

impl<O: Operation> Shape for Direct<O> {
    type Ir = O::Ir;
    type Batch = Column<O::Input>;
    type Sink = O::Sink;

    const COPIES_DIFFER: bool = O::COPIES_DIFFER;
    const COPIES_OF_COPIES_DIFFER: bool = O::COPIES_OF_COPIES_DIFFER;
    const UNITES: bool = O::UNITES;

    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch> {
        self.source.load(columns)
    }

    #[inline]
    fn fold(&self, ir: &mut Option<O::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        if self.lets_pass(batch) {
            self.fold_rising(ir, batch, rows, ts);
            return Ok(());
        }
        self.each(batch, rows, ts, |value, ts| add(&self.operation, ir, value, ts));
        Ok(())
    }

    fn fold_all(
        &self,
        irs: &mut [Option<O::Ir>],
        batch: &Self::Batch,
        rows: Range<usize>,
        ts: &[Millis],
    ) -> Result<()> {
        if let [ir] = irs {
            return self.fold(ir, batch, rows, ts);
        }
        if O::MERGES_AS_FOLDED {
            let mut once = None;
            self.fold(&mut once, batch, rows, ts)?;
            return match once {
                Some(once) => irs.iter_mut().try_for_each(|ir| self.merge(ir, &once)),
                None => Ok(()),
            };
        }
        if self.lets_pass(batch) {
            return irs.iter_mut().try_for_each(|ir| self.fold(ir, batch, rows.clone(), ts));
        }
        // An accumulator waits for its last fold, for a division say; meanwhile those of the others run.
        self.each(batch, rows, ts, |value, ts| self.operation.update_all(irs, value, ts));
        Ok(())
    }

    fn fold_groups(&self, irs: &mut [Option<O::Ir>], batch: &Self::Batch, groups: &[u32], ts: &[Millis]) -> Result<()> {
        if self.is_vector() {
            for (row, group) in groups.iter().enumerate() {
                self.fold(&mut irs[*group as usize], batch, row..row + 1, ts)?;
            }
            return Ok(());
        }
        let rows = groups.iter().zip(ts);
        match &batch.nulls {
            None => scatter(&self.operation, irs, rows.zip(O::Input::values(&batch.values, groups.len()))),
            Some(nulls) => {
                let rows = rows.enumerate().filter(|(row, _)| nulls.is_valid(*row));
                scatter(&self.operation, irs, rows.map(|(row, times)| (times, O::Input::get(&batch.values, row))));
            }
        }
        Ok(())
    }

    fn delete(&self, ir: &mut Option<O::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        if O::DELETABLE {
            self.each(batch, rows, ts, |value, ts| take(&self.operation, ir, value, ts));
        }
        Ok(())
    }

    #[inline]
    fn merge(&self, ir: &mut Option<O::Ir>, later: &O::Ir) -> Result<()> {
        match ir {
            Some(ir) => self.operation.merge(ir, later),
            None => *ir = Some(copy(&self.operation, later)),
        }
        Ok(())
    }

    #[inline]
    fn mark_copied(&self, ir: &mut O::Ir) {
        self.operation.mark_copied(ir);
    }

    #[inline]
    fn mark_bulk_merged(&self, ir: &mut O::Ir) {
        self.operation.mark_bulk_merged(ir);
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

    fn encode(&self, ir: &O::Ir, out: &mut Vec<u8>) -> Result<()> {
        self.operation.encode(ir, out)
    }

    fn decode(&self, bytes: &mut &[u8]) -> Result<O::Ir> {
        self.operation.decode(bytes)
    }

    fn merge_encoded(&self, ir: &mut Option<O::Ir>, bytes: &mut &[u8]) -> Result<()> {
        if let Some(ir) = ir {
            return self.operation.merge_encoded(ir, bytes);
        }
        let mut later = self.operation.decode(bytes)?;
        self.operation.mark_copied(&mut later);
        *ir = Some(later);
        Ok(())
    }

    fn decode_union(&self, stored: &[&[u8]]) -> Result<O::Ir> {
        self.operation.decode_union(stored)
    }

    fn heap_size(&self, ir: &O::Ir) -> usize {
        self.operation.heap_size(ir)
    }
}
