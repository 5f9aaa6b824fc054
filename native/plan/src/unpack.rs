//! From aggregations, which list windows and buckets, to one specification per output column.

use crate::definitions;
use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit, Window};
use chronon_types::{Dialect, Error};
use std::collections::BTreeMap;

/// One output column before names have become indexes.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// Index of the aggregation.
    pub(crate) aggregation: usize,
    dialect: Dialect,
    pub(crate) operation: OperationKind,
    pub(crate) input: &'a str,
    pub(crate) bucket: Option<&'a str>,
    pub(crate) window: Option<Window>,
    args: &'a BTreeMap<String, String>,
    element_wise: bool,
}

impl Part<'_> {
    /// The specification, given the indexes of the input and the bucket column.
    pub(crate) fn spec(&self, input: usize, bucket: Option<usize>, strict: bool) -> AggregationSpec {
        AggregationSpec {
            dialect: self.dialect,
            strict,
            operation: self.operation,
            input,
            bucket,
            args: self.args.clone(),
            window: self.window,
            element_wise: self.element_wise,
        }
    }

    /// What to call the part in an error.
    pub(crate) fn describe(&self) -> String {
        describe(self.aggregation, Some(self.operation), Some(self.input))
    }
}

fn describe(index: usize, operation: Option<OperationKind>, input: Option<&str>) -> String {
    let operation = operation.map_or("an operation", OperationKind::name);
    format!("aggregation {index}: {operation} of {}", input.unwrap_or("no column"))
}

/// More output columns than any table can have. A definition of some kilobytes could otherwise ask for billions, as
/// every bucket meets every window.
const MOST_OUTPUTS: usize = 100_000;

static NO_ARGS: BTreeMap<String, String> = BTreeMap::new();

/// The parts of an aggregation: every bucket (or none), and for each every window (or everything). The definition has
/// `before` parts already. What cannot be is added to `problems`: an aggregation without column or operation, an empty
/// list of windows or buckets, a window without length, too many parts.
pub(crate) fn parts<'a>(
    index: usize,
    aggregation: &'a definitions::Aggregation,
    dialect: Dialect,
    before: usize,
    problems: &mut Vec<Error>,
) -> Vec<Part<'a>> {
    let operation = aggregation.operation.map(|operation| operation.0);
    let kind = operation.and_then(|number| OperationKind::from_number(dialect, number));
    let input = aggregation.input_column.as_deref();
    let found = problems.len();
    let mut problem =
        |message: String| problems.push(Error::invalid_plan(message).within(describe(index, kind, input)));

    if input.is_none() {
        problem("there is no input column; set inputColumn".to_owned());
    }
    match (kind, operation) {
        (Some(_), _) => {}
        (None, Some(number)) => problem(foreign(dialect, number)),
        (None, None) => problem("there is no operation; set one, for example LAST".to_owned()),
    }
    let windows: Vec<Option<Window>> = match &aggregation.windows {
        None => vec![None],
        Some(windows) => {
            if windows.is_empty() {
                problem(
                    "the list of windows is empty, which computes nothing; leave windows out to aggregate everything"
                        .to_owned(),
                );
            }
            windows.iter().filter_map(|given| window(given, dialect).map_err(&mut problem).ok().map(Some)).collect()
        }
    };
    let buckets: Vec<Option<&str>> = match &aggregation.buckets {
        None => vec![None],
        Some(buckets) => {
            if buckets.is_empty() {
                problem(
                    "the list of buckets is empty, which computes nothing; leave buckets out to have none".to_owned(),
                );
            }
            buckets.iter().map(|bucket| Some(bucket.as_str())).collect()
        }
    };
    if before.saturating_add(buckets.len().saturating_mul(windows.len())) > MOST_OUTPUTS {
        problem(format!("there are more than {MOST_OUTPUTS} outputs; use fewer windows or buckets"));
    }
    let (Some(operation), Some(input)) = (kind, input) else { return Vec::new() };
    if problems.len() > found {
        // One part without windows still shows what is wrong with the column or the arguments.
        return vec![part(index, aggregation, dialect, operation, input, None, None)];
    }
    let windows = &windows;
    let with_bucket =
        |bucket| windows.iter().map(move |window| part(index, aggregation, dialect, operation, input, bucket, *window));
    buckets.into_iter().flat_map(with_bucket).collect()
}

/// Says of a number which is no operation of `dialect` what it is elsewhere.
fn foreign(dialect: Dialect, number: i32) -> String {
    let most = OperationKind::ALL.iter().filter_map(|kind| kind.number(dialect)).max().unwrap_or_default();
    let elsewhere =
        Dialect::ALL.into_iter().find_map(|other| Some((other, OperationKind::from_number(other, number)?)));
    let elsewhere =
        elsewhere.map_or_else(String::new, |(other, kind)| format!("; in the {other} dialect it is {kind}"));
    format!("{number} is not an operation of the {dialect} dialect, which has 0 to {most}{elsewhere}")
}

fn part<'a>(
    index: usize,
    aggregation: &'a definitions::Aggregation,
    dialect: Dialect,
    operation: OperationKind,
    input: &'a str,
    bucket: Option<&'a str>,
    window: Option<Window>,
) -> Part<'a> {
    Part {
        aggregation: index,
        dialect,
        operation,
        input,
        bucket,
        window,
        args: aggregation.arg_map.as_ref().unwrap_or(&NO_ARGS),
        element_wise: aggregation.element_wise.unwrap_or_default(),
    }
}

/// The number of MINUTES, which the fork's interface definition has beside the units of the reference's.
const MINUTES: i32 = 2;

fn window(window: &definitions::Window, dialect: Dialect) -> std::result::Result<Window, String> {
    let unit = match window.time_unit {
        Some(definitions::TimeUnit(MINUTES)) if dialect == Dialect::Zipline => TimeUnit::Minutes,
        Some(definitions::TimeUnit::HOURS) => TimeUnit::Hours,
        Some(definitions::TimeUnit::DAYS) => TimeUnit::Days,
        Some(definitions::TimeUnit(number)) => {
            let minutes = if dialect == Dialect::Zipline { "MINUTES (2), " } else { "" };
            return Err(format!("{number} is not a unit of time; use {minutes}HOURS (0) or DAYS (1)"));
        }
        None => return Err("a window has no unit of time; use HOURS or DAYS".to_owned()),
    };
    match window.length.unwrap_or_default() {
        length if length > 0 => Ok(Window::new(length, unit)),
        length => Err(format!("a window of {length} {} covers nothing; use a length above zero", unit.name())),
    }
}
