//! What any correct answer looks like, from the rules alone: collect the rows that a value is made of
//! ([`history`]), then apply the operation to them ([`operation`]).

mod expect;
mod history;
mod moments;
mod operation;
mod sketch;

pub use expect::{Expect, Party};

use crate::case::{Aggregation, Case, Output};
use crate::value::Value;
use chronon_types::{DataType, time::Millis};
use history::Touch;
use std::collections::BTreeMap;

/// A value on its way into an accumulator, in the order of folding.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    ts: Millis,
    value: &'a Value,
    /// Taken away instead of added.
    before: bool,
    /// Folded apart and merged, or copied, before it came here.
    apart: bool,
}

/// How an operation meets its column.
enum Shape<'a> {
    /// The value is the input.
    Whole,
    /// Every element that is not null is an input.
    Vector(&'a DataType),
    /// Elements aggregate by position.
    ElementWise(&'a DataType),
    /// Entries aggregate by key.
    Map(&'a DataType),
}

/// The expectation for every cell: one row per query.
pub fn answer(case: &Case) -> Vec<Vec<Expect>> {
    let outputs = case.outputs();
    case.queries.iter().map(|(key, at)| outputs.iter().map(|o| cell(case, o, *key, *at)).collect()).collect()
}

fn cell(case: &Case, output: &Output<'_>, key: i32, at: Millis) -> Expect {
    let of = |party| history::of(case, output, key, at, party);
    let expect = |touches: &[Touch<'_>]| {
        let expect = value(case, output, touches);
        if history::between_hops(case, output) {
            return expect.of_kernel_only();
        }
        match history::shares_hops(case, output) {
            true if history::spoils_hops(case, output) => expect.of_kernel_only(),
            true => expect.over_shared_hops(),
            false => expect,
        }
    };
    // the reference judges a mutation once, at the first query that sees it (sheet §20, Q9); ours at every query
    match (of(Party::Reference), of(Party::Kernel)) {
        (reference, kernel) if reference == kernel => expect(&kernel),
        (reference, kernel) => {
            Expect::Parties { reference: Box::new(expect(&reference)), kernel: Box::new(expect(&kernel)) }
        }
    }
}

fn value(case: &Case, output: &Output<'_>, touches: &[Touch<'_>]) -> Expect {
    let (aggregation, data_type) = (output.aggregation, &case.schema[output.input].1);
    let null = Expect::Exact(Value::Null);
    let Some(bucket) = output.bucket else {
        let expect = shaped(aggregation, data_type, output.input, touches).unwrap_or(null);
        let nested = matches!(shape(aggregation, data_type), Shape::ElementWise(_) | Shape::Map(_));
        return if nested { expect } else { expect.finite() };
    };
    let mut groups: BTreeMap<&str, Vec<Touch<'_>>> = BTreeMap::new();
    for touch in touches {
        if let Value::Text(name) = &touch.row.values[bucket] {
            groups.entry(name).or_default().push(*touch);
        }
    }
    let buckets: BTreeMap<String, Expect> = groups
        .into_iter()
        .filter_map(|(name, touches)| Some((name.to_owned(), shaped(aggregation, data_type, output.input, &touches)?)))
        .collect();
    if buckets.is_empty() { null } else { Expect::Buckets(buckets) }
}

fn shape<'a>(aggregation: &Aggregation, data_type: &'a DataType) -> Shape<'a> {
    use DataType as T;
    match data_type {
        _ if aggregation.timed() => Shape::Whole,
        T::Map(key, of) if **key == T::String => Shape::Map(of),
        T::List(of)
            if matches!(
                **of,
                T::Byte | T::Date | T::Timestamp | T::Decimal(..) | T::List(_) | T::Map(_, _) | T::Struct(_, _)
            ) =>
        {
            Shape::Whole
        }
        T::List(of) if aggregation.element_wise => Shape::ElementWise(of),
        T::List(of) => Shape::Vector(of),
        _ => Shape::Whole,
    }
}

/// `None` when no value came in.
fn shaped(aggregation: &Aggregation, data_type: &DataType, input: usize, touches: &[Touch<'_>]) -> Option<Expect> {
    let entry = |touch: &Touch<'_>| (touch.row.ts, touch.before, touch.apart);
    fn at<'a>((ts, before, apart): (Millis, bool, bool), value: &'a Value) -> Entry<'a> {
        Entry { ts, value, before, apart }
    }
    let inputs = touches.iter().map(|t| (entry(t), &t.row.values[input])).filter(|(_, v)| **v != Value::Null);
    match shape(aggregation, data_type) {
        Shape::Whole => operation::of(aggregation, data_type, &inputs.map(|(e, v)| at(e, v)).collect::<Vec<_>>()),
        Shape::Vector(of) => {
            let mut entries = Vec::new();
            for (e, value) in inputs {
                if let Value::List(list) = value {
                    entries.extend(list.iter().filter(|v| **v != Value::Null).map(|v| at(e, v)));
                }
            }
            operation::of(aggregation, of, &entries)
        }
        Shape::ElementWise(of) => {
            let mut positions: Option<Vec<Vec<Entry<'_>>>> = None;
            for (e, value) in inputs {
                let Value::List(list) = value else { continue };
                let positions = positions.get_or_insert_with(|| vec![Vec::new(); list.len()]);
                for (entries, value) in positions.iter_mut().zip(list) {
                    entries.push(at(e, value));
                }
            }
            let element = |entries: Vec<Entry<'_>>| {
                operation::of(aggregation, of, &entries).unwrap_or(Expect::Exact(Value::Null))
            };
            Some(Expect::Elements(positions?.into_iter().map(element).collect()))
        }
        Shape::Map(of) => {
            let mut keys: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
            let mut any = false;
            for (e, value) in inputs {
                let Value::Map(map) = value else { continue };
                any = true;
                for (key, value) in map.iter().filter(|(_, v)| **v != Value::Null) {
                    keys.entry(key).or_default().push(at(e, value));
                }
            }
            let of = |(key, entries): (&str, Vec<Entry<'_>>)| {
                Some((key.to_owned(), operation::of(aggregation, of, &entries)?))
            };
            any.then(|| Expect::Buckets(keys.into_iter().filter_map(of).collect()))
        }
    }
}
