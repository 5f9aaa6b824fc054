//! The window rule, read aloud: take the rows with `round(Q − W, hop) ≤ ts < Q`, in order, and fold them one by one; in the
//! zipline dialect's joins, those with `ts = Q` too.
//!
//! Works on single values and shares no code with the operations it judges, nor with the hop arithmetic of sessions.

use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, Value};
use chronon_sketches::cpc::CpcSketch;
use chronon_sketches::java_double::java_double;
use chronon_types::time::{Millis, round};
use chronon_types::{DataType, Dialect, Field};
use std::collections::BTreeMap;

/// An event: its time and its input columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Event time.
    pub ts: Millis,
    /// One value per input column.
    pub values: Vec<Value>,
}

/// A bucket's name, and its values with their times.
type Bucket = (Value, Vec<(Millis, Value)>);

/// Where a window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Before the rows at the very time of the query.
    Before,
    /// Behind them.
    Behind,
    /// Nowhere: nor does it begin.
    Timeless,
}

/// The result of `spec` at query time `query` over the events of one key, which must be in order of time.
///
/// # Panics
/// When the spec is not one that a plan accepts.
pub fn aggregate(
    spec: &AggregationSpec,
    inputs: &[Field],
    resolution: Resolution,
    end: End,
    rows: &[Row],
    query: Millis,
) -> Value {
    let tail = spec.bounded_window().map_or(Millis::MIN, |window| {
        let hop = resolution.tail_hop(&window).expect("a window the resolution allows");
        round(query - window.millis(), hop)
    });
    let inside = rows.iter().filter(|row| match end {
        End::Timeless => true,
        End::Before => row.ts >= tail && row.ts < query,
        End::Behind => row.ts >= tail && row.ts <= query,
    });
    let input = &inputs[spec.input].data_type;
    match input {
        DataType::List(_) if spec.element_wise && !spec.operation.is_timed() => {
            return by_position(spec, input, inside);
        }
        DataType::Map(key, of) if **key == DataType::String && !spec.operation.is_timed() => {
            return by_map_key(spec, of, inside);
        }
        _ => {}
    }
    let Some(bucket) = spec.bucket else {
        let values: Vec<_> = inside.flat_map(|row| values_of(spec, input, row)).collect();
        return match fold(spec, input, &values) {
            Value::Double(value) if !value.is_finite() => Value::Null,
            value => value,
        };
    };
    let mut buckets: BTreeMap<Vec<u16>, Bucket> = BTreeMap::new();
    for row in inside {
        let values = values_of(spec, input, row);
        if let (Value::Bytes(bytes), false) = (&row.values[bucket], values.is_empty()) {
            let order = String::from_utf8(bytes.to_vec()).expect("text").encode_utf16().collect();
            let entry = buckets.entry(order).or_insert_with(|| (row.values[bucket].clone(), Vec::new()));
            entry.1.extend(values);
        }
    }
    if buckets.is_empty() {
        return Value::Null;
    }
    Value::Map(buckets.into_values().map(|(key, values)| (key, fold(spec, input, &values))).collect())
}

/// Position by position; the lists have one length.
fn by_position<'a>(spec: &AggregationSpec, input: &DataType, rows: impl Iterator<Item = &'a Row>) -> Value {
    let mut positions: Vec<Vec<(Millis, Value)>> = Vec::new();
    for row in rows {
        let Value::List(elements) = &row.values[spec.input] else { continue };
        positions.resize(elements.len(), Vec::new());
        for (position, element) in positions.iter_mut().zip(elements) {
            position.push((row.ts, element.clone()));
        }
    }
    if positions.is_empty() {
        return Value::Null;
    }
    Value::List(positions.iter().map(|values| fold(spec, input, values)).collect())
}

/// Key by key; a map without values still makes a result.
fn by_map_key<'a>(spec: &AggregationSpec, of: &DataType, rows: impl Iterator<Item = &'a Row>) -> Value {
    let mut keys: BTreeMap<Vec<u16>, Bucket> = BTreeMap::new();
    let mut any = false;
    for row in rows {
        let Value::Map(entries) = &row.values[spec.input] else { continue };
        any = true;
        for (key, value) in entries.iter().filter(|(_, value)| *value != Value::Null) {
            keys.entry(utf16(key)).or_insert_with(|| (key.clone(), Vec::new())).1.push((row.ts, value.clone()));
        }
    }
    if !any {
        return Value::Null;
    }
    Value::Map(keys.into_values().map(|(key, values)| (key, fold(spec, of, &values))).collect())
}

/// The values a row brings to an aggregation: none, one, or those of a list.
fn values_of(spec: &AggregationSpec, input: &DataType, row: &Row) -> Vec<(Millis, Value)> {
    match (&row.values[spec.input], input) {
        (Value::Null, _) => Vec::new(),
        (Value::List(elements), DataType::List(_)) if !spec.operation.is_timed() => {
            elements.iter().filter(|value| **value != Value::Null).map(|value| (row.ts, value.clone())).collect()
        }
        (value, _) => vec![(row.ts, value.clone())],
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Long(value) => *value as f64,
        Value::Double(value) => *value,
        // the decimals of the cases have two digits behind the point
        Value::Decimal(units) => **units as f64 / 100.0,
        other => panic!("{other:?} is not a number"),
    }
}

/// The sum of the deviations from the mean, each to this power.
fn central_moment(values: &[(Millis, Value)], power: i32) -> f64 {
    let mean = values.iter().map(|(_, value)| number(value)).sum::<f64>() / values.len() as f64;
    values.iter().map(|(_, value)| (number(value) - mean).powi(power)).sum()
}

/// A text form that is equal exactly when Java calls the values equal.
fn identity(value: &Value) -> String {
    match value {
        Value::Double(value) if value.is_nan() => "NaN".into(),
        Value::Double(value) => format!("{:x}", value.to_bits()),
        other => format!("{other:?}"),
    }
}

/// The value as a key of a map.
fn text(value: &Value) -> Value {
    match value {
        Value::Long(value) => Value::Bytes(value.to_string().into_bytes().into()),
        Value::Double(value) => Value::Bytes(java_double(*value).into_bytes().into()),
        other => other.clone(),
    }
}

fn utf16(value: &Value) -> Vec<u16> {
    match value {
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).expect("text").encode_utf16().collect(),
        other => panic!("{other:?} is not text"),
    }
}

fn smaller(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Long(a), Value::Long(b)) => a < b,
        (Value::Decimal(a), Value::Decimal(b)) => a < b,
        (Value::Bytes(_), Value::Bytes(_)) => utf16(a) < utf16(b),
        _ => {
            number(a) < number(b)
                || (number(a) == 0.0
                    && number(b) == 0.0
                    && number(a).is_sign_negative()
                    && number(b).is_sign_positive())
        }
    }
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Double(value) if value.is_nan())
}

/// The result over values in order; null when there are none.
fn fold(spec: &AggregationSpec, input: &DataType, values: &[(Millis, Value)]) -> Value {
    use OperationKind::*;
    let Some((first_ts, first)) = values.first() else { return Value::Null };
    let element = match input {
        DataType::List(element) if !spec.operation.is_timed() => element,
        other => other,
    };
    let k = || spec.args.get("k").map(|k| k.parse::<i64>().expect("a number"));
    match spec.operation {
        Count => Value::Long(values.len() as i64),
        Sum if matches!(element, DataType::Float | DataType::Double) => {
            Value::Double(values.iter().fold(-0.0, |sum, (_, value)| sum + number(value)))
        }
        Sum if matches!(element, DataType::Decimal(_, _)) => {
            Value::Decimal(Box::new(values.iter().fold(0, |sum, (_, value)| match value {
                Value::Decimal(units) => sum + **units,
                other => panic!("{other:?} is not a decimal"),
            })))
        }
        Sum => Value::Long(values.iter().fold(0, |sum: i64, (_, value)| match value {
            Value::Long(value) => sum.wrapping_add(*value),
            other => panic!("{other:?} is not a whole number"),
        })),
        Average => Value::Double(values.iter().fold(0.0, |sum, (_, value)| sum + number(value)) / values.len() as f64),
        Variance => {
            let squares = central_moment(values, 2);
            Value::Double(squares / values.len() as f64)
        }
        Skew => {
            let (n, m2) = (values.len() as f64, central_moment(values, 2));
            let defined = values.len() >= 3 && m2 != 0.0;
            Value::Double(if defined { n.sqrt() * central_moment(values, 3) / m2.powf(1.5) } else { f64::NAN })
        }
        Kurtosis => {
            let (n, m2) = (values.len() as f64, central_moment(values, 2));
            let defined = values.len() >= 4 && m2 != 0.0;
            Value::Double(if defined { n * central_moment(values, 4) / (m2 * m2) - 3.0 } else { f64::NAN })
        }
        ApproxPercentile => {
            // Exact while the sketch keeps every value, which the cases stay within.
            let mut sorted: Vec<f32> =
                values.iter().map(|(_, value)| number(value) as f32).filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f32::total_cmp);
            if sorted.is_empty() {
                return Value::Null;
            }
            let at = |rank: f64| match spec.dialect {
                Dialect::Airbnb => ((rank * sorted.len() as f64) as usize).min(sorted.len() - 1),
                Dialect::Zipline => ((rank * sorted.len() as f64).ceil() as usize).max(1) - 1,
            };
            let ranks = spec.percentiles().expect("percentiles");
            Value::List(ranks.iter().map(|rank| Value::Double(sorted[at(*rank)].into())).collect())
        }
        Min | Max => {
            let better = |a: &Value, b: &Value| if spec.operation == Min { smaller(a, b) } else { smaller(b, a) };
            values
                .iter()
                .fold(
                    first,
                    |best, (_, value)| {
                        if is_nan(value) || (!is_nan(best) && better(value, best)) { value } else { best }
                    },
                )
                .clone()
        }
        First => values
            .iter()
            .fold((*first_ts, first), |best, (ts, value)| if *ts < best.0 { (*ts, value) } else { best })
            .1
            .clone(),
        Last => values
            .iter()
            .fold((*first_ts, first), |best, (ts, value)| if *ts > best.0 { (*ts, value) } else { best })
            .1
            .clone(),
        FirstK | LastK => {
            // Only meant for distinct times; with equal ones the order of folding decides.
            let mut sorted: Vec<&(Millis, Value)> = values.iter().collect();
            sorted.sort_by_key(|(ts, _)| if spec.operation == LastK { -*ts } else { *ts });
            let k = k().expect("k").max(1) as usize;
            Value::List(sorted.into_iter().take(k).map(|(_, value)| value.clone()).collect())
        }
        TopK | BottomK => {
            // Not meant for NaN, whose place depends on the order of folding.
            let mut sorted: Vec<&Value> = values.iter().map(|(_, value)| value).collect();
            sorted.sort_by(|a, b| {
                let order = smaller(b, a).cmp(&smaller(a, b));
                if spec.operation == TopK { order.reverse() } else { order }
            });
            Value::List(sorted.into_iter().take(k().expect("k").max(1) as usize).cloned().collect())
        }
        UniqueCount | BoundedUniqueCount => {
            let distinct: std::collections::BTreeSet<String> =
                values.iter().map(|(_, value)| identity(value)).collect();
            let bound = if spec.operation == BoundedUniqueCount { k().unwrap_or(8) } else { i64::MAX };
            Value::Long(bound.min(distinct.len() as i64))
        }
        UniqueTopK => {
            // Not meant for structs and for strings of equal Java hashes: which of equal ones stays depends on the
            // order of folding.
            let mut sorted: Vec<&Value> = values.iter().map(|(_, value)| value).collect();
            sorted.sort_by(|a, b| smaller(a, b).cmp(&smaller(b, a)));
            sorted.dedup();
            Value::List(sorted.into_iter().take(k().expect("k") as usize).cloned().collect())
        }
        ApproxUniqueCount => {
            let mut sketch = CpcSketch::new(k().unwrap_or(8) as u8).expect("lgK");
            for (_, value) in values {
                match value {
                    Value::Long(value) => sketch.update_long(*value),
                    Value::Double(value) => sketch.update_double(*value),
                    Value::Decimal(_) => sketch.update_double(number(value)),
                    Value::Bytes(value) => sketch.update_bytes(value),
                    other => panic!("{other:?} cannot be counted"),
                }
            }
            Value::Long(sketch.merged_copy().estimate() as i64)
        }
        Histogram => {
            let mut counts: BTreeMap<Vec<u16>, (Value, i64)> = BTreeMap::new();
            for (_, value) in values {
                counts.entry(utf16(value)).or_insert((value.clone(), 0)).1 += 1;
            }
            let mut entries: Vec<_> = counts.into_iter().collect();
            let k = k().unwrap_or(0);
            if k > 0 && entries.len() > k as usize {
                entries.sort_by_key(|(_, (_, count))| -count);
                entries.truncate(k as usize);
                entries.sort_by(|a, b| a.0.cmp(&b.0));
            }
            Value::Map(entries.into_iter().map(|(_, (key, count))| (key, Value::Long(count))).collect())
        }
        ApproxHistogramK | ApproxFrequentK | ApproxHeavyHittersK => {
            let mut counts: BTreeMap<Vec<u16>, (Value, i64)> = BTreeMap::new();
            for (_, value) in values {
                let key = text(value);
                counts.entry(utf16(&key)).or_insert((key, 0)).1 += 1;
            }
            Value::Map(counts.into_values().map(|(key, count)| (key, Value::Long(count))).collect())
        }
    }
}

/// Whether `found` is what may come out where [`aggregate`] says `expected` of these rows, which for estimated counts is the
/// exact ones.
pub fn accepts(spec: &AggregationSpec, expected: &Value, found: &Value, rows: &[Row]) -> bool {
    use OperationKind::{ApproxFrequentK, ApproxHeavyHittersK, ApproxHistogramK};
    if !matches!(spec.operation, ApproxHistogramK | ApproxFrequentK | ApproxHeavyHittersK) {
        let added = matches!(spec.operation, OperationKind::Sum | OperationKind::Average);
        let values = rows.iter().map(|row| &row.values[spec.input]);
        return near(expected, found, if added { rounding(values) } else { 0.0 });
    }
    let k = spec.args.get("k").map_or(8, |k| k.parse::<usize>().expect("a number"));
    let estimates = |(exact, found): (&Value, &Value)| estimates(exact, found, k);
    match (expected, found) {
        (Value::List(expected), Value::List(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(estimates)
        }
        (Value::Map(expected), Value::Map(found)) if matches!(expected.first(), Some((_, Value::Map(_)))) => {
            let keys = |map: &[(Value, Value)]| map.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
            let values = expected.iter().map(|(_, value)| value).zip(found.iter().map(|(_, value)| value));
            keys(expected) == keys(found) && values.into_iter().all(estimates)
        }
        both => estimates(both),
    }
}

/// Whether counts are exact where there are at most `k`, and otherwise guesses for at most `k` of the values. (They
/// may be too low where a sketch was stored: one that has just dropped everything is stored as if it had never
/// counted.)
fn estimates(exact: &Value, found: &Value, k: usize) -> bool {
    let count = |value: &Value| if let Value::Long(count) = value { *count } else { panic!("{value:?} is no count") };
    match (exact, found) {
        (Value::Map(exact), Value::Map(found)) if exact.len() > k => {
            let total = exact.iter().map(|(_, value)| count(value)).sum();
            let known = |key: &Value| exact.iter().any(|(of, _)| of == key);
            found.len() <= k && found.iter().all(|(key, value)| known(key) && (1..=total).contains(&count(value)))
        }
        _ => same(exact, found),
    }
}

/// Bound of the difference between two orders of adding these values up: n·ε·Σ|x|, for n up to 64 and ε = 2⁻⁵³. It matters
/// where large addends cancel each other.
pub fn rounding<'a>(values: impl Iterator<Item = &'a Value>) -> f64 {
    fn size(value: &Value) -> f64 {
        match value {
            Value::Double(value) if !value.is_finite() => 0.0,
            Value::Long(_) | Value::Double(_) | Value::Decimal(_) => number(value).abs(),
            Value::List(items) => items.iter().map(size).sum(),
            Value::Map(entries) => entries.iter().map(|(_, value)| size(value)).sum(),
            Value::Null | Value::Bytes(_) => 0.0,
        }
    }
    32.0 * f64::EPSILON * values.map(size).sum::<f64>()
}

/// As [`same`], or no farther apart than `rounding`.
pub fn near(a: &Value, b: &Value, rounding: f64) -> bool {
    match (a, b) {
        (Value::Double(x), Value::Double(y)) => same(a, b) || (x - y).abs() <= rounding,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b, rounding)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && near(&a.1, &b.1, rounding))
        }
        _ => same(a, b),
    }
}

/// Whether two results are equal, floating numbers within a relative 1e-9.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => {
            (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
        }
        _ => a == b,
    }
}
