//! Not timed. `ID…` prints a check sum per line for each id (`phase/workload/rows`), or says on standard error what is not
//! built; `peak ID` prints the most memory the process held besides, and `stream ID` that of a run which is handed events and
//! hands results on batch by batch.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints check sums")]

use chronon_kernel_benchmarks::one_key::SlidingRuns;
use chronon_kernel_benchmarks::operations::OperationRuns;
use chronon_kernel_benchmarks::serving::ServingRuns;
use chronon_kernel_benchmarks::tiles::TileRuns;
use chronon_kernel_benchmarks::workloads::Workloads;
use chronon_types::Result;
use std::collections::BTreeSet;

/// The check sums of one id, as lines; of sliding windows also without holding what goes in and comes out.
fn lines(workloads: &Workloads, id: &str, streamed: bool) -> Result<Vec<String>> {
    let parts: Vec<&str> = id.split('/').collect();
    let [phase, work, rows] = parts[..] else { panic!("{id} is not phase/workload/rows") };
    let rows: usize = rows.parse().expect("a number of rows");
    Ok(match phase {
        "tiles" => vec![TileRuns::new(work, rows)?.check()?.line(id)],
        "serve" => vec![ServingRuns::new(work, rows)?.check()?.line(id)],
        "slide" if streamed => vec![SlidingRuns::streamed(work, rows)?.check()?.line(id)],
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

/// What is asked about the memory of a run.
const MEMORY: [&str; 2] = ["peak", "stream"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let memory = arguments.first().filter(|first| MEMORY.contains(&first.as_str()));
    let streamed = memory.is_some_and(|first| first == "stream");
    let workloads = Workloads::load();
    let mut seen = BTreeSet::new();
    for id in &arguments[usize::from(memory.is_some())..] {
        match lines(&workloads, id, streamed) {
            Ok(lines) => lines.into_iter().filter(|line| seen.insert(line.clone())).for_each(|line| println!("{line}")),
            Err(error) => eprintln!("{id}: {error}"),
        }
    }
    if memory.is_some() {
        let status = std::fs::read_to_string("/proc/self/status").expect("a Linux");
        status.lines().filter(|line| line.starts_with("VmHWM:")).for_each(|line| println!("{line}"));
    }
    Ok(())
}
