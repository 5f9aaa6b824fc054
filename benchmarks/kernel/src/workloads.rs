//! `workloads.json`: the one list of what both sides run.

use crate::table::Table;
use chronon_aggregate::{AggregationSpec, OperationKind};
use serde_json::Value as Json;

/// An aggregation of the list.
#[derive(Debug, Clone)]
pub struct OperationWork {
    /// Its name in ids.
    pub name: String,
    /// What is computed, over the columns of [`Table`].
    pub spec: AggregationSpec,
    /// Whether results are estimates, which may differ between runs.
    pub estimates: bool,
}

/// The parsed list.
#[derive(Debug)]
pub struct Workloads {
    /// All operations.
    pub operations: Vec<OperationWork>,
    /// Numbers of rows.
    pub rows: Vec<usize>,
    /// Ids of the benches that have a bar.
    pub bars: Vec<String>,
}

impl Workloads {
    /// The list as it was when this crate was built.
    ///
    /// # Panics
    /// When the list is malformed.
    pub fn load() -> Self {
        let json: Json = serde_json::from_str(include_str!("../workloads.json")).expect("workloads.json is JSON");
        let list = |json: &Json| json.as_array().expect("a list").clone();
        let rows = list(&json["rows"]).iter().map(|rows| rows.as_u64().expect("a number") as usize).collect();
        let ids = list(&json["bars"]).into_iter().flat_map(|bar| list(&bar["ids"]));
        let bars = ids.map(|id| id.as_str().expect("an id").to_owned()).collect();
        Self { operations: list(&json["operations"]).iter().map(operation).collect(), rows, bars }
    }

    /// The operation of this name.
    ///
    /// # Panics
    /// When there is none.
    pub fn operation(&self, name: &str) -> &OperationWork {
        let found = self.operations.iter().find(|operation| operation.name == name);
        found.unwrap_or_else(|| panic!("workloads.json has no operation {name}"))
    }
}

fn operation(json: &Json) -> OperationWork {
    let text = |name: &str| json[name].as_str().expect("text").to_owned();
    let fields = Table::fields();
    let column = |name: &str| fields.iter().position(|field| field.name == name).expect("a column of the table");
    let kind = OperationKind::from_name(&text("operation")).expect("an operation");
    let mut spec = AggregationSpec::new(kind, column(&text("input")));
    for (name, value) in json["args"].as_object().into_iter().flatten() {
        spec = spec.with_arg(name, value.as_str().expect("text"));
    }
    spec.bucket = json["bucket"].as_str().map(column);
    spec.element_wise = json["element_wise"].as_bool().unwrap_or(false);
    OperationWork { name: text("name"), spec, estimates: json["error"].is_number() }
}
