//! Offline windows, through the point-in-time session.

use super::Refusal;
use super::columns::{inputs, table};
use crate::case::{Case, Row};
use crate::generate::Rng;
use crate::value::Value;
use chronon_plan::Plan;
use chronon_types::time::Millis;
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

/// Runs rows and queries, once in one batch of each and once cut at random places: the two must agree to the bit.
pub(super) fn values(case: &Case, plan: &Plan) -> Result<Vec<Vec<Value>>, Refusal> {
    let parts = plan.window_plan();
    let window_plan = Arc::new(WindowPlan::new(parts.inputs, parts.specs, parts.resolution)?);
    let whole = run(case, plan, &window_plan, None)?;
    let cut = run(case, plan, &window_plan, Some(&mut Rng::new(case.id, 1)))?;
    if whole != cut {
        return Err(Refusal::Error(format!("batches show: in one batch {whole:?}, cut at random {cut:?}")));
    }
    Ok(whole)
}

fn run(
    case: &Case,
    plan: &Plan,
    window_plan: &Arc<WindowPlan>,
    mut cuts: Option<&mut Rng>,
) -> Result<Vec<Vec<Value>>, Refusal> {
    let mut session = PointInTimeSession::new(window_plan.clone())?;
    let mut answers = Vec::with_capacity(case.queries.len());
    let (mut asked, mut sent) = (0, 0);
    while asked < case.queries.len() {
        let end = asked + take(&mut cuts, case.queries.len() - asked);
        let (groups, times): (Vec<i32>, Vec<Millis>) = case.queries[asked..end].iter().copied().unzip();
        session.queries(&groups, &times)?;
        // an event behind the last query of the batch waits for a later batch
        let last = case.queries[end - 1];
        let is_due = |r: &&Row| {
            let place = (r.key, r.ts);
            place < last || place == last && window_plan.includes_query_time()
        };
        let due = sent + case.rows[sent..].iter().take_while(is_due).count();
        while sent < due {
            let rows = &case.rows[sent..sent + take(&mut cuts, due - sent)];
            let groups: Vec<i32> = rows.iter().map(|r| r.key).collect();
            let times: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
            session.events(&groups, &times, &inputs(case, plan, rows)?)?;
            sent += rows.len();
        }
        answers.extend(table(plan, &session.finish()?));
        asked = end;
    }
    Ok(answers)
}

fn take(cuts: &mut Option<&mut Rng>, most: usize) -> usize {
    cuts.as_mut().map_or(most, |rng| 1 + rng.below(most))
}
