//! Everything that the reference is measured on as well: each operation's phases at several numbers of rows, stored
//! sketches to an answer, a request, and the windows of one key. Ids are `phase/workload/rows`, as in `workloads.json`.

use chronon_kernel_benchmarks::one_key::SlidingRuns;
use chronon_kernel_benchmarks::operations::OperationRuns;
use chronon_kernel_benchmarks::serving::ServingRuns;
use chronon_kernel_benchmarks::tiles::{TILES, TileRuns};
use chronon_kernel_benchmarks::workloads::Workloads;
use chronon_types::Result;
use chronon_window::online::Lambda;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::cell::{OnceCell, RefCell};

/// Rows above which a bench is run a fixed number of times, not a growing one.
const MANY: usize = 100_000;

/// One bench; what it runs on is made when it is asked for, and shared by the benches that hold the same cell.
fn bench<R, T>(
    criterion: &mut Criterion,
    id: (&str, &str, usize),
    elements: usize,
    runs: &OnceCell<R>,
    new: impl Fn() -> Result<R>,
    run: impl Fn(&R) -> Result<T>,
) {
    let (phase, work, rows) = id;
    let mut group = criterion.benchmark_group(phase);
    group.throughput(Throughput::Elements(elements as u64));
    if rows > MANY {
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
    }
    group.bench_function(BenchmarkId::new(work, rows), |bencher| {
        let runs = runs.get_or_init(|| new().expect("the kernel has it"));
        bencher.iter(|| run(runs).expect("runs"));
    });
}

fn operations(criterion: &mut Criterion) {
    let workloads = Workloads::load();
    for work in &workloads.operations {
        for rows in &workloads.rows {
            let (rows, groups) = (*rows, (*rows / 100).max(1));
            let (cell, new) = (OnceCell::new(), || OperationRuns::new(work, rows));
            let name = work.name.as_str();
            bench(criterion, ("update", name, rows), rows, &cell, new, OperationRuns::update);
            bench(criterion, ("updateOne", name, rows), rows, &cell, new, OperationRuns::update_one);
            bench(criterion, ("merge", name, rows), groups, &cell, new, OperationRuns::merge);
            bench(criterion, ("finalize", name, rows), groups, &cell, new, OperationRuns::finish);
            bench(criterion, ("encode", name, rows), groups, &cell, new, OperationRuns::encode);
            bench(criterion, ("decode", name, rows), groups, &cell, new, OperationRuns::decode);
        }
    }
}

fn tiles(criterion: &mut Criterion) {
    for work in ["CPC lgK 8", "CPC lgK 11", "KLL k 128"] {
        for n in [10, 100, 10_000] {
            let new = || TileRuns::new(work, n);
            bench(criterion, ("tiles", work, n), TILES as usize, &OnceCell::new(), new, TileRuns::answer);
        }
    }
}

fn serving(criterion: &mut Criterion) {
    for work in ["30 columns", "30 columns with sketches"] {
        for rows in [0, 500] {
            let new = || {
                let runs = ServingRuns::new(work, rows)?;
                let lambda = runs.lambda()?;
                Ok((runs, RefCell::new(lambda)))
            };
            let serve = |(runs, lambda): &(ServingRuns, RefCell<Lambda>)| runs.serve(&mut lambda.borrow_mut());
            bench(criterion, ("serve", work, rows), 1, &OnceCell::new(), new, serve);
        }
    }
}

fn one_key(criterion: &mut Criterion) {
    for work in ["12 columns", "15 columns with CPC"] {
        for rows in [10_000, 1_000_000] {
            let new = || SlidingRuns::new(work, rows);
            bench(criterion, ("slide", work, rows), rows, &OnceCell::new(), new, SlidingRuns::run);
        }
    }
}

criterion_group!(benches, operations, tiles, serving, one_key);
criterion_main!(benches);
