//! How rows reach an operation: [`Direct`], or per key ([`Bucketed`], [`MapColumn`]), or per position ([`ElementWise`]).

mod direct;
mod element_wise;
mod per_key;

pub use direct::Direct;
pub use element_wise::ElementWise;
pub use per_key::{Bucketed, MapColumn};

use crate::definition::{Definition, Layout};
use crate::operation::Operation;
use crate::physical::{Column, Physical};
use crate::registry;
use crate::sink::Sink;
use arrow::array::ArrayRef;
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Result};
use std::ops::Range;

/// How rows of input columns become folds of an operation, and its results an output column.
///
/// Only [`ElementWise`] can fail on a row, so in all other shapes the results of folds and merges are `Ok` and cost
/// nothing.
pub trait Shape: Send + Sync + 'static {
    /// The accumulator; absent until a row has a value.
    type Ir: Clone + Send + 'static;
    /// One batch of the columns it reads.
    type Batch: Send;
    /// The output column.
    type Sink: Sink + 'static;

    /// See [`Operation::COPIES_DIFFER`].
    const COPIES_DIFFER: bool;
    /// See [`Operation::COPIES_OF_COPIES_DIFFER`].
    const COPIES_OF_COPIES_DIFFER: bool;
    /// See [`Operation::UNITES`]; keys and positions are not united.
    const UNITES: bool = false;

    /// Reads the columns it needs out of all input columns.
    ///
    /// # Errors
    /// `SchemaMismatch` when a column is missing or of another type; `InvalidArgument` for values the shape does not take.
    fn load(&self, columns: &[ArrayRef]) -> Result<Self::Batch>;

    /// Folds rows in, one after the other. `ts` holds the times of the whole batch.
    ///
    /// # Errors
    /// `InvalidArgument` when a row does not fit those before it.
    fn fold(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()>;

    /// Folds rows into each of several accumulators, which then give the results they would give had [`Self::fold`] been
    /// called for one after the other. Where that is faster, every row goes into all before the next one does, or rows
    /// are folded once and merged into all ([`Operation::MERGES_AS_FOLDED`]).
    ///
    /// # Errors
    /// As for [`Self::fold`].
    fn fold_all(
        &self,
        irs: &mut [Option<Self::Ir>],
        batch: &Self::Batch,
        rows: Range<usize>,
        ts: &[Millis],
    ) -> Result<()> {
        irs.iter_mut().try_for_each(|ir| self.fold(ir, batch, rows.clone(), ts))
    }

    /// Folds every row of a batch into the accumulator of its group.
    ///
    /// # Errors
    /// As for [`Self::fold`].
    fn fold_groups(
        &self,
        irs: &mut [Option<Self::Ir>],
        batch: &Self::Batch,
        groups: &[u32],
        ts: &[Millis],
    ) -> Result<()> {
        for (row, group) in groups.iter().enumerate() {
            self.fold(&mut irs[*group as usize], batch, row..row + 1, ts)?;
        }
        Ok(())
    }

    /// Takes rows out again, one after the other. Operations that are not deletable keep what they have.
    ///
    /// # Errors
    /// As for [`Self::fold`].
    fn delete(&self, ir: &mut Option<Self::Ir>, batch: &Self::Batch, rows: Range<usize>, ts: &[Millis]) -> Result<()>;

    /// Folds in the accumulator of later rows.
    ///
    /// # Errors
    /// As for [`Self::fold`].
    fn merge(&self, ir: &mut Option<Self::Ir>, later: &Self::Ir) -> Result<()>;

    /// See [`Operation::mark_copied`].
    fn mark_copied(&self, ir: &mut Self::Ir);

    /// See [`Operation::mark_bulk_merged`]; keys and positions are never merged in bulk.
    fn mark_bulk_merged(&self, _ir: &mut Self::Ir) {}

    /// Whether later rows cannot change the accumulator.
    fn is_complete(&self, ir: &Self::Ir) -> bool;

    /// A new output column.
    fn sink(&self) -> Self::Sink;

    /// Appends the result, or null when there is none.
    fn finalize(&self, ir: Option<&Self::Ir>, sink: &mut Self::Sink);

    /// Appends the accumulator in the stored form, without the union of a record field.
    ///
    /// # Errors
    /// As for [`Operation::encode`].
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()>;

    /// Reads an accumulator in the stored form from the front of `bytes` and moves `bytes` behind it.
    ///
    /// # Errors
    /// As for [`Operation::decode`].
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir>;

    /// Reads an accumulator in the stored form, folds it in as one of later rows, and moves `bytes` behind it.
    ///
    /// # Errors
    /// As for [`Operation::merge_encoded`], and as for [`Self::merge`].
    fn merge_encoded(&self, ir: &mut Option<Self::Ir>, bytes: &mut &[u8]) -> Result<()> {
        let mut later = self.decode(bytes)?;
        if ir.is_some() {
            return self.merge(ir, &later);
        }
        self.mark_copied(&mut later);
        *ir = Some(later);
        Ok(())
    }

    /// Reads accumulators in the stored form, each the whole of its bytes, and merges them; only where it [unites](Self::UNITES).
    ///
    /// # Errors
    /// As for [`Operation::decode_union`]; `Internal` where it does not unite.
    fn decode_union(&self, _stored: &[&[u8]]) -> Result<Self::Ir> {
        Err(Error::internal("keys and positions of stored accumulators are not united"))
    }

    /// Bytes of heap the accumulator holds.
    fn heap_size(&self, ir: &Self::Ir) -> usize;
}

/// What to do with a shape once its operation and types are known.
pub trait ShapeVisitor {
    /// What comes out.
    type Output;
    /// Called once, with the shape of a definition.
    ///
    /// # Errors
    /// Whatever the visitor meets.
    fn visit<S: Shape>(self, shape: S) -> Result<Self::Output>;
}

/// Hands the shape that `definition` asks for to `visitor`.
///
/// # Errors
/// As for [`registry::dispatch`].
pub fn dispatch<V: ShapeVisitor>(definition: &Definition, visitor: V) -> Result<V::Output> {
    struct Choose<'a, V>(&'a Definition, V);
    impl<V: ShapeVisitor> registry::Visitor for Choose<'_, V> {
        type Output = V::Output;
        fn visit<O: Operation>(self, operation: O) -> Result<V::Output> {
            let Self(definition, visitor) = self;
            match (definition.spec.bucket, definition.layout) {
                (Some(bucket), _) => visitor.visit(Bucketed::new(operation, definition, bucket)),
                (None, Layout::Map) => visitor.visit(MapColumn::new(operation, definition)),
                (None, Layout::ElementWise) => visitor.visit(ElementWise::new(operation, definition)),
                (None, Layout::Single | Layout::Vector) => visitor.visit(Direct::new(operation, definition)),
            }
        }
    }
    registry::dispatch(definition, Choose(definition, visitor))
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
    layout: Layout,
}

impl Source {
    /// The input of `definition`.
    pub fn input(definition: &Definition) -> Self {
        let input = &definition.input;
        Self { index: definition.spec.input, data_type: input.data_type.clone(), layout: definition.layout }
    }

    /// The column of text at `index`.
    fn text(index: usize) -> Self {
        Self { index, data_type: DataType::String, layout: Layout::Single }
    }

    /// Reads the column.
    ///
    /// # Errors
    /// `SchemaMismatch` when it is missing or of another type.
    pub fn load<P: Physical>(&self, columns: &[ArrayRef]) -> Result<Column<P>> {
        Column::load(column(columns, self.index)?, &self.data_type, self.layout)
    }
}

/// Folds one value into an accumulator that may not be there yet. A part of every loop over rows.
#[inline(always)]
pub(crate) fn add<O: Operation + ?Sized>(
    operation: &O,
    ir: &mut Option<O::Ir>,
    value: <O::Input as Physical>::Ref<'_>,
    ts: Millis,
) {
    match ir {
        Some(ir) => operation.update(ir, value, ts),
        None => begin(operation, ir, value, ts),
    }
}

/// Apart from the loops over rows, few of which are the first of their accumulator.
#[cold]
fn begin<O: Operation + ?Sized>(
    operation: &O,
    ir: &mut Option<O::Ir>,
    value: <O::Input as Physical>::Ref<'_>,
    ts: Millis,
) {
    *ir = Some(operation.prepare(value, ts));
}

/// Takes one value out of an accumulator that may not be there yet.
fn take<O: Operation>(operation: &O, ir: &mut Option<O::Ir>, value: <O::Input as Physical>::Ref<'_>, ts: Millis) {
    match ir {
        Some(ir) => operation.delete(ir, value, ts),
        None => *ir = operation.inverse_prepare(value, ts),
    }
}

/// A copy of an accumulator as the reference makes it.
fn copy<O: Operation>(operation: &O, ir: &O::Ir) -> O::Ir {
    let mut copy = ir.clone();
    operation.mark_copied(&mut copy);
    copy
}
