//! What a host says beside the definition: the dialect, the resolution, and the columns it can offer.

use chronon_aggregate::Resolution;
use chronon_types::{DataType, Dialect, Error, Result};
use serde::Deserialize;
use serde_json::Value as Json;

/// The options as they are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    dialect: String,
    #[serde(default = "strict")]
    strict: bool,
    resolution: String,
    columns: Vec<Column>,
}

/// Numbers are the reference's unless somebody asks for others.
fn strict() -> bool {
    true
}

/// A column that a host can offer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: String,
    /// The JSON form. Read only if the definition uses the column: tables have columns of types nobody aggregates.
    #[serde(rename = "type")]
    data_type: Json,
}

/// The options, understood.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) dialect: Dialect,
    pub(crate) strict: bool,
    pub(crate) resolution: Resolution,
    columns: Vec<Column>,
}

impl Options {
    /// # Errors
    /// `InvalidArgument` when the text is not a JSON object of the agreed members.
    pub(crate) fn parse(json: &str) -> Result<Self> {
        let Written { dialect, strict, resolution, columns } =
            serde_json::from_str(json).map_err(|error| Error::invalid_argument(format!("plan options: {error}")))?;
        let dialect = Dialect::from_name(&dialect).ok_or_else(|| {
            Error::invalid_argument(format!("plan options: `{dialect}` is not a dialect; use airbnb or zipline"))
        })?;
        let resolution = Resolution::from_name(&resolution).ok_or_else(|| {
            Error::invalid_argument(format!(
                "plan options: `{resolution}` is not a resolution; use five_minute, daily or exact"
            ))
        })?;
        Ok(Self { dialect, strict, resolution, columns })
    }

    fn read_type(&self, json: &Json) -> Result<DataType> {
        let data_type = DataType::deserialize(json).map_err(|error| Error::invalid_plan(error.to_string()))?;
        if self.dialect == Dialect::Airbnb && data_type.has_decimals() {
            return Err(Error::invalid_plan(format!(
                "{data_type} is a type of the zipline dialect; cast the column to double or string in the selects"
            )));
        }
        Ok(data_type)
    }

    /// The type of the column called `name`.
    ///
    /// # Errors
    /// `InvalidPlan` when no such column is offered or its type is not one.
    pub(crate) fn column_type(&self, name: &str) -> Result<DataType> {
        match self.columns.iter().find(|column| column.name == name) {
            Some(column) => self.read_type(&column.data_type).map_err(|e| e.within(format!("column {name}"))),
            None => {
                let offered: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
                Err(Error::invalid_plan(format!(
                    "there is no column `{name}`; select it in the source, or use one of: {}",
                    offered.join(", ")
                )))
            }
        }
    }
}
