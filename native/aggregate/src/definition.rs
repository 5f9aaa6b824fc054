//! A specification checked against the columns it names.

use crate::registry;
use crate::spec::{AggregationSpec, OperationKind};
use chronon_types::{DataType, Error, Field, Result};

/// The width an operation computes in; see [`crate::physical`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// [`crate::physical::Longs`]
    Longs,
    /// [`crate::physical::Doubles`]
    Doubles,
    /// [`crate::physical::Bytes`]
    Bytes,
    /// [`crate::physical::Anything`]
    Anything,
    /// [`crate::physical::Presence`]
    Presence,
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
    /// Type of one value: the input's, or that of its elements when it is a vector.
    pub element: DataType,
    /// Whether every element of a list is a value.
    pub vector: bool,
    /// The width the operation computes in.
    pub width: Width,
    /// The argument `k`, 0 for operations that have none.
    pub k: i32,
    /// Type of one result, before buckets make a map of it.
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
        let mut element = input.data_type.clone();
        let mut vector = false;
        if !kind.is_timed() {
            match &input.data_type {
                DataType::Map(key, _) if **key == DataType::String => {
                    return Err(Error::unsupported(format!(
                        "{kind} per key of the map column {} is not built; select the keys into columns of their own",
                        input.name
                    )));
                }
                DataType::List(inner) if is_scalar(inner) => {
                    element = (**inner).clone();
                    vector = true;
                }
                _ => {}
            }
            if spec.element_wise {
                return Err(if vector {
                    Error::unsupported(format!("element-wise {kind} of column {} is not built", input.name))
                } else {
                    Error::invalid_plan(format!("element-wise {kind} needs a list of scalars, not {}", input.data_type))
                });
            }
        }
        let (width, result) = registry::result_type(kind, &element)?;
        let k = registry::k(spec)?;
        let output_type = match bucket {
            None => result.clone(),
            Some(_) => DataType::Map(Box::new(DataType::String), Box::new(result.clone())),
        };
        let output_name = spec.output_name(&input.name, bucket.as_ref().map(|bucket| bucket.name.as_str()));
        Ok(Self {
            spec: spec.clone(),
            input: input.clone(),
            bucket,
            element,
            vector,
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

    /// Whether results stand inside a map, where NaN and infinities stay what they are.
    pub fn nested(&self) -> bool {
        self.bucket.is_some()
    }

    /// The type a column is widened to before the operation sees it.
    pub fn widened(&self) -> &DataType {
        &self.element
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
            (ErrorCode::Unsupported, "per key of the map", Count, map(DataType::String, DataType::Long)),
            (ErrorCode::Unsupported, "VARIANCE is not built", Variance, DataType::Long),
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
        assert!(define(Average, list(DataType::Long)).unwrap().vector);
        assert!(!define(Count, list(DataType::Byte)).unwrap().vector);
        assert!(!define(Count, map(DataType::Long, DataType::Long)).unwrap().vector);
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
