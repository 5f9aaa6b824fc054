//! From a table's columns to the inputs of its metrics, and from counts to rates.

use crate::metric::{Expression, Metric, TOTAL};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::{cast, is_null};
use arrow::datatypes::{DataType as ArrowType, Float32Type, Float64Type};
use chronon_aggregate::{Definition, arrow_type, same_layout};
use chronon_sketches::java_double::java_double;
use chronon_types::{DataType, Error, Field, Result};
use std::sync::Arc;

/// The metrics of a table as checked aggregations over columns that [`Self::derive`] makes.
///
/// ```
/// use arrow::array::{ArrayRef, AsArray, Float64Array};
/// use arrow::datatypes::Int64Type;
/// use chronon_aggregate::grouped;
/// use chronon_stats::{StatsPlan, metrics};
/// use chronon_types::{DataType, Field};
/// use std::sync::Arc;
/// let fields = vec![Field::new("price", DataType::Double)];
/// let plan = StatsPlan::new(fields.clone(), metrics(&fields)).unwrap();
/// let names: Vec<&str> = plan.definitions().iter().map(|definition| definition.output.name.as_str()).collect();
/// assert_eq!(names, ["price__null_sum", "price_approx_percentile", "total_count"]);
///
/// let price: ArrayRef = Arc::new(Float64Array::from(vec![Some(2.5), None, None]));
/// let inputs = plan.derive(&[price], 3).unwrap();
/// let mut results = Vec::new();
/// for definition in plan.definitions() {
///     let mut day = grouped(definition).unwrap();
///     day.update(&[0, 0, 0], &[0, 0, 0], &inputs).unwrap();
///     results.push(day.finalize(1).unwrap());
/// }
/// assert_eq!(results[0].as_primitive::<Int64Type>().value(0), 2);
/// assert_eq!(plan.null_rates(&results, 0), [("price__null_rate".to_owned(), Some(2.0 / 3.0))]);
/// ```
#[derive(Debug, Clone)]
pub struct StatsPlan {
    columns: Vec<Field>,
    /// Per input, its expression, and the column it is of unless it is [`TOTAL`].
    inputs: Vec<(Expression, Option<usize>, Field)>,
    metrics: Vec<Metric>,
    definitions: Vec<Definition>,
}

impl StatsPlan {
    /// Checks `metrics` against the columns of a table.
    ///
    /// # Errors
    /// `InvalidPlan` when a metric is of a column that is not there, or of a type that its operation does not take;
    /// `Unsupported` for an operation that is not built.
    pub fn new(columns: Vec<Field>, metrics: Vec<Metric>) -> Result<Self> {
        let mut inputs: Vec<(Expression, Option<usize>, Field)> = Vec::new();
        let mut input_of = Vec::with_capacity(metrics.len());
        for metric in &metrics {
            let column = columns.iter().position(|column| column.name == metric.column);
            let (column, data_type) = match (metric.expression, column) {
                (Expression::One, _) => (None, DataType::Boolean),
                (_, Some(column)) => (Some(column), metric.input_type(&columns[column].data_type)),
                (_, None) => {
                    let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                    return Err(Error::invalid_plan(format!(
                        "there is no column {}; the columns are {known:?}",
                        metric.column
                    )));
                }
            };
            let input = (metric.expression, column, Field::new(metric.input_name(), data_type));
            input_of.push(inputs.iter().position(|known| *known == input).unwrap_or_else(|| {
                inputs.push(input);
                inputs.len() - 1
            }));
        }
        let fields: Vec<Field> = inputs.iter().map(|(_, _, field)| field.clone()).collect();
        let definition = |(metric, input): (&Metric, usize)| Definition::new(&metric.spec(input), &fields);
        let definitions = metrics.iter().zip(input_of).map(definition).collect::<Result<_>>()?;
        Ok(Self { columns, inputs, metrics, definitions })
    }

    /// The metrics.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The aggregation of each metric, over the columns of [`Self::derive`].
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The inputs of the aggregations for `rows` rows of the table's columns.
    ///
    /// # Errors
    /// `SchemaMismatch` when a column is missing, of another type or of another length.
    pub fn derive(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<ArrayRef>> {
        if columns.len() != self.columns.len() {
            return Err(Error::schema_mismatch(format!(
                "a batch has {} columns; the statistics are of {}",
                columns.len(),
                self.columns.len()
            )));
        }
        for (column, field) in columns.iter().zip(&self.columns) {
            if column.len() != rows || !same_layout(column.data_type(), &arrow_type(&field.data_type)) {
                return Err(Error::schema_mismatch(format!(
                    "column {} has {} rows of {}; {rows} of {} are expected",
                    field.name,
                    column.len(),
                    column.data_type(),
                    field.data_type
                )));
            }
        }
        let one = || Arc::new(BooleanArray::from(vec![true; rows])) as ArrayRef;
        let derive = |(expression, column, _): &(Expression, Option<usize>, Field)| match column {
            Some(column) => derived(*expression, &columns[*column]),
            None => Ok(one()),
        };
        self.inputs.iter().map(derive).collect()
    }

    /// The share of null values of every column that has a null count, named `<column>__null_rate`, given the results of all
    /// metrics for the group `group`. `None` where there were no rows. (The reference means to add them to its tables, but
    /// looks for the suffix at the wrong end of the name and never does.)
    pub fn null_rates(&self, results: &[ArrayRef], group: usize) -> Vec<(String, Option<f64>)> {
        use arrow::datatypes::Int64Type;
        let count = |index: usize| {
            let counts = results.get(index)?.as_primitive_opt::<Int64Type>()?;
            (group < counts.len() && counts.is_valid(group)).then(|| counts.value(group))
        };
        let total =
            self.metrics.iter().position(|metric| metric.column == TOTAL && metric.expression == Expression::One);
        let nulls = self.metrics.iter().enumerate().filter(|(_, metric)| metric.expression == Expression::IsNull);
        nulls
            .map(|(index, metric)| {
                let rate = count(index).zip(total.and_then(count)).and_then(|(nulls, total)| null_rate(nulls, total));
                (format!("{}__null_rate", metric.column), rate)
            })
            .collect()
    }
}

/// The share of null values among `total` rows; `None` when there are none.
///
/// ```
/// use chronon_stats::null_rate;
/// assert_eq!((null_rate(1, 4), null_rate(0, 0)), (Some(0.25), None));
/// ```
pub fn null_rate(nulls: i64, total: i64) -> Option<f64> {
    (total > 0).then(|| nulls as f64 / total as f64)
}

/// An expression of a column.
fn derived(expression: Expression, column: &ArrayRef) -> Result<ArrayRef> {
    let failed = |error: arrow::error::ArrowError| Error::internal(error.to_string());
    Ok(match expression {
        Expression::Raw | Expression::One => column.clone(),
        Expression::IsNull => Arc::new(is_null(column).map_err(failed)?),
        Expression::IsZero => {
            let numbers = cast(column, &ArrowType::Float64).map_err(failed)?;
            Arc::new(
                numbers.as_primitive::<Float64Type>().iter().map(|value| Some(value? == 0.0)).collect::<BooleanArray>(),
            )
        }
        Expression::RawToString => match column.data_type() {
            ArrowType::Float64 => {
                let values = column.as_primitive::<Float64Type>().iter();
                Arc::new(values.map(|value| value.map(java_double)).collect::<StringArray>())
            }
            ArrowType::Float32 => {
                let values = column.as_primitive::<Float32Type>().iter();
                Arc::new(values.map(|value| value.map(java_float)).collect::<StringArray>())
            }
            _ => cast(column, &ArrowType::Utf8).map_err(failed)?,
        },
    })
}

/// The text of a float: that of the double with the fewest digits that reads as it.
fn java_float(value: f32) -> String {
    java_double(value.to_string().parse().unwrap_or_else(|_| value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{LOW_CARDINALITY, enhanced_metrics};
    use arrow::array::{Float32Array, Float64Array, Int32Array};
    use std::collections::HashMap;

    /// The inputs of the fork's metrics of columns with few distinct values, as text.
    fn inputs(data_type: DataType, column: ArrayRef) -> Vec<String> {
        let fields = vec![Field::new("x", data_type)];
        let metrics = enhanced_metrics(&fields, &HashMap::new(), LOW_CARDINALITY);
        let rows = column.len();
        let inputs = StatsPlan::new(fields, metrics).unwrap().derive(&[column], rows).unwrap();
        inputs.iter().map(|input| format!("{:?}", strings(input))).collect()
    }

    fn strings(column: &ArrayRef) -> Vec<Option<String>> {
        let text = cast(column, &ArrowType::Utf8).unwrap();
        text.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()
    }

    #[test]
    fn expressions_of_numbers() {
        let of = |texts: [Option<&str>; 3]| format!("{:?}", texts.map(|text| text.map(str::to_owned)));
        let (null, zero) = (of([Some("false"), Some("true"), Some("false")]), of([Some("true"), None, Some("false")]));
        let one = of([Some("true"); 3]);
        let cases: [(DataType, ArrayRef, [&str; 2], [&str; 2]); 3] = [
            (DataType::Int, Arc::new(Int32Array::from(vec![Some(0), None, Some(7)])), ["0", "7"], ["0", "7"]),
            (
                DataType::Double,
                Arc::new(Float64Array::from(vec![Some(-0.0), None, Some(1e7)])),
                ["-0.0", "10000000.0"],
                ["-0.0", "1.0E7"],
            ),
            (
                DataType::Float,
                Arc::new(Float32Array::from(vec![Some(0.0), None, Some(0.1)])),
                ["0.0", "0.1"],
                ["0.0", "0.1"],
            ),
        ];
        for (data_type, column, raw, text) in cases {
            let with_null = |[first, last]: [&'static str; 2]| of([Some(first), None, Some(last)]);
            assert_eq!(
                inputs(data_type, column),
                [null.clone(), zero.clone(), with_null(raw), with_null(text), one.clone()]
            );
        }
    }

    #[test]
    fn columns_must_be_those_of_the_plan() {
        let fields = vec![Field::new("x", DataType::Int)];
        let plan = StatsPlan::new(fields.clone(), crate::metrics(&fields)).unwrap();
        let longs: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        assert!(plan.derive(&[longs], 1).unwrap_err().message().contains("column x has 1 rows of Float64"));
        assert!(plan.derive(&[], 1).is_err());
        let short: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        assert!(plan.derive(&[short], 2).is_err());
    }

    #[test]
    fn an_empty_day_has_no_rates() {
        let fields = vec![Field::new("x", DataType::Int)];
        let plan = StatsPlan::new(fields.clone(), crate::metrics(&fields)).unwrap();
        assert_eq!(plan.null_rates(&[], 0), [("x__null_rate".to_owned(), None)]);
    }
}
