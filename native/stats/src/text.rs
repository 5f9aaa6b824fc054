//! Floating numbers as Java prints them (`Double.toString`, `Float.toString`).

use std::fmt::LowerExp;

/// The shortest decimal that reads back as `value`: plain from 10⁻³ up to 10⁷, else with an exponent; at least one digit
/// behind the point. (Java before 19 prints a digit too many for a few numbers.)
pub(crate) fn java_text<F: LowerExp + Into<f64> + Copy>(value: F) -> String {
    let number: f64 = value.into();
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}Infinity");
    }
    if number == 0.0 {
        return format!("{sign}0.0");
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.trim_start_matches('-').split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    // What stands before and behind the point.
    let (whole, rest) = match exponent {
        0..7 => {
            let point = exponent as usize + 1;
            (format!("{digits:0<point$}")[..point].to_owned(), digits.get(point..).unwrap_or_default().to_owned())
        }
        -3..0 => ("0".to_owned(), "0".repeat((-exponent - 1) as usize) + &digits),
        _ => (digits[..1].to_owned(), digits[1..].to_owned()),
    };
    let rest = if rest.is_empty() { "0" } else { &rest };
    let power = if (-3..7).contains(&exponent) { String::new() } else { format!("E{exponent}") };
    format!("{sign}{whole}.{rest}{power}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `Double.toString` and `Float.toString` of a JVM print.
    #[test]
    fn numbers_look_as_in_java() {
        let doubles = [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (0.001, "0.001"),
            (0.000_999, "9.99E-4"),
            (123_456.789, "123456.789"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (-1.25e-10, "-1.25E-10"),
            (1e23, "1.0E23"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in doubles {
            assert_eq!(java_text(value), text);
        }
        assert_eq!((java_text(0.1f32), java_text(1.5e10f32)), ("0.1".to_owned(), "1.5E10".to_owned()));
    }
}
