//! What any correct answer looks like, straight from the window rule: collect the rows of
//! `[round(Q − W, hop), Q)`, then apply the operation to them.

use crate::case::{Case, Output, Resolution, Row, Window};
use crate::value::Value;
use chronon_sketches::cpc::{IconEstimates, coupon_of_bytes, coupon_of_double, coupon_of_long};
use chronon_types::DataType;
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis, round};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Whose answer is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The reference.
    Reference,
    /// Ours.
    Kernel,
}

/// What an output cell may be.
#[derive(Debug, Clone)]
pub enum Expect {
    /// Exactly this.
    Exact(Value),
    /// A float within `slack` of `value`: the operation adds floats, and the order of additions is free.
    Near {
        /// The sum or mean in row order.
        value: f64,
        /// The bound on the difference that reordering can make.
        slack: f64,
    },
    /// Anything: adding these floats overflows in some orders and not in others.
    Anything,
    /// A K form: classes of equal time, or of equal value, best first; the class that does not fit whole may give any of its values.
    Ranked {
        /// How many values are kept.
        k: usize,
        /// Values of equal time, best time first.
        classes: Vec<Vec<Value>>,
    },
    /// A histogram cut to its most frequent entries: the reference may take any whose count is at least that of
    /// the last one kept (hash order), ours takes the most frequent, then the least text (sheet §20, Q8).
    Cut {
        /// What ours gives.
        best: Value,
        /// The count of the least frequent entry kept.
        cutoff: i64,
        /// All counts.
        counts: BTreeMap<String, i64>,
    },
    /// One expectation per bucket.
    Buckets(BTreeMap<String, Expect>),
}

impl Expect {
    /// Whether `value` is a correct answer of `party`.
    pub fn accepts(&self, value: &Value, party: Party) -> bool {
        match (self, value) {
            (Self::Exact(expected), value) => expected == value,
            (Self::Anything, _) => true,
            (Self::Near { value: expected, slack }, Value::Float(v)) => (v - expected).abs() <= *slack,
            (Self::Ranked { k, classes }, Value::List(values)) => {
                let mut rest = &values[..];
                let mut free = *k;
                for class in classes {
                    let take = class.len().min(free);
                    let Some((head, tail)) = rest.split_at_checked(take) else { return false };
                    if !within(head, class) {
                        return false;
                    }
                    (rest, free) = (tail, free - take);
                }
                rest.is_empty()
            }
            (Self::Cut { best, .. }, value) if party == Party::Kernel => best == value,
            (Self::Cut { best: Value::Map(best), cutoff, counts }, Value::Map(values)) => {
                let possible = |(key, n): (&String, &Value)| match (counts.get(key), n) {
                    (Some(count), Value::Int(n)) => n == count && n >= cutoff,
                    _ => false,
                };
                values.len() == best.len() && values.iter().all(possible)
            }
            (Self::Buckets(expected), Value::Map(values)) => {
                expected.len() == values.len()
                    && expected.iter().all(|(key, e)| values.get(key).is_some_and(|v| e.accepts(v, party)))
            }
            _ => false,
        }
    }
}

/// Whether `part` is a sub-multiset of `whole`.
fn within(part: &[Value], whole: &[Value]) -> bool {
    let mut left: Vec<&Value> = whole.iter().collect();
    part.iter().all(|v| left.iter().position(|w| *w == v).map(|i| left.swap_remove(i)).is_some())
}

/// The expectation for every cell: one row per query.
pub fn answer(case: &Case) -> Vec<Vec<Expect>> {
    let outputs = case.outputs();
    case.queries.iter().map(|(key, at)| outputs.iter().map(|o| cell(case, o, *key, *at)).collect()).collect()
}

/// The hop by which the tail of a window moves.
pub fn tail_hop(resolution: Resolution, window: Option<Window>) -> Millis {
    let length = window.map_or(Some(i64::MAX), Window::millis).unwrap_or(i64::MAX);
    match resolution {
        Resolution::Daily => DAY,
        Resolution::FiveMinute if length >= 12 * DAY => DAY,
        Resolution::FiveMinute if length >= 12 * HOUR => HOUR,
        Resolution::FiveMinute => FIVE_MINUTES,
    }
}

fn cell(case: &Case, output: &Output<'_>, key: i32, at: Millis) -> Expect {
    let tail = output.window.and_then(Window::millis).map(|w| round(at - w, tail_hop(case.resolution, output.window)));
    let rows: Vec<&Row> =
        case.rows.iter().filter(|r| r.key == key && r.ts < at && tail.is_none_or(|tail| r.ts >= tail)).collect();
    let Some(bucket) = output.bucket else {
        return sane(aggregate(case, output, &rows).unwrap_or(Expect::Exact(Value::Null)));
    };
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if let Value::Text(name) = &row.values[bucket] {
            groups.entry(name).or_default().push(row);
        }
    }
    let buckets: BTreeMap<String, Expect> = groups
        .into_iter()
        .filter_map(|(name, rows)| Some((name.to_owned(), aggregate(case, output, &rows)?)))
        .collect();
    if buckets.is_empty() { Expect::Exact(Value::Null) } else { Expect::Buckets(buckets) }
}

/// Outside of buckets and lists a float that is not finite becomes null.
fn sane(expect: Expect) -> Expect {
    match expect {
        Expect::Exact(Value::Float(v)) | Expect::Near { value: v, .. } if !v.is_finite() => Expect::Exact(Value::Null),
        other => other,
    }
}

/// `None` when no value came in.
fn aggregate(case: &Case, output: &Output<'_>, rows: &[&Row]) -> Option<Expect> {
    let op = output.aggregation.op.as_str();
    let timed = matches!(op, "FIRST" | "LAST" | "FIRST_K" | "LAST_K");
    let mut element = &case.schema[output.input].1;
    let mut values: Vec<(Millis, &Value)> = Vec::new();
    for row in rows {
        match &row.values[output.input] {
            Value::Null => {}
            Value::List(list) if !timed => {
                values.extend(list.iter().filter(|v| **v != Value::Null).map(|v| (row.ts, v)));
            }
            value => values.push((row.ts, value)),
        }
    }
    if let (DataType::List(of), false) = (element, timed) {
        element = of;
    }
    if values.is_empty() {
        return None;
    }
    let k = output.aggregation.k.as_deref().and_then(|k| k.parse::<usize>().ok());
    let plain = || values.iter().map(|(_, v)| *v);
    let exact = |value| Some(Expect::Exact(value));
    match op {
        "COUNT" => exact(Value::Int(values.len() as i64)),
        "SUM" if matches!(element, DataType::Float | DataType::Double) => Some(sum(&floats(plain()), false)),
        "SUM" => exact(Value::Int(plain().fold(0i64, |sum, v| {
            sum.wrapping_add(match v {
                Value::Int(v) => *v,
                Value::Bool(true) => 1,
                _ => 0,
            })
        }))),
        "AVERAGE" => Some(sum(&floats(plain()), true)),
        "MIN" => plain().cloned().reduce(|a, b| extreme(a, b, true)).map(Expect::Exact),
        "MAX" => plain().cloned().reduce(|a, b| extreme(a, b, false)).map(Expect::Exact),
        // rows come in order of time: the first of the first class, and the first of the last class
        "FIRST" => exact(values[0].1.clone()),
        "LAST" => {
            let last = values[values.len() - 1].0;
            values.iter().find(|(ts, _)| *ts == last).map(|(_, v)| Expect::Exact((*v).clone()))
        }
        "FIRST_K" | "LAST_K" => {
            let mut classes: BTreeMap<Millis, Vec<Value>> = BTreeMap::new();
            for (ts, v) in &values {
                classes.entry(*ts).or_default().push((*v).clone());
            }
            let mut classes: Vec<Vec<Value>> = classes.into_values().collect();
            if op == "LAST_K" {
                classes.reverse();
            }
            Some(Expect::Ranked { k: k?, classes })
        }
        "TOP_K" | "BOTTOM_K" => Some(ranked(plain().cloned().collect(), k?, op == "TOP_K")),
        "UNIQUE_COUNT" => exact(Value::Int(plain().map(Value::identity).collect::<BTreeSet<_>>().len() as i64)),
        "BOUNDED_UNIQUE_COUNT" => {
            let distinct = plain().map(Value::identity).collect::<BTreeSet<_>>().len();
            exact(Value::Int(distinct.min(k.unwrap_or(8)) as i64))
        }
        "HISTOGRAM" => Some(histogram(plain(), k.unwrap_or(0))),
        "APPROX_UNIQUE_COUNT" => exact(Value::Int(distinct(plain(), k.unwrap_or(8) as u8)?)),
        _ => None,
    }
}

fn floats<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<f64> {
    let float = |v: &Value| match v {
        Value::Int(v) => *v as f64,
        Value::Float(v) => *v,
        _ => f64::NAN,
    };
    values.map(float).collect()
}

/// The sum or the mean with the bound that holds for every order of additions.
fn sum(values: &[f64], mean: bool) -> Expect {
    let n = values.len() as f64;
    let total: f64 = values.iter().sum();
    let size: f64 = values.iter().map(|v| v.abs()).sum();
    let value = if mean { total / n } else { total };
    if values.iter().any(|v| !v.is_finite()) {
        return Expect::Exact(Value::Float(value)); // infinite or not a number in every order
    }
    if !size.is_finite() {
        return Expect::Anything;
    }
    // each of the n additions rounds by at most half an ulp of a partial sum, here and there
    let slack = (n + 2.0) * f64::EPSILON * size + f64::MIN_POSITIVE;
    Expect::Near { value, slack: if mean { slack / n + f64::EPSILON * value.abs() } else { slack } }
}

/// Java's minimum and maximum: NaN wins, `-0.0` is below `0.0`, text compares by UTF-16 unit.
fn extreme(a: Value, b: Value, least: bool) -> Value {
    let less = match (&a, &b) {
        (Value::Float(x), _) if x.is_nan() => return a,
        (_, Value::Float(y)) if y.is_nan() => return b,
        (Value::Float(x), Value::Float(y)) => x.total_cmp(y).is_lt(),
        (Value::Int(x), Value::Int(y)) => x < y,
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
            (Value::Text(x), Value::Text(y)) => x.encode_utf16().cmp(y.encode_utf16()),
            _ => Ordering::Equal,
        };
        if largest { order.reverse() } else { order }
    };
    values.sort_by(order);
    let classes = values.chunk_by(|a, b| order(a, b).is_eq()).map(<[Value]>::to_vec).collect();
    Expect::Ranked { k, classes }
}

/// Counts per text, cut to `k` entries unless that is zero.
fn histogram<'a>(values: impl Iterator<Item = &'a Value>, k: usize) -> Expect {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for v in values {
        if let Value::Text(text) = v {
            *counts.entry(text.clone()).or_default() += 1;
        }
    }
    let mut entries: Vec<(&String, i64)> = counts.iter().map(|(text, n)| (text, *n)).collect();
    entries.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.encode_utf16().cmp(b.encode_utf16())));
    if k > 0 {
        entries.truncate(k);
    }
    let cutoff = entries.last().map_or(0, |(_, n)| *n);
    let best = Value::Map(entries.into_iter().map(|(text, n)| (text.clone(), Value::Int(n))).collect());
    if k > 0 && k < counts.len() { Expect::Cut { best, cutoff, counts } } else { Expect::Exact(best) }
}

/// The merged-form estimate of the distinct count; the empty text leaves no coupon.
fn distinct<'a>(values: impl Iterator<Item = &'a Value>, lg_k: u8) -> Option<i64> {
    let coupons: BTreeSet<u32> = values
        .filter_map(|v| match v {
            Value::Int(v) => Some(coupon_of_long(lg_k, *v)),
            Value::Float(v) => Some(coupon_of_double(lg_k, *v)),
            Value::Text(v) => coupon_of_bytes(lg_k, v.as_bytes()),
            Value::Bytes(v) => coupon_of_bytes(lg_k, v),
            _ => None,
        })
        .collect();
    Some(IconEstimates::new(lg_k).ok()?.estimate(coupons.len() as u32) as i64)
}
