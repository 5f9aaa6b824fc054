//! What a cell may be.

use super::sketch::{Frequent, Percentiles};
use crate::value::Value;
use std::collections::BTreeMap;

/// Whose answer is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The reference.
    Reference,
    /// Ours.
    Kernel,
}

/// What an output cell may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// Exactly this.
    Exact(Value),
    /// One of these.
    OneOf(Vec<Value>),
    /// A float within `slack` of `value`: the operation adds floats, and the order of additions is free.
    Near {
        /// The value in row order.
        value: f64,
        /// The bound on the difference that reordering can make.
        slack: f64,
    },
    /// Not a number or an infinity, whichever.
    NotFinite,
    /// Anything: this depends on the order of folding in ways that no bound covers.
    Anything,
    /// A K form: classes of equal time, or of equal value, best first; the class that does not fit whole may give any
    /// of its values.
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
    /// Percentiles of a multiset.
    Percentiles(Percentiles),
    /// The most frequent values of a multiset.
    Frequent(Frequent),
    /// One expectation per bucket or map key.
    Buckets(BTreeMap<String, Expect>),
    /// One expectation per position.
    Elements(Vec<Expect>),
    /// Ours differs on purpose: `docs/divergences.md` says why.
    Parties {
        /// What the reference gives.
        reference: Box<Expect>,
        /// What ours gives.
        kernel: Box<Expect>,
    },
}

impl Expect {
    /// Whether `value` is a correct answer of `party`.
    pub fn accepts(&self, value: &Value, party: Party) -> bool {
        match (self, value) {
            (Self::Exact(expected), value) => expected == value,
            (Self::OneOf(options), value) => options.contains(value),
            (Self::Anything, _) => true,
            (Self::NotFinite, Value::Float(v)) => !v.is_finite(),
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
            (Self::Percentiles(percentiles), value) => percentiles.accepts(value),
            (Self::Frequent(frequent), Value::Map(values)) => frequent.accepts(values, party),
            (Self::Buckets(expected), Value::Map(values)) => {
                expected.len() == values.len()
                    && expected.iter().all(|(key, e)| values.get(key).is_some_and(|v| e.accepts(v, party)))
            }
            (Self::Elements(expected), Value::List(values)) => {
                expected.len() == values.len() && expected.iter().zip(values).all(|(e, v)| e.accepts(v, party))
            }
            (Self::Parties { reference, .. }, value) if party == Party::Reference => reference.accepts(value, party),
            (Self::Parties { kernel, .. }, value) => kernel.accepts(value, party),
            _ => false,
        }
    }

    /// Whether two answers agree when rows were folded in the same order by both: they must be equal but for what ours
    /// does differently on purpose, and for what is sampled.
    pub fn agree(&self, a: &Value, b: &Value) -> bool {
        match (self, a, b) {
            (Self::Cut { .. }, ..) => true,
            (Self::Percentiles(percentiles), ..) => percentiles.agree(a, b),
            // each is held against its own expectation
            (Self::Parties { .. }, ..) => true,
            (Self::Frequent(frequent), Value::Map(a), Value::Map(b)) => frequent.agree(a, b),
            (Self::Buckets(of), Value::Map(a), Value::Map(b)) => {
                let agree = |(key, a)| of.get(key).zip(b.get(key)).is_some_and(|(e, b): (&Self, _)| e.agree(a, b));
                a.len() == b.len() && a.iter().all(agree)
            }
            (Self::Elements(of), Value::List(a), Value::List(b)) => {
                a.len() == b.len() && of.iter().zip(a.iter().zip(b)).all(|(e, (a, b))| e.agree(a, b))
            }
            _ => a == b,
        }
    }

    /// The same where several cells fold the same hops: a sketch of frequent items in one of them collects in the
    /// reference what other cells folded before it (sheet §20, Q5).
    pub(super) fn over_shared_hops(self) -> Self {
        match self {
            Self::Frequent(frequent) if !frequent.few() => {
                Self::Parties { reference: Box::new(Self::Anything), kernel: Box::new(Self::Frequent(frequent)) }
            }
            Self::Buckets(of) => Self::Buckets(of.into_iter().map(|(key, e)| (key, e.over_shared_hops())).collect()),
            Self::Elements(of) => Self::Elements(of.into_iter().map(Self::over_shared_hops).collect()),
            other => other,
        }
    }

    /// The same where the reference's answer depends on what it was asked before.
    pub(super) fn of_kernel_only(self) -> Self {
        Self::Parties { reference: Box::new(Self::Anything), kernel: Box::new(self) }
    }

    /// The same where a float that is not finite becomes null, which is everywhere but inside lists and maps.
    pub(super) fn finite(self) -> Self {
        match self {
            Self::Exact(Value::Float(v)) | Self::Near { value: v, .. } if !v.is_finite() => Self::Exact(Value::Null),
            Self::NotFinite => Self::Exact(Value::Null),
            other => other,
        }
    }
}

/// Whether `part` is a sub-multiset of `whole`.
fn within(part: &[Value], whole: &[Value]) -> bool {
    let mut left: Vec<&Value> = whole.iter().collect();
    part.iter().all(|v| left.iter().position(|w| *w == v).map(|i| left.swap_remove(i)).is_some())
}
