//! A definition with its data and its questions, and the way through the kernel that answers them.

use crate::value::Value;
use chronon_types::{DataType, Dialect, Field, time::Millis};
use std::collections::BTreeMap;

/// The member by which UNIQUE_TOP_K ranks structs.
pub const SORT_KEY: &str = "sort_key";
/// The member by which UNIQUE_TOP_K tells structs apart.
pub const UNIQUE_ID: &str = "unique_id";

/// Where a struct has a member.
pub fn member(members: &[Field], name: &str) -> Option<usize> {
    members.iter().position(|member| member.name == name)
}

/// An explicit window of the given length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Minutes, which the zipline dialect has.
    Minutes(i32),
    /// Hours.
    Hours(i32),
    /// Days; `i32::MAX` is unbounded.
    Days(i32),
}

impl Window {
    /// Length in milliseconds, `None` when unbounded.
    pub fn millis(self) -> Option<Millis> {
        match self {
            Self::Days(i32::MAX) => None,
            Self::Days(n) => Some(i64::from(n) * chronon_types::time::DAY),
            Self::Minutes(n) => Some(i64::from(n) * chronon_types::time::MINUTE),
            Self::Hours(n) => Some(i64::from(n) * chronon_types::time::HOUR),
        }
    }
}

/// One aggregation of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    /// The dialect of the case.
    pub dialect: Dialect,
    /// Operation name as in the IDL, for example `LAST_K`.
    pub op: String,
    /// Input column.
    pub input: String,
    /// Windows, `None` for the unbounded one.
    pub windows: Option<Vec<Window>>,
    /// Bucket columns.
    pub buckets: Option<Vec<String>>,
    /// Arguments, for example `k`; `None` for a missing map of arguments.
    pub args: Option<BTreeMap<String, String>>,
    /// Whether position i of a list aggregates with position i.
    pub element_wise: bool,
}

impl Aggregation {
    /// An argument.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.as_ref()?.get(name).map(String::as_str)
    }

    /// The argument `k`.
    pub fn k(&self) -> Option<i64> {
        self.arg("k")?.parse().ok()
    }

    /// Whether the operation needs the row's time; such operations take lists and maps whole.
    pub fn timed(&self) -> bool {
        matches!(self.op.as_str(), "FIRST" | "LAST" | "FIRST_K" | "LAST_K")
    }

    /// Whether a before-image is subtracted; otherwise it is ignored.
    pub fn deletable(&self) -> bool {
        matches!(self.op.as_str(), "COUNT" | "SUM" | "AVERAGE" | "HISTOGRAM")
    }
}

/// How finely the tail of a window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Tail hops of 5 minutes, 1 hour or 1 day by window length.
    FiveMinute,
    /// Tail hops of one day; queries are day starts.
    Daily,
}

/// One event, or one image of a changed row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Key number.
    pub key: i32,
    /// Event time.
    pub ts: Millis,
    /// One value per schema column.
    pub values: Vec<Value>,
    /// Whether this image is taken away.
    pub before: bool,
    /// When the change became known; the event time unless the mode has mutations.
    pub mutated: Millis,
}

/// What happens to the next rows, or to the accumulators so far. Rows beyond the steps are one more update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many rows are folded in.
    Update(usize),
    /// So many rows are folded apart, and merged in.
    Merge(usize),
    /// The accumulators are stored and read back.
    Recode,
}

/// The way through the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// One accumulator per key: steps, then bytes and back, then the values. Windows are ignored, queries name keys.
    Row {
        /// What happens to the rows.
        steps: Vec<Step>,
    },
    /// Offline windows: events sorted by time, values at the queries.
    Sawtooth(Resolution),
    /// Batch intermediate results as bytes, then the values at a request with streamed rows.
    Online {
        /// What happens to the batch rows.
        steps: Vec<Step>,
        /// Where the batch ends.
        batch_end: Millis,
        /// The time of the newest batch response: older streamed rows are left out.
        newest_batch: Option<Millis>,
        /// Whether the streamed rows are images of changed rows.
        reversals: bool,
    },
    /// The same with the streamed rows stored as tiles.
    Tiled {
        /// What happens to the batch rows.
        steps: Vec<Step>,
        /// Where the batch ends.
        batch_end: Millis,
        /// The length of a tile.
        tile: Millis,
    },
    /// A batch snapshot and the mutations after it, at ascending queries.
    Many {
        /// What happens to the batch rows.
        steps: Vec<Step>,
        /// Where the batch ends.
        batch_end: Millis,
    },
}

impl Mode {
    /// The name in the JSON form.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Row { .. } => "row",
            Self::Sawtooth(_) => "sawtooth",
            Self::Online { .. } => "online",
            Self::Tiled { .. } => "tiled",
            Self::Many { .. } => "many",
        }
    }

    /// What happens to the rows.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Sawtooth(_) => &[],
            Self::Row { steps } | Self::Online { steps, .. } | Self::Tiled { steps, .. } | Self::Many { steps, .. } => {
                steps
            }
        }
    }

    /// The steps, to change them.
    pub fn steps_mut(&mut self) -> Option<&mut Vec<Step>> {
        match self {
            Self::Sawtooth(_) => None,
            Self::Row { steps } | Self::Online { steps, .. } | Self::Tiled { steps, .. } | Self::Many { steps, .. } => {
                Some(steps)
            }
        }
    }

    /// How finely the tails move.
    pub fn resolution(&self) -> Resolution {
        if let Self::Sawtooth(resolution) = self { *resolution } else { Resolution::FiveMinute }
    }

    /// Whether the caller fixes the order in which rows are folded, so that two implementations agree to the bit.
    pub fn ordered(&self) -> bool {
        !matches!(self, Self::Sawtooth(_))
    }
}

/// A definition, its rows (their order is part of the case) and its queries (likewise).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Number within the run.
    pub id: u64,
    /// Whose definition it is.
    pub dialect: Dialect,
    /// The way through the kernel.
    pub mode: Mode,
    /// Columns other than the time.
    pub schema: Vec<(String, DataType)>,
    /// The definition.
    pub aggregations: Vec<Aggregation>,
    /// Events; batch rows where there is a stream. By key and time for [`Mode::Sawtooth`].
    pub rows: Vec<Row>,
    /// Streamed rows, in the order in which they are read; by mutation time for [`Mode::Many`].
    pub stream: Vec<Row>,
    /// Key number and time of each query.
    pub queries: Vec<(i32, Millis)>,
}

/// One output column: which aggregation, bucket and window it shows.
#[derive(Debug, Clone)]
pub struct Output<'a> {
    /// The aggregation.
    pub aggregation: &'a Aggregation,
    /// Index of the input column in the schema.
    pub input: usize,
    /// Index of the bucket column in the schema.
    pub bucket: Option<usize>,
    /// The window, `None` for a missing list of windows.
    pub window: Option<Window>,
}

impl Case {
    /// The outputs in order: aggregation, then bucket, then window.
    pub fn outputs(&self) -> Vec<Output<'_>> {
        let mut outputs = Vec::new();
        for aggregation in &self.aggregations {
            let input = self.column(&aggregation.input).unwrap_or(0);
            let buckets = match &aggregation.buckets {
                None => vec![None],
                Some(names) => names.iter().map(|name| self.column(name)).collect(),
            };
            let windows = match &aggregation.windows {
                Some(windows) if !matches!(self.mode, Mode::Row { .. }) => windows.iter().copied().map(Some).collect(),
                _ => vec![None],
            };
            for bucket in &buckets {
                for window in &windows {
                    outputs.push(Output { aggregation, input, bucket: *bucket, window: *window });
                }
            }
        }
        outputs
    }

    /// The case that the reference can answer: outside of single rows it aggregates by position as if it did not (sheet
    /// §20, Q2). `None` when that is this one.
    pub fn of_reference(&self) -> Option<Self> {
        let by_position = |a: &Aggregation| a.element_wise && !a.timed();
        if matches!(self.mode, Mode::Row { .. }) || !self.aggregations.iter().any(by_position) {
            return None;
        }
        let mut case = self.clone();
        case.aggregations.iter_mut().for_each(|a| a.element_wise = false);
        Some(case)
    }

    /// The index of a schema column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.schema.iter().position(|(n, _)| n == name)
    }

    /// The steps with the rows that each takes, the rows left over as one more update.
    pub fn walk(&self) -> Vec<(Step, &[Row])> {
        let mut rest = &self.rows[..];
        let mut walk = Vec::new();
        for step in self.mode.steps().iter().copied().chain([Step::Update(usize::MAX)]) {
            let taken = match step {
                Step::Update(n) | Step::Merge(n) => n.min(rest.len()),
                Step::Recode => 0,
            };
            let (rows, left) = rest.split_at(taken);
            walk.push((step, rows));
            rest = left;
        }
        walk
    }
}

/// What a party says to a case.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Name and type of each output.
    pub outputs: Vec<(String, DataType)>,
    /// One row per query.
    pub values: Vec<Vec<Value>>,
    /// What it stores, by name: `ir <key>`, `batch <key>`, `tile <key> <start>`.
    pub records: BTreeMap<String, Vec<u8>>,
    /// Schemas of them, by name: `batch`, `tile`.
    pub schemas: BTreeMap<String, String>,
    /// Why some of it cannot be stored.
    pub unstored: Option<String>,
    /// The values that follow from the other party's records, when it was given any.
    pub decoded: Option<Result<Vec<Vec<Value>>, String>>,
}
