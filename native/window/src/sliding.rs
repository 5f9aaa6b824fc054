//! What a column of sliding state must do, and which column computes which aggregations.

use crate::difference::Difference;
use crate::distinct;
use crate::doubles::DoubleSums;
use crate::extremes::Extremes;
use crate::folded::Folded;
use crate::last::Last;
use crate::plan::WindowPlan;
use crate::timeline::Segment;
use arrow::array::ArrayRef;
use chronon_aggregate::physical::{Anything, Bytes, Doubles, Longs};
use chronon_aggregate::shape::{Shape, ShapeVisitor, dispatch};
use chronon_aggregate::{Definition, OperationKind, Width};
use chronon_types::Result;
use chronon_types::time::Millis;
use std::ops::Range;

/// Consecutive events of one key that lie between two queries.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    /// Times of the whole batch.
    pub(crate) ts: &'a [Millis],
    /// The rows that some window reaches.
    pub(crate) rows: Range<usize>,
    /// Per hop size, the hops of the rows that a window of that hop size reaches.
    pub(crate) segments: &'a [Vec<Segment>],
}

/// Where a window begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tail {
    /// First time inside.
    pub(crate) ts: Millis,
    /// First hop inside; behind the newest hop when the window is empty.
    pub(crate) hop: usize,
    /// Which of all hops starts at `ts`, be there events in it or not.
    pub(crate) index: i64,
}

/// The state of some aggregations over one key, moving forward in time.
///
/// Between `reset`s, runs and queries come in order of time. A query sees every event folded in before it that is not
/// older than the window's tail.
pub(crate) trait Sliding: Send {
    /// Reads the columns of a batch that the coming runs point into.
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()>;
    /// Lets go of the batch.
    fn unload(&mut self);
    /// Folds events in.
    ///
    /// # Errors
    /// `InvalidArgument` when an event does not fit those before it.
    fn update(&mut self, run: &Run<'_>) -> Result<()>;
    /// Appends one row to every output, given the tail of every window of the plan.
    ///
    /// # Errors
    /// As for [`Self::update`].
    fn query(&mut self, tails: &[Tail]) -> Result<()>;
    /// Forgets the hops before number `to` of a hop size.
    fn trim(&mut self, timeline: usize, to: usize);
    /// Forgets the key.
    fn reset(&mut self);
    /// Hands every output column, with its index in the plan, to `out`; the outputs are empty afterwards.
    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()>;
    /// Bytes of heap held.
    fn heap_size(&self) -> usize;
}

/// One output of a column of sliding state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Index of the output in the plan.
    pub(crate) output: usize,
    /// Index of the window in the plan.
    pub(crate) window: usize,
    /// Index of the window's hop size in the plan.
    pub(crate) timeline: usize,
}

/// The distinct hop sizes of `targets`, in order of first use.
pub(crate) fn timelines(targets: &[Target]) -> Vec<usize> {
    let mut found = Vec::new();
    for target in targets {
        if !found.contains(&target.timeline) {
            found.push(target.timeline);
        }
    }
    found
}

/// Aggregations that one column computes together, because they share its state.
#[derive(Debug)]
pub(crate) struct Family<'a> {
    pub(crate) plan: &'a WindowPlan,
    pub(crate) definition: &'a Definition,
    pub(crate) targets: Vec<Target>,
}

impl Family<'_> {
    /// The operation whose result an output shows.
    pub(crate) fn kind(&self, target: &Target) -> OperationKind {
        self.plan.definitions()[target.output].kind()
    }
}

/// Which aggregations may share state: same input, same bucket, same operation and arguments; besides, sums, averages
/// and counts of floating input are one.
fn shared(a: &Definition, b: &Definition) -> bool {
    let same_columns = a.spec.input == b.spec.input && a.spec.bucket == b.spec.bucket;
    same_columns
        && a.layout == b.layout
        && ((sums_doubles(a) && sums_doubles(b)) || (a.kind() == b.kind() && a.spec.args == b.spec.args))
}

fn sums_doubles(definition: &Definition) -> bool {
    use chronon_types::DataType::{Double, Float};
    !definition.nested()
        && match definition.kind() {
            OperationKind::Sum => definition.width == Width::Doubles,
            OperationKind::Average => true,
            OperationKind::Count => matches!(definition.element, Float | Double),
            _ => false,
        }
}

/// The columns of sliding state that compute `plan`.
pub(crate) fn columns(plan: &WindowPlan) -> Result<Vec<Box<dyn Sliding>>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for (output, definition) in plan.definitions().iter().enumerate() {
        let window = plan.window_of(output);
        let target = Target { output, window, timeline: plan.windows()[window].timeline };
        match families.iter_mut().find(|family| shared(family.definition, definition)) {
            Some(family) => family.targets.push(target),
            None => families.push(Family { plan, definition, targets: vec![target] }),
        }
    }
    families.iter().map(column).collect()
}

fn column(family: &Family<'_>) -> Result<Box<dyn Sliding>> {
    let definition = family.definition;
    if definition.nested() {
        return folded(family);
    }
    Ok(match (definition.kind(), definition.width) {
        _ if sums_doubles(definition) => Box::new(DoubleSums::new(family)),
        (OperationKind::Count, _) => Box::new(Difference::count(family)),
        (OperationKind::Sum, Width::Longs) => Box::new(Difference::sum(family)),
        (OperationKind::Min | OperationKind::Max, Width::Longs) => Box::new(Extremes::<Longs>::new(family)),
        (OperationKind::Min | OperationKind::Max, Width::Doubles) => Box::new(Extremes::<Doubles>::new(family)),
        (OperationKind::Min | OperationKind::Max, Width::Bytes) => Box::new(Extremes::<Bytes>::new(family)),
        (OperationKind::Last, Width::Longs) => Box::new(Last::<Longs>::new(family)),
        (OperationKind::Last, Width::Doubles) => Box::new(Last::<Doubles>::new(family)),
        (OperationKind::Last, Width::Bytes) => Box::new(Last::<Bytes>::new(family)),
        (OperationKind::Last, Width::Anything) => Box::new(Last::<Anything>::new(family)),
        (OperationKind::UniqueCount, Width::Decimals) => return folded(family),
        (OperationKind::UniqueCount | OperationKind::ApproxUniqueCount, _) => return distinct::column(family),
        _ => return folded(family),
    })
}

/// The column that works for every operation: an accumulator per hop.
fn folded(family: &Family<'_>) -> Result<Box<dyn Sliding>> {
    struct Build<'a>(&'a Family<'a>);
    impl ShapeVisitor for Build<'_> {
        type Output = Box<dyn Sliding>;
        fn visit<S: Shape>(self, shape: S) -> Result<Box<dyn Sliding>> {
            Ok(Box::new(Folded::new(shape, self.0)))
        }
    }
    dispatch(family.definition, Build(family))
}
