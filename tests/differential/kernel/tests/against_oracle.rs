//! Random cases, replayed cases and known divergences, against the reference in its own JVM.
//!
//! `CHRONON_DIFFERENTIAL_SEED` repeats a run, `CHRONON_DIFFERENTIAL_CASES` sets its size (2,000), and
//! `CHRONON_DIFFERENTIAL_SHEET_ONLY` leaves the kernel out: then the reference alone is held against the window rule.

#![allow(clippy::print_stdout, reason = "a test program of its own, which speaks the lines of the standard harness")]

use chronon_differential::case::{Answer, Case};
use chronon_differential::naive::{self, Expect, Party};
use chronon_differential::oracle::{self, Oracle};
use chronon_differential::shrink::shrink;
use chronon_differential::value::Value;
use chronon_differential::{generate, ours};
use serde_json::Value as Json;
use std::process::ExitCode;

type Test = fn(&mut Oracle) -> Result<String, String>;

const TESTS: [(&str, Test); 3] =
    [("regressions", regressions), ("known_divergences", known_divergences), ("random_cases", random_cases)];

fn main() -> ExitCode {
    println!("\nrunning {} tests", TESTS.len());
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    match oracle::missing() {
        Some(reason) => {
            for (name, _) in TESTS {
                println!("test {name} ... ignored, {reason}");
                ignored += 1;
            }
        }
        None => match Oracle::start() {
            Err(e) => {
                println!("the reference does not start: {e}");
                failed = TESTS.len();
            }
            Ok(mut oracle) => {
                for (name, test) in TESTS {
                    match test(&mut oracle) {
                        Ok(note) => {
                            println!("test {name} ... ok ({note})");
                            passed += 1;
                        }
                        Err(report) => {
                            println!("test {name} ... FAILED\n{report}");
                            failed += 1;
                        }
                    }
                }
            }
        },
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

/// The first cell that is not as expected.
fn mistake(case: &Case, expected: &[Vec<Expect>], answer: &Answer, party: Party) -> Option<String> {
    if answer.values.len() != case.queries.len() {
        return Some(format!("{party:?}: {} rows for {} queries", answer.values.len(), case.queries.len()));
    }
    for ((row, values), query) in expected.iter().zip(&answer.values).zip(&case.queries) {
        if row.len() != values.len() {
            return Some(format!("{party:?}: {} columns instead of {}", values.len(), row.len()));
        }
        for ((expect, value), (name, _)) in row.iter().zip(values).zip(&answer.outputs) {
            if !expect.accepts(value, party) {
                return Some(format!("{party:?}: `{name}` at {query:?} is {value:?}, expected {expect:?}"));
            }
        }
    }
    None
}

/// What is wrong with a case, if anything, and how many loose cells the two parties filled differently.
fn judge(oracle: &mut Oracle, case: &Case) -> Result<usize, String> {
    let expected = naive::answer(case);
    let reference = oracle.ask(case).map_err(|e| format!("the reference died: {e}"))?;
    let reference = reference.map_err(|e| format!("the reference refuses: {e}"))?;
    if let Some(mistake) = mistake(case, &expected, &reference, Party::Reference) {
        return Err(mistake);
    }
    if std::env::var_os("CHRONON_DIFFERENTIAL_SHEET_ONLY").is_some() {
        return Ok(0);
    }
    let answer = ours::answer(case)?;
    if answer.outputs != reference.outputs {
        return Err(format!("outputs are {:?}, the reference has {:?}", answer.outputs, reference.outputs));
    }
    if let Some(mistake) = mistake(case, &expected, &answer, Party::Kernel) {
        return Err(mistake);
    }
    let pairs = answer.values.iter().flatten().zip(reference.values.iter().flatten());
    Ok(pairs.filter(|(a, b)| a != b).count())
}

fn random_cases(oracle: &mut Oracle) -> Result<String, String> {
    let seed = number("CHRONON_DIFFERENTIAL_SEED").unwrap_or(1);
    let count = number("CHRONON_DIFFERENTIAL_CASES").unwrap_or(2000);
    println!("random_cases: CHRONON_DIFFERENTIAL_SEED={seed} CHRONON_DIFFERENTIAL_CASES={count}");
    let (mut cells, mut loose) = (0, 0);
    for id in 0..count {
        let case = generate::case(seed, id);
        match judge(oracle, &case) {
            Ok(differ) => {
                cells += case.queries.len() * case.outputs().len();
                loose += differ;
            }
            Err(_) => {
                let small = shrink(&case, 2000, |c| judge(oracle, c).is_err());
                let reason = judge(oracle, &small).err().unwrap_or_default();
                return Err(format!("case {id} of seed {seed}, shrunk: {reason}\n{}", small.to_json()));
            }
        }
    }
    Ok(format!("{count} cases, {cells} cells; {loose} differ within the fold-order bound or the choice among ties"))
}

/// Shrunk cases that once failed.
fn regressions(oracle: &mut Oracle) -> Result<String, String> {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../regressions.json")).map_err(|e| e.to_string())?;
    for json in &cases {
        let case = Case::from_json(json)?;
        judge(oracle, &case).map_err(|e| format!("regression {}: {e}\n{json}", case.id))?;
    }
    Ok(format!("{} cases", cases.len()))
}

/// Where ours differs on purpose. An entry that has become untrue on either side fails.
fn known_divergences(oracle: &mut Oracle) -> Result<String, String> {
    let entries: Vec<Json> = serde_json::from_str(include_str!("../divergences.json")).map_err(|e| e.to_string())?;
    let mut untrue = Vec::new();
    for entry in &entries {
        let case = Case::from_json(&entry["case"])?;
        let reference = oracle.ask(&case).map_err(|e| format!("the reference died: {e}"))?;
        for (who, answer) in [("reference", reference), ("ours", ours::answer(&case))] {
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
