//! Makes a failing case small: fewer aggregations, queries, rows, windows and columns, as long as it still fails.

use crate::case::{Case, Step};
use std::ops::Range;

/// The smallest case found for which `fails` still holds, within `budget` trials.
pub fn shrink(case: &Case, mut budget: usize, mut fails: impl FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut attempt = |best: &mut Case, smaller: Case| {
        let holds = budget > 0 && fails(&smaller);
        budget = budget.saturating_sub(1);
        if holds {
            *best = smaller;
        }
        holds
    };
    loop {
        let before = best.clone();
        for part in [Part::Aggregations, Part::Queries, Part::Rows, Part::Stream, Part::Steps] {
            // halves first, then single entries
            let mut chunk = part.len(&best).div_ceil(2);
            while chunk > 0 {
                let mut start = 0;
                while start < part.len(&best) {
                    let mut smaller = best.clone();
                    part.remove(&mut smaller, start, chunk);
                    let possible = part.len(&smaller) > 0 || !matches!(part, Part::Aggregations | Part::Queries);
                    if !possible || !attempt(&mut best, smaller) {
                        start += chunk;
                    }
                }
                chunk /= 2;
            }
        }
        for i in 0..best.aggregations.len() {
            let windows = best.aggregations[i].windows.as_ref().map_or(0, Vec::len);
            for w in (0..windows).rev() {
                let mut smaller = best.clone();
                let list = smaller.aggregations[i].windows.get_or_insert_default();
                if list.len() > 1 && w < list.len() {
                    list.remove(w);
                    attempt(&mut best, smaller);
                }
            }
            if best.aggregations[i].buckets.is_some() {
                let mut smaller = best.clone();
                smaller.aggregations[i].buckets = None;
                attempt(&mut best, smaller);
            }
        }
        for column in (0..best.schema.len()).rev() {
            let name = best.schema[column].0.clone();
            let used = |a: &crate::case::Aggregation| a.input == name || a.buckets.iter().flatten().any(|b| *b == name);
            if !best.aggregations.iter().any(used) {
                let mut smaller = best.clone();
                smaller.schema.remove(column);
                let rows = smaller.rows.iter_mut().chain(&mut smaller.stream);
                rows.for_each(|row| drop(row.values.remove(column)));
                attempt(&mut best, smaller);
            }
        }
        if best == before {
            return best;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Aggregations,
    Queries,
    Rows,
    Stream,
    Steps,
}

impl Part {
    fn len(self, case: &Case) -> usize {
        match self {
            Self::Aggregations => case.aggregations.len(),
            Self::Queries => case.queries.len(),
            Self::Rows => case.rows.len(),
            Self::Stream => case.stream.len(),
            Self::Steps => case.mode.steps().len(),
        }
    }

    fn remove(self, case: &mut Case, start: usize, count: usize) {
        let range = start..(start + count).min(self.len(case));
        match self {
            Self::Aggregations => drop(case.aggregations.drain(range)),
            Self::Queries => drop(case.queries.drain(range)),
            Self::Rows => remove_rows(case, range),
            Self::Stream => drop(case.stream.drain(range)),
            Self::Steps => drop(case.mode.steps_mut().map(|steps| drop(steps.drain(range)))),
        }
    }
}

/// Takes rows out, and out of the counts of the steps they belong to.
fn remove_rows(case: &mut Case, range: Range<usize>) {
    case.rows.drain(range.clone());
    let mut start = 0;
    for step in case.mode.steps_mut().into_iter().flatten() {
        if let Step::Update(n) | Step::Merge(n) = step {
            let end = start + *n;
            *n -= range.end.min(end).saturating_sub(range.start.max(start));
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    #[test]
    fn keeps_only_what_the_failure_needs() {
        let case = (0..).map(|id| generate::case(chronon_types::Dialect::Airbnb, 1, id)).find(|c| c.rows.len() > 50);
        let Some(case) = case else { panic!("the generator makes large cases") };
        let wanted = case.rows[17].clone();
        let small = shrink(&case, 10_000, |c| c.rows.iter().any(|r| (r.key, r.ts) == (wanted.key, wanted.ts)));
        assert_eq!((1, 1, 1), (small.rows.len(), small.aggregations.len(), small.queries.len()));
    }
}
