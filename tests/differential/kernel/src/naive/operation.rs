//! The operations, each in the most obvious way there is.

use super::sketch::{Frequent, Percentiles, distinct};
use super::{Entry, Expect, moments};
use crate::case::{Aggregation, SORT_KEY, UNIQUE_ID, member};
use crate::value::Value;
use chronon_types::{DataType, Field, time::Millis};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The result over values that are not null; `None` when none came in.
pub(super) fn of(aggregation: &Aggregation, element: &DataType, entries: &[Entry<'_>]) -> Option<Expect> {
    let op = aggregation.op.as_str();
    // what cannot be taken away again stays (sheet §20, Q15)
    let entries: Vec<Entry<'_>> = entries.iter().filter(|e| aggregation.deletable() || !e.before).copied().collect();
    let first = entries.first()?;
    let k = aggregation.k();
    let size = k.and_then(|k| usize::try_from(k).ok()).unwrap_or(0);
    let plain = || entries.iter().map(|e| e.value);
    let exact = |value| Some(Expect::Exact(value));
    match op {
        "COUNT" => exact(Value::Int(entries.iter().map(sign).sum())),
        "SUM" if matches!(element, DataType::Float | DataType::Double) => Some(sum(&entries, false)),
        "SUM" if matches!(element, DataType::Decimal(_, _)) => {
            let units = |e: &Entry<'_>| if let Value::Decimal(v, _) = e.value { *v * i128::from(sign(e)) } else { 0 };
            let DataType::Decimal(_, scale) = element else { return None };
            exact(Value::Decimal(entries.iter().map(units).sum(), *scale))
        }
        "SUM" => exact(Value::Int(entries.iter().fold(0i64, |sum, e| {
            let value = match e.value {
                Value::Int(v) => *v,
                Value::Bool(true) => 1,
                _ => 0,
            };
            if e.before { sum.wrapping_sub(value) } else { sum.wrapping_add(value) }
        }))),
        "AVERAGE" => Some(sum(&entries, true)),
        "VARIANCE" | "SKEW" | "KURTOSIS" => Some(moments::of(op, &plain().map(float).collect::<Vec<_>>())),
        "MIN" => plain().cloned().reduce(|a, b| extreme(a, b, true)).map(Expect::Exact),
        "MAX" => plain().cloned().reduce(|a, b| extreme(a, b, false)).map(Expect::Exact),
        // of equal times the first one folded
        "FIRST" => entries.iter().min_by_key(|e| e.ts).map(|e| Expect::Exact(e.value.clone())),
        "LAST" => entries.iter().rev().max_by_key(|e| e.ts).map(|e| Expect::Exact(e.value.clone())),
        // a heap without room keeps what came first, and nothing else
        "FIRST_K" | "LAST_K" | "TOP_K" | "BOTTOM_K" if size == 0 => exact(Value::List(vec![first.value.clone()])),
        "FIRST_K" | "LAST_K" => {
            let mut classes: BTreeMap<Millis, Vec<Value>> = BTreeMap::new();
            for e in &entries {
                classes.entry(e.ts).or_default().push(e.value.clone());
            }
            let mut classes: Vec<Vec<Value>> = classes.into_values().collect();
            if op == "LAST_K" {
                classes.reverse();
            }
            Some(Expect::Ranked { k: size, classes })
        }
        "TOP_K" | "BOTTOM_K" => Some(ranked(plain().cloned().collect(), size, op == "TOP_K")),
        "UNIQUE_COUNT" => Some(unique(&entries, element, i64::MAX)),
        "BOUNDED_UNIQUE_COUNT" => Some(unique(&entries, element, k.unwrap_or(8))),
        "HISTOGRAM" => Some(histogram(&entries, size)),
        "APPROX_UNIQUE_COUNT" => distinct(&entries, k.unwrap_or(8) as u8),
        "APPROX_PERCENTILE" => Some(Expect::Percentiles(Percentiles::of(aggregation, plain().map(float)))),
        "APPROX_FREQUENT_K" | "APPROX_HEAVY_HITTERS_K" => {
            Some(Expect::Frequent(Frequent::sketch(plain(), k.unwrap_or(8))))
        }
        "UNIQUE_TOP_K" => match element {
            DataType::Struct(_, members) => Some(unique_structs(plain(), members, size)),
            _ => Some(unique_top(plain(), size)),
        },
        "APPROX_HISTOGRAM_K" => {
            let kernel = Expect::Frequent(Frequent::of(plain(), k.unwrap_or(8)));
            let zero = |sign: f64| plain().any(|v| *v == Value::Float(sign * 0.0));
            if !(zero(1.0) && zero(-1.0)) {
                return Some(kernel);
            }
            // the reference's last conversion takes the two zeros for one key and loses a count
            Some(Expect::Parties { reference: Box::new(Expect::Anything), kernel: Box::new(kernel) })
        }
        _ => None,
    }
}

fn sign(entry: &Entry<'_>) -> i64 {
    if entry.before { -1 } else { 1 }
}

pub(super) fn float(value: &Value) -> f64 {
    match value {
        Value::Int(v) => *v as f64,
        Value::Float(v) => *v,
        Value::Decimal(v, scale) => format!("{v}e-{scale}").parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// The largest values that differ, best first. Texts of one Java hash are one value, and which of them stays depends on
/// the order of folding.
fn unique_top<'a>(values: impl Iterator<Item = &'a Value>, k: usize) -> Expect {
    let mut values: Vec<Value> = values.cloned().collect();
    if ["Aa", "BB"].iter().all(|text| values.contains(&Value::Text((*text).to_owned()))) {
        return Expect::Anything;
    }
    values.sort_by(|a, b| b.order(a));
    values.dedup();
    values.truncate(k);
    Expect::Exact(Value::List(values))
}

/// The structs with the greatest sort keys, best first. Where structs of one id differ, or two ids have one sort key, the
/// order of folding decides.
fn unique_structs<'a>(values: impl Iterator<Item = &'a Value>, members: &[Field], k: usize) -> Expect {
    let cell = |value: &'a Value, name| match (value, member(members, name)) {
        (Value::List(cells), Some(at)) => &cells[at],
        _ => &Value::Null,
    };
    let mut values: Vec<&Value> = values.collect();
    values.sort_by(|a, b| cell(b, SORT_KEY).order(cell(a, SORT_KEY)));
    values.dedup();
    let differ = |name| values.iter().map(|value| cell(value, name).identity()).collect::<BTreeSet<_>>().len();
    if differ(UNIQUE_ID) < values.len() || differ(SORT_KEY) < values.len() {
        return Expect::Anything;
    }
    Expect::Exact(Value::List(values.into_iter().take(k).cloned().collect()))
}

/// The sum or the mean with the bound that holds for every order of additions.
fn sum(entries: &[Entry<'_>], mean: bool) -> Expect {
    let values: Vec<f64> = entries.iter().map(|e| float(e.value) * sign(e) as f64).collect();
    let (n, count) = (values.len() as f64, entries.iter().map(sign).sum::<i64>() as f64);
    let total: f64 = values.iter().sum();
    let size: f64 = values.iter().map(|v| v.abs()).filter(|v| v.is_finite()).sum();
    let value = if mean { total / count } else { total };
    if mean && count == 0.0 {
        return Expect::NotFinite; // the remainder of a sum over nothing
    }
    match (values.iter().all(|v| v.is_finite()), size.is_finite()) {
        (true, true) => {}
        // what begins by taking an infinity away adds it first, and takes it away twice
        (false, _) if entries.iter().any(|e| e.before && !float(e.value).is_finite()) => return Expect::NotFinite,
        (false, true) => return Expect::Exact(Value::Float(value)), // infinite or not a number in every order
        (false, false) => return Expect::NotFinite,
        (true, false) => return Expect::Anything, // adding these overflows in some orders and not in others
    }
    // each of the n additions rounds by at most half an ulp of a partial sum, here and there
    let slack = (n + 2.0) * f64::EPSILON * size + f64::MIN_POSITIVE;
    Expect::Near { value, slack: if mean { slack / count.abs() + f64::EPSILON * value.abs() } else { slack } }
}

/// Java's minimum and maximum: NaN wins, `-0.0` is below `0.0`, text compares by UTF-16 unit.
fn extreme(a: Value, b: Value, least: bool) -> Value {
    let less = match (&a, &b) {
        (Value::Float(x), _) if x.is_nan() => return a,
        (_, Value::Float(y)) if y.is_nan() => return b,
        (Value::Float(x), Value::Float(y)) => x.total_cmp(y).is_lt(),
        (Value::Int(x), Value::Int(y)) => x < y,
        (Value::Decimal(x, _), Value::Decimal(y, _)) => x < y,
        (Value::Text(x), Value::Text(y)) => x.encode_utf16().lt(y.encode_utf16()),
        _ => true,
    };
    if less == least { a } else { b }
}

/// The values in classes of equal ones, best first; where not-a-number ends up in a heap depends on the order of folding.
fn ranked(mut values: Vec<Value>, k: usize, largest: bool) -> Expect {
    if values.iter().any(|v| matches!(v, Value::Float(v) if v.is_nan())) {
        return Expect::Anything;
    }
    let order = |a: &Value, b: &Value| {
        let order = match (a, b) {
            (Value::Float(x), Value::Float(y)) => x.partial_cmp(y).unwrap_or(Ordering::Equal),
            (Value::Int(x), Value::Int(y)) => x.cmp(y),
            (Value::Decimal(x, _), Value::Decimal(y, _)) => x.cmp(y),
            (Value::Text(x), Value::Text(y)) => x.encode_utf16().cmp(y.encode_utf16()),
            _ => Ordering::Equal,
        };
        if largest { order.reverse() } else { order }
    };
    values.sort_by(order);
    let classes = values.chunk_by(|a, b| order(a, b).is_eq()).map(<[Value]>::to_vec).collect();
    Expect::Ranked { k, classes }
}

/// How many values differ, at most `k`. The reference tells byte arrays apart by identity, so that it counts rows
/// (sheet §20, Q10), and one that comes by a hop as well (Q12) once or, if the two were stored in between, twice; ours compares
/// contents.
fn unique(entries: &[Entry<'_>], element: &DataType, k: i64) -> Expect {
    // a set is never made empty: the first value gets in whatever k is
    let count = |n: usize| Value::Int(if entries.len() == 1 { 1 } else { k.min(n as i64) });
    let distinct = entries.iter().map(|e| e.value.identity()).collect::<BTreeSet<_>>().len();
    if *element != DataType::Binary {
        return Expect::Exact(count(distinct));
    }
    let rows = entries.iter().map(|e| std::ptr::from_ref(e.value)).collect::<BTreeSet<_>>().len();
    let reference = Expect::OneOf((rows..=entries.len()).map(count).collect());
    Expect::Parties { reference: Box::new(reference), kernel: Box::new(Expect::Exact(count(distinct))) }
}

/// Counts per text without those that came to nothing, cut to `k` entries unless that is zero.
fn histogram(entries: &[Entry<'_>], k: usize) -> Expect {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for e in entries {
        if let Value::Text(text) = e.value {
            *counts.entry(text.clone()).or_default() += sign(e);
        }
    }
    counts.retain(|_, n| *n != 0);
    let mut entries: Vec<(&String, i64)> = counts.iter().map(|(text, n)| (text, *n)).collect();
    entries.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.encode_utf16().cmp(b.encode_utf16())));
    if k > 0 {
        entries.truncate(k);
    }
    let cutoff = entries.last().map_or(0, |(_, n)| *n);
    let best = Value::Map(entries.into_iter().map(|(text, n)| (text.clone(), Value::Int(n))).collect());
    if k > 0 && k < counts.len() { Expect::Cut { best, cutoff, counts } } else { Expect::Exact(best) }
}
