//! The sliding engine, per operation, on uniform keys and with one hot key. A fifth of the full workload.

use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit};
use chronon_kernel_benchmarks::many_keys::run;
use chronon_testkit::workload::{Skew, Workload};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn sliding(criterion: &mut Criterion) {
    use OperationKind::{ApproxUniqueCount, Count, First, Last, LastK, Max, Sum, UniqueCount};
    for (name, skew) in [("uniform", Skew::Uniform), ("one_hot_key", Skew::OneHotKey)] {
        let workload = Workload::new(1_000_000, 200_000, 10_000, skew, 7);
        let events = workload.batches(8192);
        let mut group = criterion.benchmark_group(format!("sliding/{name}"));
        group.sample_size(10).throughput(Throughput::Elements(workload.event_groups.len() as u64));
        group.bench_function("15 features", |bencher| {
            bencher.iter(|| run(&workload, &events, Workload::specs(), 8192).expect("runs"));
        });
        let operations = [
            (Sum, 0),
            (Sum, 1),
            (Count, 0),
            (Max, 0),
            (First, 0),
            (Last, 0),
            (LastK, 0),
            (UniqueCount, 1),
            (ApproxUniqueCount, 1),
        ];
        for (kind, input) in operations {
            let spec = |length, unit| {
                let spec = AggregationSpec::new(kind, input).over(length, unit);
                if kind == LastK { spec.with_arg("k", "5") } else { spec }
            };
            let specs = vec![spec(1, TimeUnit::Hours), spec(1, TimeUnit::Days), spec(7, TimeUnit::Days)];
            let column = &Workload::inputs()[input].name;
            group.bench_function(format!("{kind} of {column}"), |bencher| {
                bencher.iter(|| run(&workload, &events, specs.clone(), 8192).expect("runs"));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, sliding);
criterion_main!(benches);
