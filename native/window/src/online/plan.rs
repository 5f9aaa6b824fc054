//! What is served, worked out once: the aggregations, their windows, and how both are numbered.

use crate::plan::position_or_push;
use chronon_aggregate::{AggregationSpec, Definition, GroupedColumn, Resolution, Window, grouped};
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis, round};
use chronon_types::{DataType, Error, Field, Result};
use std::ops::Range;

/// Hop sizes of stored tails, in the order they are stored.
pub(super) const HOPS: [Millis; 3] = [DAY, HOUR, FIVE_MINUTES];

/// How long after its batch end a batch IR answers exactly: tails move within this span.
pub(super) const TAIL_BUFFER: Millis = 2 * DAY;

/// An aggregation and its windows: what shares base accumulators.
#[derive(Debug, Clone, PartialEq)]
pub struct Base {
    /// Operation, input, bucket and arguments; its window is not looked at.
    pub spec: AggregationSpec,
    /// The windows; `None` is everything.
    pub windows: Vec<Option<Window>>,
}

/// A distinct window of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// How far it reaches back; `None` for everything.
    length: Option<Millis>,
    /// Index of its tail's hop size in [`HOPS`].
    pub(super) hop: usize,
}

impl Span {
    /// The first time in the window of a request at `query`.
    #[inline]
    pub(super) fn tail(&self, query: Millis) -> Millis {
        self.length.map_or(Millis::MIN, |length| round(query.saturating_sub(length), HOPS[self.hop]))
    }

    /// The last time that is not in the window at the end of the batch. A row at that very time counts offline but not
    /// here, as in the reference.
    #[inline]
    pub(super) fn before(&self, batch_end: Millis) -> Millis {
        self.length.map_or(Millis::MIN, |length| batch_end.saturating_sub(length))
    }

    /// The first time whose rows stay in the window for the whole tail buffer, so that they are collapsed.
    #[inline]
    pub(super) fn collapsed_from(&self, batch_end: Millis) -> Millis {
        self.length.map_or(Millis::MIN, |length| batch_end.saturating_sub(length).saturating_add(TAIL_BUFFER))
    }
}

/// A checked base with its numbers.
#[derive(Debug, Clone)]
pub(super) struct BaseColumn {
    pub(super) definition: Definition,
    /// Type of the stored accumulator.
    pub(super) stored: DataType,
    /// Index of the span of each window.
    pub(super) spans: Vec<usize>,
    /// Index of these spans in [`OnlinePlan::window_sets`].
    pub(super) window_set: usize,
}

impl BaseColumn {
    /// What to call the base in an error: its column without the window.
    pub(super) fn name(&self) -> &str {
        &self.definition.output.name
    }
}

/// Checked aggregations over fixed input columns, for serving. Immutable, so requests and jobs share it.
///
/// ```
/// use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit, Window};
/// use chronon_types::{DataType, Field};
/// use chronon_window::online::{Base, OnlinePlan};
/// let inputs = vec![Field::new("price", DataType::Double)];
/// let windows = vec![Some(Window::new(1, TimeUnit::Days)), None];
/// let plan = OnlinePlan::new(inputs, vec![Base { spec: AggregationSpec::new(OperationKind::Sum, 0), windows }]).unwrap();
/// let names: Vec<&str> = plan.outputs().iter().map(|output| output.name.as_str()).collect();
/// assert_eq!(names, ["price_sum_1d", "price_sum"]);
/// ```
#[derive(Debug, Clone)]
pub struct OnlinePlan {
    inputs: Vec<Field>,
    bases: Vec<BaseColumn>,
    outputs: Vec<Field>,
    spans: Vec<Span>,
    window_sets: Vec<Vec<usize>>,
    most_windows: usize,
}

impl OnlinePlan {
    /// Checks `bases` against `inputs`, in the order in which batches of rows bring them.
    ///
    /// # Errors
    /// `InvalidPlan` or `Unsupported` naming the aggregation that cannot run; `InvalidPlan` when there is none.
    pub fn new(inputs: Vec<Field>, bases: Vec<Base>) -> Result<Self> {
        let mut plan = Self {
            inputs,
            bases: Vec::new(),
            outputs: Vec::new(),
            spans: Vec::new(),
            window_sets: Vec::new(),
            most_windows: 0,
        };
        for Base { spec, windows } in bases {
            let mut spans = Vec::with_capacity(windows.len());
            for window in &windows {
                let windowed = AggregationSpec { window: *window, ..spec.clone() };
                let output = Definition::new(&windowed, &plan.inputs)?.output;
                let span = match windowed.bounded_window() {
                    None => Span { length: None, hop: 0 },
                    Some(window) => {
                        let size = Resolution::FiveMinute.tail_hop(&window).map_err(|e| e.within(&*output.name))?;
                        let hop = HOPS.iter().position(|known| *known == size);
                        let hop = hop.ok_or_else(|| Error::internal(format!("{size} ms is no stored hop size")))?;
                        Span { length: Some(window.millis()), hop }
                    }
                };
                spans.push(position_or_push(&mut plan.spans, span));
                plan.outputs.push(output);
            }
            let definition = Definition::new(&AggregationSpec { window: None, ..spec }, &plan.inputs)?;
            plan.most_windows = plan.most_windows.max(spans.len());
            let window_set = position_or_push(&mut plan.window_sets, spans.clone());
            plan.bases.push(BaseColumn { stored: definition.ir_type(), definition, spans, window_set });
        }
        if plan.outputs.is_empty() {
            return Err(Error::invalid_plan("there is nothing to serve: no aggregation has a window"));
        }
        Ok(plan)
    }

    /// The columns that batches of rows bring.
    pub fn inputs(&self) -> &[Field] {
        &self.inputs
    }

    /// The columns that come out: by aggregation, then bucket, then window.
    pub fn outputs(&self) -> &[Field] {
        &self.outputs
    }

    pub(super) fn bases(&self) -> &[BaseColumn] {
        &self.bases
    }

    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The distinct lists of windows that bases have, as indices of spans.
    pub(super) fn window_sets(&self) -> &[Vec<usize>] {
        &self.window_sets
    }

    /// Groups below this number are windows of a base, others are hops.
    pub(super) fn first_hop_group(&self) -> usize {
        self.most_windows
    }

    /// Accumulators for every base, without groups yet.
    pub(super) fn columns(&self) -> Result<Vec<Box<dyn GroupedColumn>>> {
        self.bases.iter().map(|base| grouped(&base.definition)).collect()
    }
}

/// Calls `run` with every longest run of `rows` that `key` gives one key for; rows without key are left out.
pub(super) fn runs<K: PartialEq>(
    rows: Range<usize>,
    key: impl Fn(usize) -> Option<K>,
    mut run: impl FnMut(K, Range<usize>) -> Result<()>,
) -> Result<()> {
    let mut open: Option<(K, usize)> = None;
    for row in rows.clone() {
        let next = key(row);
        if let Some((known, start)) = open.take() {
            if next.as_ref() == Some(&known) {
                open = Some((known, start));
                continue;
            }
            run(known, start..row)?;
        }
        open = next.map(|key| (key, row));
    }
    match open {
        Some((key, start)) => run(key, start..rows.end),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_as_long_as_can_be() {
        let keys = [Some(1), Some(1), None, Some(1), Some(2), Some(2)];
        let mut found = Vec::new();
        runs(
            0..keys.len(),
            |row| keys[row],
            |key, rows| {
                found.push((key, rows));
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(found, [(1, 0..2), (1, 3..4), (2, 4..6)]);
    }
}
