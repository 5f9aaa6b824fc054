//! The definition as a host hands it over.

use super::Refusal;
use crate::case::{Aggregation, Case, Mode, Resolution, Window};
use chronon_aggregate::OperationKind;
use chronon_plan::{Plan, definitions};
use chronon_serve::ServingPlan;
use thrift::protocol::{TBinaryOutputProtocol, TSerializable};

/// The plan of a case, from Thrift bytes and options.
///
/// # Errors
/// The planner's error.
pub(super) fn plan(case: &Case) -> Result<Plan, Refusal> {
    let resolution = match case.mode.resolution() {
        Resolution::FiveMinute => "five_minute",
        Resolution::Daily => "daily",
    };
    let options =
        serde_json::json!({"dialect": case.dialect.name(), "resolution": resolution, "columns": columns(case)});
    Ok(Plan::open(&thrift(case)?, &options.to_string())?)
}

/// The plan of a case for requests, whose stored values are of this kind.
///
/// # Errors
/// The planner's error.
pub(super) fn serving(case: &Case, kind: &str) -> Result<ServingPlan, Refusal> {
    let options = serde_json::json!({"dialect": case.dialect.name(), "kind": kind, "selected": columns(case)});
    Ok(ServingPlan::open(&thrift(case)?, &options.to_string())?)
}

fn columns(case: &Case) -> Vec<serde_json::Value> {
    case.schema.iter().map(|(name, t)| serde_json::json!({"name": name, "type": t})).collect()
}

fn thrift(case: &Case) -> Result<Vec<u8>, Refusal> {
    let windowed = !matches!(case.mode, Mode::Row { .. });
    let aggregations = case.aggregations.iter().map(|a| definition(a, windowed)).collect::<Result<Vec<_>, _>>()?;
    let meta = definitions::MetaData { name: Some("case".to_owned()), ..Default::default() };
    let group_by = definitions::GroupBy {
        meta_data: Some(meta),
        key_columns: Some(vec!["key".to_owned()]),
        aggregations: Some(aggregations),
        ..Default::default()
    };
    let mut bytes = Vec::new();
    let mut protocol = TBinaryOutputProtocol::new(&mut bytes, true);
    group_by.write_to_out_protocol(&mut protocol).map_err(|e| Refusal::Error(e.to_string()))?;
    Ok(bytes)
}

fn definition(aggregation: &Aggregation, windowed: bool) -> Result<definitions::Aggregation, Refusal> {
    use definitions::{Operation, TimeUnit};
    let number = OperationKind::from_name(&aggregation.op).and_then(|kind| kind.number(aggregation.dialect));
    let operation = number.map(Operation).ok_or_else(|| format!("the case asks for {}", aggregation.op))?;
    let window = |w: &Window| match w {
        Window::Minutes(n) => definitions::Window::new(*n, TimeUnit(2)),
        Window::Hours(n) => definitions::Window::new(*n, TimeUnit::HOURS),
        Window::Days(n) => definitions::Window::new(*n, TimeUnit::DAYS),
    };
    Ok(definitions::Aggregation {
        input_column: Some(aggregation.input.clone()),
        operation: Some(operation),
        arg_map: aggregation.args.clone(),
        windows: aggregation.windows.as_ref().filter(|_| windowed).map(|list| list.iter().map(window).collect()),
        buckets: aggregation.buckets.clone(),
        element_wise: aggregation.element_wise.then_some(true),
    })
}
