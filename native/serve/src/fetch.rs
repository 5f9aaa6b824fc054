//! One request.

use crate::answer::{self, Outcome, Slots};
use crate::plan::ServingPlan;
use crate::request::{Part, Request};
use chronon_types::Result;
use std::sync::Arc;

/// Answers a request: bytes of a `Request` in, of an `Answer` out. `plan_of` gives the plan behind the handle of a part. What goes
/// wrong with one part fails that part alone.
///
/// Cost: parts of one plan share the memory that they are worked out in, whatever their order.
///
/// # Errors
/// `CorruptData` when the bytes are no request; `OutOfBudget` when the answer would exceed 2 GiB.
pub fn fetch(request: &[u8], plan_of: impl Fn(i64) -> Result<Arc<ServingPlan>>) -> Result<Vec<u8>> {
    let request = Request::read(request)?;
    let parts = &request.parts;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|part| parts[*part].plan);
    let mut slots = Slots::default();
    let mut outcomes: Vec<Outcome> = parts.iter().map(|_| Ok((0..0, 0))).collect();
    for same_plan in order.chunk_by(|one, next| parts[*one].plan == parts[*next].plan) {
        match plan_of(parts[same_plan[0]].plan) {
            Ok(plan) => {
                let parts: Vec<&Part<'_>> = same_plan.iter().map(|part| &parts[*part]).collect();
                let answers = plan.answer(&parts, request.skip_undecodable, &mut slots);
                same_plan.iter().zip(answers).for_each(|(part, answer)| outcomes[*part] = answer);
            }
            Err(error) => same_plan.iter().for_each(|part| outcomes[*part] = Err(error.clone())),
        }
    }
    answer::message(&outcomes, &slots)
}
