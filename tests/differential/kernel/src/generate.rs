//! Random cases that dwell on edges: hop boundaries, equal times, special values.

use crate::case::{Aggregation, Case, Resolution, Row, Window};
use crate::value::Value;
use chronon_types::DataType;
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis};
use std::collections::BTreeSet;

/// 2024-03-10T00:00:00Z.
const START: Millis = 1_710_028_800_000;

/// A small seeded generator (splitmix64): the same seed gives the same cases on every machine.
pub struct Rng(u64);

impl Rng {
    /// The generator of case `id` of the run `seed`.
    pub fn new(seed: u64, id: u64) -> Self {
        Self(seed ^ id.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const SCALARS: [DataType; 9] = [
    DataType::Boolean,
    DataType::Short,
    DataType::Int,
    DataType::Long,
    DataType::Float,
    DataType::Double,
    DataType::String,
    DataType::Binary,
    DataType::Byte,
];

/// Case `id` of the run `seed`.
pub fn case(seed: u64, id: u64) -> Case {
    let mut rng = Rng::new(seed, id);
    let rng = &mut rng;
    let resolution = if rng.one_in(5) { Resolution::Daily } else { Resolution::FiveMinute };
    let schema = schema(rng);
    let aggregations = aggregations(rng, &schema, resolution);
    // from one hour to eighty days, so that every tail hop sees sparse and dense data
    let span = *rng.pick(&[HOUR, 8 * HOUR, 2 * DAY, 10 * DAY, 40 * DAY, 80 * DAY]);
    let keys = 1 + rng.below(4);
    let size = *rng.pick(&[0, 1, 3, 10, 30, 30, 60, 60, 400]);
    let mut rows: Vec<Row> = Vec::with_capacity(size);
    for _ in 0..size {
        let ts = match rng.below(6) {
            0 if !rows.is_empty() => rng.pick(&rows).ts,
            _ => edge(rng, span),
        };
        let values = schema.iter().map(|(_, t)| if rng.one_in(7) { Value::Null } else { value(rng, t) }).collect();
        rows.push(Row { key: rng.below(keys) as i32, ts, values });
    }
    // a stable sort: rows of equal key and time keep their order, which is part of the case
    rows.sort_by_key(|r| (r.key, r.ts));
    let windows: Vec<Millis> =
        aggregations.iter().flat_map(|a| a.windows.iter().flatten().filter_map(|w| w.millis())).collect();
    let mut queries: Vec<(i32, Millis)> = (0..1 + rng.below(12))
        .map(|_| {
            // keys beyond the rows' keys ask for nothing; one key may have no query
            let key = rng.below(keys + 1) as i32;
            let at = match rng.below(5) {
                0 if !rows.is_empty() => rng.pick(&rows).ts + rng.below(3) as i64 - 1,
                1 if !rows.is_empty() && !windows.is_empty() => {
                    let hop = *rng.pick(&[0, FIVE_MINUTES, HOUR, DAY]);
                    rng.pick(&rows).ts + rng.pick(&windows) + hop + rng.below(3) as i64 - 1
                }
                _ => edge(rng, span + DAY),
            };
            (key, if resolution == Resolution::Daily { at / DAY * DAY } else { at })
        })
        .collect();
    queries.sort_unstable();
    Case { id, resolution, schema, aggregations, rows, queries }
}

/// A time within `span` of the first, often on or next to the start of a hop.
fn edge(rng: &mut Rng, span: Millis) -> Millis {
    let ts = START + (rng.bits() % span as u64) as Millis;
    let hop = *rng.pick(&[1, 1, FIVE_MINUTES, HOUR, DAY]);
    ts / hop * hop + if hop > 1 { rng.below(3) as i64 - 1 } else { 0 }
}

fn schema(rng: &mut Rng) -> Vec<(String, DataType)> {
    let mut schema = vec![("b0".to_owned(), DataType::String), ("b1".to_owned(), DataType::String)];
    for i in 0..1 + rng.below(4) {
        let scalar = rng.pick(&SCALARS).clone();
        let list = scalar != DataType::Byte && rng.one_in(4);
        schema.push((format!("c{i}"), if list { DataType::List(Box::new(scalar)) } else { scalar }));
    }
    schema
}

/// The operations that take a column of this type.
fn operations(data_type: &DataType) -> Vec<&'static str> {
    let mut ops = vec!["COUNT", "FIRST", "LAST", "FIRST_K", "LAST_K"];
    let element = if let DataType::List(of) = data_type { of } else { data_type };
    match element {
        DataType::Short | DataType::Int | DataType::Long | DataType::Float | DataType::Double => {
            ops.extend(["SUM", "AVERAGE", "MIN", "MAX", "UNIQUE_COUNT", "APPROX_UNIQUE_COUNT", "SUM", "AVERAGE"]);
            ops.extend(["TOP_K", "BOTTOM_K", "BOUNDED_UNIQUE_COUNT"]);
        }
        DataType::String => {
            ops.extend(["MIN", "MAX", "UNIQUE_COUNT", "HISTOGRAM", "APPROX_UNIQUE_COUNT", "HISTOGRAM"]);
            ops.extend(["TOP_K", "BOTTOM_K", "BOUNDED_UNIQUE_COUNT"]);
        }
        // UNIQUE_COUNT and BOUNDED_UNIQUE_COUNT of binary are a known divergence
        DataType::Binary => ops.push("APPROX_UNIQUE_COUNT"),
        DataType::Boolean => ops.push("SUM"),
        _ => {}
    }
    ops
}

fn aggregations(rng: &mut Rng, schema: &[(String, DataType)], resolution: Resolution) -> Vec<Aggregation> {
    let mut names = BTreeSet::new();
    let mut aggregations = Vec::new();
    while aggregations.is_empty() || !rng.one_in(4) && aggregations.len() < 6 {
        let (input, data_type) = rng.pick(schema);
        let op = *rng.pick(&operations(data_type));
        let k = match op {
            "FIRST_K" | "LAST_K" | "TOP_K" | "BOTTOM_K" => Some((1 + rng.below(5)).to_string()),
            "BOUNDED_UNIQUE_COUNT" if !rng.one_in(3) => Some((1 + rng.below(9)).to_string()),
            "HISTOGRAM" if rng.one_in(4) => Some(rng.below(5).to_string()),
            "APPROX_UNIQUE_COUNT" if rng.one_in(3) => Some((4 + rng.below(9)).to_string()),
            _ => None,
        };
        // equal names collide in outputs: the compiler refuses them, so each (input, operation) comes once
        let named_k = if op.ends_with("_K") { k.clone() } else { None };
        if !names.insert((input.clone(), op, named_k)) {
            continue;
        }
        let windows = (!rng.one_in(4)).then(|| windows(rng, resolution));
        let buckets = rng.one_in(3).then(|| match rng.below(3) {
            0 => vec!["b0".to_owned()],
            1 => vec!["b1".to_owned()],
            _ => vec!["b1".to_owned(), "b0".to_owned()],
        });
        aggregations.push(Aggregation { op: op.to_owned(), input: input.clone(), windows, buckets, k });
    }
    aggregations
}

fn windows(rng: &mut Rng, resolution: Resolution) -> Vec<Window> {
    let mut windows = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let window = match rng.below(8) {
            0 => Window::Days(i32::MAX),
            // whole days from twelve days on: other lengths in hours are a known divergence
            1 if resolution == Resolution::FiveMinute => Window::Hours(*rng.pick(&[288, 312, 720])),
            2..5 if resolution == Resolution::FiveMinute => {
                Window::Hours(*rng.pick(&[1, 2, 5, 11, 12, 13, 24, 30, 48, 287]))
            }
            _ => Window::Days(*rng.pick(&[1, 2, 3, 7, 11, 12, 13, 30, 60])),
        };
        if !windows.contains(&window) {
            windows.push(window);
        }
    }
    windows
}

fn value(rng: &mut Rng, data_type: &DataType) -> Value {
    match data_type {
        DataType::Boolean => Value::Bool(rng.one_in(2)),
        DataType::Byte => Value::Int(integer(rng, i64::from(i8::MIN), i64::from(i8::MAX))),
        DataType::Short => Value::Int(integer(rng, i64::from(i16::MIN), i64::from(i16::MAX))),
        DataType::Int => Value::Int(integer(rng, i64::from(i32::MIN), i64::from(i32::MAX))),
        DataType::Long => Value::Int(integer(rng, i64::MIN, i64::MAX)),
        DataType::Float => Value::Float(f64::from(float(rng, f64::from(f32::MAX)) as f32)),
        DataType::Double => Value::Float(float(rng, f64::MAX)),
        DataType::String => Value::Text(text(rng)),
        DataType::Binary => Value::Bytes(text(rng).into_bytes()),
        DataType::List(of) => {
            Value::List((0..rng.below(5)).map(|_| if rng.one_in(6) { Value::Null } else { value(rng, of) }).collect())
        }
        _ => Value::Null,
    }
}

fn integer(rng: &mut Rng, least: i64, most: i64) -> i64 {
    match rng.below(12) {
        0 => least,
        1 => most,
        2 => rng.bits() as i64 & most,
        _ => rng.below(100) as i64 - 50,
    }
}

fn float(rng: &mut Rng, most: f64) -> f64 {
    match rng.below(24) {
        0 => f64::NAN,
        1 => 0.0,
        2 => -0.0,
        3 if rng.one_in(3) => f64::INFINITY,
        3 if rng.one_in(2) => f64::NEG_INFINITY,
        4 if rng.one_in(4) => most,
        5 => -1e-310,
        6 => (rng.bits() as f64 / u64::MAX as f64 - 0.5) * 1e18,
        7..12 => rng.below(7) as f64 - 3.0,
        _ => rng.below(2_000_000) as f64 / 1000.0 - 1000.0,
    }
}

/// Mostly from a small pool, with the empty text, characters that sort apart in UTF-8 and UTF-16, and long texts.
fn text(rng: &mut Rng) -> String {
    const POOL: [&str; 12] =
        ["a", "b", "c", "Aa", "BB", "", "é", "\u{1F600}", "\u{FFFD}", "\u{10FFFF}x", "\u{E000}", "日本"];
    match rng.below(10) {
        0 => format!("item_{}", rng.below(1000)),
        1 if rng.one_in(8) => "long ".repeat(1 + rng.below(60)),
        _ => (*rng.pick(&POOL)).to_owned(),
    }
}
