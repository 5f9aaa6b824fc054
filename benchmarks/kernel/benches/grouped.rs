//! Each operation's update through the grouped pass: a batch of 64 Ki rows into 1 Ki groups, with and without nulls.

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use chronon_aggregate::{AggregationSpec, Definition, OperationKind, grouped};
use chronon_testkit::workload::Random;
use chronon_types::{DataType, Field};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::sync::Arc;

const ROWS: usize = 1 << 16;

fn updates(criterion: &mut Criterion) {
    use OperationKind::{FirstK, LastK};
    let fields = [
        Field::new("long", DataType::Long),
        Field::new("double", DataType::Double),
        Field::new("string", DataType::String),
    ];
    for (nulls, every) in [("no nulls", u64::MAX), ("nulls", 5)] {
        let mut random = Random(11);
        let groups: Vec<u32> = (0..ROWS).map(|_| random.below(1024) as u32).collect();
        let ts: Vec<i64> = (0..ROWS as i64).collect();
        let mut numbers: Vec<Option<u64>> = Vec::new();
        for _ in 0..ROWS {
            let missing = every != u64::MAX && random.below(every) == 0;
            numbers.push((!missing).then(|| random.below(1000)));
        }
        let longs = numbers.iter().map(|number| number.map(|number| number as i64));
        let doubles = numbers.iter().map(|number| number.map(|number| number as f64 / 8.0));
        let strings = numbers.iter().map(|number| number.map(|number| format!("value {number}")));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(longs.collect::<Int64Array>()),
            Arc::new(doubles.collect::<Float64Array>()),
            Arc::new(strings.collect::<StringArray>()),
        ];
        let mut group = criterion.benchmark_group(format!("grouped/{nulls}"));
        group.sample_size(20).throughput(Throughput::Elements(ROWS as u64));
        for kind in OperationKind::ALL {
            for input in 0..fields.len() {
                let spec = AggregationSpec::new(*kind, input);
                let spec = if matches!(kind, FirstK | LastK) { spec.with_arg("k", "5") } else { spec };
                let Ok(definition) = Definition::new(&spec, &fields) else { continue };
                group.bench_function(format!("{kind} of {}", fields[input].name), |bencher| {
                    bencher.iter(|| {
                        let mut accumulators = grouped(&definition).expect("builds");
                        accumulators.update(&groups, &ts, &columns).expect("updates");
                        accumulators
                    });
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, updates);
criterion_main!(benches);
