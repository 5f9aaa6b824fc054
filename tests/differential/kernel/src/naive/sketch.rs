//! What sketches may answer: exactly what small ones hold, and bounds beyond.

use super::{Entry, Expect, Party};
use crate::case::Aggregation;
use crate::value::Value;
use chronon_sketches::cpc::{IconEstimates, coupon_of_bytes, coupon_of_double, coupon_of_long};
use chronon_types::Dialect;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The distinct count. A sketch that was merged or copied estimates from the number of its coupons, any other one
/// from the chances that each new coupon had (sheet §7.2); the empty text leaves no coupon.
pub(super) fn distinct(entries: &[Entry<'_>], lg_k: u8) -> Option<Expect> {
    let mut coupons: BTreeSet<u32> = BTreeSet::new();
    let rows = f64::from(1u32 << lg_k);
    // the chance that the next value is a new coupon, times the number of rows
    let (mut chance, mut history) = (rows, 0.0);
    for e in entries {
        let coupon = match e.value {
            Value::Int(v) => Some(coupon_of_long(lg_k, *v)),
            Value::Float(v) => Some(coupon_of_double(lg_k, *v)),
            Value::Decimal(..) => Some(coupon_of_double(lg_k, super::operation::float(e.value))),
            Value::Text(v) => coupon_of_bytes(lg_k, v.as_bytes()),
            Value::Bytes(v) => coupon_of_bytes(lg_k, v),
            _ => None,
        };
        let Some(coupon) = coupon else { continue };
        if coupons.insert(coupon) {
            history += rows / chance;
            chance -= 0.5f64.powi((coupon & 63) as i32 + 1);
        }
    }
    if entries.iter().any(|e| e.apart) {
        let estimate = merged_estimates(lg_k)?.estimate(coupons.len() as u32);
        return Some(Expect::Exact(Value::Int(estimate as i64)));
    }
    // the reference adds the chances in another order at times, which matters next to a whole number
    let options = [history - 1e-6, history + 1e-6].map(|estimate| Value::Int(estimate.max(0.0) as i64));
    Some(Expect::OneOf(options.to_vec()))
}

/// The table of a size, made once.
fn merged_estimates(lg_k: u8) -> Option<&'static IconEstimates> {
    static TABLES: [OnceLock<Option<IconEstimates>>; 27] = [const { OnceLock::new() }; 27];
    TABLES.get(usize::from(lg_k))?.get_or_init(|| IconEstimates::new(lg_k).ok()).as_ref()
}

/// Percentiles: exact while the sketch holds all values, else within its rank error.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentiles {
    /// All values, ascending.
    sorted: Vec<f32>,
    /// The ranks asked for.
    ranks: Vec<f64>,
    k: usize,
    /// Whether a rank is that of the values up to one, and not of those below it.
    inclusive: bool,
}

impl Percentiles {
    pub(super) fn of(aggregation: &Aggregation, values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f32> = values.map(|v| v as f32).filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f32::total_cmp);
        let ranks = aggregation.arg("percentiles").and_then(|text| serde_json::from_str(text).ok());
        let k = aggregation.k().and_then(|k| usize::try_from(k).ok()).unwrap_or(128);
        let inclusive = aggregation.dialect == Dialect::Zipline;
        Self { sorted, ranks: ranks.unwrap_or_else(|| vec![0.5]), k, inclusive }
    }

    /// Whether nothing was sampled.
    fn exact(&self) -> bool {
        self.sorted.len() <= self.k
    }

    pub(super) fn accepts(&self, value: &Value) -> bool {
        let (Value::List(values), false) = (value, self.sorted.is_empty()) else {
            return self.sorted.is_empty() && *value == Value::Null;
        };
        values.len() == self.ranks.len() && self.ranks.iter().zip(values).all(|(rank, v)| self.fits(*rank, v))
    }

    /// Whether two answers agree: exactly unless values were sampled, but for the sign of zeros, of which the reference
    /// keeps the first one that a merge brings.
    pub(super) fn agree(&self, a: &Value, b: &Value) -> bool {
        let equal = |(a, b): (&Value, &Value)| match (a, b) {
            (Value::Float(a), Value::Float(b)) => a == b,
            _ => a == b,
        };
        match (a, b) {
            _ if !self.exact() => true,
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(equal),
            _ => a == b,
        }
    }

    fn fits(&self, rank: f64, value: &Value) -> bool {
        let (Value::Float(value), Some(last)) = (value, self.sorted.len().checked_sub(1)) else { return false };
        let n = self.sorted.len() as f64;
        // -0.0 equals 0.0 here: which of the two comes first among equals is not said
        let equal = |v: &f32| f64::from(*v) == *value;
        if self.exact() || rank == 0.0 || rank == 1.0 {
            // the fork takes what a product of doubles has too much off before it goes to the next value
            let upper = ((rank * n * 1e7).round() / 1e7).ceil() as usize;
            let at = if self.inclusive { upper.max(1) - 1 } else { (rank * n) as usize };
            return equal(&self.sorted[at.min(last)]);
        }
        let below = self.sorted.iter().filter(|v| f64::from(**v) < *value).count() as f64;
        let until = self.sorted.iter().filter(|v| f64::from(**v) <= *value).count() as f64;
        // the published error of one rank is 2.296 / k^0.9021 in 99 of 100 cases, some 2.6 standard deviations: three
        // times that is never seen by chance
        let error = 3.0 * 2.296 / (self.k as f64).powf(0.9021) + 1.0 / n;
        self.sorted.iter().any(equal) && below / n <= rank + error && until / n >= rank - error
    }
}

/// The most frequent values: exact while none had to be dropped, guesses between 1 and the number of rows beyond.
#[derive(Debug, Clone, PartialEq)]
pub struct Frequent {
    /// Values and their counts by the identity of the value.
    counts: BTreeMap<Vec<u8>, (Value, i64)>,
    k: usize,
    /// How many values are counted one by one, before a sketch begins.
    few: usize,
    /// How many values a sketch holds before it drops one.
    counters: usize,
}

impl Frequent {
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a Value>, k: i64) -> Self {
        let mut counts: BTreeMap<Vec<u8>, (Value, i64)> = BTreeMap::new();
        for value in values {
            counts.entry(value.identity()).or_insert_with(|| (value.clone(), 0)).1 += 1;
        }
        let k = usize::try_from(k).unwrap_or(0);
        Self { counts, k, few: k, counters: k.max(8).next_power_of_two() * 3 / 4 }
    }

    /// The fork's operations, which have a larger sketch and nothing before it.
    pub(super) fn sketch<'a>(values: impl Iterator<Item = &'a Value>, k: i64) -> Self {
        let slots = ((k.max(0) as f64 / 0.375).ceil() as usize).max(8).next_power_of_two();
        let counters = slots * 3 / 4;
        Self { few: counters, counters, ..Self::of(values, k) }
    }

    /// Whether there are so few values that they are counted one by one.
    pub(super) fn few(&self) -> bool {
        self.counts.len() <= self.few
    }

    pub(super) fn accepts(&self, values: &BTreeMap<String, Value>, party: Party) -> bool {
        let mut left = self.counts.clone();
        let mut found: Vec<(Value, i64, i64)> = Vec::new();
        for (key, value) in values {
            let (Some((item, count)), Value::Int(estimate)) = (self.take(&mut left, key), value) else { return false };
            found.push((item, count, *estimate));
        }
        let total: i64 = self.counts.values().map(|(_, count)| count).sum();
        if self.k == 0 {
            // the first value gets in whatever k is; a second one makes it a sketch, of which nothing is shown
            let first = usize::from(total == 1 && self.few == 0);
            return found.len() == first && found.iter().all(|(_, _, estimate)| *estimate == 1);
        }
        if self.dropped() {
            // one that has just dropped everything forgets by how much it may be wrong when it is copied or stored, so
            // that later estimates may be too low as well as too high
            return found.len() <= self.k && found.iter().all(|(_, _, estimate)| (1..=total).contains(estimate));
        }
        let exact = found.iter().all(|(_, count, estimate)| count == estimate);
        // where counts are equal, ours prefers the smaller value, the reference goes by its hash table
        let beaten = |(kept, n): (&Value, i64), (out, m): (&Value, i64)| {
            m > n || m == n && party == Party::Kernel && out.order(kept).is_lt()
        };
        let best = found.iter().all(|(kept, n, _)| !left.values().any(|(out, m)| beaten((kept, *n), (out, *m))));
        exact && best && found.len() == self.k.min(self.counts.len())
    }

    /// Takes the value whose text is `key` out. Numbers are compared by value: how many digits a double gets is Java's
    /// affair.
    fn take(&self, left: &mut BTreeMap<Vec<u8>, (Value, i64)>, key: &str) -> Option<(Value, i64)> {
        let value = match self.counts.values().next()? {
            (Value::Int(_), _) => Value::Int(key.parse().ok()?),
            (Value::Float(_), _) => Value::Float(key.parse().ok()?),
            _ => Value::Text(key.to_owned()),
        };
        left.remove(&value.identity())
    }

    /// Whether a sketch had to drop values. Which ones stay then hangs on the layout of its table, which changes with
    /// every copy.
    fn dropped(&self) -> bool {
        !self.few() && self.counts.len() > self.counters
    }

    /// Whether two answers agree but for the choice among values of the least count.
    pub(super) fn agree(&self, a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> bool {
        if self.dropped() {
            return true;
        }
        let count = |value: &Value| if let Value::Int(n) = value { *n } else { 0 };
        let least = a.values().map(count).min().unwrap_or(0);
        let above = |values: &BTreeMap<String, Value>| -> Vec<(String, i64)> {
            let entries = values.iter().map(|(key, value)| (key.clone(), count(value)));
            entries.filter(|(_, n)| a.len() < self.k || *n > least).collect()
        };
        a.len() == b.len() && b.values().all(|value| count(value) >= least) && above(a) == above(b)
    }
}
