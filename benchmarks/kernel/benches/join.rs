//! The join of one partition from rows to rows: taking rows in, then sorting, aggregating and giving rows out. An eighth of
//! the full workload, as one of eight partitions has it; an entity that is changed and asked for all day; and the upload of
//! a partition, an eighth of what `benchmarks/upload` uploads.

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit, Window};
use chronon_codec::row::{Added, Row, RowExtender};
use chronon_join::{JoinLayout, PartitionJoin, PartitionUpload, Side, StoredRows, Uploaded};
use chronon_testkit::workload::{Random, Skew, Workload};
use chronon_types::time::{DAY, HOUR};
use chronon_types::{DataType, Field};
use chronon_window::WindowPlan;
use chronon_window::online::{Base, OnlinePlan};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::sync::Arc;

const FRAME: usize = 1 << 20;

/// Records in frames, in an order that has nothing to do with that of the result.
fn frames(rows: usize, columns: &[ArrayRef], with_row: bool, random: &mut Random) -> Vec<Vec<u8>> {
    let extender = RowExtender::new(0, vec![], columns.len()).expect("a layout");
    let nothing = Row::new(&[], 0).expect("a row");
    let added: Vec<_> = columns.iter().map(Added::new).collect();
    let mut order: Vec<usize> = (0..rows).collect();
    for i in (1..rows).rev() {
        order.swap(i, random.below(i as u64 + 1) as usize);
    }
    let mut frames = vec![Vec::with_capacity(FRAME)];
    for index in order {
        let mut head = Vec::new();
        extender.append(&nothing, &added, index, &mut head).expect("a row");
        let row: &[u8] = if with_row { &head } else { &[] };
        if frames.last().is_some_and(|frame| frame.len() + head.len() * 2 + 8 > FRAME) {
            frames.push(Vec::with_capacity(FRAME));
        }
        if let Some(frame) = frames.last_mut() {
            frame.extend_from_slice(&(head.len() as u32).to_le_bytes());
            frame.extend_from_slice(&(row.len() as u32).to_le_bytes());
            frame.extend_from_slice(&head);
            frame.extend_from_slice(row);
        }
    }
    frames
}

fn join(criterion: &mut Criterion) {
    let workload = Workload::new(625_000, 125_000, 6_250, Skew::Uniform, 7);
    let longs = |values: &mut dyn Iterator<Item = i64>| Arc::new(Int64Array::from_iter_values(values)) as ArrayRef;
    let keys = |groups: &[i32]| longs(&mut groups.iter().map(|group| i64::from(*group)));
    let times = |times: &[i64]| longs(&mut times.iter().copied());
    let random = &mut Random(1);
    let left = [keys(&workload.query_groups), times(&workload.query_times)];
    let left = frames(workload.query_groups.len(), &left, true, random);
    let amounts = Arc::new(Float64Array::from(workload.amounts.clone())) as ArrayRef;
    let items = longs(&mut workload.items.iter().copied());
    let right = [keys(&workload.event_groups), times(&workload.event_times), amounts, items];
    let right = frames(workload.event_groups.len(), &right, false, random);
    let plan = WindowPlan::new(Workload::inputs(), Workload::specs(), Resolution::FiveMinute).expect("a plan");
    let plan = Arc::new(plan);

    let open = || {
        let layout = JoinLayout { variable_keys: vec![false], left_columns: 2, left_variable: vec![], together: None };
        PartitionJoin::new(plan.clone(), layout).expect("a join")
    };
    let take = |join: &mut PartitionJoin| {
        left.iter().for_each(|frame| join.put(Side::Left, frame.clone()).expect("rows"));
        right.iter().for_each(|frame| join.put(Side::Right, frame.clone()).expect("rows"));
    };
    let mut group = criterion.benchmark_group("join");
    group.sample_size(10).throughput(Throughput::Elements(workload.event_groups.len() as u64));
    group.bench_function("take rows in", |bencher| {
        bencher.iter_batched(
            open,
            |mut join| {
                take(&mut join);
                join
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("sort, aggregate, give rows out", |bencher| {
        let loaded = || {
            let mut join = open();
            take(&mut join);
            join
        };
        bencher.iter_batched(loaded, give_all, BatchSize::LargeInput);
    });
    group.finish();
}

fn give_all(mut join: PartitionJoin) -> PartitionJoin {
    let mut bytes = 0;
    while let Ok(rows) = join.next(FRAME).expect("rows")
        && !rows.is_empty()
    {
        bytes += rows.len();
    }
    assert!(bytes > 0);
    join
}

/// One key on one day: so many rows in its snapshot, changes, and rows that ask.
fn entity(criterion: &mut Criterion) {
    let windows = |hours: &[i32]| hours.iter().map(|hours| Some(Window::new(*hours, TimeUnit::Hours))).collect();
    let base = |kind, input| Base { spec: AggregationSpec::new(kind, input), windows: windows(&[6, 24, 168]) };
    use OperationKind::{ApproxUniqueCount, Average, Count, Last, Sum};
    let bases = [Sum, Count, Average, Last].map(|kind| base(kind, 0)).into_iter().chain([base(ApproxUniqueCount, 1)]);
    let plan = Arc::new(OnlinePlan::new(Workload::inputs(), bases.collect()).expect("a plan"));
    let day = 20_000 * DAY;
    let mut group = criterion.benchmark_group("entity");
    group.sample_size(10);
    for rows in [1_000_i64, 10_000, 100_000] {
        let longs = |value: &mut dyn FnMut(i64) -> i64, rows: i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values((0..rows).map(value)))
        };
        let mut random = Random(3);
        // the snapshot's rows, then the changes, a quarter of which take rows out
        let time = |row: i64| if row < rows { day - HOUR - row } else { day + (row - rows) * DAY / rows };
        let added = BooleanArray::from_iter((0..2 * rows).map(|row| (row >= rows).then_some(row % 4 > 0)));
        let amounts = Float64Array::from_iter_values((0..2 * rows).map(|_| random.unit()));
        let keys = |rows| [longs(&mut |_| 7, rows), longs(&mut |_| day, rows)];
        let times = longs(&mut |row| time(row), 2 * rows);
        let items = longs(&mut |_| random.below(1_000) as i64, 2 * rows);
        let right = [&keys(2 * rows)[..], &[times.clone(), Arc::new(added), times, Arc::new(amounts), items]].concat();
        let right = frames(2 * rows as usize, &right, false, &mut random);
        let asked = longs(&mut |row| day + row * DAY / rows + 1, rows);
        let left = frames(rows as usize, &[&keys(rows)[..], &[asked]].concat(), true, &mut random);
        let loaded = || {
            let layout =
                JoinLayout { variable_keys: vec![false; 2], left_columns: 3, left_variable: vec![], together: None };
            let mut join = PartitionJoin::of_mutations(plan.clone(), layout).expect("a join");
            left.iter().for_each(|frame| join.put(Side::Left, frame.clone()).expect("rows"));
            right.iter().for_each(|frame| join.put(Side::Right, frame.clone()).expect("rows"));
            join
        };
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(rows.to_string(), |bencher| {
            bencher.iter_batched(loaded, give_all, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// The batch IRs of 25,000 keys with ten rows each.
fn upload(criterion: &mut Criterion) {
    use OperationKind::{Average, Count, First, Last, Max, Min, Sum};
    const KEYS: u64 = 25_000;
    const ROWS: usize = 250_000;
    let inputs = [("a", DataType::Double), ("b", DataType::Long), ("c", DataType::String)];
    let inputs = inputs.map(|(name, data_type)| Field::new(name, data_type)).to_vec();
    let base = |kind, input, days: &[i32]| {
        let windows = days.iter().map(|&days| (days > 0).then(|| Window::new(days, TimeUnit::Days)));
        Base { spec: AggregationSpec::new(kind, input), windows: windows.collect() }
    };
    let bases = vec![
        base(Sum, 0, &[1, 7, 30]),
        base(Count, 0, &[1, 7]),
        base(Average, 0, &[7, 30]),
        base(Min, 1, &[7, 30]),
        base(Max, 1, &[7, 30]),
        base(Last, 2, &[7, 0]),
        base(First, 2, &[30]),
        base(Average, 1, &[7, 30]),
        base(Count, 1, &[30]),
        base(Sum, 1, &[1, 0, 14]),
    ];
    let plan = Arc::new(OnlinePlan::new(inputs, bases).expect("a plan"));
    let random = &mut Random(5);
    let longs = |value: &mut dyn FnMut() -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..ROWS).map(|_| value() as i64)))
    };
    let columns = [
        longs(&mut || random.below(KEYS)),
        longs(&mut || random.below(30 * DAY as u64)),
        Arc::new(Float64Array::from_iter_values((0..ROWS).map(|_| random.below(1000) as f64))),
        longs(&mut || random.below(100_000)),
        Arc::new(StringArray::from_iter_values((0..ROWS).map(|_| format!("item {}", random.below(500))))),
    ];
    let frames = frames(ROWS, &columns, false, random);
    let open = || {
        let keys = vec![Field::new("user", DataType::Long)];
        let rows = StoredRows::new("1970-01-31", None);
        PartitionUpload::new(Uploaded::BatchIr(plan.clone()), keys, 30 * DAY, rows).expect("an upload")
    };
    let take = |mut upload: PartitionUpload| {
        frames.iter().for_each(|frame| upload.put(frame.clone()).expect("rows"));
        upload
    };
    let mut group = criterion.benchmark_group("upload");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("take rows in", |bencher| bencher.iter_batched(open, take, BatchSize::LargeInput));
    group.bench_function("sort, fold, give rows out", |bencher| {
        let give_all = |mut upload: PartitionUpload| {
            while upload.next(FRAME).expect("rows").is_ok_and(|rows| !rows.is_empty()) {}
            upload
        };
        bencher.iter_batched(|| take(open()), give_all, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, join, entity, upload);
criterion_main!(benches);
