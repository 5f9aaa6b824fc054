//! Serving: answers that the reference gave, and the window rule for random batches, streams and requests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

use arrow::array::{ArrayRef, Int64Array, StringArray};
use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit, Value, Window};
use chronon_testkit::cases::{Case, case, columns};
use chronon_testkit::naive;
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis};
use chronon_types::{DataType, ErrorCode, Field};
use chronon_window::online::{Base, BatchIr, Events, Lambda, Mutations, OnlinePlan, Request, Streamed, Tile};
use proptest::prelude::*;
use std::sync::Arc;

/// 2025-05-11 00:00 UTC.
const BATCH_END: Millis = 1_746_921_600_000;

fn days(length: i32) -> Option<Window> {
    Some(Window::new(length, TimeUnit::Days))
}

fn plan(bases: &[(OperationKind, &[Option<Window>])]) -> Arc<OnlinePlan> {
    let base = |(kind, windows): &(OperationKind, &[Option<Window>])| Base {
        spec: AggregationSpec::new(*kind, 0),
        windows: windows.to_vec(),
    };
    let inputs = vec![Field::new("n", DataType::Long)];
    Arc::new(OnlinePlan::new(inputs, bases.iter().map(base).collect()).unwrap())
}

fn longs(values: &[i64]) -> Vec<ArrayRef> {
    vec![Arc::new(Int64Array::from(values.to_vec()))]
}

fn batch(plan: &Arc<OnlinePlan>, rows: &[(Millis, i64)]) -> Vec<u8> {
    let mut batch = BatchIr::new(plan.clone(), BATCH_END).unwrap();
    let (ts, values): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
    batch.update(&ts, &longs(&values)).unwrap();
    let mut bytes = Vec::new();
    batch.encode(&mut bytes).unwrap();
    bytes
}

fn answer(plan: &Arc<OnlinePlan>, batch: Option<&[u8]>, streamed: Streamed<'_>, query: Millis) -> Vec<Value> {
    let mut lambda = Lambda::new(plan.clone()).unwrap();
    lambda.answer(&Request { query, batch_end: BATCH_END, batch, streamed, streamed_from: None }).unwrap();
    lambda.finish().unwrap().iter().map(|column| Value::read(column, 0).unwrap()).collect()
}

/// The record of aggregator sheet §21.
#[test]
fn a_batch_ir_is_the_reference_record() {
    let plan = plan(&[(OperationKind::Sum, &[days(1), days(7)])]);
    let bytes = batch(&plan, &[(BATCH_END - HOUR, 3), (BATCH_END - 6 * DAY, 4)]);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "020002060206000402080280b0f0dbd36502060 2 8096eac6d765000000".replace(' ', ""));
    let again = BatchIr::decode(plan, BATCH_END, &bytes).unwrap();
    let mut back = Vec::new();
    again.encode(&mut back).unwrap();
    assert_eq!(back, bytes);
}

/// The layout example of aggregator sheet §13, read off by requests that lose one hop after the other.
#[test]
fn rows_are_collapsed_or_kept_in_hops() {
    let count = OperationKind::Count;
    let plan = plan(&[(count, &[days(1), days(7), days(30)]), (OperationKind::Sum, &[None])]);
    let before = [
        31 * DAY,
        30 * DAY,
        30 * DAY - 1,
        29 * DAY,
        28 * DAY,
        7 * DAY - 1,
        6 * DAY,
        5 * DAY + 1,
        5 * DAY,
        DAY,
        DAY - 1,
        HOUR + 1,
        1,
    ];
    let rows: Vec<_> = before.iter().map(|before| (BATCH_END - before, 1)).collect();
    let bytes = batch(&plan, &rows);
    let numbers = |query| -> Vec<i64> {
        answer(&plan, Some(&bytes), Streamed::Nothing, query)
            .iter()
            .map(|value| if let Value::Long(value) = value { *value } else { 0 })
            .collect()
    };
    assert_eq!(numbers(BATCH_END), [3, 8, 11, 13]);
    // Two hours on, the hour of B − 1 d is gone; a day on, all but the last hour's rows, and a day of the others.
    assert_eq!(numbers(BATCH_END + 2 * HOUR), [2, 7, 11, 13]);
    assert_eq!(numbers(BATCH_END + DAY), [0, 7, 10, 13]);
    assert_eq!(numbers(BATCH_END + 2 * DAY), [0, 5, 9, 13]);
}

/// The tile example of aggregator sheet §13.
#[test]
fn tiles_count_from_batch_end_to_request() {
    let plan = plan(&[(OperationKind::Sum, &[days(7)])]);
    let stored = batch(&plan, &[(BATCH_END - DAY, 14)]);
    let tile = |ts: Millis, value: i64| {
        let mut tile = Tile::new(plan.clone()).unwrap();
        tile.update(&[ts], &longs(&[value]), 0..1).unwrap();
        let mut bytes = Vec::new();
        tile.encode(true, &mut bytes).unwrap();
        bytes
    };
    let (first, second) = (tile(BATCH_END, 3), tile(BATCH_END + HOUR, 100));
    let tiles = [(BATCH_END, first.as_slice()), (BATCH_END + HOUR, second.as_slice())];
    assert_eq!(answer(&plan, Some(&stored), Streamed::Tiles(&tiles), BATCH_END + HOUR), [Value::Long(17)]);
}

/// Of a column over several windows, the tiles that go into the same windows are read together.
#[test]
fn many_tiles_count_as_their_rows_do() {
    use OperationKind::{ApproxUniqueCount, Average, Count, Histogram, LastK, Max, Sum, UniqueCount};
    let windows =
        [Some(Window::new(1, TimeUnit::Hours)), Some(Window::new(6, TimeUnit::Hours)), days(1), days(7), None];
    let kinds = [ApproxUniqueCount, Average, Count, Max, Sum, UniqueCount];
    let plan = plan(&kinds.map(|kind| (kind, &windows[..])));
    let bases = [Histogram, LastK]
        .map(|kind| Base { spec: AggregationSpec::new(kind, 0).with_arg("k", "4"), windows: windows.to_vec() });
    let lists = Arc::new(OnlinePlan::new(vec![Field::new("n", DataType::String)], bases.to_vec()).unwrap());
    // Every seventh tile has nulls alone.
    let rows = |tile: usize| [1, 10, 2, 300][tile % 4];
    let tiles: Vec<(Millis, Vec<Option<i64>>)> = (0..144)
        .map(|tile| {
            let value = |row| (tile % 7 > 0).then_some((tile * tile % 50 * 1000 + row) as i64);
            (BATCH_END + tile as i64 * FIVE_MINUTES, (0..rows(tile)).map(value).collect())
        })
        .collect();
    let times = |start, values: &[_]| -> Vec<Millis> { (start..).take(values.len()).collect() };
    for (plan, as_text) in [(plan, false), (lists, true)] {
        let column = |values: Vec<Option<i64>>| -> Vec<ArrayRef> {
            if as_text {
                let texts = values.into_iter().map(|value| value.map(|value| (value % 5).to_string()));
                vec![Arc::new(StringArray::from_iter(texts))]
            } else {
                vec![Arc::new(Int64Array::from(values))]
            }
        };
        let stored: Vec<(Millis, Vec<u8>)> = tiles
            .iter()
            .map(|(start, values)| {
                let (mut tile, mut bytes) = (Tile::new(plan.clone()).unwrap(), Vec::new());
                tile.update(&times(*start, values), &column(values.clone()), 0..values.len()).unwrap();
                tile.encode(true, &mut bytes).unwrap();
                (*start, bytes)
            })
            .collect();
        let stored: Vec<(Millis, &[u8])> = stored.iter().map(|(start, bytes)| (*start, &bytes[..])).collect();
        let ts: Vec<Millis> = tiles.iter().flat_map(|(start, values)| times(*start, values)).collect();
        let columns = column(tiles.iter().flat_map(|(_, values)| values.clone()).collect());
        let rows = Streamed::Rows(Events { ts: &ts, columns: &columns, mutations: None });
        for query in [BATCH_END + HOUR, BATCH_END + 7 * HOUR, BATCH_END + 12 * HOUR] {
            assert_eq!(
                answer(&plan, None, Streamed::Tiles(&stored), query),
                answer(&plan, None, rows, query),
                "{query}, text: {as_text}"
            );
        }
    }
}

/// Tiles that are read together are named when they are damaged, and so is the column.
#[test]
fn a_damaged_tile_among_others_is_named() {
    let plan = plan(&[(OperationKind::Sum, &[days(7)]), (OperationKind::ApproxUniqueCount, &[days(7)])]);
    let (mut tile, mut bytes) = (Tile::new(plan.clone()).unwrap(), Vec::new());
    tile.update(&[BATCH_END; 3], &longs(&[1, 2, 3]), 0..3).unwrap();
    tile.encode(true, &mut bytes).unwrap();
    let mut lambda = Lambda::new(plan).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] = 0xff;
        let tiles = |damaged| [(BATCH_END, &bytes[..]), (BATCH_END + 1, damaged), (BATCH_END + 2, &bytes[..])];
        let mut ask = |tiles: &[(Millis, &[u8])]| {
            let (query, streamed) = (BATCH_END + HOUR, Streamed::Tiles(tiles));
            lambda.answer(&Request { query, batch_end: BATCH_END, batch: None, streamed, streamed_from: None })
        };
        let (together, alone) = (ask(&tiles(&damaged)), ask(&[(BATCH_END + 1, &damaged)]));
        // A sum may be any.
        assert_eq!(together, alone, "byte {at}");
        let Err(error) = together else { continue };
        let context = error.context().join(": ");
        assert!(context.contains(&format!("the tile at {}, at byte", BATCH_END + 1)), "byte {at}: {error}: {context}");
    }
}

/// The mutation example of aggregator sheet §14: a MAX keeps what was deleted, a change before the tail does not count.
#[test]
fn mutations_take_rows_out_of_what_is_deletable() {
    let plan = plan(&[(OperationKind::Sum, &[days(7)]), (OperationKind::Max, &[days(7)])]);
    let stored = batch(&plan, &[(BATCH_END - DAY, 10), (BATCH_END - 6 * DAY, 4)]);
    let ask = |changes: &[(Millis, i64, bool)], query: Millis| {
        let ts: Vec<Millis> = changes.iter().map(|(ts, ..)| *ts).collect();
        let values: Vec<i64> = changes.iter().map(|(_, value, _)| *value).collect();
        let is_before: Vec<bool> = changes.iter().map(|(.., is_before)| *is_before).collect();
        let seen: Vec<Millis> = (0..changes.len()).map(|change| BATCH_END + change as i64).collect();
        let mutations = Some(Mutations { is_before: &is_before, ts: &seen });
        answer(&plan, Some(&stored), Streamed::Rows(Events { ts: &ts, columns: &longs(&values), mutations }), query)
    };
    let replace = [(BATCH_END - DAY, 10, true), (BATCH_END - DAY, 7, false), (BATCH_END + 1, 5, false)];
    assert_eq!(ask(&replace, BATCH_END + HOUR), [Value::Long(16), Value::Long(10)]);
    let remove = [(BATCH_END - 6 * DAY, 4, true)];
    assert_eq!(ask(&remove, BATCH_END + 2 * HOUR)[0], Value::Long(10));
    assert_eq!(ask(&remove, BATCH_END + DAY + 2 * HOUR)[0], Value::Long(10), "neither the hop nor its deletion counts");
}

#[test]
fn requests_before_the_batch_and_foreign_bytes_are_refused() {
    let plan = plan(&[(OperationKind::Sum, &[days(7)])]);
    let stored = batch(&plan, &[(BATCH_END - DAY, 10)]);
    let mut lambda = Lambda::new(plan.clone()).unwrap();
    let request = Request {
        query: BATCH_END + 1,
        batch_end: BATCH_END,
        batch: Some(&stored),
        streamed: Streamed::Nothing,
        streamed_from: None,
    };
    let early = lambda.answer(&Request { query: BATCH_END - 1, ..request }).unwrap_err();
    assert_eq!(early.code(), ErrorCode::InvalidArgument);
    for length in 0..stored.len() {
        let error = lambda.answer(&Request { batch: Some(&stored[..length]), ..request }).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CorruptData, "{error}");
        assert!(error.context().last().unwrap().contains("a batch IR, at byte"), "{error}");
    }
    let longer = [&stored[..], &[0]].concat();
    assert!(lambda.answer(&Request { batch: Some(&longer), ..request }).unwrap_err().message().contains("follow"));
    let tiles = [(BATCH_END, &[2u8, 2][..])];
    let error = lambda.answer(&Request { streamed: Streamed::Tiles(&tiles), ..request }).unwrap_err();
    assert!(error.context().contains(&"n_sum".to_owned()), "{error}");
    // The handle goes on, and nothing was appended meanwhile.
    lambda.answer(&request).unwrap();
    assert_eq!(lambda.finish().unwrap()[0].len(), 1);
}

/// The plan of a case's aggregations, each with its own window and twice a longer one.
fn online(case: &Case) -> Arc<OnlinePlan> {
    let base = |spec: &AggregationSpec| Base { spec: spec.clone(), windows: vec![spec.window] };
    Arc::new(OnlinePlan::new(columns(), case.specs.iter().map(base).collect()).unwrap())
}

fn arrays(rows: &[&naive::Row]) -> (Vec<Millis>, Vec<ArrayRef>) {
    let column = |index: usize| {
        let values: Vec<&Value> = rows.iter().map(|row| &row.values[index]).collect();
        Value::column(&values, &columns()[index].data_type).unwrap()
    };
    (rows.iter().map(|row| row.ts).collect(), (0..columns().len()).map(column).collect())
}

/// The case without what has no stored form: lists and maps that are kept whole may hold nulls.
fn storable(mut case: Case) -> Case {
    let whole =
        |spec: &AggregationSpec| !matches!(columns()[spec.input].data_type, DataType::List(_) | DataType::Map(_, _));
    case.specs.retain(|spec| !spec.operation.is_timed() || whole(spec));
    Case { resolution: Resolution::FiveMinute, ..case }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Batch and stream of one key are the window rule over both, while the tail stays within the buffer.
    #[test]
    fn batch_and_stream_are_the_window_rule(case in case(24, 2), cut in any::<prop::sample::Index>(), late in 0i64..48 * 12) {
        let case = storable(case);
        prop_assume!(!case.specs.is_empty());
        let plan = online(&case);
        let mut rows: Vec<naive::Row> = case.events.iter().map(|(_, row)| row.clone()).filter(|row| row.ts >= 0).collect();
        rows.sort_by_key(|row| row.ts);
        rows.dedup_by_key(|row| row.ts);
        prop_assume!(!rows.is_empty());
        let end = rows[cut.index(rows.len())].ts / DAY * DAY;
        let query = end + late * FIVE_MINUTES;
        // The row at the very tail of the batch counts offline only (quirk 11).
        let at_a_tail = |row: &naive::Row| case.specs.iter().filter_map(AggregationSpec::bounded_window).any(|w| row.ts == end - w.millis());
        rows.retain(|row| !at_a_tail(row));
        let (old, new): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.ts < end);
        let mut halves = Vec::new();
        for half in old.chunks(old.len().div_ceil(2).max(1)) {
            let mut ir = BatchIr::new(plan.clone(), end).unwrap();
            let (ts, columns) = arrays(half);
            ir.update(&ts, &columns).unwrap();
            halves.push(ir);
        }
        let mut stored = Vec::new();
        let mut whole = BatchIr::new(plan.clone(), end).unwrap();
        halves.iter().for_each(|half| whole.merge(half).unwrap());
        whole.encode(&mut stored).unwrap();

        let (ts, columns) = arrays(&new);
        let mut lambda = Lambda::new(plan.clone()).unwrap();
        let streamed = Streamed::Rows(Events { ts: &ts, columns: &columns, mutations: None });
        let request = Request { query, batch_end: end, batch: Some(&stored), streamed, streamed_from: None };
        lambda.answer(&request).unwrap();
        let found = lambda.finish().unwrap();
        for (spec, (column, output)) in case.specs.iter().zip(found.iter().zip(plan.outputs())) {
            let expected = naive::aggregate(spec, &chronon_testkit::cases::columns(), case.resolution, naive::End::Before, &rows, query);
            let found = Value::read(column, 0).unwrap();
            prop_assert!(naive::accepts(spec, &expected, &found, &rows), "{} at {query}, batch to {end}: {found:?}, expected {expected:?}", output.name);
        }
        for cut in 0..stored.len() {
            // Any error will do; never a panic.
            let _ = BatchIr::decode(plan.clone(), end, &stored[..cut]);
        }
    }

    /// Requests that follow one another get what each would get alone, to the last bit: with rows or mutations that come between
    /// them, some at one moment, some of rows whose time is still to come, and while tails move.
    #[test]
    fn requests_that_follow_are_answered_as_each_alone(
        case in case(24, 2),
        cut in any::<prop::sample::Index>(),
        steps in prop::collection::vec((0i64..4, any::<bool>(), 0i64..3, 0i64..3), 1..40),
        mutated in any::<bool>(),
    ) {
        let case = storable(case);
        let mut rows: Vec<naive::Row> = case.events.iter().map(|(_, row)| row.clone()).filter(|row| row.ts >= 0).collect();
        prop_assume!(!case.specs.is_empty() && !rows.is_empty());
        rows.sort_by_key(|row| row.ts);
        let end = rows[cut.index(rows.len())].ts / DAY * DAY;
        let plan = online(&case);
        let mut ir = BatchIr::new(plan.clone(), end).unwrap();
        let (ts, inputs) = arrays(&rows.iter().filter(|row| row.ts < end).collect::<Vec<_>>());
        ir.update(&ts, &inputs).unwrap();
        let mut stored = Vec::new();
        ir.encode(&mut stored).unwrap();

        let (mut clock, mut changed, mut queries) = (end, Vec::new(), Vec::new());
        let mut streamed: Vec<naive::Row> = Vec::new();
        for (step, (minutes, _, ahead, asks)) in steps.iter().enumerate() {
            clock += minutes * 60_000;
            let row = rows[step % rows.len()].clone();
            let ts = match (mutated, ahead) {
                (false, _) => clock,
                (true, 0) => row.ts,
                (true, ahead) => clock + (ahead - 1) * 120_000,
            };
            streamed.push(naive::Row { ts, ..row });
            changed.push(clock);
            queries.extend((0..*asks).map(|ask| clock + ask));
        }
        queries.sort_unstable();
        let is_before: Vec<bool> = steps.iter().map(|(_, is_before, ..)| *is_before).collect();
        let (ts, inputs) = arrays(&streamed.iter().collect::<Vec<_>>());
        let mut following = Lambda::new(plan.clone()).unwrap();
        let mut last = None;
        for query in queries {
            let seen = changed.partition_point(|change| *change < query);
            let columns: Vec<ArrayRef> = inputs.iter().map(|column| column.slice(0, seen)).collect();
            let mutations = mutated.then(|| Mutations { is_before: &is_before[..seen], ts: &changed[..seen] });
            let streamed = match seen {
                0 => Streamed::Nothing,
                _ => Streamed::Rows(Events { ts: &ts[..seen], columns: &columns, mutations }),
            };
            let request = Request { query, batch_end: end, batch: Some(&stored), streamed, streamed_from: None };
            let mut alone = Lambda::new(plan.clone()).unwrap();
            alone.answer(&request).unwrap();
            let stands = following.stands(query, seen);
            following.follow(&request).unwrap();
            let read = |lambda: &mut Lambda| -> Vec<String> {
                let columns = lambda.finish().unwrap();
                columns.iter().map(|column| format!("{:?}", Value::read(column, 0).unwrap())).collect()
            };
            let expected = read(&mut alone);
            prop_assert_eq!(&read(&mut following), &expected, "{}", query);
            prop_assert!(!stands || last.as_ref() == Some(&expected), "{}", query);
            last = Some(expected);
        }
    }
}
