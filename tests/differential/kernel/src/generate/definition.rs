//! Random schemas and aggregations.

use super::{Rng, element};
use crate::case::{Aggregation, Resolution, SORT_KEY, UNIQUE_ID, Window, member};
use chronon_types::{DataType, Dialect, Field};
use std::collections::{BTreeMap, BTreeSet};

/// A column; one whose lists all have one length can be aggregated by position.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: DataType,
    pub(super) dimension: Option<usize>,
}

const SCALARS: [DataType; 8] = [
    DataType::Boolean,
    DataType::Short,
    DataType::Int,
    DataType::Long,
    DataType::Float,
    DataType::Double,
    DataType::String,
    DataType::Binary,
];

const DECIMALS: [DataType; 3] = [DataType::Decimal(10, 2), DataType::Decimal(18, 0), DataType::Decimal(38, 10)];

/// Two columns to bucket by, and up to four more.
/// Those that are stored have no type in the zipline dialect that the fork's codec refuses.
pub(super) fn columns(rng: &mut Rng, dialect: Dialect, stored: bool) -> Vec<Column> {
    let refused = stored && dialect == Dialect::Zipline;
    let scalars: Vec<DataType> = SCALARS.into_iter().filter(|scalar| !(refused && small(scalar))).collect();
    let small_or_long = if refused { DataType::Long } else { DataType::Byte };
    let bucket = |name: &str| Column { name: name.to_owned(), data_type: DataType::String, dimension: None };
    let mut columns = vec![bucket("b0"), bucket("b1")];
    for i in 0..1 + rng.below(4) {
        let scalar = match dialect {
            Dialect::Zipline if rng.one_in(5) => rng.pick(&DECIMALS).clone(),
            _ => rng.pick(&scalars).clone(),
        };
        let list = |of| DataType::List(Box::new(of));
        let map = |of| DataType::Map(Box::new(DataType::String), Box::new(of));
        let mut dimension = None;
        let data_type = match rng.below(26) {
            22 | 23 if dialect == Dialect::Zipline => ranked(rng, &format!("S{i}"), &scalars),
            24 => structure(rng, &format!("S{i}"), &scalars),
            25 => list(structure(rng, &format!("S{i}"), &scalars)),
            0 => small_or_long.clone(),
            1 => list(small_or_long.clone()),
            2 => list(list(scalar)),
            3 => map(list(scalar)),
            4..7 => map(scalar),
            7 | 8 if dialect == Dialect::Airbnb => {
                dimension = Some(rng.below(4));
                list(scalar)
            }
            7..12 => list(scalar),
            _ => scalar,
        };
        columns.push(Column { name: format!("c{i}"), data_type, dimension });
    }
    columns
}

/// A struct of up to four members, some of them nested.
fn structure(rng: &mut Rng, name: &str, scalars: &[DataType]) -> DataType {
    let member = |rng: &mut Rng, i: usize| {
        let scalar = rng.pick(scalars).clone();
        let data_type = match rng.below(10) {
            0 => DataType::List(Box::new(scalar)),
            1 => DataType::Map(Box::new(DataType::String), Box::new(scalar)),
            2 => DataType::Struct(format!("{name}_{i}"), vec![Field::new("inner", scalar)]),
            _ => scalar,
        };
        Field::new(format!("m{i}"), data_type)
    };
    DataType::Struct(name.to_owned(), (0..1 + rng.below(4)).map(|i| member(rng, i)).collect())
}

/// A struct that UNIQUE_TOP_K takes: what ranks it, what tells it apart, and up to two more members.
fn ranked(rng: &mut Rng, name: &str, scalars: &[DataType]) -> DataType {
    let more = (0..rng.below(3)).map(|i| Field::new(format!("m{i}"), rng.pick(scalars).clone()));
    let mut members: Vec<Field> = more.collect();
    for (member, data_type) in [(SORT_KEY, DataType::String), (UNIQUE_ID, DataType::Long)] {
        members.insert(rng.below(members.len() + 1), Field::new(member, data_type));
    }
    DataType::Struct(name.to_owned(), members)
}

pub(super) fn schema(columns: &[Column]) -> Vec<(String, DataType)> {
    columns.iter().map(|c| (c.name.clone(), c.data_type.clone())).collect()
}

/// The operations that take a column of this type.
fn operations(data_type: &DataType, dialect: Dialect) -> Vec<&'static str> {
    let mut ops = vec!["COUNT", "FIRST", "LAST", "FIRST_K", "LAST_K"];
    let frequent = match dialect {
        Dialect::Airbnb => ["APPROX_HISTOGRAM_K", "APPROX_HISTOGRAM_K"],
        Dialect::Zipline => ["APPROX_FREQUENT_K", "APPROX_HEAVY_HITTERS_K"],
    };
    // of a few types, so that what one dialect has alone is not rare
    let bounded = match (dialect, element(data_type)) {
        (Dialect::Airbnb, _) => Some("BOUNDED_UNIQUE_COUNT"),
        (Dialect::Zipline, DataType::Int | DataType::Long | DataType::String) => Some("UNIQUE_TOP_K"),
        (Dialect::Zipline, _) => None,
    };
    match element(data_type) {
        // a list of decimals is one value
        DataType::Decimal(_, _) if matches!(data_type, DataType::List(_)) => {}
        DataType::Decimal(_, _) => {
            ops.extend(["SUM", "AVERAGE", "MIN", "MAX", "UNIQUE_COUNT", "APPROX_UNIQUE_COUNT", "TOP_K", "BOTTOM_K"]);
            ops.extend(["VARIANCE", "SKEW", "KURTOSIS", "APPROX_PERCENTILE"]);
        }
        DataType::Short | DataType::Int | DataType::Long | DataType::Float | DataType::Double => {
            ops.extend(["SUM", "AVERAGE", "MIN", "MAX", "UNIQUE_COUNT", "APPROX_UNIQUE_COUNT", "TOP_K", "BOTTOM_K"]);
            ops.extend(["VARIANCE", "SKEW", "KURTOSIS", "APPROX_PERCENTILE"]);
            ops.extend(frequent.into_iter().chain(bounded));
        }
        DataType::String => {
            ops.extend(["MIN", "MAX", "UNIQUE_COUNT", "HISTOGRAM", "APPROX_UNIQUE_COUNT", "HISTOGRAM"]);
            ops.extend(["TOP_K", "BOTTOM_K"].into_iter().chain(frequent).chain(bounded));
        }
        DataType::Binary => ops.extend(["APPROX_UNIQUE_COUNT", "UNIQUE_COUNT"].into_iter().chain(bounded)),
        DataType::Boolean => ops.push("SUM"),
        DataType::Struct(_, members)
            if member(members, UNIQUE_ID).is_some() && !matches!(data_type, DataType::List(_)) =>
        {
            ops.extend(["UNIQUE_TOP_K"; 5]);
        }
        _ => {}
    }
    ops
}

fn arguments(rng: &mut Rng, dialect: Dialect, op: &str) -> Option<BTreeMap<String, String>> {
    // the fork's codec refuses a name with a sign in it
    let few: &[i32] = if dialect == Dialect::Zipline { &[0, 20] } else { &[-1, 0, 20] };
    let k = match op {
        "UNIQUE_TOP_K" => Some(1 + rng.below(6) as i32),
        "APPROX_FREQUENT_K" | "APPROX_HEAVY_HITTERS_K" => {
            Some(if rng.one_in(8) { 0 } else { 1 + rng.below(20) as i32 })
        }
        "FIRST_K" | "LAST_K" | "TOP_K" | "BOTTOM_K" => {
            Some(if rng.one_in(12) { *rng.pick(few) } else { 1 + rng.below(5) as i32 })
        }
        "HISTOGRAM" if rng.one_in(4) => Some(rng.below(6) as i32 - 1),
        "APPROX_UNIQUE_COUNT" if rng.one_in(3) => Some(4 + rng.below(9) as i32),
        "BOUNDED_UNIQUE_COUNT" if rng.one_in(2) => Some(if rng.one_in(8) { 0 } else { 1 + rng.below(12) as i32 }),
        "APPROX_HISTOGRAM_K" if rng.one_in(2) => Some(if rng.one_in(8) { 0 } else { 1 + rng.below(20) as i32 }),
        "APPROX_PERCENTILE" if rng.one_in(2) => Some(*rng.pick(&[8, 9, 20, 128, 1000])),
        _ => None,
    };
    let mut arguments: BTreeMap<String, String> = k.iter().map(|k| ("k".to_owned(), k.to_string())).collect();
    if op == "APPROX_PERCENTILE" && !rng.one_in(4) {
        let ranks =
            *rng.pick(&["[0.5]", "[0.25, 0.5, 0.75, 1.0]", "[0.0, 1.0]", "[0.99, 0.01, 0.5, 0.5]", "[0.1]", "[]"]);
        arguments.insert("percentiles".to_owned(), ranks.to_owned());
    }
    let optional = arguments.is_empty() && op != "APPROX_PERCENTILE";
    (!optional || !rng.one_in(8)).then_some(arguments)
}

/// One to twelve aggregations without equal output names.
pub(super) fn aggregations(
    rng: &mut Rng,
    dialect: Dialect,
    columns: &[Column],
    windows: impl Fn(&mut Rng) -> Option<Vec<Window>>,
) -> Vec<Aggregation> {
    let mut names = BTreeSet::new();
    let mut aggregations = Vec::new();
    while aggregations.is_empty() || !rng.one_in(5) && aggregations.len() < 12 {
        let Column { name: input, data_type, dimension } = rng.pick(columns);
        let op = *rng.pick(&operations(data_type, dialect));
        let args = arguments(rng, dialect, op);
        // equal names collide in outputs: the compiler refuses them, so each (input, operation) comes once
        let named = matches!(op, "FIRST_K" | "LAST_K" | "TOP_K" | "BOTTOM_K" | "UNIQUE_TOP_K");
        if !names.insert((input.clone(), op, args.clone().filter(|_| named))) {
            continue;
        }
        let element_wise = dimension.is_some() && !rng.one_in(3);
        let timed = matches!(op, "FIRST" | "LAST" | "FIRST_K" | "LAST_K");
        let nested = !timed && (element_wise || matches!(data_type, DataType::Map(_, _)));
        let buckets = (!nested && rng.one_in(3)).then(|| match rng.below(3) {
            0 => vec!["b0".to_owned()],
            1 => vec!["b1".to_owned()],
            _ => vec!["b1".to_owned(), "b0".to_owned()],
        });
        let (op, input, windows) = (op.to_owned(), input.clone(), windows(rng));
        aggregations.push(Aggregation { dialect, op, input, windows, buckets, args, element_wise });
    }
    aggregations
}

/// Whether the reference throws at a before-image: a column by map key or by position, whose operation cannot take a value
/// away (sheet §20, Q7), or, in the fork, by bucket, whose operation can (sheet §19).
pub(super) fn refuses_deletes(schema: &[(String, DataType)], aggregations: &[Aggregation]) -> bool {
    let map = |a: &Aggregation| schema.iter().any(|(name, t)| *name == a.input && matches!(t, DataType::Map(_, _)));
    let by_bucket = |a: &Aggregation| a.dialect == Dialect::Zipline && a.buckets.is_some();
    aggregations.iter().any(|a| match a.deletable() {
        true => by_bucket(a),
        false => !a.timed() && (a.element_wise || map(a)),
    })
}

/// Whether the reference may be unable to store what the aggregation has: a null inside a list or a map (sheet §8.1), a
/// full bounded set of anything but texts (sheet §20, Q3), or a Short or a Byte right inside a record.
pub(super) fn unstorable(schema: &[(String, DataType)], aggregation: &Aggregation) -> bool {
    let Some((_, data_type)) = schema.iter().find(|(name, _)| *name == aggregation.input) else { return false };
    let nested = matches!(data_type, DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_, _));
    match aggregation.op.as_str() {
        "FIRST" | "LAST" | "FIRST_K" | "LAST_K" => nested || small(data_type),
        "MIN" | "MAX" => small(element(data_type)),
        "BOUNDED_UNIQUE_COUNT" => *element(data_type) != DataType::String,
        _ => false,
    }
}

/// A type that the reference does not store right inside a record, or one with such a record inside.
fn small(data_type: &DataType) -> bool {
    fn inside(data_type: &DataType) -> bool {
        match data_type {
            DataType::List(of) | DataType::Map(_, of) => inside(of),
            DataType::Struct(_, members) => members.iter().any(|member| small(&member.data_type)),
            _ => false,
        }
    }
    matches!(data_type, DataType::Byte | DataType::Short) || inside(data_type)
}

/// Leaves out what the reference cannot store whatever its value is, and says in which columns it could not store a
/// null inside a list or a map.
pub(super) fn storable(schema: &[(String, DataType)], aggregations: &[Aggregation]) -> (Vec<Aggregation>, Vec<usize>) {
    let column = |a: &Aggregation| schema.iter().position(|(name, _)| *name == a.input);
    let whole = |a: &Aggregation| a.timed() && column(a).is_some_and(|i| !small(&schema[i].1));
    let kept: Vec<_> = aggregations.iter().filter(|a| whole(a) || !unstorable(schema, a)).cloned().collect();
    let columns = aggregations.iter().filter(|a| a.timed()).filter_map(column).collect();
    (kept, columns)
}

/// Windows of the offline path.
pub(super) fn windows(rng: &mut Rng, dialect: Dialect, resolution: Resolution) -> Option<Vec<Window>> {
    let five_minutes = resolution == Resolution::FiveMinute;
    let window = |rng: &mut Rng| match rng.below(8) {
        2 if five_minutes && dialect == Dialect::Zipline => Window::Minutes(*rng.pick(&[5, 7, 30, 55, 60, 90])),
        0 => Window::Days(i32::MAX),
        // mostly whole days from twelve days on: what other lengths give in the reference depends on the other queries
        1 if five_minutes => Window::Hours(*rng.pick(&[288, 300, 312, 500, 720, 720])),
        2..5 if resolution == Resolution::FiveMinute => {
            Window::Hours(*rng.pick(&[1, 2, 5, 11, 12, 13, 24, 30, 48, 287]))
        }
        _ => Window::Days(*rng.pick(&[1, 2, 3, 7, 11, 12, 13, 30, 60])),
    };
    several(rng, window)
}

/// Windows of the request path: around the two days that a batch stays good for, and some that are no whole number
/// of their hops (sheet §20, Q12).
pub(super) fn served_windows(rng: &mut Rng, dialect: Dialect) -> Option<Vec<Window>> {
    let window = |rng: &mut Rng| match rng.below(8) {
        2 if dialect == Dialect::Zipline => Window::Minutes(*rng.pick(&[1, 5, 7, 30, 59, 60, 721])),
        0 => Window::Days(i32::MAX),
        1 => Window::Hours(*rng.pick(&[288, 300, 312, 500, 720])),
        2..4 => Window::Hours(*rng.pick(&[1, 5, 11, 12, 13, 24, 47, 48, 49, 100, 287])),
        _ => Window::Days(*rng.pick(&[1, 2, 3, 4, 7, 11, 12, 13, 14, 15, 30, 60])),
    };
    several(rng, window)
}

fn several(rng: &mut Rng, window: impl Fn(&mut Rng) -> Window) -> Option<Vec<Window>> {
    if rng.one_in(4) {
        return None;
    }
    let mut windows = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let window = window(rng);
        if !windows.contains(&window) {
            windows.push(window);
        }
    }
    Some(windows)
}
