//! What is served of one GroupBy.

use crate::answer::{Outcome, Slots};
use crate::request::Part;
use crate::stored;
use crate::temporal::Temporal;
use chronon_plan::{GroupBy, Plan};
use chronon_types::{DataType, Dialect, Error, Field, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What the stored values of a GroupBy are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A batch IR, and rows streamed since.
    TemporalEvents,
    /// A batch IR, and rows streamed since that change others.
    TemporalMutations,
    /// A batch IR, and tiles streamed since.
    TemporalTiles,
    /// The outputs as of the batch's end.
    Snapshot,
    /// The selected columns.
    NoAggregation,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    dialect: String,
    kind: Kind,
    selected: serde_json::Value,
    #[serde(default = "strict")]
    strict: bool,
}

/// Numbers are the reference's unless somebody asks for others.
fn strict() -> bool {
    true
}

/// A checked GroupBy for serving: immutable, and shared freely between threads.
#[derive(Debug)]
pub struct ServingPlan {
    name: String,
    kind: Kind,
    /// One per slot.
    outputs: Vec<Field>,
    /// The smallest step by which a window's tail moves, which is the span of a tile.
    tile_millis: Option<i64>,
    /// For what has a batch IR.
    temporal: Option<Temporal>,
}

impl ServingPlan {
    /// Checks a GroupBy, given as bytes of Thrift's binary protocol, against options such as
    /// `{"dialect":"airbnb","kind":"temporal_events","selected":[{"name":"amount","type":"double"}]}`.
    ///
    /// # Errors
    /// As for [`Plan::open`]; `InvalidArgument` when the kind does not suit the definition.
    pub fn open(group_by: &[u8], options: &str) -> Result<Self> {
        let definition = GroupBy::read(group_by)?;
        Self::of(&definition, group_by, options).map_err(|error| match error.context().last() {
            // the plan of the aggregations names it already
            Some(line) if line.starts_with("definition ") => error,
            _ => error.within(format!("definition {}", definition.name)),
        })
    }

    fn of(definition: &GroupBy, group_by: &[u8], options: &str) -> Result<Self> {
        let Options { dialect, kind, selected, strict } = serde_json::from_str(options)
            .map_err(|error| Error::invalid_argument(format!("serving options: {error}")))?;
        if kind == Kind::NoAggregation {
            return Self::without_aggregations(definition, &dialect, selected);
        }
        let options = json!({ "dialect": dialect, "resolution": "five_minute", "strict": strict, "columns": selected });
        let plan = Plan::open(group_by, &options.to_string())?;
        let temporal = if kind == Kind::Snapshot { None } else { Some(Temporal::new(&plan, kind)?) };
        Ok(Self {
            name: definition.name.clone(),
            kind,
            outputs: plan.outputs().iter().map(|output| output.field().clone()).collect(),
            tile_millis: plan.outputs().iter().filter_map(|output| output.tail_hop).min(),
            temporal,
        })
    }

    fn without_aggregations(definition: &GroupBy, dialect: &str, selected: serde_json::Value) -> Result<Self> {
        let dialect = Dialect::from_name(dialect).ok_or_else(|| {
            Error::invalid_argument(format!("serving options: `{dialect}` is not a dialect; use airbnb or zipline"))
        })?;
        if !definition.aggregations.is_empty() {
            return Err(Error::invalid_argument(format!(
                "it has {} aggregations, so `no_aggregation` is not what its stored values are; use snapshot or a temporal kind",
                definition.aggregations.len()
            )));
        }
        let outputs: Vec<Field> = serde_json::from_value(selected)
            .map_err(|error| Error::invalid_argument(format!("serving options: selected: {error}")))?;
        for output in &outputs {
            check_stored(&output.data_type, dialect)
                .map_err(|error| error.within(format!("column {}", output.name)))?;
        }
        Ok(Self {
            name: definition.name.clone(),
            kind: Kind::NoAggregation,
            outputs,
            tile_millis: None,
            temporal: None,
        })
    }

    /// The definition's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name and type of every slot.
    pub fn outputs(&self) -> &[Field] {
        &self.outputs
    }

    /// Kind, outputs, members of streamed rows and span of tiles as a JSON object, for hosts.
    pub fn describe(&self) -> String {
        let rows = self.temporal.as_ref().and_then(Temporal::row_members);
        json!({ "kind": self.kind, "outputs": self.outputs, "rows": rows, "tile_millis": self.tile_millis }).to_string()
    }

    /// Bytes of heap kept between requests.
    pub fn bytes_held(&self) -> u64 {
        self.temporal.as_ref().map_or(0, |temporal| temporal.bytes_held() as u64)
    }

    /// Answers parts of this plan into `slots`: of each, how many streamed values were skipped, or what is wrong.
    pub(crate) fn answer(&self, parts: &[&Part<'_>], skip_undecodable: bool, slots: &mut Slots) -> Vec<Outcome> {
        let answers = match &self.temporal {
            Some(temporal) => temporal.answer(parts, skip_undecodable, slots),
            None => parts.iter().map(|part| Ok((stored::answer(part, &self.outputs, slots)?, 0))).collect(),
        };
        let named = |error: Error| error.within(format!("definition {}", self.name));
        answers.into_iter().map(|answer: Outcome| answer.map_err(named)).collect()
    }
}

/// Fails for types that stored records of a dialect do not have.
fn check_stored(data_type: &DataType, dialect: Dialect) -> Result<()> {
    let only = |owner: Dialect| match owner == dialect {
        true => Ok(()),
        false => Err(Error::invalid_plan(format!(
            "{data_type} cannot be stored in the {dialect} dialect; cast the column in the selects"
        ))),
    };
    match data_type {
        DataType::Byte | DataType::Short => only(Dialect::Airbnb),
        DataType::Date | DataType::Timestamp | DataType::Decimal(_, _) => only(Dialect::Zipline),
        DataType::List(element) => check_stored(element, dialect),
        DataType::Map(key, value) if **key == DataType::String => check_stored(value, dialect),
        DataType::Map(key, _) => {
            Err(Error::invalid_plan(format!("a map from {key} cannot be stored; map from strings in the selects")))
        }
        DataType::Struct(_, members) if members.is_empty() => {
            Err(Error::invalid_plan("a struct without members cannot be stored; give it one, or leave it out"))
        }
        DataType::Struct(_, members) => members.iter().try_for_each(|member| check_stored(&member.data_type, dialect)),
        _ => Ok(()),
    }
}
