//! Definitions as hosts send them: what becomes of good ones, what is said about bad ones.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_aggregate::{OperationKind, Resolution};
use chronon_plan::Plan;
use chronon_plan::definitions::{
    Aggregation, EventSource, GroupBy, Join, JoinSource, MetaData, Operation, Query, Source, TimeUnit, Window,
};
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR};
use chronon_types::{DataType, Error, ErrorCode, Field};
use proptest::prelude::*;
use std::collections::BTreeMap;
use thrift::protocol::{TBinaryOutputProtocol, TOutputProtocol, TSerializable};

const COLUMNS: &str = r#"[{"name":"amount","type":"double"},{"name":"merchant","type":"string"},{"name":"day","type":"date"},
    {"name":"tags","type":"list_string"},{"name":"clicks","type":"int"},{"name":"odd","type":"decimal_10_2"}]"#;

fn options(resolution: &str) -> String {
    format!(r#"{{"dialect":"airbnb","resolution":"{resolution}","columns":{COLUMNS}}}"#)
}

fn bytes_of(group_by: &GroupBy) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut protocol = TBinaryOutputProtocol::new(&mut bytes, true);
    group_by.write_to_out_protocol(&mut protocol).unwrap();
    protocol.flush().unwrap();
    bytes
}

/// Fields the generated `Default` fills with empty values stay absent here, as they do when authored.
fn aggregation(operation: Operation, input: &str) -> Aggregation {
    Aggregation::new(input.to_owned(), operation, None, None, None, None)
}

trait Shorthand: Sized {
    fn over(self, windows: &[(i32, TimeUnit)]) -> Self;
    fn by(self, buckets: &[&str]) -> Self;
    fn with(self, name: &str, value: &str) -> Self;
}

impl Shorthand for Aggregation {
    fn over(mut self, windows: &[(i32, TimeUnit)]) -> Self {
        self.windows = Some(windows.iter().map(|(length, unit)| Window::new(*length, *unit)).collect());
        self
    }

    fn by(mut self, buckets: &[&str]) -> Self {
        self.buckets = Some(buckets.iter().map(|bucket| bucket.to_string()).collect());
        self
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.arg_map.get_or_insert_with(BTreeMap::new).insert(name.to_owned(), value.to_owned());
        self
    }
}

/// A definition with the members around the aggregations that real ones have.
fn definition(aggregations: Vec<Aggregation>) -> GroupBy {
    let query =
        Query { selects: Some(BTreeMap::from([("amount".to_owned(), "a + 1".to_owned())])), ..Query::default() };
    let events = EventSource { table: Some("data.payments".to_owned()), query: Some(query), ..EventSource::default() };
    GroupBy {
        meta_data: Some(MetaData { name: Some("team.payments.v1".to_owned()), ..MetaData::default() }),
        sources: Some(vec![Source::Events(events)]),
        key_columns: Some(vec!["user".to_owned()]),
        aggregations: Some(aggregations),
        accuracy: None,
        backfill_start_date: None,
        derivations: None,
        is_incremental: None,
    }
}

fn open(aggregations: Vec<Aggregation>, resolution: &str) -> Result<Plan, Error> {
    Plan::open(&bytes_of(&definition(aggregations)), &options(resolution))
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.outputs().iter().map(|output| output.field().name.as_str()).collect()
}

#[test]
fn outputs_go_by_aggregation_then_bucket_then_window() {
    let plan = open(
        vec![
            aggregation(Operation::SUM, "clicks")
                .by(&["merchant", "tags_joined"])
                .over(&[(7, TimeUnit::DAYS), (5, TimeUnit::HOURS)]),
            aggregation(Operation::LAST_K, "amount").with("k", "3"),
        ],
        "five_minute",
    );
    assert_eq!(plan.unwrap_err().code(), ErrorCode::InvalidPlan, "tags_joined is not a column");

    let plan = open(
        vec![
            aggregation(Operation::SUM, "clicks").by(&["merchant"]).over(&[(7, TimeUnit::DAYS), (5, TimeUnit::HOURS)]),
            aggregation(Operation::LAST_K, "amount").with("k", "3"),
            aggregation(Operation::COUNT, "merchant").over(&[(i32::MAX, TimeUnit::DAYS), (12, TimeUnit::DAYS)]),
        ],
        "five_minute",
    )
    .unwrap();
    assert_eq!(
        names(&plan),
        [
            "clicks_sum_7d_by_merchant",
            "clicks_sum_5h_by_merchant",
            "amount_last3",
            "merchant_count",
            "merchant_count_12d"
        ]
    );
    let inputs: Vec<&str> = plan.inputs().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(inputs, ["merchant", "clicks", "amount"], "buckets, then the input, in order of first use");
    let hops: Vec<_> = plan.outputs().iter().map(|output| output.tail_hop).collect();
    assert_eq!(hops, [Some(HOUR), Some(FIVE_MINUTES), None, None, Some(DAY)]);
    assert_eq!(plan.name(), "team.payments.v1");

    let parts = plan.window_plan();
    let columns: Vec<_> = parts.specs.iter().map(|spec| (spec.input, spec.bucket)).collect();
    assert_eq!(columns, [(1, Some(0)), (1, Some(0)), (2, None), (0, None), (0, None)]);
    assert_eq!((parts.inputs.as_slice(), parts.resolution), (plan.inputs(), Resolution::FiveMinute));

    let online = plan.online_plan();
    let windows: Vec<_> = online.bases.iter().map(|(spec, windows)| (spec.input, windows.len())).collect();
    assert_eq!(windows, [(1, 2), (2, 1), (0, 2)]);
    assert!(online.bases.iter().all(|(spec, _)| spec.window.is_none()));
}

#[test]
fn a_plan_describes_itself() {
    let plan = open(
        vec![
            aggregation(Operation::AVERAGE, "amount").by(&["merchant"]).over(&[(30, TimeUnit::DAYS)]),
            aggregation(Operation::COUNT, "tags"),
        ],
        "daily",
    )
    .unwrap();
    let expected = concat!(
        r#"{"inputs":[{"name":"merchant","type":"string"},{"name":"amount","type":"double"},"#,
        r#"{"name":"tags","type":"list_string"}],"#,
        r#""outputs":[{"name":"amount_average_30d_by_merchant","type":"map_string_double","aggregation":0,"#,
        r#""bucket":"merchant","window":{"length":30,"unit":"DAYS"}},"#,
        r#"{"name":"tags_count","type":"long","aggregation":1,"bucket":null,"window":null}],"#,
        r#""batch_ir":[{"name":"collapsedIr","type":{"struct":{"name":"WindowedIr","members":["#,
        r#"{"name":"amount_average_30d_by_merchant","type":{"map":["string",{"struct":{"name":"AvgIr","members":["#,
        r#"{"name":"sum","type":"double"},{"name":"count","type":"int"}]}}]}},{"name":"tags_count","type":"long"}]}}},"#,
        r#"{"name":"tailHopIrs","type":{"list":{"list":{"struct":{"name":"HopIr","members":["#,
        r#"{"name":"amount_average_by_merchant","type":{"map":["string",{"struct":{"name":"AvgIr","members":["#,
        r#"{"name":"sum","type":"double"},{"name":"count","type":"int"}]}}]}},{"name":"tags_count","type":"long"},"#,
        r#"{"name":"ts","type":"long"}]}}}}}]}"#,
    );
    assert_eq!(plan.describe(), expected);
}

#[test]
fn refusals_say_where_and_what_instead() {
    let sum = || aggregation(Operation::SUM, "amount");
    let nameless = Aggregation { input_column: None, ..sum() };
    let idle = Aggregation { operation: None, ..sum() };
    let unitless = Aggregation { windows: Some(vec![Window::new(7, None)]), ..sum() };
    let empty_windows = sum().over(&[]);
    let percentiles = |text| aggregation(Operation::APPROX_PERCENTILE, "amount").with("percentiles", text);
    use ErrorCode::{InvalidPlan, Unsupported};
    let cases: Vec<(&str, &str, ErrorCode, &str, Vec<Aggregation>)> = vec![
        ("no windows", "exact", InvalidPlan, "leave windows out", vec![empty_windows]),
        ("no buckets", "exact", InvalidPlan, "leave buckets out", vec![sum().by(&[])]),
        ("zero length", "exact", InvalidPlan, "a window of 0 DAYS", vec![sum().over(&[(0, TimeUnit::DAYS)])]),
        ("negative length", "exact", InvalidPlan, "a window of -3 HOURS", vec![sum().over(&[(-3, TimeUnit::HOURS)])]),
        ("odd unit", "exact", InvalidPlan, "9 is not a unit of time", vec![sum().over(&[(1, TimeUnit(9))])]),
        ("no unit", "exact", InvalidPlan, "no unit of time", vec![unitless]),
        ("hours by day", "daily", InvalidPlan, "a window of 24 HOURS", vec![sum().over(&[(24, TimeUnit::HOURS)])]),
        ("same twice", "exact", InvalidPlan, "`amount_sum`", vec![sum(), sum()]),
        (
            "same name, other arguments",
            "exact",
            InvalidPlan,
            "`merchant_histogram`",
            vec![
                aggregation(Operation::HISTOGRAM, "merchant"),
                aggregation(Operation::HISTOGRAM, "merchant").with("k", "5"),
            ],
        ),
        ("number histogram", "exact", InvalidPlan, "not int", vec![aggregation(Operation::HISTOGRAM, "clicks")]),
        ("unknown column", "exact", InvalidPlan, "one of: amount", vec![aggregation(Operation::SUM, "price")]),
        ("unknown bucket", "exact", InvalidPlan, "no column `shop`", vec![sum().by(&["shop"])]),
        ("number bucket", "exact", InvalidPlan, "`clicks` is of type int", vec![sum().by(&["clicks"])]),
        ("date", "exact", InvalidPlan, "cast it to Long", vec![aggregation(Operation::COUNT, "day")]),
        ("text sum", "exact", InvalidPlan, "not string", vec![aggregation(Operation::SUM, "merchant")]),
        ("unreadable type", "exact", InvalidPlan, "decimal_10_2", vec![aggregation(Operation::COUNT, "odd")]),
        ("no k", "exact", InvalidPlan, "argument k", vec![aggregation(Operation::LAST_K, "amount")]),
        ("no input", "exact", InvalidPlan, "inputColumn", vec![nameless]),
        ("no operation", "exact", InvalidPlan, "no operation", vec![idle]),
        (
            "foreign operation",
            "exact",
            InvalidPlan,
            "zipline dialect it is UNIQUE_TOP_K",
            vec![aggregation(Operation(20), "amount")],
        ),
        ("malformed argument", "exact", InvalidPlan, "[0.5, 0.99]", vec![percentiles("half")]),
        ("impossible argument", "exact", InvalidPlan, "within 0 to 1", vec![percentiles("[1.5]")]),
        ("no aggregations", "exact", Unsupported, "no aggregations", vec![]),
    ];
    for (case, resolution, code, text, aggregations) in cases {
        let named = aggregations.is_empty();
        let error = open(aggregations, resolution).unwrap_err();
        assert_eq!(error.code(), code, "{case}: {error}");
        assert!(error.message().contains(text), "{case}: {error}");
        assert_eq!(error.context().last().unwrap(), "definition team.payments.v1", "{case}: {error}");
        let in_aggregation = error.context().iter().any(|line| line.starts_with("aggregation "));
        assert!(named || in_aggregation, "{case}: {error}");
    }
}

#[test]
fn all_problems_are_named_at_once() {
    let aggregations = vec![
        aggregation(Operation::SUM, "merchant").over(&[
            (0, TimeUnit::DAYS),
            (-1, TimeUnit::HOURS),
            (1, TimeUnit::DAYS),
        ]),
        aggregation(Operation::SUM, "amount").over(&[(1, TimeUnit::DAYS)]),
        aggregation(Operation::LAST_K, "price").with("k", "many"),
        aggregation(Operation(99), "amount"),
        aggregation(Operation::MAX, "merchant").by(&["clicks"]).over(&[(1, TimeUnit::DAYS), (2, TimeUnit::DAYS)]),
    ];
    let error = open(aggregations, "five_minute").unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidPlan);
    let lines: Vec<&str> = error.message().lines().collect();
    let expected = [
        ("6 problems", ""),
        ("aggregation 0: SUM of merchant", "a window of 0 DAYS"),
        ("aggregation 0: SUM of merchant", "a window of -1 HOURS"),
        ("aggregation 0: SUM of merchant", "not string"),
        ("aggregation 2: LAST_K of price", "no column `price`"),
        ("aggregation 3: an operation of amount", "99 is not an operation"),
        ("aggregation 4: MAX of merchant", "`clicks` is of type int"),
    ];
    assert_eq!(lines.len(), expected.len(), "{error}");
    for (line, (place, problem)) in lines.iter().zip(expected) {
        assert!(line.contains(place) && line.contains(problem), "{line}");
    }
}

#[test]
fn windows_between_hops_are_warned_of() {
    let odd = aggregation(Operation::COUNT, "amount").over(&[(300, TimeUnit::HOURS), (12, TimeUnit::DAYS)]);
    let plan = open(vec![odd], "five_minute").unwrap();
    let warnings = plan.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`amount_count_300h`") && warnings[0].contains("team.payments.v1"), "{warnings:?}");
}

/// What the fork's definitions say in numbers of their own, and with types of their own.
#[test]
fn definitions_are_read_in_their_dialect() {
    let zipline = options("five_minute").replace("airbnb", "zipline");
    let open = |options: &str, aggregations: &[Aggregation]| {
        Plan::open(&bytes_of(&definition(aggregations.to_vec())), options)
    };
    let aggregations = [
        aggregation(Operation(18), "merchant").over(&[(90, TimeUnit(2))]).with("k", "3"),
        aggregation(Operation(20), "clicks").with("k", "2"),
        aggregation(Operation::SUM, "odd"),
        aggregation(Operation::AVERAGE, "odd"),
    ];
    let plan = open(&zipline, &aggregations).unwrap();
    assert_eq!(names(&plan), ["merchant_approx_frequent_k_90m", "clicks_unique_top2", "odd_sum", "odd_average"]);
    let types = plan.outputs().iter().map(|output| output.field().data_type.to_string());
    assert_eq!(types.collect::<Vec<_>>(), ["map_string_long", "list_int", "decimal_10_2", "double"]);
    let stored = |plan: &Plan, index: usize| plan.outputs()[index].definition.ir_type();
    let counted = |count| vec![Field::new("sum", DataType::Double), Field::new("count", count)];
    assert_eq!(stored(&plan, 3), DataType::Struct("AvgIr".to_owned(), counted(DataType::Long)));
    let airbnb = open(&options("five_minute"), &[aggregation(Operation::AVERAGE, "amount")]).unwrap();
    assert_eq!(stored(&airbnb, 0), DataType::Struct("AvgIr".to_owned(), counted(DataType::Int)));

    let element_wise = Aggregation { element_wise: Some(true), ..aggregation(Operation::COUNT, "tags") };
    let error = open(&zipline, &[element_wise]).unwrap_err();
    assert!(error.message().contains("no element-wise aggregation"), "{error}");
    let minutes = [aggregation(Operation::SUM, "clicks").over(&[(90, TimeUnit(2))])];
    let error = open(&options("five_minute"), &minutes).unwrap_err();
    assert!(error.message().contains("2 is not a unit of time; use HOURS (0) or DAYS (1)"), "{error}");
    let error = open(&zipline.replace("five_minute", "daily"), &minutes).unwrap_err();
    assert!(error.message().contains("90 MINUTES cannot be computed at daily resolution"), "{error}");
}

#[test]
fn structs_are_kept_whole_and_described_with_their_members() {
    let point =
        r#"{"struct":{"name":"point","members":[{"name":"x","type":"double"},{"name":"tags","type":"list_string"}]}}"#;
    let options = format!(
        r#"{{"dialect":"airbnb","resolution":"daily","columns":[{{"name":"at","type":{point}}},{{"name":"odd","type":{{"union":[]}}}}]}}"#
    );
    let open = |operation, input| Plan::open(&bytes_of(&definition(vec![aggregation(operation, input)])), &options);
    let plan = open(Operation::LAST_K, "at");
    assert!(plan.unwrap_err().to_string().contains('k'), "the argument is missing");
    let last = aggregation(Operation::LAST_K, "at").with("k", "3");
    let plan = Plan::open(&bytes_of(&definition(vec![last])), &options).unwrap();
    assert!(plan.describe().contains(&format!(r#""outputs":[{{"name":"at_last3","type":{{"list":{point}}},"#)));
    let refused = open(Operation::SUM, "at").unwrap_err();
    assert!(refused.to_string().contains("struct_point"), "{refused}");
    let refused = open(Operation::COUNT, "odd").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidPlan);
    assert!(refused.to_string().contains("union") && refused.to_string().contains("odd"), "{refused}");
}

#[test]
fn options_are_checked() {
    let bytes = bytes_of(&definition(vec![aggregation(Operation::SUM, "amount")]));
    let cases = [
        ("text", ErrorCode::InvalidArgument, "nonsense".to_owned()),
        ("missing", ErrorCode::InvalidArgument, r#"{"dialect":"airbnb"}"#.to_owned()),
        ("misspelt", ErrorCode::InvalidArgument, options("daily").replacen("\"dialect\"", "\"dialekt\"", 1)),
        ("resolution", ErrorCode::InvalidArgument, options("weekly")),
        ("dialect", ErrorCode::InvalidArgument, options("daily").replace("airbnb", "other")),
    ];
    for (case, code, options) in cases {
        assert_eq!(Plan::open(&bytes, &options).unwrap_err().code(), code, "{case}");
    }
}

#[test]
fn missing_buckets_and_windows_mean_none_and_everything() {
    let plan = open(vec![aggregation(Operation::MAX, "amount")], "daily").unwrap();
    assert_eq!(names(&plan), ["amount_max"]);
    let output = &plan.outputs()[0];
    assert_eq!((output.window(), output.definition.kind()), (None, OperationKind::Max));
    assert_eq!(output.tail_hop, None);
}

/// Nothing of a definition but its name and aggregations is built, so its sources may be of any depth that is skipped.
#[test]
fn members_a_plan_does_not_need_are_skipped() {
    let mut group_by = definition(vec![aggregation(Operation::SUM, "amount")]);
    let join = Join { left: group_by.sources.as_ref().map(|sources| sources[0].clone()), ..Join::default() };
    let source = JoinSource { join: Some(Box::new(join)), ..JoinSource::default() };
    group_by.sources = Some(vec![Source::JoinSource(source)]);
    assert!(Plan::open(&bytes_of(&group_by), &options("exact")).is_ok());
}

#[test]
fn truncated_and_trailing_bytes_are_corrupt() {
    let aggregations = vec![aggregation(Operation::SUM, "amount").by(&["merchant"]).over(&[(7, TimeUnit::DAYS)])];
    let bytes = bytes_of(&definition(aggregations));
    let code = |bytes: &[u8]| Plan::open(bytes, &options("exact")).unwrap_err().code();
    for length in 0..bytes.len() {
        assert_eq!(code(&bytes[..length]), ErrorCode::CorruptData, "cut to {length}");
    }
    assert_eq!(code(&[bytes.as_slice(), &[0]].concat()), ErrorCode::CorruptData);
}

/// Lists and strings that claim two billion elements, and structs within structs without end.
#[test]
fn claims_of_size_reserve_nothing() {
    let huge = i32::MAX.to_be_bytes();
    let list_of = |element: u8| [&[15, 0, 4, element][..], &huge].concat();
    let windows = [&[15, 0, 4, 12, 0, 0, 0, 1, 15, 0, 4, 12][..], &huge].concat();
    let name = [&[12, 0, 1, 11, 0, 1][..], &huge].concat();
    let deep = [12, 0, 9].repeat(100_000);
    for (case, bytes) in
        [("structs", list_of(12)), ("numbers", list_of(8)), ("windows", windows), ("name", name), ("depth", deep)]
    {
        assert_eq!(Plan::open(&bytes, &options("exact")).unwrap_err().code(), ErrorCode::CorruptData, "{case}");
    }
}

/// A few hundred bytes must not become millions of columns.
#[test]
fn outputs_are_bounded() {
    let windows: Vec<_> = (1..=2000).map(|length| (length, TimeUnit::DAYS)).collect();
    let columns: Vec<String> = (0..100).map(|i| format!(r#"{{"name":"b{i}","type":"string"}}"#)).collect();
    let buckets: Vec<String> = (0..100).map(|i| format!("b{i}")).collect();
    let buckets: Vec<&str> = buckets.iter().map(String::as_str).collect();
    let bytes = bytes_of(&definition(vec![aggregation(Operation::COUNT, "b0").by(&buckets).over(&windows)]));
    let options = format!(r#"{{"dialect":"airbnb","resolution":"exact","columns":[{}]}}"#, columns.join(","));
    let error = Plan::open(&bytes, &options).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidPlan);
    assert!(error.message().contains("100000 outputs"), "{error}");
}

#[test]
fn plans_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Plan>();
    let plan = open(vec![aggregation(Operation::SUM, "clicks")], "exact").unwrap();
    assert_eq!(plan.outputs()[0].field(), &Field::new("clicks_sum", DataType::Long));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_and_options(bytes in proptest::collection::vec(any::<u8>(), 0..300), options in ".{0,60}") {
        let _ = Plan::open(&bytes, &options);
        let _ = Plan::open(&bytes, &self::options("exact"));
    }

    #[test]
    fn damaged_definitions(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = bytes_of(&definition(vec![
            aggregation(Operation::SUM, "amount").by(&["merchant"]).over(&[(7, TimeUnit::DAYS)]),
            aggregation(Operation::LAST_K, "tags").with("k", "3"),
        ]));
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(plan) = Plan::open(&bytes, &options("five_minute")) {
            prop_assert!(plan.describe().contains("outputs"));
        }
    }
}
