//! Accumulators of one aggregation for many groups, behind one interface whatever the operation and its types.
//!
//! A group is a dense number: a key of a batch, a hop, a window. Group-by folds whole columns into many groups
//! ([`GroupedColumn::update`]); the batch part and the stream part of a served feature fold rows into few groups of one key
//! and take stored accumulators in ([`GroupedColumn::fold`], [`GroupedColumn::merge_encoded`]).

use crate::avro;
use crate::definition::Definition;
use crate::shape::{Shape, ShapeVisitor, dispatch};
use crate::sink::{Cells, Sink};
use arrow::array::ArrayRef;
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Result};
use std::any::Any;
use std::ops::Range;

/// How often the reference copies a stored accumulator on its way into one that is being merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies {
    /// Where there is nothing yet.
    pub into_nothing: u8,
    /// Where there is something.
    pub into_something: u8,
}

/// Accumulators of one aggregation for a dense range of groups, whatever its types.
///
/// Groups appear as they are used. A group without accumulator has no value; its result is null.
pub trait GroupedColumn: Send {
    /// Reads the columns of a batch that the coming [`Self::fold`]s and [`Self::delete`]s point into.
    ///
    /// # Errors
    /// `SchemaMismatch` when a column is missing or of another type; `InvalidArgument` for values the shape does not take.
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()>;

    /// Folds rows of the loaded batch into each of some groups, one row after the other. `ts` holds the times of the whole
    /// batch. Many groups cost less together than apart.
    ///
    /// # Errors
    /// `InvalidArgument` when no batch is loaded, or a row does not fit those before it.
    fn fold(&mut self, groups: Range<usize>, rows: Range<usize>, ts: &[Millis]) -> Result<()>;

    /// Takes rows of the loaded batch out of a group, if the operation is deletable.
    ///
    /// # Errors
    /// As for [`Self::fold`].
    fn delete(&mut self, group: usize, rows: Range<usize>, ts: &[Millis]) -> Result<()>;

    /// Lets go of the loaded batch.
    fn unload(&mut self);

    /// Folds a batch in: row `i` belongs to group `groups[i]` and happened at `ts[i]`.
    ///
    /// # Errors
    /// As for [`Self::load`]; `InvalidArgument` when lengths differ.
    fn update(&mut self, groups: &[u32], ts: &[Millis], columns: &[ArrayRef]) -> Result<()>;

    /// Folds in accumulators of later rows; their group `i` is group `into[i]` here.
    ///
    /// # Errors
    /// `InvalidArgument` when they belong to another aggregation or `into` is too short.
    fn merge(&mut self, later: &dyn GroupedColumn, into: &[u32]) -> Result<()>;

    /// Folds the accumulator of group `from`, which holds later rows, into that of another group `into`.
    ///
    /// # Errors
    /// As for [`Self::fold`].
    fn merge_group(&mut self, into: usize, from: usize) -> Result<()>;

    /// Makes the accumulator of group `into` what that of group `from` is, to the last bit, which merging it into nothing does
    /// not for all operations.
    fn copy_group(&mut self, into: usize, from: usize);

    /// Whether the group has an accumulator.
    fn is_present(&self, group: usize) -> bool;

    /// Appends the accumulator of a group as a stored record field: a union of null and the stored form.
    ///
    /// # Errors
    /// `Internal` when the accumulator has no stored form.
    fn encode(&self, group: usize, out: &mut Vec<u8>) -> Result<()>;

    /// Reads a stored record field and folds it into each of `groups`, as a copy of later rows. With no groups the field
    /// is skipped, which costs no more than finding its end. After an error the groups may hold a part of it.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are no such field.
    fn merge_encoded(&mut self, groups: &[usize], bytes: &mut &[u8]) -> Result<()>;

    /// The same where the reference copies the accumulator as often as `copies` says.
    ///
    /// # Errors
    /// As for [`Self::merge_encoded`].
    fn merge_encoded_copies(&mut self, groups: &[usize], bytes: &mut &[u8], copies: Copies) -> Result<()>;

    /// The same for several fields, one after the other, each at the front of its bytes. Where the operation
    /// [unites](crate::Operation::UNITES), all but the first of them are read together.
    ///
    /// # Errors
    /// As for [`Self::merge_encoded`].
    fn merge_all_encoded(&mut self, groups: &[usize], fields: &mut [&[u8]], copies: Copies) -> Result<()>;

    /// Whether it matters how often an accumulator is copied; see [`crate::Operation::COPIES_OF_COPIES_DIFFER`].
    fn copies_of_copies_differ(&self) -> bool;

    /// Reads a stored record field into a group that has no accumulator yet, as it was stored.
    ///
    /// # Errors
    /// As for [`Self::merge_encoded`].
    fn decode(&mut self, group: usize, bytes: &mut &[u8]) -> Result<()>;

    /// Ends the merges of a request for a group; see [`crate::Operation::mark_bulk_merged`].
    fn end_merges(&mut self, group: usize);

    /// The results of groups `0..groups`, null for a group without values. The accumulators stay.
    ///
    /// # Errors
    /// `Internal` when the results exceed what a column can hold.
    fn finalize(&self, groups: usize) -> Result<ArrayRef>;

    /// Appends the result of a group to the output column number `output`.
    fn emit(&mut self, group: usize, output: usize);

    /// Hands the result of a group over, null when it has none.
    ///
    /// # Errors
    /// As for [`Sink::put`].
    fn put(&mut self, group: usize, cells: &mut dyn Cells) -> Result<()>;

    /// The output column number `output`; it is empty afterwards.
    ///
    /// # Errors
    /// As for [`Self::finalize`].
    fn finish(&mut self, output: usize) -> Result<ArrayRef>;

    /// Forgets all groups, and the loaded batch, but not the output columns.
    fn clear(&mut self) {
        self.forget();
        self.unload();
    }

    /// Forgets all groups, but neither the loaded batch nor the output columns.
    fn forget(&mut self);

    /// Bytes held.
    fn heap_size(&self) -> usize;

    /// For downcasting in [`Self::merge`].
    fn as_any(&self) -> &dyn Any;
}

/// The accumulators of one aggregation.
struct Grouped<S: Shape> {
    shape: S,
    stored: DataType,
    batch: Option<S::Batch>,
    irs: Vec<Option<S::Ir>>,
    outputs: Vec<S::Sink>,
    /// A result on its way out.
    result: Option<S::Sink>,
}

impl<S: Shape> Grouped<S> {
    fn new(shape: S, stored: DataType) -> Self {
        Self { shape, stored, batch: None, irs: Vec::new(), outputs: Vec::new(), result: None }
    }

    fn reach(&mut self, group: usize) {
        if self.irs.len() <= group {
            self.irs.resize(group + 1, None);
        }
    }

    fn reach_all(&mut self, groups: &[u32]) {
        // Where nothing is beyond, looking for that takes half the steps of looking for the largest.
        for groups in groups.chunks(64) {
            let reached = u32::try_from(self.irs.len()).unwrap_or(u32::MAX);
            let beyond = groups.iter().fold(false, |beyond, group| beyond | (*group >= reached));
            if beyond && let Some(last) = groups.iter().max() {
                self.reach(*last as usize);
            }
        }
    }

    fn ir(&self, group: usize) -> Option<&S::Ir> {
        self.irs.get(group).and_then(Option::as_ref)
    }

    fn output(&mut self, output: usize) -> &mut S::Sink {
        while self.outputs.len() <= output {
            self.outputs.push(self.shape.sink());
        }
        &mut self.outputs[output]
    }
}

#[cold]
fn not_loaded() -> Error {
    Error::invalid_argument("no batch is loaded")
}

impl<S: Shape> GroupedColumn for Grouped<S> {
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.batch = Some(self.shape.load(columns)?);
        Ok(())
    }

    fn fold(&mut self, groups: Range<usize>, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        if let Some(last) = groups.clone().last() {
            self.reach(last);
        }
        let batch = self.batch.as_ref().ok_or_else(not_loaded)?;
        self.shape.fold_all(&mut self.irs[groups], batch, rows, ts)
    }

    fn delete(&mut self, group: usize, rows: Range<usize>, ts: &[Millis]) -> Result<()> {
        self.reach(group);
        let batch = self.batch.as_ref().ok_or_else(not_loaded)?;
        self.shape.delete(&mut self.irs[group], batch, rows, ts)
    }

    fn unload(&mut self) {
        self.batch = None;
    }

    fn update(&mut self, groups: &[u32], ts: &[Millis], columns: &[ArrayRef]) -> Result<()> {
        if groups.len() != ts.len() || columns.iter().any(|column| column.len() != groups.len()) {
            return Err(Error::invalid_argument("groups, times and columns of a batch must have the same length"));
        }
        let batch = self.shape.load(columns)?;
        self.reach_all(groups);
        self.shape.fold_groups(&mut self.irs, &batch, groups, ts)
    }

    fn merge(&mut self, later: &dyn GroupedColumn, into: &[u32]) -> Result<()> {
        let Some(later) = later.as_any().downcast_ref::<Self>() else {
            return Err(Error::invalid_argument("accumulators of different aggregations cannot be merged"));
        };
        if into.len() < later.irs.len() {
            return Err(Error::invalid_argument(format!(
                "{} groups to merge but {} places for them",
                later.irs.len(),
                into.len()
            )));
        }
        for (ir, group) in later.irs.iter().zip(into) {
            let group = *group as usize;
            self.reach(group);
            if let Some(ir) = ir {
                self.shape.merge(&mut self.irs[group], ir)?;
            }
        }
        Ok(())
    }

    fn merge_group(&mut self, into: usize, from: usize) -> Result<()> {
        self.reach(into.max(from));
        // Taken out, so that the other can be changed beside it.
        let Some(later) = self.irs[from].take() else { return Ok(()) };
        let merged = self.shape.merge(&mut self.irs[into], &later);
        self.irs[from] = Some(later);
        merged
    }

    fn copy_group(&mut self, into: usize, from: usize) {
        self.reach(into.max(from));
        self.irs[into] = self.irs[from].clone();
    }

    fn is_present(&self, group: usize) -> bool {
        self.ir(group).is_some()
    }

    fn encode(&self, group: usize, out: &mut Vec<u8>) -> Result<()> {
        match self.ir(group) {
            None => {
                avro::put_absent(out);
                Ok(())
            }
            Some(ir) => {
                avro::put_present(out);
                self.shape.encode(ir, out)
            }
        }
    }

    fn merge_encoded_copies(&mut self, groups: &[usize], bytes: &mut &[u8], copies: Copies) -> Result<()> {
        if !S::COPIES_OF_COPIES_DIFFER || groups.is_empty() {
            return self.merge_encoded(groups, bytes);
        }
        if !avro::get_union(bytes)? {
            return Ok(());
        }
        let stored = self.shape.decode(bytes)?;
        groups.iter().try_for_each(|group| {
            self.reach(*group);
            let ir = &mut self.irs[*group];
            let mut later = stored.clone();
            let times = if ir.is_some() { copies.into_something } else { copies.into_nothing };
            (0..times).for_each(|_| self.shape.mark_copied(&mut later));
            match ir {
                None => *ir = Some(later),
                some => self.shape.merge(some, &later)?,
            }
            Ok(())
        })
    }

    fn merge_all_encoded(&mut self, groups: &[usize], fields: &mut [&[u8]], copies: Copies) -> Result<()> {
        let mut one_by_one = fields.iter_mut();
        let mut united = Vec::new();
        if S::UNITES && !groups.is_empty() {
            // What the groups have decides about a first accumulator, but not about those after it.
            while !groups.iter().all(|group| self.is_present(*group))
                && let Some(field) = one_by_one.next()
            {
                self.merge_encoded_copies(groups, field, copies)?;
            }
            for field in &mut one_by_one {
                if avro::get_union(field)? {
                    let whole = *field;
                    avro::skip(&self.stored, field)?;
                    united.push(&whole[..whole.len() - field.len()]);
                }
            }
        }
        if !united.is_empty() {
            let later = self.shape.decode_union(&united)?;
            groups.iter().try_for_each(|group| self.shape.merge(&mut self.irs[*group], &later))?;
        }
        one_by_one.try_for_each(|field| self.merge_encoded_copies(groups, field, copies))
    }

    fn copies_of_copies_differ(&self) -> bool {
        S::COPIES_OF_COPIES_DIFFER
    }

    fn merge_encoded(&mut self, groups: &[usize], bytes: &mut &[u8]) -> Result<()> {
        if !avro::get_union(bytes)? {
            return Ok(());
        }
        match groups {
            [] => avro::skip(&self.stored, bytes),
            [group] => {
                self.reach(*group);
                self.shape.merge_encoded(&mut self.irs[*group], bytes)
            }
            groups => {
                let later = self.shape.decode(bytes)?;
                groups.iter().try_for_each(|group| {
                    self.reach(*group);
                    self.shape.merge(&mut self.irs[*group], &later)
                })
            }
        }
    }

    fn decode(&mut self, group: usize, bytes: &mut &[u8]) -> Result<()> {
        self.reach(group);
        self.irs[group] = if avro::get_union(bytes)? { Some(self.shape.decode(bytes)?) } else { None };
        Ok(())
    }

    fn end_merges(&mut self, group: usize) {
        if let Some(Some(ir)) = self.irs.get_mut(group) {
            self.shape.mark_bulk_merged(ir);
        }
    }

    fn finalize(&self, groups: usize) -> Result<ArrayRef> {
        let mut sink = self.shape.sink();
        (0..groups).for_each(|group| self.shape.finalize(self.ir(group), &mut sink));
        sink.finish()
    }

    fn emit(&mut self, group: usize, output: usize) {
        self.output(output);
        self.shape.finalize(self.irs.get(group).and_then(Option::as_ref), &mut self.outputs[output]);
    }

    fn put(&mut self, group: usize, cells: &mut dyn Cells) -> Result<()> {
        let result = self.result.get_or_insert_with(|| self.shape.sink());
        self.shape.finalize(self.irs.get(group).and_then(Option::as_ref), result);
        let put = result.put(0, cells);
        result.clear();
        put
    }

    fn finish(&mut self, output: usize) -> Result<ArrayRef> {
        self.output(output).finish()
    }

    fn forget(&mut self) {
        self.irs.clear();
    }

    fn heap_size(&self) -> usize {
        self.irs.capacity() * size_of::<Option<S::Ir>>()
            + self.irs.iter().flatten().map(|ir| self.shape.heap_size(ir)).sum::<usize>()
            + self.outputs.iter().chain(&self.result).map(Sink::heap_size).sum::<usize>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Accumulators for `definition`, without groups yet.
///
/// # Errors
/// As for [`dispatch`].
///
/// ```
/// use arrow::array::{ArrayRef, AsArray, Int32Array};
/// use arrow::datatypes::Int64Type;
/// use chronon_aggregate::{AggregationSpec, Definition, OperationKind, grouped};
/// use chronon_types::{DataType, Field};
/// use std::sync::Arc;
/// let columns = [Field::new("n", DataType::Int)];
/// let sum = Definition::new(&AggregationSpec::new(OperationKind::Sum, 0), &columns).unwrap();
/// let mut groups = grouped(&sum).unwrap();
/// let n: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]));
/// groups.update(&[0, 1, 0], &[10, 20, 30], &[n]).unwrap();
/// let result = groups.finalize(2).unwrap();
/// assert_eq!(result.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(4), None]);
/// ```
pub fn grouped(definition: &Definition) -> Result<Box<dyn GroupedColumn>> {
    struct Build(DataType);
    impl ShapeVisitor for Build {
        type Output = Box<dyn GroupedColumn>;
        fn visit<S: Shape>(self, shape: S) -> Result<Self::Output> {
            Ok(Box::new(Grouped::new(shape, self.0)))
        }
    }
    dispatch(definition, Build(definition.ir_type()))
}
