//! Stored records as JSON, for people to look at: the text that Avro's JSON encoding has for them (Avro specification 1.11,
//! "JSON Encoding"), written as its Java library does.
//!
//! A union's value stands below the name of its type, bytes are text of their numbers as code points, and NaN and infinities are
//! texts. Entries of a map are in the order of the record. A float's digits are the shortest that read as it, as of JDK 19;
//! older JDKs write one more at times.

use chronon_aggregate::avro::{get_bytes, get_double, get_fixed, get_items, get_long, get_text};
use chronon_sketches::java_double::{java_double, java_float};
use chronon_types::{Error, Result};
use serde_json::Value;

/// What a schema makes of bytes.
#[derive(Debug)]
enum Shape {
    Null,
    Boolean,
    Number,
    Float,
    Double,
    Text,
    Bytes,
    List(Box<Shape>),
    Map(Box<Shape>),
    /// Members behind their names.
    Record(Vec<(Vec<u8>, Shape)>),
    /// Branches behind their names; a null has none.
    Union(Vec<(Option<Vec<u8>>, Shape)>),
}

/// Turns records of one schema into text.
#[derive(Debug)]
pub(crate) struct AvroJson {
    shape: Shape,
}

impl AvroJson {
    /// # Errors
    /// `InvalidArgument` when `schema` is no schema of a stored record: those have neither enums, fixed bytes nor names that stand
    /// for a schema above.
    pub(crate) fn new(schema: &str) -> Result<Self> {
        let schema = serde_json::from_str(schema).map_err(|e| Error::invalid_argument(format!("a schema: {e}")))?;
        Ok(Self { shape: shape(&schema, "")?.1 })
    }

    /// Appends the text of `record`, as UTF-8.
    ///
    /// # Errors
    /// `CorruptData` when it is not a record of the schema.
    pub(crate) fn write(&self, mut record: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.shape.write(&mut record, out)?;
        match record {
            [] => Ok(()),
            rest => Err(Error::corrupt_data(format!("{} bytes follow a stored record", rest.len()))),
        }
    }
}

/// The name that a schema has as a branch of a union, and its shape. Records without a namespace are of the one around them.
fn shape(schema: &Value, namespace: &str) -> Result<(String, Shape)> {
    let other = || Error::invalid_argument(format!("no schema of a stored record: {schema}"));
    let part = |name: &str| schema.get(name).ok_or_else(other);
    if let Value::Array(branches) = schema {
        let branches = branches.iter().map(|branch| {
            let (name, shape) = shape(branch, namespace)?;
            let below = (!matches!(shape, Shape::Null)).then(|| member(&name));
            Ok((below, shape))
        });
        return Ok(("union".to_owned(), Shape::Union(branches.collect::<Result<_>>()?)));
    }
    let kind = schema.as_str().or_else(|| schema.get("type")?.as_str()).ok_or_else(other)?;
    let found = match kind {
        "null" => Shape::Null,
        "boolean" => Shape::Boolean,
        "int" | "long" => Shape::Number,
        "float" => Shape::Float,
        "double" => Shape::Double,
        "string" => Shape::Text,
        "bytes" => Shape::Bytes,
        "array" => Shape::List(Box::new(shape(part("items")?, namespace)?.1)),
        "map" => Shape::Map(Box::new(shape(part("values")?, namespace)?.1)),
        "record" => {
            let name = part("name")?.as_str().ok_or_else(other)?;
            let namespace = schema.get("namespace").and_then(Value::as_str).unwrap_or(namespace);
            let members = part("fields")?.as_array().ok_or_else(other)?.iter().map(|field| {
                let name = field.get("name").and_then(Value::as_str).ok_or_else(other)?;
                Ok((member(name), shape(field.get("type").ok_or_else(other)?, namespace)?.1))
            });
            let full = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") };
            return Ok((full, Shape::Record(members.collect::<Result<_>>()?)));
        }
        _ => return Err(other()),
    };
    Ok((kind.to_owned(), found))
}

/// A name as it stands before a value.
fn member(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    quote(name.chars(), &mut out);
    out.push(b':');
    out
}

impl Shape {
    fn write(&self, bytes: &mut &[u8], out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean => {
                let [set] = get_fixed(bytes)?;
                out.extend_from_slice(if set == 0 { b"false" } else { b"true" });
            }
            Self::Number => out.extend_from_slice(get_long(bytes)?.to_string().as_bytes()),
            Self::Float => {
                let value = f32::from_le_bytes(get_fixed(bytes)?);
                number(&java_float(value), value.is_finite(), out);
            }
            Self::Double => {
                let value = get_double(bytes)?;
                number(&java_double(value), value.is_finite(), out);
            }
            Self::Text => quote(String::from_utf8_lossy(get_text(bytes)?).chars(), out),
            Self::Bytes => quote(get_bytes(bytes)?.iter().map(|&byte| char::from(byte)), out),
            Self::List(element) => {
                list(bytes, *b"[]", out, |bytes, out| element.write(bytes, out))?;
            }
            Self::Map(value) => {
                list(bytes, *b"{}", out, |bytes, out| {
                    quote(String::from_utf8_lossy(get_text(bytes)?).chars(), out);
                    out.push(b':');
                    value.write(bytes, out)
                })?;
            }
            Self::Record(members) => {
                out.push(b'{');
                for (at, (name, member)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(name);
                    member.write(bytes, out)?;
                }
                out.push(b'}');
            }
            Self::Union(branches) => {
                let index = get_long(bytes)?;
                let branch = usize::try_from(index).ok().and_then(|index| branches.get(index));
                match branch.ok_or_else(|| Error::corrupt_data(format!("a union has no branch {index}")))? {
                    (None, shape) => shape.write(bytes, out)?,
                    (Some(name), shape) => {
                        out.push(b'{');
                        out.extend_from_slice(name);
                        shape.write(bytes, out)?;
                        out.push(b'}');
                    }
                }
            }
        }
        Ok(())
    }
}

fn list(
    bytes: &mut &[u8],
    [open, close]: [u8; 2],
    out: &mut Vec<u8>,
    mut item: impl FnMut(&mut &[u8], &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    out.push(open);
    let mut first = true;
    get_items(bytes, |bytes| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        item(bytes, out)
    })?;
    out.push(close);
    Ok(())
}

/// A number, or the text that stands for one that JSON does not have.
fn number(text: &str, finite: bool, out: &mut Vec<u8>) {
    if finite {
        out.extend_from_slice(text.as_bytes());
    } else {
        quote(text.chars(), out);
    }
}

fn quote(text: impl Iterator<Item = char>, out: &mut Vec<u8>) {
    out.push(b'"');
    for c in text {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\0'..' ' | '\u{10000}'.. => {
                let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect::<String>();
                out.extend_from_slice(units.as_bytes());
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
    use super::AvroJson;
    use chronon_types::ErrorCode;
    use proptest::prelude::*;

    /// A member of every type, all unions with null.
    const SCHEMA: &str = r#"{"type":"record","name":"Value","namespace":"a.b","fields":[
        {"name":"n","type":["null","long"]},{"name":"d","type":["null","double"]},{"name":"f","type":["null","float"]},
        {"name":"o","type":["null","boolean"]},{"name":"s","type":["null","string"]},{"name":"b","type":["null","bytes"]},
        {"name":"i","type":["null",{"type":"int","logicalType":"short"}]},
        {"name":"l","type":["null",{"type":"array","items":"int"}]},{"name":"m","type":["null",{"type":"map","values":"long"}]},
        {"name":"r","type":["null",{"type":"record","name":"Inner","fields":[{"name":"x","type":["null","long"]}]}]}]}"#;

    fn json(record: &[u8]) -> Result<String, ErrorCode> {
        let mut out = Vec::new();
        AvroJson::new(SCHEMA).unwrap().write(record, &mut out).map_err(|e| e.code())?;
        Ok(String::from_utf8(out).unwrap())
    }

    // What Java's Avro writes of such records is compared in the tests of Spark's uploads.
    #[test]
    fn every_type_has_its_text() {
        assert_eq!(
            json(&[0; 10]).unwrap(),
            r#"{"n":null,"d":null,"f":null,"o":null,"s":null,"b":null,"i":null,"l":null,"m":null,"r":null}"#
        );
        let mut record = vec![2, 3, 2];
        record.extend_from_slice(&0.5f64.to_le_bytes());
        record.push(2);
        record.extend_from_slice(&f32::NAN.to_le_bytes());
        record.extend_from_slice(&[2, 1, 2, 6, b'"', b'\n', 1, 2, 2, 0xff, 2, 4, 2, 4, 2, 4, 0]);
        record.extend_from_slice(&[2, 2, 2, b'k', 2, 0, 2, 2, 2]);
        assert_eq!(
            json(&record).unwrap(),
            concat!(
                r#"{"n":{"long":-2},"d":{"double":0.5},"f":{"float":"NaN"},"o":{"boolean":true},"#,
                r#""s":{"string":"\"\n\u0001"},"b":{"bytes":"ÿ"},"i":{"int":2},"l":{"array":[1,2]},"#,
                r#""m":{"map":{"k":1}},"r":{"a.b.Inner":{"x":{"long":1}}}}"#
            )
        );
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(json(&[0; 9]), Err(ErrorCode::CorruptData));
        assert_eq!(json(&[0; 11]), Err(ErrorCode::CorruptData));
        assert_eq!(json(&[4]), Err(ErrorCode::CorruptData));
        for schema in ["", "7", r#""Value""#, r#"{"type":"record","name":"Value"}"#, r#"{"type":"array"}"#] {
            assert_eq!(AvroJson::new(schema).unwrap_err().code(), ErrorCode::InvalidArgument, "{schema}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_text_or_refused(record in prop::collection::vec(prop_oneof![0u8..8, any::<u8>()], 0..60)) {
            if let Ok(text) = json(&record) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            }
        }
    }
}
