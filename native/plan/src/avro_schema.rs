//! The schemas of stored records, in Avro's JSON form and to the letter as the reference and its fork write them: readers
//! keep them beside the data.
//!
//! Every member of a record is a union with null, without a default; elements of arrays and values of maps are never null. Avro
//! wants names that are unique. The reference makes them so over the whole schema, members included, by suffixes; the
//! fork puts the path of members before the names of records.

use chronon_types::{DataType, Dialect, Error, Field, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

const NAMESPACE: &str = "ai.chronon.data";

/// The schema of a record called `name` with these members.
///
/// # Errors
/// `InvalidPlan` naming the member when its type or its name has no form in the dialect's schemas.
pub(crate) fn schema(dialect: Dialect, name: &str, members: &[Field]) -> Result<String> {
    let names = Names { dialect, taken: HashSet::new(), path: Vec::new() };
    let record = Record { namespace: Some(NAMESPACE), ..names.finish(name, members)? };
    serde_json::to_string(&record).map_err(|error| Error::internal(format!("an Avro schema as JSON: {error}")))
}

/// A record as hosts describe it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    dialect: String,
    name: String,
    members: Vec<Field>,
}

/// The Avro schema, as JSON, of a record given as `{"dialect","name","members":[{"name","type"}]}`, to the letter as the reference
/// writes it.
///
/// # Errors
/// `InvalidArgument` for a text of another form, `InvalidPlan` naming the member whose type or name has no form in the
/// dialect's schemas.
///
/// ```
/// let record = r#"{"dialect":"airbnb","name":"Key","members":[{"name":"user","type":"long"}]}"#;
/// let schema = chronon_plan::record_schema(record).unwrap();
/// assert!(schema.ends_with(r#""fields":[{"name":"user","type":["null","long"],"doc":""}]}"#));
/// let record = record.replace("long", "date");
/// assert!(chronon_plan::record_schema(&record).unwrap_err().to_string().contains("user"));
/// ```
pub fn record_schema(record: &str) -> Result<String> {
    let record: Described =
        serde_json::from_str(record).map_err(|error| Error::invalid_argument(format!("a record: {error}")))?;
    let dialect = Dialect::from_name(&record.dialect).ok_or_else(|| {
        Error::invalid_argument(format!("a record: `{}` is not a dialect; use airbnb or zipline", record.dialect))
    })?;
    schema(dialect, &record.name, &record.members)
}

/// A name without what Avro does not take.
pub(crate) fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

#[derive(Serialize)]
struct Record {
    r#type: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'static str>,
    doc: &'static str,
    fields: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    name: String,
    r#type: (&'static str, Schema),
    doc: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Schema {
    Named(&'static str),
    Logical {
        r#type: &'static str,
        #[serde(rename = "logicalType")]
        logical: &'static str,
    },
    Decimal {
        r#type: &'static str,
        #[serde(rename = "logicalType")]
        logical: &'static str,
        precision: u8,
        scale: u8,
    },
    Array {
        r#type: &'static str,
        items: Box<Schema>,
    },
    Map {
        r#type: &'static str,
        values: Box<Schema>,
    },
    Record(Record),
}

/// Names in the making.
struct Names {
    dialect: Dialect,
    taken: HashSet<String>,
    /// The members above.
    path: Vec<String>,
}

impl Names {
    fn finish(mut self, name: &str, members: &[Field]) -> Result<Record> {
        self.record(name, members)
    }

    fn record(&mut self, name: &str, members: &[Field]) -> Result<Record> {
        let name = self.record_name(name);
        let mut fields = Vec::with_capacity(members.len());
        for member in members {
            let name = self.member_name(&member.name)?;
            self.path.push(member.name.clone());
            let schema = self.schema(&member.data_type).map_err(|error| error.within(member.name.clone()))?;
            self.path.pop();
            fields.push(Member { name, r#type: ("null", schema), doc: "" });
        }
        Ok(Record { r#type: "record", name, namespace: None, doc: "", fields })
    }

    fn record_name(&mut self, name: &str) -> String {
        match self.dialect {
            Dialect::Airbnb => self.unique(name),
            Dialect::Zipline => {
                let path = self.path.iter().map(String::as_str);
                path.chain([name]).collect::<Vec<_>>().join("_")
            }
        }
    }

    fn member_name(&mut self, name: &str) -> Result<String> {
        match self.dialect {
            Dialect::Airbnb => Ok(self.unique(name)),
            Dialect::Zipline if clean(name) == name => Ok(name.to_owned()),
            Dialect::Zipline => Err(Error::invalid_plan(format!(
                "`{name}` cannot be stored in the zipline dialect: use letters, digits and `_` in names of columns and arguments"
            ))),
        }
    }

    /// The cleaned name, with a number behind it when it is taken.
    fn unique(&mut self, name: &str) -> String {
        let name = clean(name);
        let repeated = (0..).map(|i| format!("{name}_REPEATED_NAME_{i}"));
        let mut free = std::iter::once(name.clone()).chain(repeated).filter(|name| !self.taken.contains(name));
        // some number is always free
        let name = free.next().unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }

    fn schema(&mut self, data_type: &DataType) -> Result<Schema> {
        let zipline = self.dialect == Dialect::Zipline;
        Ok(match data_type {
            DataType::Boolean => Schema::Named("boolean"),
            DataType::Int => Schema::Named("int"),
            DataType::Long => Schema::Named("long"),
            DataType::Float => Schema::Named("float"),
            DataType::Double => Schema::Named("double"),
            DataType::String => Schema::Named("string"),
            DataType::Binary => Schema::Named("bytes"),
            DataType::Byte if !zipline => Schema::Logical { r#type: "int", logical: "byte" },
            DataType::Short if !zipline => Schema::Logical { r#type: "int", logical: "short" },
            DataType::Date if zipline => Schema::Logical { r#type: "int", logical: "date" },
            DataType::Timestamp if zipline => Schema::Logical { r#type: "long", logical: "timestamp-millis" },
            DataType::Decimal(precision, scale) if zipline => {
                Schema::Decimal { r#type: "bytes", logical: "decimal", precision: *precision, scale: *scale }
            }
            DataType::List(element) => Schema::Array { r#type: "array", items: Box::new(self.schema(element)?) },
            DataType::Map(key, value) if **key == DataType::String => {
                Schema::Map { r#type: "map", values: Box::new(self.schema(value)?) }
            }
            DataType::Struct(name, members) => Schema::Record(self.record(name, members)?),
            DataType::Byte
            | DataType::Short
            | DataType::Date
            | DataType::Timestamp
            | DataType::Decimal(_, _)
            | DataType::Map(_, _) => {
                return Err(Error::invalid_plan(format!(
                    "{data_type} cannot be stored in the {} dialect; cast the column in the selects",
                    self.dialect
                )));
            }
        })
    }
}
