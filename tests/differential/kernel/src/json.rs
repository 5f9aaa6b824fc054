//! The paste-able form of a case, one line of JSON, and the form of an answer.

use crate::case::{Aggregation, Answer, Case, Mode, Resolution, Row, Step, Window};
use crate::value::Value;
use chronon_types::{DataType, Dialect};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Bytes by name, in hex.
pub type Records = BTreeMap<String, Vec<u8>>;

impl Case {
    /// The paste-able form.
    pub fn to_json(&self) -> Json {
        let mut json = json!({
            "id": self.id,
            "dialect": self.dialect.name(),
            "mode": self.mode.name(),
            "schema": self.schema.iter().map(|(n, t)| json!([n, t])).collect::<Vec<_>>(),
            "aggregations": self.aggregations.iter().map(aggregation_to_json).collect::<Vec<_>>(),
            "rows": self.rows.iter().map(row_to_json).collect::<Vec<_>>(),
            "queries": self.queries.iter().map(|(k, t)| json!([k, t])).collect::<Vec<_>>(),
        });
        if !self.stream.is_empty() {
            json["stream"] = self.stream.iter().map(row_to_json).collect();
        }
        if !self.mode.steps().is_empty() {
            json["steps"] = self.mode.steps().iter().map(step_to_json).collect();
        }
        match &self.mode {
            Mode::Row { .. } => {}
            Mode::Sawtooth(Resolution::FiveMinute) => json["resolution"] = json!("five_minute"),
            Mode::Sawtooth(Resolution::Daily) => json["resolution"] = json!("daily"),
            Mode::Online { batch_end, newest_batch, reversals, .. } => {
                json["batch_end"] = json!(batch_end);
                json["batch_max_ts"] = json!(newest_batch);
                json["reversals"] = json!(reversals);
            }
            Mode::Tiled { batch_end, tile, .. } => {
                json["batch_end"] = json!(batch_end);
                json["tile"] = json!(tile);
            }
            Mode::Many { batch_end, .. } => json["batch_end"] = json!(batch_end),
        }
        json
    }

    /// Reads the paste-able form; the error says which part does not fit.
    ///
    /// # Errors
    /// A text naming the member that is missing or malformed.
    pub fn from_json(json: &Json) -> Result<Self, String> {
        let list = |name: &str| json[name].as_array().ok_or(format!("`{name}` is not a list"));
        let rest = |name: &str| json[name].as_array().map_or(&[][..], Vec::as_slice);
        let schema = list("schema")?
            .iter()
            .map(|f| Some((f[0].as_str()?.to_owned(), DataType::deserialize(&f[1]).ok()?)))
            .collect::<Option<Vec<_>>>()
            .ok_or("`schema` is not a list of [name, type]")?;
        let dialect = match json["dialect"].as_str() {
            None => Dialect::Airbnb,
            Some(name) => Dialect::from_name(name).ok_or_else(|| format!("`dialect` is {name}"))?,
        };
        let aggregations = list("aggregations")?
            .iter()
            .map(|json| aggregation_from_json(json, dialect))
            .collect::<Option<Vec<_>>>()
            .ok_or("`aggregations` is malformed")?;
        let rows = |name: &str, list: &[Json]| {
            let row = |(i, row): (usize, &Json)| {
                row_from_json(row, &schema).ok_or(format!("row {i} of `{name}` does not fit the schema"))
            };
            list.iter().enumerate().map(row).collect::<Result<Vec<_>, _>>()
        };
        let (batch, stream) = (rows("rows", list("rows")?)?, rows("stream", rest("stream"))?);
        let queries = list("queries")?
            .iter()
            .map(|q| Some((i32::try_from(q[0].as_i64()?).ok()?, q[1].as_i64()?)))
            .collect::<Option<Vec<_>>>()
            .ok_or("`queries` is not a list of [key, time]")?;
        let steps =
            rest("steps").iter().map(step_from_json).collect::<Option<Vec<_>>>().ok_or("`steps` is malformed")?;
        let time = |name: &str| json[name].as_i64().ok_or(format!("`{name}` is not a time"));
        let mode = match json["mode"].as_str() {
            Some("row") => Mode::Row { steps },
            Some("sawtooth") => Mode::Sawtooth(match json["resolution"].as_str() {
                Some("five_minute") => Resolution::FiveMinute,
                Some("daily") => Resolution::Daily,
                other => return Err(format!("`resolution` is {other:?}, not five_minute or daily")),
            }),
            Some("online") => Mode::Online {
                steps,
                batch_end: time("batch_end")?,
                newest_batch: json["batch_max_ts"].as_i64(),
                reversals: json["reversals"].as_bool().unwrap_or(false),
            },
            Some("tiled") => Mode::Tiled { steps, batch_end: time("batch_end")?, tile: time("tile")? },
            Some("many") => Mode::Many { steps, batch_end: time("batch_end")? },
            other => return Err(format!("`mode` is {other:?}, not row, sawtooth, online, tiled or many")),
        };
        Ok(Self {
            id: json["id"].as_u64().unwrap_or(0),
            dialect,
            mode,
            schema,
            aggregations,
            rows: batch,
            stream,
            queries,
        })
    }
}

impl Answer {
    /// Reads what the reference prints.
    pub fn from_json(json: &Json) -> Option<Self> {
        let outputs = json["outputs"]
            .as_array()?
            .iter()
            .map(|o| Some((o[0].as_str()?.to_owned(), DataType::deserialize(&o[1]).ok()?)))
            .collect::<Option<Vec<_>>>()?;
        let table = |json: &Json| -> Option<Vec<Vec<Value>>> {
            let row = |row: &Json| {
                row.as_array()?.iter().zip(&outputs).map(|(v, (_, t))| Value::from_json(v, t)).collect::<Option<_>>()
            };
            json.as_array()?.iter().map(row).collect()
        };
        let values = table(&json["values"])?;
        let decoded = match (&json["decoded"], json["undecodable"].as_str()) {
            (_, Some(error)) => Some(Err(error.to_owned())),
            (Json::Null, None) => None,
            (rows, None) => Some(Ok(table(rows)?)),
        };
        let record = |(name, hex): (&String, &Json)| Some((name.clone(), unhex(hex.as_str()?)?));
        let records = json["records"].as_object()?.iter().map(record).collect::<Option<_>>()?;
        let schema = |(name, text): (&String, &Json)| Some((name.clone(), text.as_str()?.to_owned()));
        let schemas = json["schemas"].as_object()?.iter().map(schema).collect::<Option<_>>()?;
        let unstored = json["unstored"].as_str().map(str::to_owned);
        Some(Self { outputs, values, records, schemas, unstored, decoded })
    }
}

/// Records as a JSON object.
pub fn records_to_json(records: &Records) -> Json {
    Json::Object(records.iter().map(|(name, bytes)| (name.clone(), json!(hex(bytes)))).collect())
}

fn aggregation_to_json(aggregation: &Aggregation) -> Json {
    let windows = aggregation.windows.as_ref().map(|windows| {
        let window = |w: &Window| match w {
            Window::Minutes(n) => json!([n, "MINUTES"]),
            Window::Hours(n) => json!([n, "HOURS"]),
            Window::Days(n) => json!([n, "DAYS"]),
        };
        windows.iter().map(window).collect::<Vec<_>>()
    });
    let mut json = json!({"op": aggregation.op, "input": aggregation.input, "windows": windows,
        "buckets": aggregation.buckets, "args": aggregation.args});
    if aggregation.element_wise {
        json["element_wise"] = json!(true);
    }
    json
}

fn aggregation_from_json(json: &Json, dialect: Dialect) -> Option<Aggregation> {
    let window = |json: &Json| {
        let length = i32::try_from(json[0].as_i64()?).ok()?;
        match json[1].as_str()? {
            "MINUTES" => Some(Window::Minutes(length)),
            "HOURS" => Some(Window::Hours(length)),
            "DAYS" => Some(Window::Days(length)),
            _ => None,
        }
    };
    let arg = |(name, value): (&String, &Json)| Some((name.clone(), value.as_str()?.to_owned()));
    Some(Aggregation {
        dialect,
        op: json["op"].as_str()?.to_owned(),
        input: json["input"].as_str()?.to_owned(),
        windows: match &json["windows"] {
            Json::Null => None,
            list => Some(list.as_array()?.iter().map(window).collect::<Option<_>>()?),
        },
        buckets: match &json["buckets"] {
            Json::Null => None,
            list => Some(list.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>()?),
        },
        args: match &json["args"] {
            Json::Null => None,
            args => Some(args.as_object()?.iter().map(arg).collect::<Option<_>>()?),
        },
        element_wise: json["element_wise"].as_bool().unwrap_or(false),
    })
}

fn row_to_json(row: &Row) -> Json {
    let mut cells = vec![json!(row.key), json!(row.ts), row.values.iter().map(Value::to_json).collect()];
    if row.before || row.mutated != row.ts {
        cells.extend([json!(row.before), json!(row.mutated)]);
    }
    Json::Array(cells)
}

fn row_from_json(json: &Json, schema: &[(String, DataType)]) -> Option<Row> {
    let cells = json[2].as_array()?;
    let values = schema.iter().zip(cells).map(|((_, t), v)| Value::from_json(v, t)).collect::<Option<Vec<_>>>()?;
    (values.len() == schema.len() && cells.len() == schema.len()).then_some(())?;
    let ts = json[1].as_i64()?;
    Some(Row {
        key: i32::try_from(json[0].as_i64()?).ok()?,
        ts,
        values,
        before: json[3].as_bool().unwrap_or(false),
        mutated: json[4].as_i64().unwrap_or(ts),
    })
}

fn step_to_json(step: &Step) -> Json {
    match step {
        Step::Update(n) => json!(["update", n]),
        Step::Merge(n) => json!(["merge", n]),
        Step::Recode => json!(["recode"]),
    }
}

fn step_from_json(json: &Json) -> Option<Step> {
    let rows = || usize::try_from(json[1].as_u64()?).ok();
    match json[0].as_str()? {
        "update" => Some(Step::Update(rows()?)),
        "merge" => Some(Step::Merge(rows()?)),
        "recode" => Some(Step::Recode),
        _ => None,
    }
}

/// Two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of a hex text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
