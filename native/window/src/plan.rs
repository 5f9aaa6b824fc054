//! What a session computes, worked out once: checked definitions, distinct windows, distinct hop sizes.

use chronon_aggregate::{AggregationSpec, Definition, Resolution};
use chronon_types::time::Millis;
use chronon_types::{Dialect, Error, Field, Result};

/// A distinct window of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WindowShape {
    /// How far it reaches back; `None` for everything.
    pub(crate) length: Option<Millis>,
    /// Index of the hop size its tail moves by.
    pub(crate) timeline: usize,
}

/// Checked aggregations over fixed input columns at one resolution. Immutable, so sessions share it.
///
/// ```
/// use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit};
/// use chronon_types::{DataType, Field};
/// use chronon_window::WindowPlan;
/// let inputs = vec![Field::new("price", DataType::Double)];
/// let specs = vec![AggregationSpec::new(OperationKind::Sum, 0).over(7, TimeUnit::Days)];
/// let plan = WindowPlan::new(inputs, specs, Resolution::FiveMinute).unwrap();
/// assert_eq!(plan.outputs(), [Field::new("price_sum_7d", DataType::Double)]);
/// ```
#[derive(Debug, Clone)]
pub struct WindowPlan {
    inputs: Vec<Field>,
    outputs: Vec<Field>,
    resolution: Resolution,
    dialect: Dialect,
    definitions: Vec<Definition>,
    windows: Vec<WindowShape>,
    window_of: Vec<usize>,
    hops: Vec<Option<Millis>>,
}

impl WindowPlan {
    /// Checks `specs` against `inputs`, in the order in which batches bring them.
    ///
    /// # Errors
    /// `InvalidPlan` or `Unsupported` naming the aggregation that cannot run; `InvalidPlan` when two outputs have
    /// the same name, there is none, or two are of different dialects.
    pub fn new(inputs: Vec<Field>, specs: Vec<AggregationSpec>, resolution: Resolution) -> Result<Self> {
        let mut plan = Self {
            inputs,
            outputs: Vec::new(),
            resolution,
            dialect: specs.first().map_or(Dialect::Airbnb, |spec| spec.dialect),
            definitions: Vec::new(),
            windows: Vec::new(),
            window_of: Vec::new(),
            hops: Vec::new(),
        };
        for spec in &specs {
            if spec.dialect != plan.dialect {
                let found = format!("aggregations of the {} and the {} dialect", plan.dialect, spec.dialect);
                return Err(Error::invalid_plan(format!("{found} cannot share a plan; make one for each")));
            }
            let definition = Definition::new(spec, &plan.inputs)?;
            let window = spec.bounded_window();
            let hop = match &window {
                None => None,
                Some(window) => {
                    Some(resolution.tail_hop(window).map_err(|error| error.within(definition.output.name.clone()))?)
                }
            };
            let timeline = position_or_push(&mut plan.hops, hop);
            let shape = WindowShape { length: window.map(|window| window.millis()), timeline };
            plan.window_of.push(position_or_push(&mut plan.windows, shape));
            if plan.outputs.iter().any(|output| output.name == definition.output.name) {
                return Err(Error::invalid_plan(format!(
                    "two aggregations give the output {}; they differ only in what names do not show, so drop one",
                    definition.output.name
                )));
            }
            plan.outputs.push(definition.output.clone());
            plan.definitions.push(definition);
        }
        if plan.definitions.is_empty() {
            return Err(Error::invalid_plan("there is nothing to compute: no aggregation has a window"));
        }
        Ok(plan)
    }

    /// The columns that event batches bring.
    pub fn inputs(&self) -> &[Field] {
        &self.inputs
    }

    /// The columns that come out, one per aggregation in the order given.
    pub fn outputs(&self) -> &[Field] {
        &self.outputs
    }

    /// The resolution.
    pub fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// The checked aggregations.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Whether times do not matter: exact resolution without any window.
    pub fn is_timeless(&self) -> bool {
        self.resolution == Resolution::Exact && self.windows.iter().all(|window| window.length.is_none())
    }

    /// Whether a window ends after the events at the very time of its query, and not before them. The zipline dialect
    /// counts them in temporal joins, where heads move with queries; days and what is exact end before them in both.
    pub fn includes_query_time(&self) -> bool {
        self.dialect == Dialect::Zipline && self.resolution == Resolution::FiveMinute
    }

    pub(crate) fn windows(&self) -> &[WindowShape] {
        &self.windows
    }

    /// The window of the aggregation at `index`.
    pub(crate) fn window_of(&self, index: usize) -> usize {
        self.window_of[index]
    }

    /// Distinct hop sizes; `None` is the hop that never ends.
    pub(crate) fn hops(&self) -> &[Option<Millis>] {
        &self.hops
    }
}

pub(crate) fn position_or_push<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    items.iter().position(|known| *known == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chronon_aggregate::{OperationKind, TimeUnit};
    use chronon_types::DataType;
    use chronon_types::time::{FIVE_MINUTES, HOUR};

    #[test]
    fn equal_windows_are_shared_and_hops_are_distinct() {
        let sum = || AggregationSpec::new(OperationKind::Sum, 0);
        let specs = vec![
            sum().over(1, TimeUnit::Hours),
            sum().over(1, TimeUnit::Days),
            AggregationSpec::new(OperationKind::Max, 0).over(24, TimeUnit::Hours),
            sum(),
        ];
        let inputs = vec![Field::new("x", DataType::Long)];
        let plan = WindowPlan::new(inputs, specs, Resolution::FiveMinute).unwrap();
        assert_eq!(plan.windows().len(), 3);
        assert_eq!(plan.window_of(1), plan.window_of(2));
        assert_eq!(plan.hops(), [Some(FIVE_MINUTES), Some(HOUR), None]);
    }

    #[test]
    fn equal_output_names_are_refused() {
        let count = || AggregationSpec::new(OperationKind::Histogram, 0);
        let inputs = vec![Field::new("x", DataType::String)];
        let error = WindowPlan::new(inputs.clone(), vec![count(), count().with_arg("k", "3")], Resolution::Daily);
        assert!(error.unwrap_err().message().contains("x_histogram"));
        assert!(WindowPlan::new(inputs, Vec::new(), Resolution::Daily).is_err());
    }
}
