//! Random cases: columns of every type, every aggregation that a plan accepts over them, events and queries.

use crate::naive::Row;
use chronon_aggregate::{AggregationSpec, Definition, OperationKind, Resolution, TimeUnit, Value, Window};
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis};
use chronon_types::{DataType, Dialect, Field};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A plan's parts, and sorted events and queries for it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Aggregations over [`columns`].
    pub specs: Vec<AggregationSpec>,
    /// Resolution of the windows.
    pub resolution: Resolution,
    /// (group, event), ascending by group and time.
    pub events: Vec<(i32, Row)>,
    /// (group, time), ascending.
    pub queries: Vec<(i32, Millis)>,
}

/// The column whose lists all have two elements.
const PAIR: &str = "pair";

/// One column of every type that can be an input.
pub fn columns() -> Vec<Field> {
    use DataType::*;
    let list = |element| List(Box::new(element));
    let members = vec![Field::new("a", Int), Field::new("b", String)];
    vec![
        Field::new("bucket", String),
        Field::new("bool", Boolean),
        Field::new("byte", Byte),
        Field::new("short", Short),
        Field::new("int", Int),
        Field::new("long", Long),
        Field::new("float", Float),
        Field::new("double", Double),
        Field::new("string", String),
        Field::new("binary", Binary),
        Field::new("longs", list(Long)),
        Field::new("floats", list(Float)),
        Field::new("strings", list(String)),
        Field::new("struct", Struct("s".into(), members)),
        Field::new("map", Map(Box::new(Long), Box::new(Double))),
        Field::new("counts", Map(Box::new(String), Box::new(Int))),
        Field::new("scores", Map(Box::new(String), Box::new(Double))),
        Field::new(PAIR, list(Short)),
        // what is naive about decimals takes two digits behind the point
        Field::new("price", Decimal(9, 2)),
        Field::new("prices", Map(Box::new(String), Box::new(Decimal(9, 2)))),
    ]
}

fn text() -> impl Strategy<Value = Value> {
    select(vec!["", "a", "b", "ab", "é", "\u{FFFD}", "\u{1F600}", "a long text that does not fit in eight bytes"])
        .prop_map(|text| Value::Bytes(text.as_bytes().into()))
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (-1000i32..1000).prop_map(|value| f64::from(value) / 8.0),
        1 => select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

/// A value of one of the [`columns`], sometimes null.
pub fn value(column: &Field) -> BoxedStrategy<Value> {
    if column.name == PAIR {
        let pair = prop::collection::vec(-9i64..9, 2);
        let present = pair.prop_map(|pair| Value::List(pair.into_iter().map(Value::Long).collect()));
        return prop_oneof![1 => Just(Value::Null), 6 => present].boxed();
    }
    of_type(&column.data_type)
}

/// A value of `data_type`, sometimes null.
fn of_type(data_type: &DataType) -> BoxedStrategy<Value> {
    let present = match data_type {
        DataType::Boolean => (0i64..2).prop_map(Value::Long).boxed(),
        DataType::Byte => (-128i64..128).prop_map(Value::Long).boxed(),
        DataType::Short => prop_oneof![Just(i64::from(i16::MAX)), -9i64..9].prop_map(Value::Long).boxed(),
        DataType::Int => prop_oneof![Just(i64::from(i32::MIN)), -9i64..9].prop_map(Value::Long).boxed(),
        DataType::Float => float().prop_map(|value| Value::Double((value as f32).into())).boxed(),
        DataType::Double => float().prop_map(Value::Double).boxed(),
        DataType::Decimal(_, _) => (-2000i128..2000).prop_map(|units| Value::Decimal(Box::new(units))).boxed(),
        DataType::String => text().boxed(),
        DataType::Binary => prop::collection::vec(0u8..3, 0..3).prop_map(|bytes| Value::Bytes(bytes.into())).boxed(),
        DataType::List(element) => {
            prop::collection::vec(of_type(element), 0..4).prop_map(|items| Value::List(items.into())).boxed()
        }
        DataType::Struct(_, fields) => {
            let members: Vec<_> = fields.iter().map(|field| of_type(&field.data_type)).collect();
            members.prop_map(|members| Value::List(members.into())).boxed()
        }
        DataType::Map(key, of) => {
            let named = **key == DataType::String;
            let key = move |key: usize| match named {
                true => Value::Bytes(["", "a", "\u{FFFD}", "\u{1F600}"][key].as_bytes().into()),
                false => Value::Long(key as i64),
            };
            prop::collection::btree_map(0usize..4, of_type(of), 0..3)
                .prop_map(move |entries| Value::Map(entries.into_iter().map(|(k, of)| (key(k), of)).collect()))
                .boxed()
        }
        _ => prop_oneof![1 => Just(i64::MAX), 1 => Just(i64::MIN), 20 => -40i64..40].prop_map(Value::Long).boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 6 => present].boxed()
}

/// Times that meet the edges of hops and windows, and each other.
fn time() -> impl Strategy<Value = Millis> {
    let start = 400 * DAY;
    prop_oneof![
        4 => (0i64..40 * 24).prop_map(move |hours| start + hours * HOUR),
        2 => (0i64..600).prop_map(move |cells| start + 7 * DAY + cells * FIVE_MINUTES),
        2 => (0i64..600, select(vec![-1, 1])).prop_map(move |(cells, off)| start + 7 * DAY + cells * FIVE_MINUTES + off),
        2 => (0i64..40 * DAY).prop_map(move |offset| start + offset),
        1 => (-30i64..30).prop_map(|offset| offset * FIVE_MINUTES / 2 + offset),
    ]
}

fn window(dialect: Dialect, resolution: Resolution) -> BoxedStrategy<Option<Window>> {
    let days = select(vec![1, 2, 7, 11, 12, 30]).prop_map(|length| Window::new(length, TimeUnit::Days));
    let hours = select(vec![1, 2, 11, 12, 24]).prop_map(|length| Window::new(length, TimeUnit::Hours));
    let minutes = select(vec![1, 7, 30, 59]).prop_map(|length| Window::new(length, TimeUnit::Minutes));
    match resolution {
        Resolution::FiveMinute if dialect == Dialect::Zipline => {
            prop_oneof![1 => Just(None), 4 => days.prop_map(Some), 4 => hours.prop_map(Some), 2 => minutes.prop_map(Some)]
                .boxed()
        }
        Resolution::Daily => prop_oneof![1 => Just(None), 4 => days.prop_map(Some)].boxed(),
        _ => prop_oneof![1 => Just(None), 4 => days.prop_map(Some), 4 => hours.prop_map(Some)].boxed(),
    }
}

/// Every aggregation of any dialect over [`columns`]: those of the airbnb dialect, and those that mean or store something
/// else in the zipline dialect.
pub fn every_aggregation() -> Vec<AggregationSpec> {
    use OperationKind::{ApproxPercentile, Average, Variance};
    let columns = columns();
    let differs = |spec: &AggregationSpec| {
        spec.operation.number(Dialect::Airbnb).is_none()
            || columns[spec.input].data_type.has_decimals()
            || matches!(spec.operation, Average | Variance | ApproxPercentile)
    };
    let airbnb = aggregations(Dialect::Airbnb).into_iter().filter(|spec| !columns[spec.input].data_type.has_decimals());
    airbnb.chain(aggregations(Dialect::Zipline).into_iter().filter(differs)).collect()
}

/// Every aggregation over [`columns`] that a plan accepts in a dialect, without windows and buckets.
pub fn aggregations(dialect: Dialect) -> Vec<AggregationSpec> {
    let columns = columns();
    let mut specs = Vec::new();
    for kind in OperationKind::ALL {
        for input in 0..columns.len() {
            let spec = AggregationSpec::new(*kind, input).of(dialect);
            let with_k = |k: &str| spec.clone().with_arg("k", k);
            let variants = match kind {
                OperationKind::FirstK
                | OperationKind::LastK
                | OperationKind::TopK
                | OperationKind::BottomK
                | OperationKind::UniqueTopK => {
                    vec![with_k("1"), with_k("3")]
                }
                OperationKind::Histogram | OperationKind::BoundedUniqueCount => vec![spec.clone(), with_k("2")],
                // the first is exact, the second rarely
                OperationKind::ApproxHistogramK
                | OperationKind::ApproxFrequentK
                | OperationKind::ApproxHeavyHittersK => vec![with_k("100"), with_k("3")],
                OperationKind::ApproxUniqueCount => vec![spec.clone(), with_k("4")],
                OperationKind::ApproxPercentile => {
                    vec![spec.clone(), spec.clone().with_arg("percentiles", "[0, 0.25, 0.99, 1.0]")]
                }
                _ if columns[input].name == PAIR => vec![spec.clone(), spec.clone().element_wise()],
                _ => vec![spec],
            };
            // where not-a-number ends up in a bounded heap depends on the order of folding
            let ranked = matches!(kind, OperationKind::TopK | OperationKind::BottomK);
            let element = match &columns[input].data_type {
                DataType::List(element) | DataType::Map(_, element) => element,
                scalar => scalar,
            };
            if ranked && matches!(element, DataType::Float | DataType::Double) {
                continue;
            }
            specs.extend(variants.into_iter().filter(|spec| Definition::new(spec, &columns).is_ok()));
        }
    }
    specs
}

/// Cases of up to `events` events and `queries` queries over four keys.
pub fn case(events: usize, queries: usize) -> impl Strategy<Value = Case> {
    let resolution = select(vec![Resolution::FiveMinute, Resolution::FiveMinute, Resolution::Daily, Resolution::Exact]);
    let dialect = select(vec![Dialect::Airbnb, Dialect::Airbnb, Dialect::Zipline]);
    (dialect, resolution).prop_flat_map(move |(dialect, resolution)| {
        let all = aggregations(dialect);
        let spec =
            (any::<Index>(), window(dialect, resolution), any::<bool>()).prop_map(move |(index, window, bucketed)| {
                let mut spec = index.get(&all).clone();
                spec.window = window;
                let by_bucket = spec.clone().by(0);
                let bucketed = bucketed && Definition::new(&by_bucket, &columns()).is_ok();
                if bucketed { by_bucket } else { spec }
            });
        let row: Vec<_> = columns().iter().map(value).collect();
        let event = (0i32..4, time(), row).prop_map(|(group, ts, values)| (group, Row { ts, values }));
        let specs = prop::collection::vec(spec, 1..6);
        let events = prop::collection::vec(event, 0..events);
        let queries = prop::collection::vec((0i32..4, time()), 1..queries);
        (specs, events, queries).prop_map(move |(specs, mut events, mut queries)| {
            events.sort_by_key(|(group, row)| (*group, row.ts));
            queries.sort();
            Case { specs: without_equal_names(specs), resolution, events, queries }
        })
    })
}

fn without_equal_names(specs: Vec<AggregationSpec>) -> Vec<AggregationSpec> {
    let columns = columns();
    let name = |spec: &AggregationSpec| {
        let bucket = spec.bucket.map(|bucket| columns[bucket].name.as_str());
        spec.output_name(&columns[spec.input].name, bucket)
    };
    let mut kept: Vec<AggregationSpec> = Vec::new();
    for spec in specs {
        if kept.iter().all(|known| name(known) != name(&spec)) {
            kept.push(spec);
        }
    }
    kept
}
