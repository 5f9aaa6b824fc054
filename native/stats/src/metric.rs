//! Which metrics a column has, by its type.
//!
//! The names and the order are those of the reference (aggregator sheet §16, §19), because they are columns of tables and
//! keys of stored series. Three sets exist: [`metrics`] of the airbnb dialect, [`numeric_metrics`] and [`enhanced_metrics`]
//! of the fork's.

use crate::MERGED_GRID;
use chronon_aggregate::{AggregationSpec, OperationKind, compare_utf16, registry};
use chronon_types::{DataType, Field};
use std::collections::HashMap;

/// Columns that have no metrics: times and partitions.
pub const IGNORED: [&str; 5] = ["ts", "ds", "date_key", "date", "datestamp"];

/// The column that counts rows.
pub const TOTAL: &str = "total";

/// A column has few distinct values when their share of the rows is at most this.
pub const LOW_CARDINALITY: f64 = 0.01;

/// What is aggregated of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expression {
    /// The value.
    Raw,
    /// Whether the value is null; never null itself.
    IsNull,
    /// Whether the value is zero; null for null.
    IsZero,
    /// The value as text, as Java prints it; null for null.
    RawToString,
    /// True in every row.
    One,
}

/// One metric: an aggregation over everything of an expression of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The column, or [`TOTAL`].
    pub column: String,
    /// What is aggregated of it.
    pub expression: Expression,
    /// How.
    pub operation: OperationKind,
    /// What the name of the aggregation's input has behind the column's.
    pub suffix: &'static str,
}

impl Metric {
    fn new(column: &str, expression: Expression, operation: OperationKind, suffix: &'static str) -> Self {
        Self { column: column.to_owned(), expression, operation, suffix }
    }

    /// The name of the aggregation's input.
    ///
    /// ```
    /// use chronon_stats::metrics;
    /// use chronon_types::{DataType, Field};
    /// assert_eq!(metrics(&[Field::new("price", DataType::Double)])[0].input_name(), "price__null");
    /// ```
    pub fn input_name(&self) -> String {
        format!("{}{}", self.column, self.suffix)
    }

    /// The type of the aggregation's input, given the column's.
    pub fn input_type(&self, column: &DataType) -> DataType {
        match self.expression {
            Expression::Raw => column.clone(),
            Expression::RawToString => DataType::String,
            Expression::IsNull | Expression::IsZero | Expression::One => DataType::Boolean,
        }
    }

    /// The aggregation, over the column at index `input`.
    pub fn spec(&self, input: usize) -> AggregationSpec {
        let spec = AggregationSpec::new(self.operation, input);
        if self.operation == OperationKind::ApproxPercentile {
            return spec.with_arg("percentiles", format!("{MERGED_GRID:?}"));
        }
        spec
    }
}

/// Metrics of the airbnb dialect: how many values are null, and the distribution of every number.
///
/// Sorted by column in Java's order, [`TOTAL`] last. Columns in [`IGNORED`] have none.
pub fn metrics(fields: &[Field]) -> Vec<Metric> {
    collect(fields, |field, of| {
        if is_number(&field.data_type) {
            of(Expression::Raw, OperationKind::ApproxPercentile, "");
        }
    })
}

/// The fork's metrics of a table that it knows nothing else about: how many values are null or zero, and the extremes,
/// mean and variance of numbers.
pub fn numeric_metrics(fields: &[Field]) -> Vec<Metric> {
    collect(fields, |field, of| {
        if is_number(&field.data_type) {
            moments(of);
        }
    })
}

/// The fork's metrics where the share of distinct values of every column is known, as a job finds it before.
///
/// Besides [`numeric_metrics`]: how many booleans are true; of columns with a share of at most `threshold`
/// ([`LOW_CARDINALITY`] in the fork), and of those without a share, the exact number of distinct values and how often
/// each occurs, numbers as text; of others the estimated number, and of numbers the distribution. Lists, maps and structs
/// have no metrics. A metric that its operation does not compute for the column's type is left out; the fork fails on it.
pub fn enhanced_metrics(fields: &[Field], shares: &HashMap<String, f64>, threshold: f64) -> Vec<Metric> {
    use Expression::{Raw, RawToString};
    use OperationKind::{ApproxPercentile, ApproxUniqueCount, Histogram, Sum, UniqueCount};
    let scalar =
        |field: &&Field| !matches!(field.data_type, DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_, _));
    let scalars: Vec<Field> = fields.iter().filter(scalar).cloned().collect();
    let mut metrics = collect(&scalars, |field, of| {
        let number = is_number(&field.data_type);
        let few = shares.get(&field.name).is_none_or(|share| *share <= threshold);
        if number {
            moments(of);
        }
        match (&field.data_type, few) {
            (DataType::Boolean, _) => of(Raw, Sum, "_true"),
            (_, true) => {
                let (expression, suffix) = if number { (RawToString, "__str") } else { (Raw, "") };
                of(expression, UniqueCount, suffix);
                of(expression, Histogram, suffix);
            }
            (_, false) => {
                of(Raw, ApproxUniqueCount, "");
                if number {
                    of(Raw, ApproxPercentile, "");
                }
            }
        }
    });
    let accepted = |metric: &Metric| {
        let field = scalars.iter().find(|field| field.name == metric.column);
        field.is_none_or(|field| registry::result_type(metric.operation, &metric.input_type(&field.data_type)).is_ok())
    };
    metrics.retain(accepted);
    metrics
}

/// Null counts of all columns and what `more` adds, sorted, and the count of rows.
fn collect(
    fields: &[Field],
    more: impl Fn(&Field, &mut dyn FnMut(Expression, OperationKind, &'static str)),
) -> Vec<Metric> {
    let mut sorted: Vec<&Field> = fields.iter().filter(|field| !IGNORED.contains(&field.name.as_str())).collect();
    sorted.sort_by(|a, b| compare_utf16(a.name.as_bytes(), b.name.as_bytes()));
    let mut metrics = Vec::new();
    for field in sorted {
        metrics.push(Metric::new(&field.name, Expression::IsNull, OperationKind::Sum, "__null"));
        more(field, &mut |expression, operation, suffix| {
            metrics.push(Metric::new(&field.name, expression, operation, suffix));
        });
    }
    metrics.push(Metric::new(TOTAL, Expression::One, OperationKind::Count, ""));
    metrics
}

fn moments(of: &mut dyn FnMut(Expression, OperationKind, &'static str)) {
    use OperationKind::{Average, Max, Min, Sum, Variance};
    of(Expression::IsZero, Sum, "__zero");
    [Max, Min, Average, Variance].into_iter().for_each(|operation| of(Expression::Raw, operation, ""));
}

/// The reference's statistics leave `Byte` out of the numbers.
fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric() && *data_type != DataType::Byte
}
