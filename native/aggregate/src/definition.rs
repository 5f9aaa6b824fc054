//! A specification checked against the columns it names.

use crate::registry;
use crate::spec::{AggregationSpec, OperationKind};
use chronon_types::{DataType, Dialect, Error, Field, Result};

/// The width an operation computes in; see [`crate::physical`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// [`crate::physical::Longs`]
    Longs,
    /// [`crate::physical::Doubles`]
    Doubles,
    /// [`crate::decimal::Singles`]
    Singles,
    /// [`crate::decimal::Decimals`]
    Decimals,
    /// [`crate::physical::Bytes`]
    Bytes,
    /// [`crate::physical::Anything`]
    Anything,
    /// [`crate::physical::Presence`]
    Presence,
}

/// How an input column holds the values of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One value per row.
    Single,
    /// Lists; every element is a value.
    Vector,
    /// Maps from text; every key has values and a result of its own.
    Map,
    /// Lists of one length; every position has values and a result of its own.
    ElementWise,
}

/// An aggregation that can be run: every column exists, every type is accepted, every argument is a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// What was asked for.
    pub spec: AggregationSpec,
    /// The input column.
    pub input: Field,
    /// The bucket column, if any.
    pub bucket: Option<Field>,
    /// Type of one value: the input's, or that of a list's elements or a map's values.
    pub element: DataType,
    /// How the input holds the values.
    pub layout: Layout,
    /// The width the operation computes in.
    pub width: Width,
    /// The argument `k`, 0 for operations that have none.
    pub k: i32,
    /// Type of one result, before keys or positions make a map or list of it.
    pub result: DataType,
    /// The output column.
    pub output: Field,
}

impl Definition {
    /// Checks `spec` against the columns it may name.
    ///
    /// # Errors
    /// `InvalidPlan` naming operation, column, type and what would be accepted; `Unsupported` for what is not built.
    ///
    /// ```
    /// use chronon_aggregate::{AggregationSpec, Definition, OperationKind};
    /// use chronon_types::{DataType, Field};
    /// let columns = [Field::new("price", DataType::Float)];
    /// let sum = Definition::new(&AggregationSpec::new(OperationKind::Sum, 0), &columns).unwrap();
    /// assert_eq!(sum.output, Field::new("price_sum", DataType::Double));
    /// ```
    pub fn new(spec: &AggregationSpec, columns: &[Field]) -> Result<Self> {
        let input = columns.get(spec.input).cloned().ok_or_else(|| {
            let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let (kind, index) = (spec.operation, spec.input);
            Error::invalid_plan(format!("{kind} reads column number {index}; the columns are {known:?}"))
        })?;
        Self::checked(spec, columns, &input).map_err(|error| {
            let (kind, name, data_type) = (spec.operation, &input.name, &input.data_type);
            error.within(format!("{kind} of column {name} of type {data_type}"))
        })
    }

    fn checked(spec: &AggregationSpec, columns: &[Field], input: &Field) -> Result<Self> {
        let kind = spec.operation;
        if kind.number(spec.dialect).is_none() {
            return Err(Error::invalid_plan(format!("the {} dialect has no operation {kind}", spec.dialect)));
        }
        if matches!(input.data_type, DataType::Date | DataType::Timestamp) {
            return Err(Error::invalid_plan(format!(
                "column {} is a {}, which no operation takes; cast it to Long in the selects",
                input.name, input.data_type
            )));
        }
        let bucket = match spec.bucket {
            None => None,
            Some(index) => match columns.get(index) {
                Some(bucket) if bucket.data_type == DataType::String => Some(bucket.clone()),
                Some(bucket) => {
                    return Err(Error::invalid_plan(format!(
                        "bucket column {} is of type {}; a bucket must be a string",
                        bucket.name, bucket.data_type
                    )));
                }
                None => return Err(Error::invalid_plan(format!("there is no bucket column number {index}"))),
            },
        };
        let (layout, element) = layout(spec, input)?;
        if bucket.is_some() && matches!(layout, Layout::Map | Layout::ElementWise) {
            return Err(Error::invalid_plan(match layout {
                Layout::Map => "a map column has a result per key already, so it takes no bucket",
                _ => "an element-wise aggregation has a result per position already, so it takes no bucket",
            }));
        }
        let (width, result) = registry::result_type(kind, &element)?;
        let k = registry::k(spec)?;
        let output_type = shaped(result.clone(), layout, bucket.is_some());
        let output_name = spec.output_name(&input.name, bucket.as_ref().map(|bucket| bucket.name.as_str()));
        Ok(Self {
            spec: spec.clone(),
            input: input.clone(),
            bucket,
            element,
            layout,
            width,
            k,
            result,
            output: Field::new(output_name, output_type),
        })
    }

    /// The operation.
    pub fn kind(&self) -> OperationKind {
        self.spec.operation
    }

    /// Whether results stand inside a map or list, where NaN and infinities stay what they are.
    pub fn nested(&self) -> bool {
        self.bucket.is_some() || matches!(self.layout, Layout::Map | Layout::ElementWise)
    }

    /// Type of the stored accumulator.
    pub fn ir_type(&self) -> DataType {
        shaped(registry::ir_type(self.spec.dialect, self.kind(), &self.element), self.layout, self.bucket.is_some())
    }

    /// The type a column is widened to before the operation sees it.
    pub fn widened(&self) -> &DataType {
        &self.element
    }
}

/// How the input of `spec` holds its values, and their type. Timed operations take lists and maps whole.
///
/// # Errors
/// `InvalidPlan` for an element-wise aggregation of anything but a list of scalars.
fn layout(spec: &AggregationSpec, input: &Field) -> Result<(Layout, DataType)> {
    if spec.operation.is_timed() {
        return Ok((Layout::Single, input.data_type.clone()));
    }
    match &input.data_type {
        _ if spec.element_wise && spec.dialect == Dialect::Zipline => {
            Err(Error::invalid_plan("the zipline dialect has no element-wise aggregation; leave elementWise out"))
        }
        DataType::List(element) if is_scalar(element) => {
            let layout = if spec.element_wise { Layout::ElementWise } else { Layout::Vector };
            Ok((layout, (**element).clone()))
        }
        other if spec.element_wise => Err(Error::invalid_plan(format!(
            "an element-wise aggregation needs a list of scalars, not {other}; leave elementWise out"
        ))),
        DataType::Map(key, value) if **key == DataType::String => Ok((Layout::Map, (**value).clone())),
        other => Ok((Layout::Single, other.clone())),
    }
}

/// The type `inner` per key or per position, as the shape has it.
fn shaped(inner: DataType, layout: Layout, bucketed: bool) -> DataType {
    match layout {
        Layout::ElementWise => DataType::List(Box::new(inner)),
        Layout::Map => DataType::Map(Box::new(DataType::String), Box::new(inner)),
        _ if bucketed => DataType::Map(Box::new(DataType::String), Box::new(inner)),
        _ => inner,
    }
}

/// Whether a list of such elements is a vector. `Byte` is not among the reference's scalar types.
fn is_scalar(data_type: &DataType) -> bool {
    use DataType::*;
    matches!(data_type, Int | Long | Short | Double | Float | String | Binary | Boolean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chronon_types::ErrorCode;

    fn list(element: DataType) -> DataType {
        DataType::List(Box::new(element))
    }

    fn map(key: DataType, value: DataType) -> DataType {
        DataType::Map(Box::new(key), Box::new(value))
    }

    fn define(kind: OperationKind, data_type: DataType) -> Result<Definition> {
        let columns = [Field::new("x", data_type), Field::new("b", DataType::String)];
        Definition::new(&AggregationSpec::new(kind, 0).with_arg("k", "2"), &columns)
    }

    #[test]
    fn refusals_name_what_was_found_and_what_would_do() {
        use OperationKind::*;
        let cases = [
            (ErrorCode::InvalidPlan, "cast it to Long", Count, DataType::Timestamp),
            (ErrorCode::InvalidPlan, "cast it to Long", Last, DataType::Date),
            (ErrorCode::InvalidPlan, "SUM takes", Sum, DataType::String),
            (ErrorCode::InvalidPlan, "SUM takes", Sum, DataType::Byte),
            (ErrorCode::InvalidPlan, "HISTOGRAM takes", Histogram, DataType::Long),
            (ErrorCode::InvalidPlan, "MIN takes", Min, DataType::Boolean),
            (ErrorCode::InvalidPlan, "MIN takes", Min, list(DataType::Byte)),
            (ErrorCode::InvalidPlan, "VARIANCE takes", Variance, map(DataType::String, DataType::String)),
        ];
        for (code, text, kind, data_type) in cases {
            let error = define(kind, data_type.clone()).expect_err("refused");
            assert_eq!(error.code(), code, "{kind} {data_type}: {error}");
            assert!(error.message().contains(text), "{kind} {data_type}: {error}");
            assert!(error.context()[0].contains("column x"), "{error}");
        }
    }

    #[test]
    fn lists_and_maps_are_payloads_or_vectors() {
        use OperationKind::*;
        assert_eq!(define(Last, map(DataType::String, DataType::Long)).unwrap().width, Width::Anything);
        assert_eq!(define(LastK, list(DataType::Long)).unwrap().output.data_type, list(list(DataType::Long)));
        assert_eq!(define(Average, list(DataType::Long)).unwrap().layout, Layout::Vector);
        assert_eq!(define(Count, list(DataType::Byte)).unwrap().layout, Layout::Single);
        assert_eq!(define(Count, map(DataType::Long, DataType::Long)).unwrap().layout, Layout::Single);
        let per_key = define(Sum, map(DataType::String, DataType::Int)).unwrap();
        assert_eq!((per_key.layout, &per_key.output.data_type), (Layout::Map, &map(DataType::String, DataType::Long)));
    }

    #[test]
    fn positions_need_lists_of_scalars_and_no_bucket() {
        let columns = [Field::new("x", list(DataType::Float)), Field::new("b", DataType::String)];
        let spec = AggregationSpec { element_wise: true, ..AggregationSpec::new(OperationKind::Sum, 0) };
        assert_eq!(Definition::new(&spec, &columns).unwrap().output.data_type, list(DataType::Double));
        let error = Definition::new(&spec.clone().by(1), &columns).unwrap_err();
        assert!(error.message().contains("takes no bucket"), "{error}");
        let error = Definition::new(&AggregationSpec { input: 1, ..spec }, &columns).unwrap_err();
        assert!(error.message().contains("list of scalars"), "{error}");
    }

    #[test]
    fn arguments_and_buckets_are_checked() {
        let columns = [Field::new("x", DataType::Long)];
        let error = Definition::new(&AggregationSpec::new(OperationKind::LastK, 0), &columns).expect_err("no k");
        assert!(error.message().contains("needs the argument k"), "{error}");
        let spec = AggregationSpec::new(OperationKind::LastK, 0).with_arg("k", "many");
        assert!(Definition::new(&spec, &columns).is_err());
        let spec = AggregationSpec::new(OperationKind::ApproxUniqueCount, 0).with_arg("k", "27");
        assert!(Definition::new(&spec, &columns).is_err());
        let spec = AggregationSpec::new(OperationKind::Sum, 0).by(0);
        assert!(Definition::new(&spec, &columns).unwrap_err().message().contains("must be a string"));
        assert!(Definition::new(&AggregationSpec::new(OperationKind::Sum, 4), &columns).is_err());
    }
}
