//! Not timed. `ID…` prints a check sum per line for each id (`phase/workload/rows`), or says on standard error what is not
//! built; `peak ID` prints the most memory the process held besides.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints check sums")]

use chronon_kernel_benchmarks::one_key::SlidingRuns;
use chronon_kernel_benchmarks::operations::OperationRuns;
use chronon_kernel_benchmarks::serving::ServingRuns;
use chronon_kernel_benchmarks::tiles::TileRuns;
use chronon_kernel_benchmarks::workloads::Workloads;
use chronon_types::Result;
use std::collections::BTreeSet;

/// The check sums of one id, as lines.
fn lines(workloads: &Workloads, id: &str) -> Result<Vec<String>> {
    let parts: Vec<&str> = id.split('/').collect();
    let [phase, work, rows] = parts[..] else { panic!("{id} is not phase/workload/rows") };
    let rows: usize = rows.parse().expect("a number of rows");
    Ok(match phase {
        "tiles" => vec![TileRuns::new(work, rows)?.check()?.line(id)],
        "serve" => vec![ServingRuns::new(work, rows)?.check()?.line(id)],
        "slide" => vec![SlidingRuns::new(work, rows)?.check()?.line(id)],
        _ => {
            let runs = OperationRuns::new(workloads.operation(work), rows)?;
            let data = runs.data().line(&format!("data/{work}/{rows}"));
            let checks = runs.checks()?.into_iter();
            let lines = checks.map(|(phase, digest)| digest.line(&format!("{phase}/{work}/{rows}")));
            std::iter::once(data).chain(lines).collect()
        }
    })
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let peak = arguments.first().is_some_and(|first| first == "peak");
    let workloads = Workloads::load();
    let mut seen = BTreeSet::new();
    for id in &arguments[usize::from(peak)..] {
        match lines(&workloads, id) {
            Ok(lines) => lines.into_iter().filter(|line| seen.insert(line.clone())).for_each(|line| println!("{line}")),
            Err(error) => eprintln!("{id}: {error}"),
        }
    }
    if peak {
        let status = std::fs::read_to_string("/proc/self/status").expect("a Linux");
        status.lines().filter(|line| line.starts_with("VmHWM:")).for_each(|line| println!("{line}"));
    }
    Ok(())
}
