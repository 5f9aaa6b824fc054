//! Offline windows, through the point-in-time session.

use super::columns::{array, values};
use super::{Refusal, definition};
use crate::case::{Answer, Case};
use crate::generate::Rng;
use crate::value::Value;
use arrow::array::ArrayRef;
use chronon_plan::Plan;
use chronon_types::{DataType, time::Millis};
use chronon_window::{PointInTimeSession, WindowPlan};
use std::sync::Arc;

/// Plans the case and runs its rows and queries, once in one batch of each and once cut at random places: the two must
/// agree to the bit.
pub(super) fn answer(case: &Case) -> Result<Answer, Refusal> {
    let plan = definition::plan(case)?;
    let outputs: Vec<_> =
        plan.outputs().iter().map(|o| (o.field().name.clone(), o.field().data_type.clone())).collect();
    let parts = plan.window_plan();
    let window_plan = Arc::new(WindowPlan::new(parts.inputs, parts.specs, parts.resolution)?);
    let whole = run(case, &plan, &window_plan, None)?;
    let cut = run(case, &plan, &window_plan, Some(&mut Rng::new(case.id, 1)))?;
    if whole != cut {
        return Err(Refusal::Error(format!("batches show: in one batch {whole:?}, cut at random {cut:?}")));
    }
    Ok(Answer { outputs, values: whole, ..Answer::default() })
}

fn run(
    case: &Case,
    plan: &Plan,
    window_plan: &Arc<WindowPlan>,
    mut cuts: Option<&mut Rng>,
) -> Result<Vec<Vec<Value>>, Refusal> {
    let mut session = PointInTimeSession::new(window_plan.clone())?;
    let inputs: Vec<(usize, &DataType)> = plan
        .inputs()
        .iter()
        .map(|f| Some((case.column(&f.name)?, &f.data_type)))
        .collect::<Option<_>>()
        .ok_or_else(|| Refusal::Error("the plan reads a column that the case does not have".to_owned()))?;
    let mut answers = Vec::with_capacity(case.queries.len());
    let (mut asked, mut sent) = (0, 0);
    while asked < case.queries.len() {
        let end = asked + take(&mut cuts, case.queries.len() - asked);
        let (groups, times): (Vec<i32>, Vec<Millis>) = case.queries[asked..end].iter().copied().unzip();
        session.queries(&groups, &times)?;
        // an event at or after the last query of the batch waits for a later batch
        let last = case.queries[end - 1];
        let due = sent + case.rows[sent..].iter().take_while(|r| (r.key, r.ts) < last).count();
        while sent < due {
            let rows = &case.rows[sent..sent + take(&mut cuts, due - sent)];
            let columns: Vec<ArrayRef> = inputs
                .iter()
                .map(|(i, t)| array(t, &rows.iter().map(|r| &r.values[*i]).collect::<Vec<_>>()))
                .collect::<Result<_, _>>()
                .map_err(Refusal::Error)?;
            let groups: Vec<i32> = rows.iter().map(|r| r.key).collect();
            let times: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
            session.events(&groups, &times, &columns)?;
            sent += rows.len();
        }
        let results = session.finish()?;
        let types = plan.outputs().iter().map(|o| &o.field().data_type);
        let columns: Vec<Vec<Value>> = results.iter().zip(types).map(|(a, t)| values(a.as_ref(), t)).collect();
        answers.extend((0..end - asked).map(|i| columns.iter().map(|c| c[i].clone()).collect::<Vec<_>>()));
        asked = end;
    }
    Ok(answers)
}

fn take(cuts: &mut Option<&mut Rng>, most: usize) -> usize {
    cuts.as_mut().map_or(most, |rng| 1 + rng.below(most))
}
