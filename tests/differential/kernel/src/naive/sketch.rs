//! What sketches may answer: exactly what small ones hold, and bounds beyond.

use super::{Entry, Expect};
use crate::case::Aggregation;
use crate::value::Value;
use chronon_sketches::cpc::{IconEstimates, coupon_of_bytes, coupon_of_double, coupon_of_long};
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
}

impl Percentiles {
    pub(super) fn of(aggregation: &Aggregation, values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f32> = values.map(|v| v as f32).filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f32::total_cmp);
        let ranks = aggregation.arg("percentiles").and_then(|text| serde_json::from_str(text).ok());
        let k = aggregation.k().and_then(|k| usize::try_from(k).ok()).unwrap_or(128);
        Self { sorted, ranks: ranks.unwrap_or_else(|| vec![0.5]), k }
    }

    /// Whether nothing was sampled.
    pub(super) fn exact(&self) -> bool {
        self.sorted.len() <= self.k
    }

    pub(super) fn accepts(&self, value: &Value) -> bool {
        let (Value::List(values), false) = (value, self.sorted.is_empty()) else {
            return self.sorted.is_empty() && *value == Value::Null;
        };
        values.len() == self.ranks.len() && self.ranks.iter().zip(values).all(|(rank, v)| self.fits(*rank, v))
    }

    fn fits(&self, rank: f64, value: &Value) -> bool {
        let (Value::Float(value), Some(last)) = (value, self.sorted.len().checked_sub(1)) else { return false };
        let n = self.sorted.len() as f64;
        // -0.0 equals 0.0 here: which of the two comes first among equals is not said
        let equal = |v: &f32| f64::from(*v) == *value;
        if self.exact() || rank == 0.0 || rank == 1.0 {
            return equal(&self.sorted[((rank * n) as usize).min(last)]);
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
    /// Counts by the identity of the value.
    counts: BTreeMap<Vec<u8>, i64>,
    /// A value, to read keys alike.
    like: Option<Value>,
    k: i64,
}

impl Frequent {
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a Value>, k: i64) -> Self {
        let mut counts = BTreeMap::new();
        let mut like = None;
        for value in values {
            *counts.entry(value.identity()).or_default() += 1;
            like.get_or_insert_with(|| value.clone());
        }
        Self { counts, like, k }
    }

    /// Whether there are so few values that they are counted one by one.
    pub(super) fn few(&self) -> bool {
        usize::try_from(self.k).is_ok_and(|k| self.counts.len() <= k)
    }

    pub(super) fn accepts(&self, values: &BTreeMap<String, Value>) -> bool {
        let k = usize::try_from(self.k).unwrap_or(0);
        let total: i64 = self.counts.values().sum();
        if k == 0 {
            // the first value gets in whatever k is; a second one makes it a sketch, of which nothing is shown
            let first =
                |(key, n): (&String, &Value)| *n == Value::Int(1) && self.counts.contains_key(&self.identity(key));
            return values.len() == usize::from(total == 1) && values.iter().all(first);
        }
        // below three quarters of its size the sketch drops nothing
        let size = k.max(8).next_power_of_two();
        let whole = self.counts.len() <= k.max(size * 3 / 4);
        let mut descending: Vec<i64> = self.counts.values().copied().collect();
        descending.sort_unstable_by(|a, b| b.cmp(a));
        let cutoff = descending.get(k - 1).copied().unwrap_or(0);
        let mut above = 0;
        for (key, value) in values {
            let (Some(count), Value::Int(estimate)) = (self.counts.get(&self.identity(key)), value) else {
                return false;
            };
            // a sketch that has just dropped everything forgets by how much it may be wrong when it is copied or
            // stored, so that later estimates may be too low as well
            let fits = if whole { estimate == count && *count >= cutoff } else { (1..=total).contains(estimate) };
            if !fits {
                return false;
            }
            above += usize::from(*count > cutoff);
        }
        let room = k.min(self.counts.len());
        let complete = values.len() == room && above == descending.iter().take(k).filter(|n| **n > cutoff).count();
        values.len() <= room && (!whole || complete)
    }

    /// The identity of the value whose text is `key`. Numbers are compared by value: how many digits a double gets is
    /// Java's affair.
    fn identity(&self, key: &str) -> Vec<u8> {
        let value = match &self.like {
            Some(Value::Int(_)) => key.parse().map(Value::Int).unwrap_or(Value::Null),
            Some(Value::Float(_)) => key.parse().map(Value::Float).unwrap_or(Value::Null),
            _ => Value::Text(key.to_owned()),
        };
        value.identity()
    }
}
