//! Holds the answers to a case against what they may be, and against each other.

use crate::case::{Aggregation, Answer, Case};
use crate::naive::{self, Expect, Party};
use crate::ours::{self, Refusal};
use crate::value::Value;
use std::fmt;
use std::ops::AddAssign;

/// What was compared.
#[derive(Debug, Default)]
pub struct Tally {
    /// Cases.
    pub cases: usize,
    /// Output cells.
    pub cells: usize,
    /// Cells that the parties filled differently, each within its bound.
    pub loose: usize,
    /// Stored records of the reference.
    pub records: usize,
    /// Those for which ours are the same bytes.
    pub same_bytes: usize,
    /// Cases that use what the kernel does not have: only the reference was judged.
    pub not_built: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.cases += other.cases;
        self.cells += other.cells;
        self.loose += other.loose;
        self.records += other.records;
        self.same_bytes += other.same_bytes;
        self.not_built += other.not_built;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, cells, loose, records, same_bytes, not_built } = self;
        write!(f, "{cases} cases, {cells} cells, {loose} of them different within the bounds; ")?;
        write!(f, "{records} records, {same_bytes} of them the same bytes; {not_built} cases not built")
    }
}

/// What is wrong with the answers, if anything. Without an answer of ours only the reference is judged.
///
/// # Errors
/// A text that names the party, the output and the query of the first mistake.
pub fn judge(
    case: &Case,
    ours: Option<&Result<Answer, Refusal>>,
    reference: Result<Answer, String>,
) -> Result<Tally, String> {
    let expected = naive::answer(case);
    let reference = reference.map_err(|e| format!("the reference refuses: {e}"))?;
    mistake(case, &expected, &reference.outputs, &reference.values, Party::Reference)?;
    if let Some(reason) = reference.unstored.as_ref().filter(|_| !crate::generate::unstorable(case)) {
        return Err(format!("the reference cannot store what it has: {reason}"));
    }
    let mut tally = Tally { cases: 1, records: reference.records.len(), ..Tally::default() };
    let ours = match ours {
        None => return Ok(tally),
        Some(Err(Refusal::NotBuilt(_))) => return Ok(Tally { not_built: 1, ..tally }),
        Some(Err(Refusal::Error(error))) => return Err(format!("ours refuses: {error}")),
        Some(Ok(ours)) => ours,
    };
    if ours.outputs != reference.outputs {
        return Err(format!("outputs are {:?}, the reference has {:?}", ours.outputs, reference.outputs));
    }
    mistake(case, &expected, &ours.outputs, &ours.values, Party::Kernel)?;
    let pair = Pair { case, expected: &expected };
    tally.cells = case.queries.len() * ours.outputs.len();
    tally.loose = differing(&ours.values, &reference.values);
    if case.mode.ordered() {
        pair.same("ours", &ours.values, "the reference's", &reference.values)?;
    }
    if let (Some(reason), None) = (&ours.unstored, &reference.unstored) {
        return Err(format!("ours cannot store what it has, the reference can: {reason}"));
    }
    if reference.unstored.is_some() {
        return Ok(tally);
    }
    if ours.schemas != reference.schemas {
        return Err(format!("schemas are {:?}, the reference has {:?}", ours.schemas, reference.schemas));
    }
    if !ours.records.keys().eq(reference.records.keys()) {
        let (ours, reference) = (ours.records.keys(), reference.records.keys());
        return Err(format!("records are {ours:?}, the reference has {reference:?}"));
    }
    tally.same_bytes = reference.records.iter().filter(|(name, bytes)| ours.records.get(*name) == Some(bytes)).count();
    if let Some(decoded) = &reference.decoded {
        let decoded = decoded.as_ref().map_err(|e| format!("the reference cannot read our bytes: {e}"))?;
        pair.same("the reference's of our bytes", decoded, "ours", &ours.values)?;
    }
    if !reference.records.is_empty() {
        let decoded = ours::decode(case, &reference.records);
        let decoded = decoded.map_err(|e| format!("ours cannot read the reference's bytes: {e}"))?;
        let values = &reference.values;
        pair.same("ours of the reference's bytes", &decoded, "the reference's", values)?;
    }
    Ok(tally)
}

/// What is wrong with our answer to a case that the reference cannot be asked, if anything; how many cells are right.
///
/// # Errors
/// As for [`judge`].
pub fn judge_alone(case: &Case) -> Result<usize, String> {
    let expected = naive::answer(case);
    let ours = match ours::answer(case) {
        Err(Refusal::NotBuilt(_)) => return Ok(0),
        ours => ours.map_err(|e| format!("ours refuses: {e}"))?,
    };
    mistake(case, &expected, &ours.outputs, &ours.values, Party::Kernel)?;
    if !ours.records.is_empty() && ours.unstored.is_none() {
        let decoded = ours::decode(case, &ours.records);
        let decoded = decoded.map_err(|e| format!("ours cannot read its own bytes: {e}"))?;
        let pair = Pair { case, expected: &expected };
        pair.same("ours of its own bytes", &decoded, "ours", &ours.values)?;
    }
    Ok(case.queries.len() * ours.outputs.len())
}

/// The first cell that is not as expected.
fn mistake(
    case: &Case,
    expected: &[Vec<Expect>],
    outputs: &[(String, chronon_types::DataType)],
    values: &[Vec<Value>],
    party: Party,
) -> Result<(), String> {
    if values.len() != case.queries.len() {
        return Err(format!("{party:?}: {} rows for {} queries", values.len(), case.queries.len()));
    }
    for ((row, values), query) in expected.iter().zip(values).zip(&case.queries) {
        if row.len() != values.len() {
            return Err(format!("{party:?}: {} columns instead of {}", values.len(), row.len()));
        }
        for ((expect, value), (name, _)) in row.iter().zip(values).zip(outputs) {
            if !expect.accepts(value, party) {
                return Err(format!("{party:?}: `{name}` at {query:?} is {value:?}, expected {expect:?}"));
            }
        }
    }
    Ok(())
}

/// What two parties said, and what they were allowed to say.
struct Pair<'a> {
    case: &'a Case,
    expected: &'a [Vec<Expect>],
}

impl Pair<'_> {
    /// The first cell in which two answers differ although both folded the same rows in the same order.
    fn same(&self, who: &str, values: &[Vec<Value>], other: &str, others: &[Vec<Value>]) -> Result<(), String> {
        let outputs = self.case.outputs();
        for (((row, others), expected), query) in values.iter().zip(others).zip(self.expected).zip(&self.case.queries) {
            for (((value, another), expect), output) in row.iter().zip(others).zip(expected).zip(&outputs) {
                let Aggregation { op, input, .. } = output.aggregation;
                // SKEW takes a power, which Java gives to one unit in the last place only
                let alike = op == "SKEW" && value.is_near(another);
                if !alike && !expect.agree(value, another) {
                    return Err(format!("{op} of `{input}` at {query:?}: {who} is {value:?}, {other} {another:?}"));
                }
            }
        }
        Ok(())
    }
}

fn differing(values: &[Vec<Value>], others: &[Vec<Value>]) -> usize {
    values.iter().flatten().zip(others.iter().flatten()).filter(|(a, b)| a != b).count()
}
