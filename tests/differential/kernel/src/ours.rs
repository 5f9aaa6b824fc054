//! The kernel's answer to a case, through the plan and the point-in-time session.

use crate::case::{Aggregation, Answer, Case, Resolution, Window};
use crate::generate::Rng;
use crate::value::Value;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, ListArray, StringArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType as ArrowType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use chronon_aggregate::arrow_type;
use chronon_plan::{Plan, definitions};
use chronon_types::{DataType, time::Millis};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::collections::BTreeMap;
use std::sync::Arc;
use thrift::protocol::{TBinaryOutputProtocol, TSerializable};

/// Plans the case and runs its rows and queries, once in one batch of each and once cut at random places: the two must
/// agree to the bit.
///
/// # Errors
/// The kernel's error, or a text that says where the two runs differ.
pub fn answer(case: &Case) -> Result<Answer, String> {
    let plan = plan(case)?;
    let outputs: Vec<_> =
        plan.outputs().iter().map(|o| (o.field().name.clone(), o.field().data_type.clone())).collect();
    let parts = plan.window_plan();
    let window_plan = WindowPlan::new(parts.inputs, parts.specs, parts.resolution).map_err(|e| e.to_string())?;
    let window_plan = Arc::new(window_plan);
    let whole = run(case, &plan, &window_plan, None)?;
    let cut = run(case, &plan, &window_plan, Some(&mut Rng::new(case.id, 1)))?;
    if whole != cut {
        return Err(format!("batches show: in one batch {whole:?}, cut at random {cut:?}"));
    }
    Ok(Answer { outputs, values: whole })
}

/// The definition as the JVM would hand it over: Thrift bytes and options.
///
/// # Errors
/// The planner's error.
pub fn plan(case: &Case) -> Result<Plan, String> {
    let aggregations = case.aggregations.iter().map(definition).collect::<Result<Vec<_>, _>>()?;
    let meta = definitions::MetaData { name: Some("differential.case".to_owned()), ..Default::default() };
    let group_by = definitions::GroupBy {
        meta_data: Some(meta),
        key_columns: Some(vec!["key".to_owned()]),
        aggregations: Some(aggregations),
        ..Default::default()
    };
    let mut bytes = Vec::new();
    group_by.write_to_out_protocol(&mut TBinaryOutputProtocol::new(&mut bytes, true)).map_err(|e| e.to_string())?;
    let columns: Vec<_> =
        case.schema.iter().map(|(name, t)| serde_json::json!({"name": name, "type": t.to_string()})).collect();
    let resolution = match case.resolution {
        Resolution::FiveMinute => "five_minute",
        Resolution::Daily => "daily",
    };
    let options = serde_json::json!({"dialect": "airbnb", "resolution": resolution, "columns": columns});
    Plan::open(&bytes, &options.to_string()).map_err(|e| e.to_string())
}

fn definition(aggregation: &Aggregation) -> Result<definitions::Aggregation, String> {
    use definitions::{Operation, TimeUnit};
    let operation = match aggregation.op.as_str() {
        "COUNT" => Operation::COUNT,
        "SUM" => Operation::SUM,
        "AVERAGE" => Operation::AVERAGE,
        "MIN" => Operation::MIN,
        "MAX" => Operation::MAX,
        "FIRST" => Operation::FIRST,
        "LAST" => Operation::LAST,
        "FIRST_K" => Operation::FIRST_K,
        "LAST_K" => Operation::LAST_K,
        "TOP_K" => Operation::TOP_K,
        "BOTTOM_K" => Operation::BOTTOM_K,
        "UNIQUE_COUNT" => Operation::UNIQUE_COUNT,
        "BOUNDED_UNIQUE_COUNT" => Operation::BOUNDED_UNIQUE_COUNT,
        "HISTOGRAM" => Operation::HISTOGRAM,
        "APPROX_UNIQUE_COUNT" => Operation::APPROX_UNIQUE_COUNT,
        other => return Err(format!("the case asks for {other}")),
    };
    let window = |w: &Window| match w {
        Window::Hours(n) => definitions::Window::new(*n, TimeUnit::HOURS),
        Window::Days(n) => definitions::Window::new(*n, TimeUnit::DAYS),
    };
    Ok(definitions::Aggregation {
        input_column: Some(aggregation.input.clone()),
        operation: Some(operation),
        arg_map: Some(aggregation.k.iter().map(|k| ("k".to_owned(), k.clone())).collect()),
        windows: aggregation.windows.as_ref().map(|list| list.iter().map(window).collect()),
        buckets: aggregation.buckets.clone(),
        element_wise: None,
    })
}

fn run(
    case: &Case,
    plan: &Plan,
    window_plan: &Arc<WindowPlan>,
    mut cuts: Option<&mut Rng>,
) -> Result<Vec<Vec<Value>>, String> {
    let mut session = PointInTimeSession::new(window_plan.clone()).map_err(|e| e.to_string())?;
    let inputs: Vec<(usize, &DataType)> = plan
        .inputs()
        .iter()
        .map(|f| Some((case.column(&f.name)?, &f.data_type)))
        .collect::<Option<_>>()
        .ok_or("the plan reads a column that the case does not have")?;
    let mut answers = Vec::with_capacity(case.queries.len());
    let (mut asked, mut sent) = (0, 0);
    while asked < case.queries.len() {
        let end = asked + take(&mut cuts, case.queries.len() - asked);
        let (groups, times): (Vec<i32>, Vec<Millis>) = case.queries[asked..end].iter().copied().unzip();
        session.queries(&groups, &times).map_err(|e| e.to_string())?;
        // an event at or after the last query of the batch waits for a later batch
        let last = case.queries[end - 1];
        let due = sent + case.rows[sent..].iter().take_while(|r| (r.key, r.ts) < last).count();
        while sent < due {
            let rows = &case.rows[sent..sent + take(&mut cuts, due - sent)];
            let columns: Vec<ArrayRef> = inputs
                .iter()
                .map(|(i, t)| array(t, &rows.iter().map(|r| &r.values[*i]).collect::<Vec<_>>()))
                .collect::<Result<_, _>>()?;
            let groups: Vec<i32> = rows.iter().map(|r| r.key).collect();
            let times: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
            session.events(&groups, &times, &columns).map_err(|e| e.to_string())?;
            sent += rows.len();
        }
        let results = session.finish().map_err(|e| e.to_string())?;
        let types = plan.outputs().iter().map(|o| &o.field().data_type);
        let columns: Vec<Vec<Value>> = results.iter().zip(types).map(|(a, t)| values(a.as_ref(), t)).collect();
        answers.extend((0..end - asked).map(|i| columns.iter().map(|c| c[i].clone()).collect::<Vec<_>>()));
        asked = end;
    }
    Ok(answers)
}

fn take(cuts: &mut Option<&mut Rng>, most: usize) -> usize {
    cuts.as_mut().map_or(most, |rng| 1 + rng.below(most))
}

macro_rules! collect {
    ($array:ty, $values:expr, $variant:ident($v:ident) => $as:expr) => {
        Arc::new($values.iter().map(|v| if let Value::$variant($v) = v { Some($as) } else { None }).collect::<$array>())
    };
}

/// The column as arrow lays it out.
fn array(data_type: &DataType, values: &[&Value]) -> Result<ArrayRef, String> {
    Ok(match data_type {
        DataType::Boolean => collect!(BooleanArray, values, Bool(v) => *v),
        DataType::Byte => collect!(Int8Array, values, Int(v) => *v as i8),
        DataType::Short => collect!(Int16Array, values, Int(v) => *v as i16),
        DataType::Int => collect!(Int32Array, values, Int(v) => *v as i32),
        DataType::Long => collect!(Int64Array, values, Int(v) => *v),
        DataType::Float => collect!(Float32Array, values, Float(v) => *v as f32),
        DataType::Double => collect!(Float64Array, values, Float(v) => *v),
        DataType::String => collect!(StringArray, values, Text(v) => v.as_str()),
        DataType::Binary => collect!(BinaryArray, values, Bytes(v) => v.as_slice()),
        DataType::List(element) => {
            let lists: Vec<Option<&Vec<Value>>> =
                values.iter().map(|v| if let Value::List(list) = v { Some(list) } else { None }).collect();
            let child = array(element, &lists.iter().flatten().flat_map(|list| list.iter()).collect::<Vec<_>>())?;
            let ArrowType::List(field) = arrow_type(data_type) else { return Err("not a list".to_owned()) };
            let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.map_or(0, Vec::len)));
            let nulls = NullBuffer::from_iter(lists.iter().map(Option::is_some));
            Arc::new(ListArray::try_new(field, offsets, child, Some(nulls)).map_err(|e| e.to_string())?)
        }
        other => return Err(format!("no column of type {other} is generated")),
    })
}

/// The cells of an arrow column.
fn values(array: &dyn Array, data_type: &DataType) -> Vec<Value> {
    let cell = |i: usize| match data_type {
        DataType::Boolean => Value::Bool(array.as_boolean().value(i)),
        DataType::Byte => Value::Int(array.as_primitive::<Int8Type>().value(i).into()),
        DataType::Short => Value::Int(array.as_primitive::<Int16Type>().value(i).into()),
        DataType::Int => Value::Int(array.as_primitive::<Int32Type>().value(i).into()),
        DataType::Long => Value::Int(array.as_primitive::<Int64Type>().value(i)),
        DataType::Float => Value::Float(array.as_primitive::<Float32Type>().value(i).into()),
        DataType::Double => Value::Float(array.as_primitive::<Float64Type>().value(i)),
        DataType::String => Value::Text(array.as_string::<i32>().value(i).to_owned()),
        DataType::Binary => Value::Bytes(array.as_binary::<i32>().value(i).to_vec()),
        DataType::List(of) => Value::List(values(array.as_list::<i32>().value(i).as_ref(), of)),
        DataType::Map(_, of) => {
            let entries = array.as_map().value(i);
            let keys = values(entries.column(0).as_ref(), &DataType::String);
            let of = values(entries.column(1).as_ref(), of);
            let pairs =
                keys.into_iter().zip(of).filter_map(|(k, v)| if let Value::Text(k) = k { Some((k, v)) } else { None });
            Value::Map(pairs.collect::<BTreeMap<_, _>>())
        }
        _ => Value::Null,
    };
    (0..array.len()).map(|i| if array.is_null(i) { Value::Null } else { cell(i) }).collect()
}
