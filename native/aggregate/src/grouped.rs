//! Plain group-by: one accumulator per group, whole columns at a time.

use crate::definition::Definition;
use crate::operation::Operation;
use crate::registry::{Visitor, dispatch};
use crate::shape::{Bucketed, Direct, Shape};
use crate::sink::Sink;
use arrow::array::ArrayRef;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::any::Any;

/// Accumulators of one aggregation for a dense range of groups, whatever its types.
pub trait GroupedColumn: Send {
    /// Folds a batch in: row `i` belongs to group `groups[i]` and happened at `ts[i]`. Groups appear as they come.
    ///
    /// # Errors
    /// `SchemaMismatch` when a column is missing or of another type; `InvalidArgument` when lengths differ.
    fn update(&mut self, groups: &[u32], ts: &[Millis], columns: &[ArrayRef]) -> Result<()>;

    /// Folds in accumulators of later rows; their group `i` is group `into[i]` here.
    ///
    /// # Errors
    /// `InvalidArgument` when they belong to another aggregation or `into` is too short.
    fn merge(&mut self, later: &dyn GroupedColumn, into: &[u32]) -> Result<()>;

    /// The results of groups `0..groups`, null for a group without values. The accumulators stay.
    ///
    /// # Errors
    /// `Internal` when the results exceed what a column can hold.
    fn finalize(&self, groups: usize) -> Result<ArrayRef>;

    /// Bytes held.
    fn heap_size(&self) -> usize;

    /// For downcasting in [`Self::merge`].
    fn as_any(&self) -> &dyn Any;
}

/// The accumulators of one aggregation.
#[derive(Debug)]
pub struct Grouped<S: Shape> {
    shape: S,
    irs: Vec<Option<S::Ir>>,
}

impl<S: Shape> Grouped<S> {
    /// No groups yet.
    pub fn new(shape: S) -> Self {
        Self { shape, irs: Vec::new() }
    }
}

impl<S: Shape> GroupedColumn for Grouped<S> {
    fn update(&mut self, groups: &[u32], ts: &[Millis], columns: &[ArrayRef]) -> Result<()> {
        if groups.len() != ts.len() || columns.iter().any(|column| column.len() != groups.len()) {
            return Err(Error::invalid_argument("groups, times and columns of a batch must have the same length"));
        }
        let batch = self.shape.load(columns)?;
        if let Some(largest) = groups.iter().max() {
            let needed = *largest as usize + 1;
            if self.irs.len() < needed {
                self.irs.resize(needed, None);
            }
        }
        self.shape.fold_groups(&mut self.irs, &batch, groups, ts);
        Ok(())
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
            if self.irs.len() <= group {
                self.irs.resize(group + 1, None);
            }
            if let Some(ir) = ir {
                self.shape.merge(&mut self.irs[group], ir);
            }
        }
        Ok(())
    }

    fn finalize(&self, groups: usize) -> Result<ArrayRef> {
        let mut sink = self.shape.sink();
        for group in 0..groups {
            self.shape.finalize(self.irs.get(group).and_then(Option::as_ref), &mut sink);
        }
        sink.finish()
    }

    fn heap_size(&self) -> usize {
        self.irs.capacity() * size_of::<Option<S::Ir>>()
            + self.irs.iter().flatten().map(|ir| self.shape.heap_size(ir)).sum::<usize>()
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
    struct Build<'a>(&'a Definition);
    impl Visitor for Build<'_> {
        type Output = Box<dyn GroupedColumn>;
        fn visit<O: Operation>(self, operation: O) -> Result<Self::Output> {
            Ok(match self.0.spec.bucket {
                None => Box::new(Grouped::new(Direct::new(operation, self.0))),
                Some(bucket) => Box::new(Grouped::new(Bucketed::new(operation, self.0, bucket))),
            })
        }
    }
    dispatch(definition, Build(definition))
}
