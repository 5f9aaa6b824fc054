//! The one list of operations: what each accepts, what it returns, and what computes it.
//!
//! To add an operation: its file, a line in [`result_type`], a line in [`dispatch`] and, if it takes `k`, one in [`k`].

use crate::approx_frequent_k::{ApproxFrequentK, MOST_ITEMS};
use crate::approx_histogram_k::ApproxHistogramK;
use crate::approx_percentile::ApproxPercentile;
use crate::approx_unique_count::ApproxUniqueCount;
use crate::average::Average;
use crate::avro::StoredCount;
use crate::bounded_unique_count::BoundedUniqueCount;
use crate::count::Count;
use crate::decimal::{DecimalSum, Decimals, Singles};
use crate::definition::{Definition, Width};
use crate::first_last::Edge;
use crate::first_last_k::EdgeK;
use crate::histogram::Histogram;
use crate::min_max::Extreme;
use crate::moments::{Moment, Moments};
use crate::operation::Operation;
use crate::physical::{Anything, Bytes, Doubles, Longs};
use crate::spec::{AggregationSpec, OperationKind};
use crate::sum::{DoubleSum, LongSum};
use crate::top_bottom_k::RankedK;
use crate::unique_count::UniqueCount;
use crate::unique_top_k::{Members, UniqueTopK};
use crate::variance::Variance;
use chronon_sketches::kll::Ranks;
use chronon_types::{DataType, Dialect, Error, Field, Result};
use std::marker::PhantomData;

/// The width an operation computes in over values of type `element`, and the type of its result.
///
/// # Errors
/// `InvalidPlan` when the operation does not take the type; `Unsupported` when it is not built.
pub fn result_type(kind: OperationKind, element: &DataType) -> Result<(Width, DataType)> {
    use DataType as T;
    use OperationKind as K;
    let number = matches!(element, T::Int | T::Long | T::Short | T::Float | T::Double);
    let float = matches!(element, T::Float | T::Double);
    let decimal = matches!(element, T::Decimal(_, _));
    let refuse = |accepted: &str| {
        Err(Error::invalid_plan(format!("{kind} takes {accepted}, not {element}; cast the column in the selects")))
    };
    let keep = |width| Ok((width, element.clone()));
    const NUMBERS: &str = "Short, Int, Long, Float and Double";
    match kind {
        K::Count => Ok((Width::Presence, T::Long)),
        K::Sum if float => Ok((Width::Doubles, T::Double)),
        K::Sum if number || *element == T::Boolean => Ok((Width::Longs, T::Long)),
        K::Sum | K::Min | K::Max if decimal => keep(Width::Decimals),
        K::Sum => refuse(&format!("{NUMBERS}, and Boolean")),
        K::Average | K::Variance | K::Skew | K::Kurtosis if number || decimal => Ok((Width::Doubles, T::Double)),
        K::ApproxPercentile if decimal => Ok((Width::Singles, T::List(Box::new(T::Float)))),
        K::ApproxPercentile if number => Ok((Width::Doubles, T::List(Box::new(T::Float)))),
        K::Average | K::Variance | K::Skew | K::Kurtosis | K::ApproxPercentile => refuse(NUMBERS),
        K::Min | K::Max if float => keep(Width::Doubles),
        K::Min | K::Max if number => keep(Width::Longs),
        K::Min | K::Max if *element == T::String => keep(Width::Bytes),
        K::Min | K::Max => refuse(&format!("{NUMBERS}, and String")),
        K::TopK | K::BottomK => {
            let width = match element {
                _ if float => Width::Doubles,
                _ if number => Width::Longs,
                _ if decimal => Width::Decimals,
                T::String => Width::Bytes,
                _ => return refuse(&format!("{NUMBERS}, and String")),
            };
            Ok((width, T::List(Box::new(element.clone()))))
        }
        K::First | K::Last | K::FirstK | K::LastK => {
            let result = match kind {
                K::First | K::Last => element.clone(),
                _ => T::List(Box::new(element.clone())),
            };
            let width = match element {
                T::Boolean | T::Byte | T::Short | T::Int | T::Long => Width::Longs,
                T::Float | T::Double => Width::Doubles,
                T::String | T::Binary => Width::Bytes,
                T::Decimal(_, _) => Width::Decimals,
                T::Date | T::Timestamp => return refuse("any type but Date and Timestamp"),
                T::List(_) | T::Map(_, _) | T::Struct(_, _) => Width::Anything,
            };
            Ok((width, result))
        }
        K::UniqueCount if decimal => Ok((Width::Decimals, T::Long)),
        K::UniqueCount | K::ApproxUniqueCount if float || decimal => Ok((Width::Doubles, T::Long)),
        K::UniqueCount | K::ApproxUniqueCount if number => Ok((Width::Longs, T::Long)),
        K::UniqueCount | K::ApproxUniqueCount if matches!(element, T::String | T::Binary) => {
            Ok((Width::Bytes, T::Long))
        }
        K::UniqueCount | K::ApproxUniqueCount => refuse(&format!("{NUMBERS}, String and Binary")),
        K::BoundedUniqueCount if float => Ok((Width::Doubles, T::Long)),
        K::BoundedUniqueCount if number => Ok((Width::Longs, T::Long)),
        K::BoundedUniqueCount if matches!(element, T::String | T::Binary) => Ok((Width::Bytes, T::Long)),
        K::BoundedUniqueCount => refuse(&format!("{NUMBERS}, String and Binary")),
        K::Histogram if *element == T::String => Ok((Width::Bytes, T::Map(Box::new(T::String), Box::new(T::Int)))),
        K::Histogram => refuse("String"),
        K::ApproxHistogramK | K::ApproxFrequentK | K::ApproxHeavyHittersK => {
            let width = match element {
                _ if float => Width::Doubles,
                _ if number => Width::Longs,
                T::String => Width::Bytes,
                _ => return refuse(&format!("{NUMBERS}, and String")),
            };
            Ok((width, T::Map(Box::new(T::String), Box::new(T::Long))))
        }
        K::UniqueTopK => {
            let width = match element {
                T::Int | T::Long => Width::Longs,
                T::String => Width::Bytes,
                T::Struct(_, _) => Members::of(element).map(|_| Width::Anything)?,
                _ => return refuse("Int, Long, String, and structs with sort_key and unique_id"),
            };
            Ok((width, T::List(Box::new(element.clone()))))
        }
    }
}

/// Type of the stored accumulator of an operation over values of type `element`, which it takes (aggregator sheet §8.1).
pub fn ir_type(dialect: Dialect, kind: OperationKind, element: &DataType) -> DataType {
    use DataType as T;
    use OperationKind as K;
    let list = |of: DataType| T::List(Box::new(of));
    let record = |name: &str, members: &[(&str, DataType)]| {
        T::Struct(name.to_owned(), members.iter().map(|(name, of)| Field::new(*name, of.clone())).collect())
    };
    let count = || match StoredCount::of(dialect) {
        StoredCount::Int => T::Int,
        StoredCount::Long => T::Long,
    };
    let timed = || record(&format!("TimePair_{element}"), &[("epochMillis", T::Long), ("payload", element.clone())]);
    match kind {
        K::Count => T::Long,
        K::Sum if matches!(element, T::Float | T::Double) => T::Double,
        K::Sum if matches!(element, T::Decimal(_, _)) => element.clone(),
        K::Sum => T::Long,
        K::Average => record("AvgIr", &[("sum", T::Double), ("count", count())]),
        K::Variance => record("VarianceIr", &[("count", count()), ("mean", T::Double), ("m2", T::Double)]),
        K::Skew | K::Kurtosis => list(T::Double),
        K::Min | K::Max => element.clone(),
        K::First | K::Last => timed(),
        K::FirstK | K::LastK => list(timed()),
        K::TopK | K::BottomK | K::UniqueCount | K::UniqueTopK => list(element.clone()),
        K::BoundedUniqueCount if matches!(element, T::String) => list(T::String),
        K::BoundedUniqueCount => list(element.clone()),
        K::Histogram => T::Map(Box::new(T::String), Box::new(T::Int)),
        K::ApproxUniqueCount | K::ApproxPercentile | K::ApproxHistogramK => T::Binary,
        K::ApproxFrequentK | K::ApproxHeavyHittersK => T::Binary,
    }
}

/// The largest `k` of operations that keep a frequent-items sketch.
const MOST_COUNTERS: i32 = 1 << 20;

/// The argument `k` of an operation, 0 when it takes none.
///
/// # Errors
/// `InvalidPlan` when it is missing where it must be given, not a number, or out of range.
pub fn k(spec: &AggregationSpec) -> Result<i32> {
    match spec.operation {
        OperationKind::LastK | OperationKind::FirstK | OperationKind::TopK | OperationKind::BottomK => spec.k(None),
        OperationKind::Histogram => spec.k(Some(0)),
        OperationKind::ApproxPercentile => {
            let k = spec.k(Some(128))?;
            ApproxPercentile::<Doubles>::new(k, spec.percentiles()?, Ranks::Exclusive).map(|_| k)
        }
        OperationKind::ApproxUniqueCount => match spec.k(Some(8))? {
            k @ 4..=26 => Ok(k),
            k => Err(Error::invalid_plan(format!(
                "argument k of APPROX_UNIQUE_COUNT is {k}; it is the binary logarithm of the sketch's size, 4 to 26"
            ))),
        },
        OperationKind::ApproxHistogramK => {
            let most = if spec.strict { MOST_COUNTERS } else { MOST_ITEMS };
            match spec.k(Some(8))? {
                k if k <= most => Ok(k),
                k => Err(Error::invalid_plan(format!(
                    "argument k of {} is {k}; it is how many values to count, {most} at most",
                    spec.operation
                ))),
            }
        }
        OperationKind::ApproxFrequentK | OperationKind::ApproxHeavyHittersK => match spec.k(Some(8))? {
            k if k <= MOST_ITEMS => Ok(k),
            k => Err(Error::invalid_plan(format!(
                "argument k of {} is {k}; it is how many values to put out, {MOST_ITEMS} at most",
                spec.operation
            ))),
        },
        OperationKind::UniqueTopK => match spec.k(None)? {
            k @ 0.. => Ok(k),
            k => Err(Error::invalid_plan(format!(
                "argument k of UNIQUE_TOP_K is {k}; it is how many values to put out, and cannot be negative"
            ))),
        },
        OperationKind::BoundedUniqueCount => match spec.k(Some(8))? {
            k @ 0.. => Ok(k),
            k => Err(Error::invalid_plan(format!(
                "argument k of BOUNDED_UNIQUE_COUNT is {k}; it is how far to count, and cannot be negative"
            ))),
        },
        _ => Ok(0),
    }
}

/// What to do with an operation once its type is known.
pub trait Visitor {
    /// What comes out.
    type Output;
    /// Called once, with the operation that `definition` names.
    ///
    /// # Errors
    /// Whatever the visitor meets.
    fn visit<O: Operation>(self, operation: O) -> Result<Self::Output>;
}

/// Hands the operation that `definition` names to `visitor`.
///
/// # Errors
/// Whatever the visitor returns; `Internal` when definition and registry disagree.
pub fn dispatch<V: Visitor>(definition: &Definition, visitor: V) -> Result<V::Output> {
    use OperationKind as K;
    let (kind, k, nested) = (definition.kind(), definition.k, definition.nested());
    let data_type = definition.element.clone();
    let dialect = definition.spec.dialect;
    let count = StoredCount::of(dialect);
    let ranks = match dialect {
        Dialect::Airbnb => Ranks::Exclusive,
        Dialect::Zipline => Ranks::Inclusive,
    };
    let lg_k = k as u8;
    let bound = usize::try_from(k).unwrap_or(0);
    let surely = kind == K::ApproxHeavyHittersK;
    let (largest, latest) = (matches!(kind, K::Max | K::TopK), matches!(kind, K::Last | K::LastK));
    match (kind, definition.width) {
        (K::Count, _) => visitor.visit(Count),
        (K::Sum, Width::Longs) => visitor.visit(LongSum),
        (K::Sum, Width::Decimals) => visitor.visit(DecimalSum { data_type }),
        (K::Sum, Width::Doubles) => visitor.visit(DoubleSum { nested }),
        (K::Average, Width::Doubles) => visitor.visit(Average { nested, count }),
        (K::Variance, Width::Doubles) => visitor.visit(Variance { nested, count }),
        (K::Skew, Width::Doubles) => visitor.visit(Moments { moment: Moment::Skew, nested }),
        (K::Kurtosis, Width::Doubles) => visitor.visit(Moments { moment: Moment::Kurtosis, nested }),
        (K::ApproxPercentile, Width::Doubles) => {
            visitor.visit(ApproxPercentile::<Doubles>::new(k, definition.spec.percentiles()?, ranks)?)
        }
        (K::ApproxPercentile, Width::Singles) => {
            visitor.visit(ApproxPercentile::<Singles>::new(k, definition.spec.percentiles()?, ranks)?)
        }
        (K::Min | K::Max, Width::Longs) => {
            visitor.visit(Extreme::<Longs> { largest, data_type, nested, width: PhantomData })
        }
        (K::Min | K::Max, Width::Doubles) => {
            visitor.visit(Extreme::<Doubles> { largest, data_type, nested, width: PhantomData })
        }
        (K::Min | K::Max, Width::Decimals) => {
            visitor.visit(Extreme::<Decimals> { largest, data_type, nested, width: PhantomData })
        }
        (K::Min | K::Max, Width::Bytes) => {
            visitor.visit(Extreme::<Bytes> { largest, data_type, nested, width: PhantomData })
        }
        (K::First | K::Last, Width::Longs) => {
            visitor.visit(Edge::<Longs> { latest, data_type, nested, width: PhantomData })
        }
        (K::First | K::Last, Width::Doubles) => {
            visitor.visit(Edge::<Doubles> { latest, data_type, nested, width: PhantomData })
        }
        (K::First | K::Last, Width::Decimals) => {
            visitor.visit(Edge::<Decimals> { latest, data_type, nested, width: PhantomData })
        }
        (K::First | K::Last, Width::Bytes) => {
            visitor.visit(Edge::<Bytes> { latest, data_type, nested, width: PhantomData })
        }
        (K::First | K::Last, Width::Anything) => {
            visitor.visit(Edge::<Anything> { latest, data_type, nested, width: PhantomData })
        }
        (K::FirstK | K::LastK, Width::Longs) => {
            visitor.visit(EdgeK::<Longs> { k, latest, data_type, width: PhantomData })
        }
        (K::FirstK | K::LastK, Width::Doubles) => {
            visitor.visit(EdgeK::<Doubles> { k, latest, data_type, width: PhantomData })
        }
        (K::FirstK | K::LastK, Width::Decimals) => {
            visitor.visit(EdgeK::<Decimals> { k, latest, data_type, width: PhantomData })
        }
        (K::FirstK | K::LastK, Width::Bytes) => {
            visitor.visit(EdgeK::<Bytes> { k, latest, data_type, width: PhantomData })
        }
        (K::FirstK | K::LastK, Width::Anything) => {
            visitor.visit(EdgeK::<Anything> { k, latest, data_type, width: PhantomData })
        }
        (K::TopK | K::BottomK, Width::Longs) => {
            visitor.visit(RankedK::<Longs> { k, largest, data_type, width: PhantomData })
        }
        (K::TopK | K::BottomK, Width::Doubles) => {
            visitor.visit(RankedK::<Doubles> { k, largest, data_type, width: PhantomData })
        }
        (K::TopK | K::BottomK, Width::Decimals) => {
            visitor.visit(RankedK::<Decimals> { k, largest, data_type, width: PhantomData })
        }
        (K::TopK | K::BottomK, Width::Bytes) => {
            visitor.visit(RankedK::<Bytes> { k, largest, data_type, width: PhantomData })
        }
        (K::UniqueCount, Width::Longs) => visitor.visit(UniqueCount::<Longs> { data_type, width: PhantomData }),
        (K::UniqueCount, Width::Doubles) => visitor.visit(UniqueCount::<Doubles> { data_type, width: PhantomData }),
        (K::UniqueCount, Width::Decimals) => visitor.visit(UniqueCount::<Decimals> { data_type, width: PhantomData }),
        (K::UniqueCount, Width::Bytes) => visitor.visit(UniqueCount::<Bytes> { data_type, width: PhantomData }),
        (K::ApproxUniqueCount, Width::Longs) => visitor.visit(ApproxUniqueCount::<Longs>::new(lg_k)?),
        (K::ApproxUniqueCount, Width::Doubles) => visitor.visit(ApproxUniqueCount::<Doubles>::new(lg_k)?),
        (K::ApproxUniqueCount, Width::Bytes) => visitor.visit(ApproxUniqueCount::<Bytes>::new(lg_k)?),
        (K::ApproxHistogramK, Width::Longs) => {
            visitor.visit(ApproxHistogramK::<Longs>::new(k, definition.spec.strict)?)
        }
        (K::ApproxHistogramK, Width::Doubles) => {
            visitor.visit(ApproxHistogramK::<Doubles>::new(k, definition.spec.strict)?)
        }
        (K::ApproxHistogramK, Width::Bytes) => {
            visitor.visit(ApproxHistogramK::<Bytes>::new(k, definition.spec.strict)?)
        }
        (K::ApproxFrequentK | K::ApproxHeavyHittersK, Width::Longs) => {
            visitor.visit(ApproxFrequentK::<Longs>::new(k, surely)?)
        }
        (K::ApproxFrequentK | K::ApproxHeavyHittersK, Width::Doubles) => {
            visitor.visit(ApproxFrequentK::<Doubles>::new(k, surely)?)
        }
        (K::ApproxFrequentK | K::ApproxHeavyHittersK, Width::Bytes) => {
            visitor.visit(ApproxFrequentK::<Bytes>::new(k, surely)?)
        }
        (K::UniqueTopK, Width::Longs) => {
            visitor.visit(UniqueTopK::<Longs> { k: bound, members: Members::default(), data_type, width: PhantomData })
        }
        (K::UniqueTopK, Width::Bytes) => {
            visitor.visit(UniqueTopK::<Bytes> { k: bound, members: Members::default(), data_type, width: PhantomData })
        }
        (K::UniqueTopK, Width::Anything) => {
            let members = Members::of(&data_type)?;
            visitor.visit(UniqueTopK::<Anything> { k: bound, members, data_type, width: PhantomData })
        }
        (K::BoundedUniqueCount, Width::Longs) => {
            visitor.visit(BoundedUniqueCount::<Longs> { k: bound, data_type, width: PhantomData })
        }
        (K::BoundedUniqueCount, Width::Doubles) => {
            visitor.visit(BoundedUniqueCount::<Doubles> { k: bound, data_type, width: PhantomData })
        }
        (K::BoundedUniqueCount, Width::Bytes) => {
            visitor.visit(BoundedUniqueCount::<Bytes> { k: bound, data_type, width: PhantomData })
        }
        (K::Histogram, Width::Bytes) => visitor.visit(Histogram { k }),
        (kind, width) => Err(Error::internal(format!("nothing computes {kind} over {width:?}"))),
    }
}
