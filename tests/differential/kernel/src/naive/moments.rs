//! Variance, skewness and excess kurtosis by two passes, with a bound on what one-pass formulas may make of them.
//!
//! Both implementations update a mean and central sums row by row, and merge such accumulators. Take values of size at
//! most R, u the unit roundoff. A running mean is wrong by at most some (n + 1)·u·R, since each step adds at most 3·u·R
//! and averages the error so far. A central sum of order p is a sum of products of p differences from running means;
//! each difference is wrong by that error, and the differences from running means add up to at most (2 + ln n) times
//! those from the final mean, because the mean after j rows differs from it by at most Σ|x − mean| / j. So the error
//! is no more than what moving every value by E = 16·(n + 2)·(2 + ln n)·u·R can make of the central sum:
//! Σ(|x − mean| + E)^p − Σ|x − mean|^p. The roundings of the sum itself, n·u·Σ|x − mean|^p, and those of the two
//! passes here are inside, as |x − mean| ≤ 2R.

use super::Expect;
use crate::value::Value;

/// A central sum and how far off it may be.
struct Sum {
    value: f64,
    slack: f64,
}

/// The result of `op` over `values`.
pub(super) fn of(op: &str, values: &[f64]) -> Expect {
    let undefined = Expect::Exact(Value::Float(f64::NAN));
    let least = match op {
        "VARIANCE" => 1,
        "SKEW" => 3,
        _ => 4,
    };
    if values.len() < least || values.iter().any(|v| !v.is_finite()) {
        return undefined;
    }
    let n = values.len() as f64;
    let size = values.iter().fold(0.0f64, |size, v| size.max(v.abs()));
    if size > 1e70 {
        return Expect::Anything; // the powers overflow, sooner or later
    }
    let mean = values.iter().map(|v| v / n).sum::<f64>();
    let moved = 16.0 * (n + 2.0) * (2.0 + n.ln()) * (f64::EPSILON / 2.0) * size;
    let central = |order: i32| {
        let value = values.iter().map(|v| (v - mean).powi(order)).sum();
        let grown = |v: &f64| ((v - mean).abs() + moved).powi(order) - (v - mean).abs().powi(order);
        Sum { value, slack: values.iter().map(grown).sum::<f64>() * (1.0 + 1e-9) + f64::MIN_POSITIVE }
    };
    let second = central(2);
    if op == "VARIANCE" {
        let value = second.value / n;
        return Expect::Near { value, slack: second.slack / n + f64::EPSILON * value };
    }
    if size == 0.0 {
        return undefined;
    }
    if second.value <= 2.0 * second.slack || second.value < 1e-140 {
        return Expect::Anything; // the spread may be nothing but rounding
    }
    let (order, power, scale, shift) = if op == "SKEW" { (3, 1.5, n.sqrt(), 0.0) } else { (4, 2.0, n, 3.0) };
    let top = central(order);
    let (low, high) = ((second.value - second.slack).powf(power), (second.value + second.slack).powf(power));
    let value = scale * top.value / second.value.powf(power);
    let above = scale * (top.value.abs() + top.slack) / low;
    let below = scale * (top.value.abs() - top.slack).max(0.0) / high;
    let slack = (above - value.abs()).max(value.abs() - below) + scale * top.slack / low;
    Expect::Near { value: value - shift, slack: slack + 16.0 * f64::EPSILON * (value.abs() + shift) }
}
