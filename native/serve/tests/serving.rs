//! Requests by way of their messages against the merge that they come down to, parts that fail beside parts that do not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

use arrow::array::ArrayRef;
use chronon_aggregate::{Value, avro};
use chronon_plan::definitions::{Aggregation, GroupBy, MetaData, Operation, TimeUnit, Window};
use chronon_plan::{OnlineParts, Plan};
use chronon_serve::client::{Outcome, RequestWriter, read_answer};
use chronon_serve::{ServingPlan, fetch};
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_types::{DataType, Error, ErrorCode, Field, Result};
use chronon_window::online::{Base, BatchIr, Events, Lambda, Mutations, OnlinePlan, Request, Streamed, Tile};
use proptest::prelude::*;
use std::sync::Arc;
use thrift::protocol::{TBinaryOutputProtocol, TSerializable};

const BATCH_END: Millis = 20_000 * DAY;
const SELECTED: &str = r#"[{"name":"amount","type":"double"},{"name":"clicks","type":"int"},{"name":"flag","type":"boolean"},
    {"name":"tag","type":"string"},{"name":"shop","type":"string"},{"name":"tags","type":"list_string"},
    {"name":"scores","type":"map_string_double"},{"name":"small","type":"short"},
    {"name":"point","type":{"struct":{"name":"point","members":[{"name":"x","type":"float"},{"name":"y","type":"string"}]}}}]"#;

fn aggregation(operation: Operation, input: &str, windows: &[i32], buckets: &[&str]) -> Aggregation {
    let windows = windows.iter().map(|days| Window::new(*days, TimeUnit::DAYS)).collect::<Vec<_>>();
    let buckets = buckets.iter().map(|bucket| bucket.to_string()).collect::<Vec<_>>();
    Aggregation {
        input_column: Some(input.to_owned()),
        operation: Some(operation),
        windows: (!windows.is_empty()).then_some(windows),
        buckets: (!buckets.is_empty()).then_some(buckets),
        ..Aggregation::new("".to_owned(), operation, None, None, None, None)
    }
}

/// Every kind of result: numbers of all widths, texts, lists, maps, structs, sketches.
fn definition() -> Vec<u8> {
    let aggregations = vec![
        aggregation(Operation::SUM, "amount", &[1, 7], &["tag", "shop"]),
        aggregation(Operation::COUNT, "clicks", &[1, 30], &[]),
        aggregation(Operation::MAX, "clicks", &[], &[]),
        aggregation(Operation::MIN, "small", &[7], &[]),
        aggregation(Operation::AVERAGE, "amount", &[1], &[]),
        aggregation(Operation::LAST, "point", &[1, 7], &[]),
        aggregation(Operation::FIRST, "flag", &[7], &[]),
        aggregation(Operation::LAST, "tags", &[], &[]),
        aggregation(Operation::SUM, "scores", &[7], &[]),
        aggregation(Operation::HISTOGRAM, "tag", &[1, 7], &[]),
        aggregation(Operation::APPROX_UNIQUE_COUNT, "tag", &[7], &[]),
        aggregation(Operation::APPROX_PERCENTILE, "amount", &[7], &[]),
        aggregation(Operation::UNIQUE_COUNT, "tags", &[7], &[]),
    ];
    let meta = MetaData { name: Some("team.everything".to_owned()), ..Default::default() };
    let group_by = GroupBy { meta_data: Some(meta), aggregations: Some(aggregations), ..Default::default() };
    let mut bytes = Vec::new();
    group_by.write_to_out_protocol(&mut TBinaryOutputProtocol::new(&mut bytes, true)).unwrap();
    bytes
}

fn options(kind: &str) -> String {
    format!(r#"{{"dialect":"airbnb","kind":"{kind}","selected":{SELECTED}}}"#)
}

fn serving(kind: &str) -> Arc<ServingPlan> {
    Arc::new(ServingPlan::open(&definition(), &options(kind)).unwrap())
}

/// The plan as a batch job and a stream job have it.
fn plan() -> (Plan, Arc<OnlinePlan>) {
    let options = format!(r#"{{"dialect":"airbnb","resolution":"five_minute","columns":{SELECTED}}}"#);
    let plan = Plan::open(&definition(), &options).unwrap();
    let OnlineParts { inputs, bases } = plan.online_plan();
    let bases = bases.into_iter().map(|(spec, windows)| Base { spec, windows }).collect();
    let online = OnlinePlan::new(inputs, bases).unwrap();
    (plan, Arc::new(online))
}

/// A row: its time, and what it has for the fields of the plan's inputs.
#[derive(Debug, Clone)]
struct Row {
    ts: Millis,
    changed: Millis,
    is_before: bool,
    values: Vec<(String, Value)>,
}

fn value(field: &Field) -> BoxedStrategy<Value> {
    let text = prop::sample::select(vec!["", "a", "b", "é\u{1F600}", "a text that is somewhat longer"]);
    let text = text.prop_map(|text| Value::Bytes(text.as_bytes().into()));
    let present = match &field.data_type {
        DataType::Boolean => (0i64..2).prop_map(Value::Long).boxed(),
        DataType::Short | DataType::Int => (-300i64..300).prop_map(Value::Long).boxed(),
        DataType::Double | DataType::Float => (-99i32..99).prop_map(|n| Value::Double(f64::from(n) / 4.0)).boxed(),
        DataType::String => text.boxed(),
        DataType::List(_) => prop::collection::vec(text, 0..3).prop_map(|v| Value::List(v.into())).boxed(),
        DataType::Map(_, _) => prop::collection::btree_map(0..3, -9i32..9, 0..3)
            .prop_map(|map| {
                let entry =
                    |(key, n): (i32, i32)| (Value::Bytes(key.to_string().into_bytes().into()), Value::Double(n.into()));
                Value::Map(map.into_iter().map(entry).collect())
            })
            .boxed(),
        DataType::Struct(_, _) => {
            (-9i32..9, text).prop_map(|(x, y)| Value::List([Value::Double(x.into()), y].into())).boxed()
        }
        other => panic!("{other} is not among the columns"),
    };
    prop_oneof![1 => Just(Value::Null), 5 => present].boxed()
}

fn rows(from: Millis, to: Millis) -> impl Strategy<Value = Vec<Row>> {
    let fields = plan().0.inputs().to_vec();
    let values: Vec<_> = fields.iter().map(value).collect();
    let row = (from..to, 0..HOUR, any::<bool>(), values).prop_map(move |(ts, later, is_before, values)| Row {
        ts,
        changed: ts + later,
        is_before,
        values: fields.iter().map(|field| field.name.clone()).zip(values).collect(),
    });
    prop::collection::vec(row, 0..12)
}

/// What a stream job writes of a row.
fn record(row: &Row, plan: &Plan, mutation: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for member in plan.row_members() {
        let (_, value) = row.values.iter().find(|(name, _)| *name == member.name).unwrap();
        if *value == Value::Null {
            avro::put_absent(&mut out);
        } else {
            avro::put_present(&mut out);
            value.encode(&member.data_type, &mut out).unwrap();
        }
    }
    if mutation {
        avro::put_present(&mut out);
        avro::put_long(&mut out, row.ts);
        avro::put_present(&mut out);
        out.push(row.is_before.into());
    }
    out
}

fn columns(rows: &[Row], inputs: &[Field]) -> Vec<ArrayRef> {
    let column = |(at, field): (usize, &Field)| {
        let values: Vec<&Value> = rows.iter().map(|row| &row.values[at].1).collect();
        Value::column(&values, &field.data_type).unwrap()
    };
    inputs.iter().enumerate().map(column).collect()
}

fn no_plan(handle: i64) -> Error {
    Error::closed(format!("{handle} was closed"))
}

fn ask(plan: &Arc<ServingPlan>, request: RequestWriter, skip: bool) -> Vec<Outcome> {
    let plan_of = |handle| if handle == 1 { Ok(plan.clone()) } else { Err(no_plan(handle)) };
    read_answer(&fetch(&request.finish(skip), plan_of).unwrap()).unwrap()
}

fn slots(outcome: &Outcome) -> &[Value] {
    match outcome {
        Outcome::Values { slots, .. } => slots,
        Outcome::Failed(code, text) => panic!("{code}: {text}"),
    }
}

fn lambda(online: &Arc<OnlinePlan>, request: &Request<'_>) -> Result<Vec<Value>> {
    let mut lambda = Lambda::new(online.clone())?;
    lambda.answer(request)?;
    lambda.finish()?.iter().map(|column| Value::read(column, 0)).collect()
}

/// Values without regard to the order of maps, and equal where both are not a number.
fn text(values: &[Value]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Map(entries) => {
            let mut entries: Vec<String> = entries.iter().map(|entry| format!("{entry:?}")).collect();
            entries.sort();
            format!("{entries:?}")
        }
        other => format!("{other:?}"),
    };
    values.iter().map(text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Rows, mutations and tiles: what comes out of a message is what the merge gives for the same columns.
    #[test]
    fn messages_change_nothing(
        old in rows(BATCH_END - 8 * DAY, BATCH_END),
        new in rows(BATCH_END - HOUR, BATCH_END + 4 * HOUR),
        has_batch in any::<bool>(),
        query in BATCH_END..BATCH_END + 5 * HOUR,
        from in prop::option::of(BATCH_END..BATCH_END + HOUR),
    ) {
        let (plan, online) = plan();
        let mut batch = BatchIr::new(online.clone(), BATCH_END).unwrap();
        batch.update(&old.iter().map(|row| row.ts).collect::<Vec<_>>(), &columns(&old, plan.inputs())).unwrap();
        let mut stored = Vec::new();
        batch.encode(&mut stored).unwrap();
        let batch = has_batch.then_some(stored.as_slice());
        let (ts, changed): (Vec<_>, Vec<_>) = new.iter().map(|row| (row.ts, row.changed)).unzip();
        let is_before: Vec<bool> = new.iter().map(|row| row.is_before).collect();
        let columns = columns(&new, plan.inputs());
        let tiles: Vec<Vec<u8>> = (0..new.len()).map(|row| {
            let mut tile = Tile::new(online.clone()).unwrap();
            tile.update(&ts, &columns, row..row + 1).unwrap();
            let mut bytes = Vec::new();
            tile.encode(true, &mut bytes).unwrap();
            bytes
        }).collect();
        let by_time: Vec<(Millis, &[u8])> = ts.iter().copied().zip(tiles.iter().map(Vec::as_slice)).collect();
        let mutations = Mutations { is_before: &is_before, ts: &changed };
        for kind in ["temporal_events", "temporal_mutations", "temporal_tiles"] {
            let mut request = RequestWriter::default();
            // A part without stream before, one of no plan behind: neither may touch the one in the middle.
            request.add(1, query, BATCH_END, from, batch);
            request.add(1, query, BATCH_END, from, batch);
            let streamed = match kind {
                "temporal_tiles" => {
                    by_time.iter().for_each(|(millis, tile)| request.add_streamed(*millis, tile));
                    Streamed::Tiles(&by_time)
                }
                "temporal_mutations" => {
                    new.iter().for_each(|row| request.add_streamed(row.changed, &record(row, &plan, true)));
                    Streamed::Rows(Events { ts: &ts, columns: &columns, mutations: Some(mutations) })
                }
                _ => {
                    new.iter().for_each(|row| request.add_streamed(row.ts, &record(row, &plan, false)));
                    Streamed::Rows(Events { ts: &ts, columns: &columns, mutations: None })
                }
            };
            request.add(7, query, BATCH_END, from, batch);
            let outcomes = ask(&serving(kind), request, false);
            let request = |streamed| Request { query, batch_end: BATCH_END, batch, streamed, streamed_from: from };
            let alone = lambda(&online, &request(Streamed::Nothing)).unwrap();
            let merged = lambda(&online, &request(streamed)).unwrap();
            prop_assert_eq!(text(slots(&outcomes[0])), text(&alone), "{} without stream", kind);
            prop_assert_eq!(text(slots(&outcomes[1])), text(&merged), "{}", kind);
            prop_assert_eq!(&outcomes[2], &Outcome::Failed(7, "7 was closed".to_owned()));
        }
    }

    /// Bytes that are damaged or cut short fail their part or change its values, and leave the others whole.
    #[test]
    fn damage_stays_in_its_part(
        new in rows(BATCH_END, BATCH_END + HOUR),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
        skip in any::<bool>(),
    ) {
        let (plan, _) = plan();
        let records: Vec<Vec<u8>> = new.iter().map(|row| record(row, &plan, false)).collect();
        let mut request = RequestWriter::default();
        for damaged in [false, true, false] {
            request.add(1, BATCH_END + HOUR, BATCH_END, None, None);
            for (row, mut record) in new.iter().zip(records.clone()) {
                if damaged {
                    let at = at.index(record.len());
                    if cut { record.truncate(at) } else { record[at] = byte }
                }
                request.add_streamed(row.ts, &record);
            }
        }
        let outcomes = ask(&serving("temporal_events"), request, skip);
        prop_assert_eq!(text(slots(&outcomes[0])), text(slots(&outcomes[2])));
        match &outcomes[1] {
            Outcome::Values { skipped, .. } => {
                let most = if skip { new.len() } else { 0 };
                prop_assert!(*skipped as usize <= most);
                prop_assert!(!cut || skip || new.is_empty());
            }
            Outcome::Failed(code, text) => {
                prop_assert_eq!(*code, ErrorCode::CorruptData as i32);
                prop_assert!(text.contains("at byte") && text.ends_with("in definition team.everything"), "{}", text);
            }
        }
    }
}

/// Buckets of an aggregation come before its input, all of them: the order of a writer's schema (online sheet §3.4).
#[test]
fn rows_have_buckets_before_inputs() {
    let (plan, _) = plan();
    let names: Vec<&str> = plan.row_members().iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names[..4], ["tag", "shop", "amount", "clicks"]);
    let inputs: Vec<&str> = plan.inputs().iter().map(|input| input.name.as_str()).collect();
    assert_eq!(
        inputs[..4],
        ["tag", "amount", "shop", "clicks"],
        "the order in which the kernel takes columns is another"
    );
}

#[test]
fn values_that_belong_to_no_part_are_refused() {
    let refused = |bytes: &[u8]| fetch(bytes, |handle| Err(no_plan(handle))).unwrap_err();
    assert_eq!(refused(&[]).code(), ErrorCode::CorruptData);
    assert_eq!(refused(&[0; 64]).code(), ErrorCode::CorruptData);
    let mut request = RequestWriter::default();
    request.add(1, 0, 0, None, Some(b"batch"));
    let bytes = request.finish(false);
    assert!(fetch(&bytes, |handle| Err(no_plan(handle))).is_ok());
    // The length of the batch value is the only 5 that is a number of 32 bits with ones before and zeros behind.
    let at = bytes.windows(8).position(|window| *window == [5, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    for (length, text) in [(4u8, "belong to no part"), (6, "a part claims 6 bytes, where 5 are left")] {
        let mut damaged = bytes.clone();
        damaged[at] = length;
        assert!(refused(&damaged).to_string().contains(text), "{}", refused(&damaged));
    }
}

#[test]
fn memory_of_large_requests_is_not_kept() {
    let plan = serving("temporal_events");
    let (definition, _) = self::plan();
    let row = |n: usize| Row {
        ts: BATCH_END,
        changed: BATCH_END,
        is_before: false,
        values: definition
            .inputs()
            .iter()
            .map(|field| {
                let text = || Value::Bytes(format!("a value of some length {n}").into_bytes().into());
                let value = match field.data_type {
                    DataType::String => text(),
                    _ => Value::Null,
                };
                (field.name.clone(), value)
            })
            .collect(),
    };
    let mut sizes = Vec::new();
    for rows in [10, 20_000] {
        let mut request = RequestWriter::default();
        request.add(1, BATCH_END + 1, BATCH_END, None, None);
        (0..rows).for_each(|n| request.add_streamed(BATCH_END, &record(&row(n), &definition, false)));
        slots(&ask(&plan, request, false)[0]);
        sizes.push(plan.bytes_held());
    }
    assert!(sizes[0] > 0 && sizes[0] < 1 << 20, "{sizes:?}");
    assert_eq!(sizes[1], 0, "a histogram of 20,000 texts is let go");
}
