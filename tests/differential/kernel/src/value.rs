//! Values as they travel in cases and answers.

use chronon_types::{DataType, Field};
use serde_json::{Map, Number, Value as Json, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// One cell. All integer widths share a variant, as do both float widths: the column type tells them apart.
#[derive(Debug, Clone)]
pub enum Value {
    /// Absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Byte, short, int or long.
    Int(i64),
    /// Float or double.
    Float(f64),
    /// So many units of the last of so many digits behind the point.
    Decimal(i128, u8),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Elements of a list or members of a struct, nulls included.
    List(Vec<Value>),
    /// Bucketed outputs and histograms; order carries no meaning.
    Map(BTreeMap<String, Value>),
}

/// Equal to the last bit: NaN equals NaN, `0.0` differs from `-0.0`.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Self::Decimal(a, s), Self::Decimal(b, t)) => (a, s) == (b, t),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Value {
    /// The JSON form; non-finite floats become the strings that Java prints.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(v) => json!(v),
            Self::Int(v) => json!(v),
            Self::Float(v) if v.is_nan() => json!("NaN"),
            Self::Float(v) if v.is_infinite() => json!(if *v > 0.0 { "Infinity" } else { "-Infinity" }),
            Self::Float(v) => Number::from_f64(*v).map_or(Json::Null, Json::Number),
            Self::Decimal(v, _) => json!(v.to_string()),
            Self::Text(v) => json!(v),
            Self::Bytes(v) => json!(base64(v)),
            Self::List(v) => Json::Array(v.iter().map(Self::to_json).collect()),
            Self::Map(v) => Json::Object(v.iter().map(|(k, v)| (k.clone(), v.to_json())).collect::<Map<_, _>>()),
        }
    }

    /// Reads the JSON form of a value of type `data_type`.
    pub fn from_json(json: &Json, data_type: &DataType) -> Option<Self> {
        Some(match (json, data_type) {
            (Json::Null, _) => Self::Null,
            (Json::Bool(v), DataType::Boolean) => Self::Bool(*v),
            (Json::Number(v), DataType::Byte | DataType::Short | DataType::Int | DataType::Long) => {
                Self::Int(v.as_i64()?)
            }
            (Json::Number(v), DataType::Float | DataType::Double) => Self::Float(v.as_f64()?),
            (Json::String(v), DataType::Float | DataType::Double) => Self::Float(match v.as_str() {
                "NaN" => f64::NAN,
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                _ => return None,
            }),
            (Json::String(v), DataType::Decimal(_, scale)) => Self::Decimal(v.parse().ok()?, *scale),
            (Json::String(v), DataType::String) => Self::Text(v.clone()),
            (Json::String(v), DataType::Binary) => Self::Bytes(unbase64(v)?),
            (Json::Array(v), DataType::List(element)) => {
                Self::List(v.iter().map(|v| Self::from_json(v, element)).collect::<Option<_>>()?)
            }
            (Json::Array(v), DataType::Struct(_, members)) if v.len() == members.len() => {
                let member = |(v, member): (_, &Field)| Self::from_json(v, &member.data_type);
                Self::List(v.iter().zip(members).map(member).collect::<Option<_>>()?)
            }
            (Json::Object(v), DataType::Map(_, of)) => {
                Self::Map(v.iter().map(|(k, v)| Some((k.clone(), Self::from_json(v, of)?))).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// Whether the two are equal but for the last bits of floats.
    pub fn is_near(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => self == other || (a - b).abs() <= 4.0 * f64::EPSILON * a.abs(),
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_near(b)),
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && a.is_near(b))
            }
            _ => self == other,
        }
    }

    /// Ascending numbers, or texts by UTF-16 unit; `-0.0` comes before `0.0`, and not-a-number last.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.is_nan().cmp(&b.is_nan()).then_with(|| a.total_cmp(b)),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Decimal(a, _), Self::Decimal(b, _)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.encode_utf16().cmp(b.encode_utf16()),
            _ => Ordering::Equal,
        }
    }

    /// A key under which values equal in Java's sense (`NaN` equals `NaN`, `0.0` is not `-0.0`) coincide.
    pub fn identity(&self) -> Vec<u8> {
        match self {
            Self::Int(v) => v.to_le_bytes().to_vec(),
            Self::Float(v) if v.is_nan() => f64::NAN.to_bits().to_le_bytes().to_vec(),
            Self::Float(v) => v.to_bits().to_le_bytes().to_vec(),
            Self::Decimal(v, _) => v.to_le_bytes().to_vec(),
            Self::Text(v) => v.as_bytes().to_vec(),
            Self::Bytes(v) => v.clone(),
            other => other.to_json().to_string().into_bytes(),
        }
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let used = digit <= chunk.len();
            text.push(if used { char::from(DIGITS[(word >> (18 - 6 * digit) & 63) as usize]) } else { '=' });
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        word = word << 6 | u32::try_from(DIGITS.iter().position(|d| *d == digit)?).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 255) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_text_form() {
        for (text, bytes) in
            [("", &b""[..]), ("AA==", b"\0"), ("//8=", b"\xff\xff"), ("YWJj", b"abc"), ("YWJjZA==", b"abcd")]
        {
            assert_eq!(text, base64(bytes), "encode {bytes:?}");
            assert_eq!(Some(bytes.to_vec()), unbase64(text), "decode {text}");
        }
    }

    #[test]
    fn floats_survive_the_json_form() {
        for v in [0.0, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 4.0, 0.1, f64::MAX, f64::from(0.1f32)] {
            let text = Value::Float(v).to_json().to_string();
            let back = serde_json::from_str(&text).ok().and_then(|j| Value::from_json(&j, &DataType::Double));
            assert_eq!(Some(Value::Float(v)), back, "{text}");
        }
    }
}
