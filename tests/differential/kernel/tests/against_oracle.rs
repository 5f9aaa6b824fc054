//! Random cases, replayed cases and known divergences of each dialect, against its reference in a JVM of its own.
//!
//! `CHRONON_DIFFERENTIAL_DIALECT` names the only dialect to run. `CHRONON_DIFFERENTIAL_SEED` repeats a run,
//! `CHRONON_DIFFERENTIAL_FROM` and `CHRONON_DIFFERENTIAL_CASES` say where it begins (0) and how long it is (20,000 in the
//! airbnb and 5,000 in the zipline dialect), and `CHRONON_DIFFERENTIAL_SHEET_ONLY` leaves the kernel out: then the reference
//! alone is held against the rules. `CHRONON_DIFFERENTIAL_FAILURES` is the number of failing cases to look for (1).

#![allow(clippy::print_stdout, reason = "a test program of its own, which speaks the lines of the standard harness")]

use chronon_differential::case::{Answer, Case};
use chronon_differential::oracle::{self, Oracle};
use chronon_differential::ours;
use chronon_differential::run::Run;
use chronon_differential::value::Value;
use chronon_types::Dialect;
use serde_json::Value as Json;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

type Test = fn(Dialect, &mut Oracle) -> Result<String, String>;

const TESTS: [(&str, Test); 3] =
    [("regressions", regressions), ("known_divergences", known_divergences), ("random_cases", random_cases)];

fn main() -> ExitCode {
    let only = std::env::var("CHRONON_DIFFERENTIAL_DIALECT").ok();
    let dialects = Dialect::ALL.into_iter().filter(|dialect| only.as_deref().is_none_or(|only| only == dialect.name()));
    let dialects: Vec<Dialect> = dialects.collect();
    println!("\nrunning {} tests", TESTS.len() * dialects.len());
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for dialect in dialects {
        let mut oracle = match oracle::missing(dialect) {
            Some(reason) => {
                for (name, _) in TESTS {
                    println!("test {dialect}::{name} ... ignored, {reason}");
                    ignored += 1;
                }
                continue;
            }
            None => match Oracle::start(dialect) {
                Ok(oracle) => oracle,
                Err(e) => {
                    println!("the {dialect} reference does not start: {e}");
                    failed += TESTS.len();
                    continue;
                }
            },
        };
        for (name, test) in TESTS {
            match test(dialect, &mut oracle) {
                Ok(note) => {
                    println!("test {dialect}::{name} ... ok ({note})");
                    passed += 1;
                }
                Err(report) => {
                    println!("test {dialect}::{name} ... FAILED\n{report}");
                    failed += 1;
                }
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out\n"
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(dialect: Dialect) -> Run {
    let first = number("CHRONON_DIFFERENTIAL_FROM").unwrap_or(0);
    let count = number("CHRONON_DIFFERENTIAL_CASES").unwrap_or(match dialect {
        Dialect::Airbnb => 20_000,
        Dialect::Zipline => 5_000,
    });
    Run {
        dialect,
        seed: number("CHRONON_DIFFERENTIAL_SEED").unwrap_or(1),
        ids: first..first + count,
        sheet_only: std::env::var_os("CHRONON_DIFFERENTIAL_SHEET_ONLY").is_some(),
        failures: number("CHRONON_DIFFERENTIAL_FAILURES").map_or(1, |n| n.max(1) as usize),
    }
}

fn random_cases(dialect: Dialect, oracle: &mut Oracle) -> Result<String, String> {
    let run = run(dialect);
    let Range { start, end } = run.ids;
    println!(
        "{dialect}::random_cases: CHRONON_DIFFERENTIAL_SEED={} CHRONON_DIFFERENTIAL_FROM={start} CHRONON_DIFFERENTIAL_CASES={}",
        run.seed,
        end - start
    );
    let begun = Instant::now();
    let tally = run.all(oracle)?;
    Ok(format!("{tally}; {:.0} cases a second", tally.cases as f64 / begun.elapsed().as_secs_f64()))
}

/// The entries of a list in which `case` finds a case of the dialect, with it.
fn entries(list: &str, dialect: Dialect, case: impl Fn(&Json) -> &Json) -> Result<Vec<(Json, Case)>, String> {
    let entries: Vec<Json> = serde_json::from_str(list).map_err(|e| e.to_string())?;
    let with_case = |entry: Json| Case::from_json(case(&entry)).map(|case| (entry, case));
    let all: Vec<(Json, Case)> = entries.into_iter().map(with_case).collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|(_, case)| case.dialect == dialect).collect())
}

/// Shrunk cases that once failed.
fn regressions(dialect: Dialect, oracle: &mut Oracle) -> Result<String, String> {
    let cases = entries(include_str!("../regressions.json"), dialect, |entry| entry)?;
    for (json, case) in &cases {
        run(dialect).one(oracle, case).map_err(|e| format!("regression {}: {e}\n{json}", case.id))?;
    }
    Ok(format!("{} cases", cases.len()))
}

/// Where ours differs on purpose. An entry that has become untrue on either side fails.
fn known_divergences(dialect: Dialect, oracle: &mut Oracle) -> Result<String, String> {
    let entries = entries(include_str!("../divergences.json"), dialect, |entry| &entry["case"])?;
    let mut untrue = Vec::new();
    for (entry, case) in &entries {
        let reference = oracle.ask(case, None).map_err(|e| format!("the reference died: {e}"))?;
        for (who, answer) in [("reference", reference), ("ours", ours::answer(case).map_err(|e| e.to_string()))] {
            if !as_written(&entry[who], &answer) {
                let found = answer.map(|a| a.values.iter().map(|r| r.iter().map(Value::to_json).collect()).collect());
                let found: Result<Vec<Vec<Json>>, String> = found;
                untrue.push(format!("{}: {who} is {found:?}, not {}", entry["name"], entry[who]));
            }
        }
        if entry["reference"] == entry["ours"] {
            untrue.push(format!("{}: no divergence", entry["name"]));
        }
    }
    if untrue.is_empty() { Ok(format!("{} still true", entries.len())) } else { Err(untrue.join("\n")) }
}

/// Whether an answer is what an entry says: values, or an error that contains a text.
fn as_written(written: &Json, answer: &Result<Answer, String>) -> bool {
    match (written["error"].as_str(), answer) {
        (Some(part), Err(error)) => error.contains(part),
        (None, Ok(answer)) => {
            let rows = answer.values.iter().map(|row| Json::Array(row.iter().map(Value::to_json).collect()));
            *written == Json::Array(rows.collect())
        }
        _ => false,
    }
}
