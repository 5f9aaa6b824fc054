//! What `benchmarks/fetch` asks for, without the JVM around it: 50 parts of ten features each in a call, with a hundred streamed rows
//! a key, and the same with nothing streamed.

use arrow::array::{ArrayRef, Float64Array, StringArray};
use chronon_aggregate::avro;
// for its allocator, which is the one that the library is shipped with
use chronon_kernel_benchmarks as _;
use chronon_plan::definitions::{Aggregation, GroupBy, MetaData, Operation, TimeUnit, Window};
use chronon_plan::{OnlineParts, Plan};
use chronon_serve::client::RequestWriter;
use chronon_serve::{ServingPlan, fetch};
use chronon_testkit::workload::Random;
use chronon_types::Error;
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_window::online::{Base, BatchIr, OnlinePlan};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::sync::Arc;
use thrift::protocol::{TBinaryOutputProtocol, TSerializable};

const PARTS: usize = 50;
const USERS: u64 = 100;
const BATCH_END: Millis = 20_000 * DAY;
/// In no boundary of a hop.
const QUERY: Millis = BATCH_END + 12 * HOUR - 83_000;
const COLUMNS: &str = r#"[{"name":"amount","type":"double"},{"name":"item","type":"string"}]"#;

/// The definition of a part, in Thrift's binary protocol.
fn definition() -> Vec<u8> {
    let of = |operation, column: &str, windows: [i32; 2]| Aggregation {
        windows: Some(windows.map(|hours| Window::new(hours, TimeUnit::HOURS)).to_vec()),
        arg_map: (operation == Operation::LAST_K).then(|| BTreeMap::from([("k".to_owned(), "10".to_owned())])),
        ..Aggregation::new(column.to_owned(), operation, None, None, None, None)
    };
    let aggregations = vec![
        of(Operation::SUM, "amount", [24, 168]),
        of(Operation::COUNT, "amount", [1, 720]),
        of(Operation::AVERAGE, "amount", [24, 720]),
        of(Operation::LAST_K, "item", [168, 720]),
        of(Operation::APPROX_UNIQUE_COUNT, "item", [24, 720]),
    ];
    let meta = MetaData { name: Some("bench.ten".to_owned()), ..Default::default() };
    let group_by = GroupBy { meta_data: Some(meta), aggregations: Some(aggregations), ..Default::default() };
    let mut bytes = Vec::new();
    let mut protocol = TBinaryOutputProtocol::new(&mut bytes, true);
    group_by.write_to_out_protocol(&mut protocol).expect("a definition");
    bytes
}

/// What a store has for a key.
struct Stored {
    batch: Vec<u8>,
    streamed: Vec<(Millis, Vec<u8>)>,
}

/// Time, amount and item of rows, ascending in time.
fn rows(count: usize, from: Millis, span: Millis, random: &mut Random) -> Vec<(Millis, f64, String)> {
    let mut rows: Vec<_> = (0..count)
        .map(|_| {
            let (ts, amount) = (from + random.below(span as u64) as Millis, random.below(100_000) as f64 / 100.0);
            (ts, amount, format!("item_{}", random.below(1_000)))
        })
        .collect();
    rows.sort_by_key(|row| row.0);
    rows
}

fn stored(random: &mut Random) -> Vec<Stored> {
    let options = format!(r#"{{"dialect":"airbnb","resolution":"five_minute","columns":{COLUMNS}}}"#);
    let plan = Plan::open(&definition(), &options).expect("a plan");
    let members: Vec<String> = plan.row_members().iter().map(|member| member.name.clone()).collect();
    let OnlineParts { inputs, bases } = plan.online_plan();
    let columns: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let bases = bases.into_iter().map(|(spec, windows)| Base { spec, windows }).collect();
    let online = Arc::new(OnlinePlan::new(inputs, bases).expect("a plan"));
    let key = |random: &mut Random| {
        let old = rows(300, BATCH_END - 30 * DAY, 30 * DAY, random);
        let column = |name: &String| -> ArrayRef {
            match name.as_str() {
                "amount" => Arc::new(Float64Array::from_iter_values(old.iter().map(|row| row.1))),
                _ => Arc::new(StringArray::from_iter_values(old.iter().map(|row| &row.2))),
            }
        };
        let mut ir = BatchIr::new(online.clone(), BATCH_END).expect("a batch IR");
        let times: Vec<Millis> = old.iter().map(|row| row.0).collect();
        ir.update(&times, &columns.iter().map(column).collect::<Vec<_>>()).expect("rows");
        let mut batch = Vec::new();
        ir.encode(&mut batch).expect("a batch value");
        let streamed = rows(100, BATCH_END, 23 * HOUR / 2, random).into_iter().map(|(ts, amount, item)| {
            let mut row = Vec::new();
            for member in &members {
                avro::put_present(&mut row);
                match member.as_str() {
                    "amount" => avro::put_double(&mut row, amount),
                    _ => avro::put_bytes(&mut row, item.as_bytes()),
                }
            }
            (ts, row)
        });
        Stored { batch, streamed: streamed.collect() }
    };
    (0..USERS).map(|_| key(random)).collect()
}

fn serve(criterion: &mut Criterion) {
    let mut random = Random(5);
    let stored = stored(&mut random);
    let options = format!(r#"{{"dialect":"airbnb","kind":"temporal_events","selected":{COLUMNS}}}"#);
    let open = |_| Arc::new(ServingPlan::open(&definition(), &options).expect("a serving plan"));
    let plans: Vec<Arc<ServingPlan>> = (0..PARTS).map(open).collect();
    let plan_of = |handle: i64| plans.get(handle as usize).cloned().ok_or_else(|| Error::closed("no such plan"));
    let mut group = criterion.benchmark_group("serve");
    group.throughput(Throughput::Elements(PARTS as u64));
    for (name, with_rows) in [("batch and rows", true), ("batch only", false)] {
        let call = |Stored { batch, streamed }: &Stored| {
            let mut request = RequestWriter::default();
            for part in 0..PARTS {
                request.add(part as i64, QUERY, BATCH_END, None, Some(batch));
                streamed.iter().filter(|_| with_rows).for_each(|(ts, row)| request.add_streamed(*ts, row));
            }
            request.finish(false)
        };
        let calls: Vec<Vec<u8>> = stored.iter().map(call).collect();
        let mut next = calls.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| fetch(next.next().expect("a call"), plan_of).expect("an answer"));
        });
    }
    group.finish();
}

criterion_group!(benches, serve);
criterion_main!(benches);
