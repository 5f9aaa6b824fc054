//! The table of operations in `docs/support-matrix.md`, made by asking the code.
//!
//! The test fails when the file is behind; `CHRONON_WRITE_DOCS=1 cargo test -p chronon-window --test support_matrix`
//! (a part of `scripts/generate`) brings it up to date.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use arrow::array::{Array, ArrayRef, Int64Array, ListArray, MapArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType as ArrowType, Field as ArrowField};
use chronon_aggregate::{AggregationSpec, Definition, OperationKind, Resolution, TimeUnit, Window, arrow_type};
use chronon_types::time::HOUR;
use chronon_types::{DataType, Dialect, Field, Result};
use chronon_window::online::{Base, BatchIr, Events, Lambda, OnlinePlan, Request, Streamed};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::path::Path;
use std::sync::Arc;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/support-matrix.md");
const CONCEPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/aggregations.md");
const BEGIN: &str = "<!-- operations: written by scripts/generate from the code of the kernel -->\n";
const END: &str = "<!-- end of operations -->\n";
const END_OF_BATCH: i64 = 1_746_921_600_000;

const SCALARS: [DataType; 11] = [
    DataType::Boolean,
    DataType::Byte,
    DataType::Short,
    DataType::Int,
    DataType::Long,
    DataType::Float,
    DataType::Double,
    DataType::String,
    DataType::Binary,
    DataType::Date,
    DataType::Timestamp,
];

/// The first dialect that has the operation.
fn dialect(kind: OperationKind) -> Dialect {
    if kind.number(Dialect::Airbnb).is_some() { Dialect::Airbnb } else { Dialect::Zipline }
}

fn spec(kind: OperationKind) -> AggregationSpec {
    AggregationSpec::new(kind, 0).of(dialect(kind)).with_arg("k", "10")
}

/// The scalar types that an operation takes, each with its result.
fn accepted(kind: OperationKind) -> Vec<(DataType, DataType)> {
    let result = |element: &DataType| {
        let definition = Definition::new(&spec(kind), &[Field::new("x", element.clone())]).ok()?;
        Some((element.clone(), definition.result))
    };
    SCALARS.iter().filter_map(result).collect()
}

/// A type in the words of a reader.
fn words(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::List(element) => format!("list of {}", words(element)),
        DataType::Map(key, value) => format!("map of {} to {}", words(key), words(value)),
        other => other.to_string(),
    }
}

/// Types as text, with `numbers` for the five that most operations take.
fn inputs(kind: OperationKind) -> String {
    use DataType::{Date, Double, Float, Int, Long, Short, Timestamp};
    let takes: Vec<DataType> = accepted(kind).into_iter().map(|(element, _)| element).collect();
    let refused: Vec<&DataType> = SCALARS.iter().filter(|scalar| !takes.contains(scalar)).collect();
    if refused == [&Date, &Timestamp] {
        return "any but date and timestamp".to_owned();
    }
    let numbers = [Short, Int, Long, Float, Double];
    let mut names: Vec<String> = Vec::new();
    if numbers.iter().all(|number| takes.contains(number)) {
        names.push("numbers".to_owned());
    }
    let others = takes.iter().filter(|scalar| names.is_empty() || !numbers.contains(scalar));
    names.extend(others.map(words).collect::<Vec<_>>());
    names.join(", ")
}

/// The results as text.
fn result(kind: OperationKind) -> String {
    let pairs = accepted(kind);
    if pairs.is_empty() {
        return "not built".to_owned();
    }
    let is_list = |element: &DataType, result: &DataType| *result == DataType::List(Box::new(element.clone()));
    if pairs.iter().all(|(element, result)| element == result) {
        return "the input's type".to_owned();
    }
    if pairs.iter().all(|(element, result)| is_list(element, result)) {
        return "list of the input's type".to_owned();
    }
    let mut names: Vec<String> = pairs.iter().map(|(_, result)| words(result)).collect();
    names.sort();
    names.dedup();
    names.join("; ")
}

/// One row of a column of `element`, in the shapes that a column can have.
fn one_value(element: &DataType) -> ArrayRef {
    match element {
        DataType::String => Arc::new(StringArray::from(vec!["one"])),
        _ => Arc::new(Int64Array::from(vec![1])),
    }
}

fn one_list(element: &DataType) -> ArrayRef {
    let field = Arc::new(ArrowField::new("element", arrow_type(element), true));
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([1]), one_value(element), None))
}

fn one_map(element: &DataType) -> ArrayRef {
    let map = arrow_type(&DataType::Map(Box::new(DataType::String), Box::new(element.clone())));
    let ArrowType::Map(entries, _) = map else { unreachable!() };
    let ArrowType::Struct(fields) = entries.data_type() else { unreachable!() };
    let columns = vec![one_value(&DataType::String), one_value(element)];
    let structs = StructArray::new(fields.clone(), columns, None);
    Arc::new(MapArray::new(entries, OffsetBuffer::from_lengths([1]), structs, None, false))
}

/// Whether a window over time computes it: joins and backfills.
fn slides(inputs: &[Field], spec: &AggregationSpec, row: &[ArrayRef]) -> Result<()> {
    let plan = WindowPlan::new(inputs.to_vec(), vec![spec.clone().over(7, TimeUnit::Days)], Resolution::FiveMinute)?;
    let mut session = PointInTimeSession::new(Arc::new(plan))?;
    session.queries(&[0], &[END_OF_BATCH])?;
    session.events(&[0], &[END_OF_BATCH - HOUR], row)?;
    assert_eq!(session.finish()?[0].len(), 1, "{} of {inputs:?}", spec.operation);
    Ok(())
}

/// Whether it can be stored, read and merged with what is streamed.
fn serves(inputs: &[Field], spec: &AggregationSpec, row: &[ArrayRef]) -> Result<()> {
    let base = Base { spec: spec.clone(), windows: vec![Some(Window::new(7, TimeUnit::Days))] };
    let plan = Arc::new(OnlinePlan::new(inputs.to_vec(), vec![base])?);
    let mut batch = BatchIr::new(plan.clone(), END_OF_BATCH)?;
    batch.update(&[END_OF_BATCH - HOUR], row)?;
    let mut stored = Vec::new();
    batch.encode(&mut stored)?;
    let mut lambda = Lambda::new(plan)?;
    lambda.answer(&Request {
        query: END_OF_BATCH + HOUR,
        batch_end: END_OF_BATCH,
        batch: Some(&stored),
        streamed: Streamed::Rows(Events { ts: &[END_OF_BATCH], columns: row, mutations: None }),
        streamed_from: None,
    })?;
    assert_eq!(lambda.finish()?[0].len(), 1, "{} of {inputs:?}", spec.operation);
    Ok(())
}

/// The hosts' letters for one operation over one shape of columns.
fn cell(inputs: &[Field], spec: &AggregationSpec, row: &[ArrayRef]) -> String {
    // the jobs read definitions of the airbnb dialect only
    let windows = if spec.dialect == Dialect::Airbnb { "J" } else { "W" };
    let letters = [(windows, slides(inputs, spec, row).is_ok()), ("S", serves(inputs, spec, row).is_ok())];
    let letters: Vec<&str> = letters.iter().filter(|(_, built)| *built).map(|(letter, _)| *letter).collect();
    if letters.is_empty() { "–".to_owned() } else { letters.join(" ") }
}

/// The row of the table for one operation.
fn line(kind: OperationKind) -> String {
    let element = if accepted(kind).iter().any(|(element, _)| *element == DataType::Long) {
        DataType::Long
    } else {
        DataType::String
    };
    let columns = |input: DataType| vec![Field::new("x", input), Field::new("b", DataType::String)];
    let bucket = one_value(&DataType::String);
    let (single, list) = (element.clone(), DataType::List(Box::new(element.clone())));
    let map = DataType::Map(Box::new(DataType::String), Box::new(element.clone()));
    let whole = |cell: String| if kind.is_timed() { format!("{cell}, whole") } else { cell };
    let cells = [
        cell(&columns(single.clone()), &spec(kind), &[one_value(&element), bucket.clone()]),
        cell(&columns(single), &spec(kind).by(1), &[one_value(&element), bucket.clone()]),
        whole(cell(&columns(list.clone()), &spec(kind), &[one_list(&element), bucket.clone()])),
        whole(cell(&columns(list), &spec(kind).element_wise(), &[one_list(&element), bucket.clone()])),
        whole(cell(&columns(map), &spec(kind), &[one_map(&element), bucket])),
    ];
    format!("| {kind} | {} | {} | {} |\n", inputs(kind), result(kind), cells.join(" | "))
}

fn table() -> String {
    let mut table =
        "| Operation | Inputs | Result | values | by bucket | lists | lists by position | maps |\n".to_owned();
    table += "|---|---|---|---|---|---|---|---|\n";
    OperationKind::ALL.iter().for_each(|kind| table += &line(*kind));
    table
}

#[test]
fn the_table_of_operations_is_up_to_date() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the line that the table begins with");
    let (old, after) = rest.split_once(END).expect("the line that the table ends with");
    let new = table();
    if std::env::var_os("CHRONON_WRITE_DOCS").is_some() {
        std::fs::write(Path::new(FILE), [before, BEGIN, &new, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(old, new, "docs/support-matrix.md is behind the code; run scripts/generate");
}

#[test]
fn the_guide_has_every_operation() {
    let guide = std::fs::read_to_string(CONCEPTS).unwrap();
    for kind in OperationKind::ALL {
        assert!(guide.contains(&format!("| {kind} |")), "docs/aggregations.md has no row of {kind}");
    }
}
