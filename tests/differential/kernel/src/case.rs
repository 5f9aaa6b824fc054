//! A definition with its data and its questions, as one line of JSON.

use crate::value::Value;
use chronon_types::{DataType, time::Millis};
use serde_json::{Value as Json, json};

/// An explicit window of the given length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
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
            Self::Hours(n) => Some(i64::from(n) * chronon_types::time::HOUR),
        }
    }
}

/// One aggregation of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    /// Operation name as in the IDL, for example `LAST_K`.
    pub op: String,
    /// Input column.
    pub input: String,
    /// Windows, `None` for the unbounded one.
    pub windows: Option<Vec<Window>>,
    /// Bucket columns.
    pub buckets: Option<Vec<String>>,
    /// The argument `k`.
    pub k: Option<String>,
}

/// How finely the tail of a window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Tail hops of 5 minutes, 1 hour or 1 day by window length.
    FiveMinute,
    /// Tail hops of one day; queries are day starts.
    Daily,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Key number.
    pub key: i32,
    /// Event time.
    pub ts: Millis,
    /// One value per schema column.
    pub values: Vec<Value>,
}

/// A definition, its events (by key and time; the order of equals is part of the case) and its queries (likewise).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Number within the run.
    pub id: u64,
    /// How finely the tail of a window moves.
    pub resolution: Resolution,
    /// Columns other than the time.
    pub schema: Vec<(String, DataType)>,
    /// The definition.
    pub aggregations: Vec<Aggregation>,
    /// Events.
    pub rows: Vec<Row>,
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
                None => vec![None],
                Some(windows) => windows.iter().copied().map(Some).collect(),
            };
            for bucket in &buckets {
                for window in &windows {
                    outputs.push(Output { aggregation, input, bucket: *bucket, window: *window });
                }
            }
        }
        outputs
    }

    /// The index of a schema column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.schema.iter().position(|(n, _)| n == name)
    }

    /// The paste-able form.
    pub fn to_json(&self) -> Json {
        let aggregations = self.aggregations.iter().map(|a| {
            let windows = a.windows.as_ref().map(|windows| {
                let window = |w: &Window| match w {
                    Window::Hours(n) => json!([n, "HOURS"]),
                    Window::Days(n) => json!([n, "DAYS"]),
                };
                windows.iter().map(window).collect::<Vec<_>>()
            });
            json!({"op": a.op, "input": a.input, "windows": windows, "buckets": a.buckets, "k": a.k})
        });
        let rows = self.rows.iter().map(|row| {
            let head = [json!(row.key), json!(row.ts)];
            Json::Array(head.into_iter().chain(row.values.iter().map(Value::to_json)).collect())
        });
        json!({
            "id": self.id,
            "resolution": match self.resolution { Resolution::FiveMinute => "five_minute", Resolution::Daily => "daily" },
            "schema": self.schema.iter().map(|(n, t)| json!([n, t.to_string()])).collect::<Vec<_>>(),
            "aggregations": aggregations.collect::<Vec<_>>(),
            "rows": rows.collect::<Vec<_>>(),
            "queries": self.queries.iter().map(|(k, t)| json!([k, t])).collect::<Vec<_>>(),
        })
    }

    /// Reads the paste-able form; the error says which part does not fit.
    ///
    /// # Errors
    /// A text naming the member that is missing or malformed.
    pub fn from_json(json: &Json) -> Result<Self, String> {
        let list = |name: &str| json[name].as_array().ok_or(format!("`{name}` is not a list"));
        let schema = list("schema")?
            .iter()
            .map(|f| Some((f[0].as_str()?.to_owned(), DataType::parse(f[1].as_str()?).ok()?)))
            .collect::<Option<Vec<_>>>()
            .ok_or("`schema` is not a list of [name, type]")?;
        let texts = |json: &Json| -> Option<Option<Vec<String>>> {
            if json.is_null() {
                return Some(None);
            }
            Some(Some(json.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>()?))
        };
        let window = |json: &Json| {
            let length = i32::try_from(json[0].as_i64()?).ok()?;
            match json[1].as_str()? {
                "HOURS" => Some(Window::Hours(length)),
                "DAYS" => Some(Window::Days(length)),
                _ => None,
            }
        };
        let aggregations = list("aggregations")?
            .iter()
            .map(|a| {
                Some(Aggregation {
                    op: a["op"].as_str()?.to_owned(),
                    input: a["input"].as_str()?.to_owned(),
                    windows: match &a["windows"] {
                        Json::Null => None,
                        list => Some(list.as_array()?.iter().map(window).collect::<Option<_>>()?),
                    },
                    buckets: texts(&a["buckets"])?,
                    k: a["k"].as_str().map(str::to_owned),
                })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or("`aggregations` is malformed")?;
        let rows = list("rows")?
            .iter()
            .map(|row| {
                let cells = row.as_array()?;
                let values = schema.iter().zip(cells.get(2..)?).map(|((_, t), v)| Value::from_json(v, t));
                let values = values.collect::<Option<Vec<_>>>()?;
                (values.len() == schema.len()).then_some(())?;
                Some(Row { key: i32::try_from(cells[0].as_i64()?).ok()?, ts: cells[1].as_i64()?, values })
            })
            .enumerate()
            .map(|(i, row)| row.ok_or(format!("row {i} does not fit the schema")))
            .collect::<Result<Vec<_>, _>>()?;
        let queries = list("queries")?
            .iter()
            .map(|q| Some((i32::try_from(q[0].as_i64()?).ok()?, q[1].as_i64()?)))
            .collect::<Option<Vec<_>>>()
            .ok_or("`queries` is not a list of [key, time]")?;
        let resolution = match json["resolution"].as_str() {
            Some("five_minute") => Resolution::FiveMinute,
            Some("daily") => Resolution::Daily,
            other => return Err(format!("`resolution` is {other:?}, not five_minute or daily")),
        };
        Ok(Self { id: json["id"].as_u64().unwrap_or(0), resolution, schema, aggregations, rows, queries })
    }
}

/// What a party says to a case: output names and types, and a row of values per query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Name and type of each output.
    pub outputs: Vec<(String, DataType)>,
    /// One row per query.
    pub values: Vec<Vec<Value>>,
}
