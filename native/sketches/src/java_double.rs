//! Doubles as text, as `Double.toString` of JDK 18 and older writes them.
//!
//! Newer JDKs write the shortest text that reads as the same number. Older ones come close to it: they generate
//! digits, from the most significant one, until what is left is less than half the distance to the next double, and
//! then round (Steele and White's free-format algorithm). What makes their texts longer or other ones at times is
//! followed here:
//!
//! - bounds are exclusive, so a shorter text that lies exactly between two doubles is not taken;
//! - below powers of two doubles lie closer, and half of that distance is used on both sides;
//! - whole numbers below 2^63 are written out, less the digits that are small against the distance to the next double;
//! - below 0.001 and from 10^8 on the first digit is never the last, unless the estimate of the exponent was one too
//!   high;
//! - where 64 bits seem enough they are used, and sums that are too large for them wrap.
//!
//! Cost: some hundred nanoseconds for a number of up to 15 digits from 0.002 to 10^15, microseconds else.

use std::cmp::Ordering;

/// The text of `value`.
///
/// ```
/// use chronon_sketches::java_double::java_double;
/// assert_eq!(java_double(1e7), "1.0E7");
/// assert_eq!(java_double(2e23), "1.9999999999999998E23");
/// ```
pub fn java_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let size = value.abs();
    if size.is_infinite() {
        return format!("{sign}Infinity");
    }
    if size == 0.0 {
        return format!("{sign}0.0");
    }
    laid_out(sign, digits(size))
}

/// The text of `value` as `Float.toString` of JDK 19 and newer writes it: with the fewest digits that read as the same number.
///
/// ```
/// use chronon_sketches::java_double::java_float;
/// assert_eq!(java_float(0.1), "0.1");
/// assert_eq!(java_float(1e10), "1.0E10");
/// ```
pub fn java_float(value: f32) -> String {
    if value == 0.0 || !value.is_finite() {
        return java_double(value.into());
    }
    laid_out(if value < 0.0 { "-" } else { "" }, shortest(value.abs()))
}

/// Digits in the form that Java has for them.
fn laid_out(sign: &str, (digits, exponent): (Vec<u8>, i32)) -> String {
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let or_zero = |rest: &str| if rest.is_empty() { "0".to_owned() } else { rest.to_owned() };
    match exponent {
        0..7 => {
            let whole = exponent as usize + 1;
            let padded = format!("{text:0<whole$}");
            format!("{sign}{}.{}", &padded[..whole], or_zero(&padded[whole..]))
        }
        -3..0 => format!("{sign}0.{}{text}", "0".repeat((-exponent - 1) as usize)),
        _ => format!("{sign}{}.{}E{exponent}", &text[..1], or_zero(&text[1..])),
    }
}

/// The digits of a positive number, without zeros at the end, and the power of ten of the first one.
fn digits(value: f64) -> (Vec<u8>, i32) {
    // Here the rules above change nothing: halfway between two doubles there is no number of so few digits, and no
    // number is halfway between two of so few digits that both read as it.
    if (0.001953125..9_007_199_254_740_992.0).contains(&value) {
        let (digits, exponent) = shortest(value);
        if digits.len() <= 15 {
            return (digits, exponent);
        }
    }
    let bits = value.to_bits();
    let (biased, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    // value = significand · 2^power
    let (significand, power) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    // A whole number of less than 64 bits.
    if power <= 10 && significand.trailing_zeros() as i32 + power >= 0 {
        let value = if power >= 0 { significand << power } else { significand >> -power };
        return whole(value, power);
    }
    generated(significand, power)
}

/// The digits of Rust's own text, which is the shortest.
fn shortest(value: impl std::fmt::LowerExp) -> (Vec<u8>, i32) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// The digits of a whole number that is a multiple of 2^`power`.
fn whole(value: u64, power: i32) -> (Vec<u8>, i32) {
    // Of the distance to the next double, a quarter counts.
    let dropped = if power > 2 { (1u64 << (power - 2)).ilog10() } else { 0 };
    let unit = 10u64.pow(dropped);
    let rounded = value / unit + u64::from(dropped > 0 && value % unit >= unit / 2);
    let text = rounded.to_string();
    let exponent = text.len() as i32 - 1 + dropped as i32;
    (text.trim_end_matches('0').bytes().map(|digit| digit - b'0').collect(), exponent)
}

/// What Java takes for the power of ten of the first digit: it is exact, or one too high. The line that approximates
/// the logarithm is David Gay's (Correctly Rounded Binary-Decimal and Decimal-Binary Conversions, 1990).
#[allow(clippy::approx_constant, reason = "the last digits decide, and these are Java's")]
fn estimated_exponent(significand: u64, power: i32) -> i32 {
    let top = 63 - significand.leading_zeros() as i32;
    let mantissa = significand as f64 / (1u64 << top) as f64;
    ((mantissa - 1.5) * 0.289529654 + 0.176091259 + f64::from(power + top) * 0.301029995663981).floor() as i32
}

/// Generates the digits of significand · 2^power.
fn generated(significand: u64, power: i32) -> (Vec<u8>, i32) {
    let exponent = estimated_exponent(significand, power);
    // With 10^exponent as the unit, the number is rest / scale and half the distance to the next double is margin /
    // scale. Each of the three is a whole number, times a power of five, times a power of two.
    let odd = significand >> significand.trailing_zeros();
    let fives = ((-exponent).max(0), exponent.max(0), (-exponent).max(0));
    let mut twos = (power + significand.trailing_zeros() as i32 - exponent, 0, power - 1 - exponent);
    if odd == 1 {
        twos.2 -= 1;
    }
    let excess = twos.0.min(twos.2).min(0);
    twos = (twos.0 - excess, twos.1 - excess, twos.2 - excess);
    if let Some(steps) = Longs::new(odd, fives, twos) {
        return collect(steps, exponent);
    }
    let number = |factor: u64, fives: i32, twos: i32| {
        let mut number = Big::from(factor);
        (0..fives).for_each(|_| number.multiply(5));
        number.shift(twos as usize);
        number
    };
    let (rest, scale) = (number(odd, fives.0, twos.0), number(1, fives.1, twos.1));
    collect(Bigs { rest, scale, margin: number(1, fives.2, twos.2) }, exponent)
}

/// One more digit, and what is known of the rest.
struct Step {
    digit: u8,
    /// Whether the rest is small enough to be left out.
    low: bool,
    /// Whether the rest is large enough to round up.
    high: bool,
    /// How the rest compares with half a unit of this digit.
    half: Ordering,
}

fn collect(steps: impl Iterator<Item = Step>, mut exponent: i32) -> (Vec<u8>, i32) {
    let mut digits = Vec::new();
    for (number, step) in steps.enumerate() {
        if step.digit == 0 && digits.is_empty() {
            exponent -= 1;
        } else {
            digits.push(step.digit);
        }
        let goes_on = number == 0 && !(-3..8).contains(&exponent);
        if (step.low || step.high) && !goes_on {
            let up = match (step.low, step.half) {
                (false, _) | (true, Ordering::Greater) => true,
                (true, Ordering::Equal) => digits.last().is_some_and(|digit| digit % 2 == 1),
                (true, Ordering::Less) => false,
            };
            if step.high && up {
                exponent += round_up(&mut digits);
            }
            break;
        }
    }
    while digits.len() > 1 && digits.last() == Some(&0) {
        digits.pop();
    }
    (digits, exponent)
}

/// Digits by large numbers.
struct Bigs {
    rest: Big,
    scale: Big,
    margin: Big,
}

impl Iterator for Bigs {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let digit = self.rest.divide(&self.scale);
        let step = Step {
            digit,
            low: self.rest.compare(&self.margin) == Ordering::Less,
            high: self.rest.plus(&self.margin).compare(&self.scale) == Ordering::Greater,
            half: self.rest.plus(&self.rest).compare(&self.scale),
        };
        self.rest.multiply(10);
        self.margin.multiply(10);
        Some(step)
    }
}

/// Digits by 64-bit numbers, which wrap.
struct Longs {
    rest: i64,
    scale: i64,
    margin: i64,
}

impl Longs {
    /// Nothing when Java does not expect the numbers to fit.
    fn new(odd: u64, fives: (i32, i32, i32), twos: (i32, i32, i32)) -> Option<Self> {
        let bits = |fives: i32| match fives {
            0 => 0,
            1..=26 => 5i64.pow(fives as u32).ilog2() as i32 + 1,
            _ => 64, // or more: it cannot fit
        };
        let rest = odd.ilog2() as i32 + 1 + twos.0 + bits(fives.0);
        let tens = twos.1 + 1 + bits(fives.1 + 1);
        if rest >= 64 || tens >= 64 {
            return None;
        }
        let number = |factor: u64, fives: i32, twos: i32| (factor as i64 * 5i64.pow(fives as u32)) << twos;
        Some(Self {
            rest: number(odd, fives.0, twos.0),
            scale: number(1, fives.1, twos.1),
            margin: number(1, fives.2, twos.2),
        })
    }
}

impl Iterator for Longs {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let digit = self.rest / self.scale;
        let tens = self.scale.wrapping_mul(10);
        self.rest = (self.rest % self.scale).wrapping_mul(10);
        self.margin = self.margin.wrapping_mul(10);
        let overflown = self.margin <= 0;
        Some(Step {
            digit: digit as u8,
            low: overflown || self.rest < self.margin,
            high: overflown || self.rest.wrapping_add(self.margin) > tens,
            half: self.rest.wrapping_mul(2).wrapping_sub(tens).cmp(&0),
        })
    }
}

/// Adds one to the last digit, and returns what that adds to the exponent.
fn round_up(digits: &mut Vec<u8>) -> i32 {
    while let Some(digit) = digits.pop() {
        if digit < 9 {
            digits.push(digit + 1);
            return 0;
        }
    }
    digits.push(1);
    1
}

/// A large whole number: 32 bits each, least significant first, without zeros at the end.
#[derive(Debug, Clone)]
struct Big(Vec<u32>);

impl From<u64> for Big {
    fn from(value: u64) -> Self {
        let mut big = Self(vec![value as u32, (value >> 32) as u32]);
        big.trim();
        big
    }
}

impl Big {
    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn multiply(&mut self, by: u32) {
        let mut carry = 0u64;
        for word in &mut self.0 {
            carry += u64::from(*word) * u64::from(by);
            *word = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Multiplies by 2^bits.
    fn shift(&mut self, bits: usize) {
        self.multiply(1 << (bits % 32));
        self.0.splice(0..0, std::iter::repeat_n(0, bits / 32));
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn plus(&self, other: &Self) -> Self {
        let length = self.0.len().max(other.0.len());
        let word = |big: &Self, at: usize| big.0.get(at).copied().map_or(0, u64::from);
        let mut sum = Vec::with_capacity(length + 1);
        let mut carry = 0u64;
        for at in 0..length {
            carry += word(self, at) + word(other, at);
            sum.push(carry as u32);
            carry >>= 32;
        }
        sum.push(carry as u32);
        let mut sum = Self(sum);
        sum.trim();
        sum
    }

    /// The quotient, which is below ten; the remainder stays.
    fn divide(&mut self, by: &Self) -> u8 {
        let mut quotient = 0;
        while self.compare(by) != Ordering::Less {
            let mut borrow = false;
            for (at, word) in self.0.iter_mut().enumerate() {
                let (less, a) = word.overflowing_sub(by.0.get(at).copied().unwrap_or(0));
                let (less, b) = less.overflowing_sub(u32::from(borrow));
                *word = less;
                borrow = a || b;
            }
            self.trim();
            quotient += 1;
        }
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_forms_of_java() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1.0, "1.0"),
            (-123.25, "-123.25"),
            (1e-3, "0.001"),
            (9.9e-4, "9.9E-4"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (f64::from(0.1f32), "0.10000000149011612"),
            // from runs of the reference on JDK 17
            (4.9e-324, "4.9E-324"),
            (1e23, "9.999999999999999E22"),
            (2.82879384806159e17, "2.82879384806159008E17"),
        ];
        for (value, text) in cases {
            assert_eq!(java_double(value), text);
        }
    }
}
