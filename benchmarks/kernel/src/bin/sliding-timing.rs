//! Times the whole sliding workload and each operation alone, several rounds, and prints CPU nanoseconds per event.
//!
//! `cargo run --release -p chronon-kernel-benchmarks --bin sliding-timing [-- events queries keys rounds]`
#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType as ArrowType, Float64Type, Int64Type};
use chronon_aggregate::AggregationSpec;
use chronon_kernel_benchmarks::many_keys::{EventBatch, Outcome, run};
use chronon_testkit::workload::{Skew, Workload};
use chronon_types::Result;
use std::time::Instant;

/// Sums of all outputs, so that runs can be compared.
fn check_sums(outcome: &Outcome) -> (f64, i64, usize) {
    let (mut doubles, mut longs, mut nulls) = (0.0, 0i64, 0);
    for column in outcome.results.iter().flatten() {
        nulls += column.null_count();
        match column.data_type() {
            ArrowType::Float64 => doubles += column.as_primitive::<Float64Type>().iter().flatten().sum::<f64>(),
            _ => longs += column.as_primitive::<Int64Type>().iter().flatten().sum::<i64>(),
        }
    }
    (doubles, longs, nulls)
}

/// Seconds this process has spent on a CPU, where the system tells; else seconds gone by.
fn cpu_seconds(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanos = told.and_then(|text| text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()));
    nanos.map_or_else(|| start.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

fn time(
    name: &str,
    rounds: usize,
    workload: &Workload,
    events: &[EventBatch],
    specs: &[AggregationSpec],
) -> Result<()> {
    let (began, mut times, mut last) = (Instant::now(), Vec::new(), None);
    for _ in 0..rounds {
        let start = cpu_seconds(began);
        let outcome = run(workload, events, specs.to_vec(), 8192)?;
        times.push(cpu_seconds(began) - start);
        last = Some(outcome);
    }
    times.sort_by(f64::total_cmp);
    let (best, median, worst) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    let nanos = median * 1e9 / workload.event_groups.len() as f64;
    if let Some(outcome) = last {
        let (doubles, longs, nulls) = check_sums(&outcome);
        println!(
            "{name:<24} median {median:.3} s ({best:.3} to {worst:.3}), {nanos:.1} ns per event, peak {} KiB, sums {doubles:.3} {longs} nulls {nulls}",
            outcome.peak_bytes / 1024
        );
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let argument = |index: usize, default: usize| arguments.get(index).copied().unwrap_or(default);
    let (events, queries, keys, rounds) =
        (argument(0, 5_000_000), argument(1, 1_000_000), argument(2, 50_000), argument(3, 5));
    for skew in [Skew::Uniform, Skew::OneHotKey] {
        let workload = Workload::new(events, queries, keys as u64, skew, 7);
        let batches = workload.batches(8192);
        println!("{skew:?}: {events} events, {queries} queries, {keys} keys, {rounds} rounds");
        let specs = Workload::specs();
        time("all 15 features", rounds, &workload, &batches, &specs)?;
        for (name, range) in [("sum, count, average", 0..9), ("last", 9..12), ("approx unique count", 12..15)] {
            time(name, rounds, &workload, &batches, &specs[range])?;
        }
    }
    Ok(())
}
