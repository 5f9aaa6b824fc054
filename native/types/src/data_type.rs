//! Column types and their text names.
//!
//! The text form is the one the reference prints inside intermediate-result names
//! (`TimePair_list_int`), so it is part of the stored format.

use crate::{Error, Result};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How deep a type may be nested in the text form: parsing recurses, and a host's text must not exhaust the stack.
const MOST_NESTED: u8 = 64;

/// The type of a column or of a value inside one.
///
/// In JSON it is its text form. Where a struct is inside, which has none that could be read back, it is an object:
///
/// ```
/// use chronon_types::{DataType, Field};
/// let json = r#"{"list":{"struct":{"name":"point","members":[{"name":"x","type":"double"}]}}}"#;
/// let point = DataType::Struct("point".into(), vec![Field::new("x", DataType::Double)]);
/// let points = DataType::List(Box::new(point));
/// assert_eq!(serde_json::from_str::<DataType>(json).unwrap(), points);
/// assert_eq!(serde_json::to_string(&points).unwrap(), json);
/// assert_eq!(points.to_string(), "list_struct_point");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataType {
    /// `true` or `false`.
    Boolean,
    /// 8-bit signed integer.
    Byte,
    /// 16-bit signed integer.
    Short,
    /// 32-bit signed integer.
    Int,
    /// 64-bit signed integer.
    Long,
    /// IEEE 754 single precision.
    Float,
    /// IEEE 754 double precision.
    Double,
    /// UTF-8 text.
    String,
    /// Bytes.
    Binary,
    /// Days since 1970-01-01.
    Date,
    /// An instant; refused as an aggregation input.
    Timestamp,
    /// Decimal numbers of this many digits, this many of them behind the point: at most 38, and no more behind the point
    /// than there are. The zipline dialect only.
    Decimal(u8, u8),
    /// Elements of one type, in order.
    List(Box<DataType>),
    /// Key type, value type.
    Map(Box<DataType>, Box<DataType>),
    /// Named fields, in order.
    Struct(String, Vec<Field>),
}

/// A named column or struct member. Every field may hold nulls. In JSON: `{"name": "n", "type": "long"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Column name.
    pub name: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub data_type: DataType,
}

impl Field {
    /// A field called `name` of type `data_type`.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self { name: name.into(), data_type }
    }
}

impl DataType {
    /// The most digits a decimal can have.
    pub const MOST_DIGITS: u8 = 38;

    /// Whether the type is a decimal or has one inside.
    pub fn has_decimals(&self) -> bool {
        self.any(&|part| matches!(part, Self::Decimal(_, _)))
    }

    /// Whether the type is a struct or has one inside.
    pub fn has_structs(&self) -> bool {
        self.any(&|part| matches!(part, Self::Struct(_, _)))
    }

    /// Whether `is` holds for the type or for one inside it.
    fn any(&self, is: &impl Fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::List(element) => element.any(is),
                Self::Map(key, value) => key.any(is) || value.any(is),
                Self::Struct(_, members) => members.iter().any(|member| member.data_type.any(is)),
                _ => false,
            }
    }

    /// Whether the reference calls the type numeric (`Byte` is, `Boolean` is not).
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::Byte | Self::Short | Self::Int | Self::Long | Self::Float | Self::Double)
    }

    /// Parses the text form, for example `long` or `list_string`. Struct types have no parseable text form.
    ///
    /// # Errors
    /// `InvalidPlan` naming the text when it is not a type.
    ///
    /// ```
    /// use chronon_types::DataType;
    /// assert_eq!(DataType::parse("map_string_long").unwrap().to_string(), "map_string_long");
    /// assert_eq!(DataType::parse("list_decimal_10_2").unwrap().to_string(), "list_decimal_10_2");
    /// assert!(DataType::parse("number").is_err());
    /// assert!(DataType::parse("decimal_39_2").is_err());
    /// assert!(DataType::parse(&"list_".repeat(1_000_000)).is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        match Self::parse_prefix(text, MOST_NESTED) {
            Some((parsed, "")) => Ok(parsed),
            _ => Err(Error::invalid_plan(format!(
                "`{text}` is not a column type; use boolean, byte, short, int, long, float, double, string, binary, \
                 date, timestamp, decimal_<digits>_<digits behind the point> (38 at most), list_<type> or \
                 map_<key>_<value>; structs are JSON objects"
            ))),
        }
    }

    /// The longest type at the start of `text`, and what follows it.
    fn parse_prefix(text: &str, levels: u8) -> Option<(Self, &str)> {
        const SCALARS: [(&str, DataType); 11] = [
            ("boolean", DataType::Boolean),
            ("bool", DataType::Boolean),
            ("byte", DataType::Byte),
            ("short", DataType::Short),
            ("int", DataType::Int),
            ("long", DataType::Long),
            ("float", DataType::Float),
            ("double", DataType::Double),
            ("string", DataType::String),
            ("binary", DataType::Binary),
            ("date", DataType::Date),
        ];
        if let Some(rest) = text.strip_prefix("list_") {
            let (element, rest) = Self::parse_prefix(rest, levels.checked_sub(1)?)?;
            return Some((Self::List(Box::new(element)), rest));
        }
        if let Some(rest) = text.strip_prefix("map_") {
            let levels = levels.checked_sub(1)?;
            let (key, rest) = Self::parse_prefix(rest, levels)?;
            let (value, rest) = Self::parse_prefix(rest.strip_prefix('_')?, levels)?;
            return Some((Self::Map(Box::new(key), Box::new(value)), rest));
        }
        if let Some(rest) = text.strip_prefix("decimal_") {
            let (precision, rest) = parse_digits(rest)?;
            let (scale, rest) = parse_digits(rest.strip_prefix('_')?)?;
            let sound = (1..=Self::MOST_DIGITS).contains(&precision) && scale <= precision;
            return sound.then_some((Self::Decimal(precision, scale), rest));
        }
        if let Some(rest) = text.strip_prefix("timestamp") {
            return Some((Self::Timestamp, rest));
        }
        SCALARS.iter().find_map(|(name, parsed)| text.strip_prefix(name).map(|rest| (parsed.clone(), rest)))
    }
}

/// The number at the start of `text`, and what follows it.
fn parse_digits(text: &str) -> Option<(u8, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("bool"),
            Self::Byte => f.write_str("byte"),
            Self::Short => f.write_str("short"),
            Self::Int => f.write_str("int"),
            Self::Long => f.write_str("long"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Decimal(precision, scale) => write!(f, "decimal_{precision}_{scale}"),
            Self::List(element) => write!(f, "list_{element}"),
            Self::Map(key, value) => write!(f, "map_{key}_{value}"),
            Self::Struct(name, _) => write!(f, "struct_{name}"),
        }
    }
}

/// How a type that has no text form is written in JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Nested<T, F> {
    List(T),
    Map(T, T),
    Struct { name: String, members: F },
}

impl Serialize for DataType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Struct(name, members) => {
                Nested::<&Self, _>::Struct { name: name.clone(), members }.serialize(serializer)
            }
            Self::List(element) if self.has_structs() => Nested::<_, ()>::List(element).serialize(serializer),
            Self::Map(key, value) if self.has_structs() => Nested::<_, ()>::Map(key, value).serialize(serializer),
            text => serializer.collect_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = DataType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column type: a text such as `list_long`, or an object with `struct`, `list` or `map`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<DataType, E> {
                DataType::parse(text).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<DataType, A::Error> {
                Ok(match Nested::<Box<DataType>, Vec<Field>>::deserialize(MapAccessDeserializer::new(map))? {
                    Nested::List(element) => DataType::List(element),
                    Nested::Map(key, value) => DataType::Map(key, value),
                    Nested::Struct { name, members } => DataType::Struct(name, members),
                })
            }
        }
        deserializer.deserialize_any(Read)
    }
}
