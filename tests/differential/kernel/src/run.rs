//! Many cases in one go: while the reference answers some, the next ones are made and the last ones are judged.

use crate::case::{Answer, Case};
use crate::judge::{Tally, judge, judge_alone};
use crate::oracle::Oracle;
use crate::ours::{self, Refusal};
use crate::shrink::shrink;
use crate::{generate, json};
use chronon_types::Dialect;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// How many cases may be on their way.
const IN_FLIGHT: usize = 256;

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Run {
    /// Whose definitions.
    pub dialect: Dialect,
    /// The seed.
    pub seed: u64,
    /// Case numbers.
    pub ids: Range<u64>,
    /// Whether the kernel is left out.
    pub sheet_only: bool,
    /// How many failing cases to look for before giving up.
    pub failures: usize,
}

type Asked = (Case, Option<Result<Answer, Refusal>>);

impl Run {
    /// Judges all cases.
    ///
    /// # Errors
    /// A report with the first failing case, shrunk, in its paste-able form.
    pub fn all(&self, oracle: &mut Oracle) -> Result<Tally, String> {
        let mut cases = oracle.cases.take().ok_or("the reference is in use")?;
        let (sender, asked) = sync_channel::<Asked>(IN_FLIGHT);
        let enough = AtomicBool::new(false);
        let (verdict, made) = thread::scope(|scope| {
            let producer = scope.spawn(|| {
                let sender = sender; // closed when the last case is sent
                for id in self.ids.clone().take_while(|_| !enough.load(Ordering::Relaxed)) {
                    let case = generate::case(self.dialect, self.seed, id);
                    let asked = case.of_reference().unwrap_or_else(|| case.clone());
                    let ours = self.ours(&asked);
                    let records = records(ours.as_ref());
                    let sent = cases.send(&asked, records).and_then(|()| cases.flush());
                    if sent.is_err() || sender.send((case, ours)).is_err() {
                        break; // the judge sees that the reference has died
                    }
                }
            });
            let verdict = self.judge_all(oracle, asked, &enough);
            (verdict, producer.join())
        });
        made.map_err(|_| "making a case panicked")?;
        oracle.cases = Some(cases);
        let (tally, failures) = verdict?;
        let report = |(case, error): (Case, String)| {
            let small = shrink(&case, 2000, |c| self.one(oracle, c).is_err());
            let reason = self.one(oracle, &small).err().unwrap_or(error);
            format!("case {} of seed {} ({}), shrunk: {reason}\n{}", case.id, self.seed, self.dialect, small.to_json())
        };
        let reports: Vec<String> = failures.into_iter().map(report).collect();
        match reports.is_empty() {
            false => Err(reports.join("\n")),
            true if tally.cases as u64 != self.ids.end - self.ids.start => {
                Err(format!("the reference died after {} cases", tally.cases))
            }
            true => Ok(tally),
        }
    }

    /// Judges one case.
    ///
    /// # Errors
    /// What is wrong with its answers.
    pub fn one(&self, oracle: &mut Oracle, case: &Case) -> Result<Tally, String> {
        let asked = case.of_reference();
        let ours = self.ours(asked.as_ref().unwrap_or(case));
        let records = records(ours.as_ref());
        let reference = oracle.ask(asked.as_ref().unwrap_or(case), records);
        self.judge(case, asked, ours.as_ref(), reference.map_err(|e| format!("the reference died: {e}"))?)
    }

    /// Judges a case, by way of the one that the reference was asked if that is another.
    fn judge(
        &self,
        case: &Case,
        asked: Option<Case>,
        ours: Option<&Result<Answer, Refusal>>,
        reference: Result<Answer, String>,
    ) -> Result<Tally, String> {
        let Some(asked) = asked else { return judge(case, ours, reference) };
        let mut tally = judge(&asked, ours, reference)?;
        if !self.sheet_only {
            tally.cells += judge_alone(case)?;
        }
        Ok(tally)
    }

    fn ours(&self, case: &Case) -> Option<Result<Answer, Refusal>> {
        (!self.sheet_only).then(|| ours::answer(case))
    }

    /// Receives every answer that was asked for, so that the pipes are empty in the end, and gives the cases that failed.
    fn judge_all(
        &self,
        oracle: &mut Oracle,
        asked: Receiver<Asked>,
        enough: &AtomicBool,
    ) -> Result<(Tally, Vec<(Case, String)>), String> {
        let mut tally = Tally::default();
        let mut failures = Vec::new();
        for (case, ours) in asked.iter() {
            let reference = oracle.answers.receive().map_err(|e| format!("the reference died: {e}"))?;
            if failures.len() == self.failures {
                continue;
            }
            match self.judge(&case, case.of_reference(), ours.as_ref(), reference) {
                Ok(one) => tally += one,
                Err(error) => failures.push((case, error)),
            }
            enough.store(failures.len() == self.failures, Ordering::Relaxed);
        }
        Ok((tally, failures))
    }
}

fn records(ours: Option<&Result<Answer, Refusal>>) -> Option<&json::Records> {
    ours.and_then(|o| o.as_ref().ok()).map(|o| &o.records).filter(|records| !records.is_empty())
}
