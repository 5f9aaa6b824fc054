//! What a definition asks for: operations, windows, resolutions, and the names of the columns they give.

use chronon_types::time::{self, Millis};
use chronon_types::{Dialect, Error, Result};
use std::collections::BTreeMap;
use std::fmt;

macro_rules! operations {
    ($($(#[$doc:meta])* $variant:ident = $airbnb:expr, $zipline:expr; $name:literal),* $(,)?) => {
        /// An aggregation operation. Compiled definitions store its number, which depends on their dialect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum OperationKind {
            $($(#[$doc])* $variant,)*
        }

        impl OperationKind {
            /// Every operation of any dialect.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name definitions use, for example `APPROX_UNIQUE_COUNT`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The operation's number in the interface definition of a dialect, or `None` when the dialect does not
            /// have it.
            pub fn number(self, dialect: Dialect) -> Option<i32> {
                let (airbnb, zipline): (Option<i32>, Option<i32>) = match self {
                    $(Self::$variant => ($airbnb, $zipline),)*
                };
                match dialect {
                    Dialect::Airbnb => airbnb,
                    Dialect::Zipline => zipline,
                }
            }
        }
    };
}

operations! {
    /// Smallest value.
    Min = Some(0), Some(0); "MIN",
    /// Largest value.
    Max = Some(1), Some(1); "MAX",
    /// Value with the earliest time.
    First = Some(2), Some(2); "FIRST",
    /// Value with the latest time.
    Last = Some(3), Some(3); "LAST",
    /// Number of distinct values.
    UniqueCount = Some(4), Some(4); "UNIQUE_COUNT",
    /// Estimated number of distinct values.
    ApproxUniqueCount = Some(5), Some(5); "APPROX_UNIQUE_COUNT",
    /// Number of values.
    Count = Some(6), Some(6); "COUNT",
    /// Sum of the values.
    Sum = Some(7), Some(7); "SUM",
    /// Mean of the values.
    Average = Some(8), Some(8); "AVERAGE",
    /// Population variance.
    Variance = Some(9), Some(9); "VARIANCE",
    /// Third standardized moment.
    Skew = Some(10), Some(10); "SKEW",
    /// Excess kurtosis.
    Kurtosis = Some(11), Some(11); "KURTOSIS",
    /// Estimated quantiles.
    ApproxPercentile = Some(12), Some(12); "APPROX_PERCENTILE",
    /// The newest `k` values.
    LastK = Some(13), Some(13); "LAST_K",
    /// The oldest `k` values.
    FirstK = Some(14), Some(14); "FIRST_K",
    /// The largest `k` values.
    TopK = Some(15), Some(15); "TOP_K",
    /// The smallest `k` values.
    BottomK = Some(16), Some(16); "BOTTOM_K",
    /// Count of each value.
    Histogram = Some(17), Some(17); "HISTOGRAM",
    /// Estimated counts of the most frequent values.
    ApproxHistogramK = Some(18), None; "APPROX_HISTOGRAM_K",
    /// Number of distinct values, up to a bound.
    BoundedUniqueCount = Some(19), None; "BOUNDED_UNIQUE_COUNT",
    /// Estimated counts of the values that may be most frequent.
    ApproxFrequentK = None, Some(18); "APPROX_FREQUENT_K",
    /// Estimated counts of the values that surely are most frequent.
    ApproxHeavyHittersK = None, Some(19); "APPROX_HEAVY_HITTERS_K",
    /// The largest `k` distinct values.
    UniqueTopK = None, Some(20); "UNIQUE_TOP_K",
}

impl OperationKind {
    /// The operation with this number in the interface definition of a dialect, or `None`.
    ///
    /// ```
    /// use chronon_aggregate::OperationKind;
    /// use chronon_types::Dialect;
    /// assert_eq!(OperationKind::from_number(Dialect::Airbnb, 19), Some(OperationKind::BoundedUniqueCount));
    /// assert_ne!(OperationKind::from_number(Dialect::Zipline, 19), Some(OperationKind::BoundedUniqueCount));
    /// ```
    pub fn from_number(dialect: Dialect, number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.number(dialect) == Some(number))
    }

    /// The operation with this name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether the operation needs the time of each value, and takes lists and maps whole.
    pub fn is_timed(self) -> bool {
        matches!(self, Self::First | Self::Last | Self::FirstK | Self::LastK)
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The unit a window's length is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// 60 seconds; suffix `m`. The zipline dialect only.
    Minutes,
    /// 60 minutes; suffix `h`.
    Hours,
    /// 24 hours; suffix `d`.
    Days,
}

impl TimeUnit {
    /// Milliseconds in one unit.
    pub fn millis(self) -> Millis {
        match self {
            Self::Minutes => time::MINUTE,
            Self::Hours => time::HOUR,
            Self::Days => time::DAY,
        }
    }

    /// The name definitions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minutes => "MINUTES",
            Self::Hours => "HOURS",
            Self::Days => "DAYS",
        }
    }
}

/// A window: how far back from the query an aggregation looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// How many units.
    pub length: i32,
    /// Of what.
    pub unit: TimeUnit,
}

impl Window {
    /// The length that means "everything".
    pub const UNBOUNDED_LENGTH: i32 = i32::MAX;

    /// A window of `length` units.
    pub fn new(length: i32, unit: TimeUnit) -> Self {
        Self { length, unit }
    }

    /// Whether the window reaches back to the beginning of time.
    pub fn is_unbounded(&self) -> bool {
        self.length == Self::UNBOUNDED_LENGTH
    }

    /// The window's length in milliseconds.
    pub fn millis(&self) -> Millis {
        i64::from(self.length) * self.unit.millis()
    }

    /// The part of a column name that tells windows apart: `_7d`, `_24h`, or nothing when unbounded.
    ///
    /// ```
    /// use chronon_aggregate::{TimeUnit, Window};
    /// assert_eq!(Window::new(24, TimeUnit::Hours).suffix(), "_24h");
    /// assert_eq!(Window::new(i32::MAX, TimeUnit::Days).suffix(), "");
    /// ```
    pub fn suffix(&self) -> String {
        if self.is_unbounded() || self.length <= 0 {
            return String::new();
        }
        let unit = match self.unit {
            TimeUnit::Minutes => 'm',
            TimeUnit::Hours => 'h',
            TimeUnit::Days => 'd',
        };
        format!("_{}{unit}", self.length)
    }
}

/// How finely the tail of a window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// Tails move by 5 minutes, by an hour from 12-hour windows on, by a day from 12-day windows on.
    FiveMinute,
    /// Tails move by a day; windows in hours or minutes are refused.
    Daily,
    /// Tails move by a millisecond.
    Exact,
}

impl Resolution {
    /// The resolution with this name in plan options: `five_minute`, `daily` or `exact`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "five_minute" => Some(Self::FiveMinute),
            "daily" => Some(Self::Daily),
            "exact" => Some(Self::Exact),
            _ => None,
        }
    }

    /// The step by which the tail of `window` moves.
    ///
    /// # Errors
    /// `InvalidPlan` for a window of no length, and for a window in hours or minutes at daily resolution.
    ///
    /// ```
    /// use chronon_aggregate::{Resolution, TimeUnit, Window};
    /// use chronon_types::time::{FIVE_MINUTES, HOUR};
    /// let hop = |length, unit| Resolution::FiveMinute.tail_hop(&Window::new(length, unit)).unwrap();
    /// assert_eq!(hop(11, TimeUnit::Hours), FIVE_MINUTES);
    /// assert_eq!(hop(12, TimeUnit::Hours), HOUR);
    /// assert!(Resolution::Daily.tail_hop(&Window::new(24, TimeUnit::Hours)).is_err());
    /// ```
    pub fn tail_hop(self, window: &Window) -> Result<Millis> {
        if window.length <= 0 {
            return Err(Error::invalid_plan(format!(
                "a window of {} {} covers nothing; use a length above zero",
                window.length,
                window.unit.name()
            )));
        }
        match self {
            Self::Exact => Ok(1),
            Self::Daily if window.unit != TimeUnit::Days => Err(Error::invalid_plan(format!(
                "a window of {} {} cannot be computed at daily resolution; use DAYS, or temporal accuracy",
                window.length,
                window.unit.name()
            ))),
            Self::Daily => Ok(time::DAY),
            Self::FiveMinute => Ok(match window.millis() {
                millis if millis >= 12 * time::DAY => time::DAY,
                millis if millis >= 12 * time::HOUR => time::HOUR,
                _ => time::FIVE_MINUTES,
            }),
        }
    }
}

/// One output column: an operation over an input, within one window and per value of one bucket column, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregationSpec {
    /// Which fork's meaning of it.
    pub dialect: Dialect,
    /// Whether estimates stay the reference's where better ones could be had from the same bytes.
    pub strict: bool,
    /// What to compute.
    pub operation: OperationKind,
    /// Index of the input column.
    pub input: usize,
    /// Index of the column whose values split the result into a map, if any.
    pub bucket: Option<usize>,
    /// Arguments as definitions give them, for example `k`.
    pub args: BTreeMap<String, String>,
    /// How far back to look; `None` (and the window of `i32::MAX` days) means everything.
    pub window: Option<Window>,
    /// Whether position `i` of a list is aggregated with position `i` of the others.
    pub element_wise: bool,
}

impl AggregationSpec {
    /// `operation` of the airbnb dialect over everything in the column at index `input`, without arguments.
    pub fn new(operation: OperationKind, input: usize) -> Self {
        Self {
            dialect: Dialect::Airbnb,
            strict: true,
            operation,
            input,
            bucket: None,
            args: BTreeMap::new(),
            window: None,
            element_wise: false,
        }
    }

    /// The same in another dialect.
    #[must_use]
    pub fn of(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The same within `window`.
    #[must_use]
    pub fn over(mut self, length: i32, unit: TimeUnit) -> Self {
        self.window = Some(Window::new(length, unit));
        self
    }

    /// The same per value of the column at index `bucket`.
    #[must_use]
    pub fn by(mut self, bucket: usize) -> Self {
        self.bucket = Some(bucket);
        self
    }

    /// The same with one more argument.
    #[must_use]
    pub fn with_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.args.insert(name.into(), value.into());
        self
    }

    /// The window, unless it reaches back to the beginning of time.
    pub fn bounded_window(&self) -> Option<Window> {
        self.window.filter(|window| !window.is_unbounded())
    }

    /// The part of output names that tells the operation: `sum`, `approx_unique_count`, `last10`.
    pub fn operation_name(&self) -> String {
        let stem = match self.operation {
            OperationKind::LastK => "last",
            OperationKind::FirstK => "first",
            OperationKind::TopK => "top",
            OperationKind::BottomK => "bottom",
            OperationKind::UniqueTopK => "unique_top",
            other => return other.name().to_ascii_lowercase(),
        };
        format!("{stem}{}", self.args.get("k").map_or("", |k| k.as_str()))
    }

    /// The output column's name, `<input>_<operation>[_<window>][_by_<bucket>]`, given the names of the input and
    /// of the bucket column.
    ///
    /// ```
    /// use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit};
    /// let spec = AggregationSpec::new(OperationKind::LastK, 0).with_arg("k", "10").over(5, TimeUnit::Hours).by(1);
    /// assert_eq!(spec.output_name("col", Some("b")), "col_last10_5h_by_b");
    /// ```
    pub fn output_name(&self, input: &str, bucket: Option<&str>) -> String {
        let window = self.window.map(|window| window.suffix()).unwrap_or_default();
        let bucket = bucket.map(|bucket| format!("_by_{bucket}")).unwrap_or_default();
        format!("{input}_{}{window}{bucket}", self.operation_name())
    }

    /// The same position by position of lists that all have one length.
    #[must_use]
    pub fn element_wise(mut self) -> Self {
        self.element_wise = true;
        self
    }

    /// The argument `percentiles`, a list of numbers in brackets; the median when it is not given.
    ///
    /// # Errors
    /// `InvalidPlan` when it is not such a list.
    pub fn percentiles(&self) -> Result<Vec<f64>> {
        let Some(text) = self.args.get("percentiles") else { return Ok(vec![0.5]) };
        let malformed = || {
            Error::invalid_plan(format!(
                "argument percentiles of {} is `{text}`; it must be a list such as [0.5, 0.99]",
                self.operation
            ))
        };
        let inner = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(malformed)?;
        if inner.trim().is_empty() {
            return Ok(Vec::new());
        }
        inner.split(',').map(|number| number.trim().parse().map_err(|_| malformed())).collect()
    }

    /// The argument `k` as a number, or `default` when it is not given.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is not a 32-bit number, or is missing without a default.
    pub fn k(&self, default: Option<i32>) -> Result<i32> {
        match (self.args.get("k"), default) {
            (Some(text), _) => text.trim().parse().map_err(|_| {
                Error::invalid_plan(format!("argument k of {} is `{text}`; it must be a whole number", self.operation))
            }),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(Error::invalid_plan(format!(
                "{} needs the argument k, for example {}(10)",
                self.operation, self.operation
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_interface_definitions() {
        for (dialect, count) in [(Dialect::Airbnb, 20), (Dialect::Zipline, 21)] {
            for number in 0..count {
                let kind = OperationKind::from_number(dialect, number).expect("an operation");
                assert_eq!(kind.number(dialect), Some(number));
                assert_eq!(OperationKind::from_name(kind.name()), Some(kind));
            }
            assert_eq!(OperationKind::from_number(dialect, count), None);
            assert_eq!(OperationKind::from_number(dialect, -1), None);
        }
        for kind in OperationKind::ALL {
            assert!(Dialect::ALL.iter().any(|dialect| kind.number(*dialect).is_some()), "{kind} has a number");
        }
    }

    #[test]
    fn names_follow_the_formula() {
        use OperationKind::*;
        let cases = [
            ("views_sum", AggregationSpec::new(Sum, 0), "views", None),
            ("views_average_7d", AggregationSpec::new(Average, 0).over(7, TimeUnit::Days), "views", None),
            (
                "price_approx_percentile_30d",
                AggregationSpec::new(ApproxPercentile, 0).over(30, TimeUnit::Days),
                "price",
                None,
            ),
            ("col_bounded_unique_count", AggregationSpec::new(BoundedUniqueCount, 0), "col", None),
            ("views_sum", AggregationSpec::new(Sum, 0).over(i32::MAX, TimeUnit::Days), "views", None),
            ("a_unique_top3", AggregationSpec::new(UniqueTopK, 0).with_arg("k", "3"), "a", None),
            ("a_top3_by_b", AggregationSpec::new(TopK, 0).with_arg("k", "3").by(1), "a", Some("b")),
        ];
        for (expected, spec, input, bucket) in cases {
            assert_eq!(spec.output_name(input, bucket), expected);
        }
    }

    #[test]
    fn unbounded_is_the_reference_number() {
        assert_eq!(Window::new(i32::MAX, TimeUnit::Days).millis(), 185_542_587_100_800_000);
    }
}
