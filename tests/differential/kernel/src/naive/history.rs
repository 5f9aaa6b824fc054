//! Which rows a cell is made of, in the order of folding, by mode.

use super::Party;
use crate::case::{Case, Mode, Output, Resolution, Row, Step, Window};
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis, round};
use chronon_types::{DataType, Dialect};

/// How long after the start of its window a row stays in hops: the batch serves requests up to this long after its end.
const TAIL_BUFFER: Millis = 2 * DAY;

/// A row that is folded in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Touch<'a> {
    pub(super) row: &'a Row,
    /// Taken away instead of added.
    pub(super) before: bool,
    /// Folded apart and merged, or copied, before it came here.
    pub(super) apart: bool,
}

/// The rows of a cell.
pub(super) fn of<'a>(case: &'a Case, output: &Output<'_>, key: i32, at: Millis, party: Party) -> Vec<Touch<'a>> {
    let window = output.window.and_then(Window::millis);
    let hop = tail_hop(case.mode.resolution(), output.window);
    let tail = window.map_or(Millis::MIN, |w| round(at - w, hop));
    let mine = |row: &&Row| row.key == key;
    match &case.mode {
        Mode::Row { .. } => steps(case, key),
        Mode::Sawtooth(_) => {
            // the fork's joins count what happens at the very time of a query
            let joins = case.mode.resolution() == Resolution::FiveMinute;
            let end = if case.dialect == Dialect::Zipline && joins { at + 1 } else { at };
            let inside = case.rows.iter().filter(mine).filter(|r| r.ts < end && r.ts >= tail);
            inside.map(|row| Touch { row, before: false, apart: true }).collect()
        }
        Mode::Online { batch_end, newest_batch, reversals, .. } => {
            let mut batch = Batch::of(case, output, key, at, *batch_end);
            let first = newest_batch.map_or(*batch_end, |newest| newest.max(*batch_end));
            let visible = |r: &&Row| {
                r.ts < at
                    && r.ts >= tail
                    && if *reversals { r.mutated < at && r.mutated >= first } else { r.ts >= first }
            };
            let stream = case.stream.iter().filter(mine).filter(visible);
            // merged with the hops in the end, even when there are none; what a key has alone is merged with nothing
            let apart = !by_key(case, output);
            let stream = stream.map(|row| Touch { row, before: *reversals && row.before, apart });
            batch.with(stream.collect())
        }
        Mode::Tiled { batch_end, tile, .. } => {
            let mut batch = Batch::of(case, output, key, at, *batch_end);
            let start = |r: &Row| round(r.ts, *tile);
            let mut stream: Vec<&Row> = case.stream.iter().filter(mine).collect();
            stream.retain(|r| start(r) >= *batch_end && start(r) >= tail && start(r) < at);
            stream.sort_by_key(|r| start(r));
            batch.with(stream.into_iter().map(|row| Touch { row, before: false, apart: true }).collect())
        }
        Mode::Many { batch_end, .. } => {
            let mut batch = Batch::of(case, output, key, at, *batch_end);
            let mut queries: Vec<Millis> = case.queries.iter().filter(|(k, _)| *k == key).map(|(_, at)| *at).collect();
            queries.sort_unstable();
            let judged = |r: &&Row| {
                let first = queries.iter().copied().find(|at| r.mutated < *at).unwrap_or(at);
                let at = if party == Party::Reference { first } else { at };
                r.ts < at && window.is_none_or(|w| r.ts >= round(at - w, hop))
            };
            let visible = case.stream.iter().filter(mine).filter(|r| r.mutated >= *batch_end && r.mutated < at);
            let stream = visible.filter(judged).map(|row| Touch { row, before: row.before, apart: true });
            batch.with(stream.collect())
        }
    }
}

/// Whether the reference's answer depends on where a run begins (sheet §20, Q12): some window is no multiple of the hop that
/// this one's tail moves by.
pub(super) fn between_hops(case: &Case, output: &Output<'_>) -> bool {
    let resolution = case.mode.resolution();
    let size = tail_hop(resolution, output.window);
    let mut windows = case.aggregations.iter().flat_map(|a| a.windows.iter().flatten());
    let odd =
        |w: &Window| tail_hop(resolution, Some(*w)) == size && w.millis().is_some_and(|length| length % size != 0);
    matches!(case.mode, Mode::Sawtooth(_)) && windows.any(odd)
}

/// Whether the hops of a cell are folded for other cells as well.
pub(super) fn shares_hops(case: &Case, output: &Output<'_>) -> bool {
    let hop = |w: &Window| tail_hop(case.mode.resolution(), Some(*w));
    match &case.mode {
        Mode::Row { .. } => false,
        Mode::Sawtooth(_) | Mode::Many { .. } => true,
        Mode::Online { .. } | Mode::Tiled { .. } => output.window.is_some_and(|window| {
            let windows = output.aggregation.windows.iter().flatten();
            windows.filter(|w| hop(w) == hop(&window)).count() > 1
        }),
    }
}

/// Whether a cell has an accumulator per bucket, key of a map, or position of a list.
fn by_key(case: &Case, output: &Output<'_>) -> bool {
    let map = matches!(case.schema[output.input].1, DataType::Map(_, _)) && !output.aggregation.timed();
    output.bucket.is_some() || map || output.aggregation.element_wise
}

/// Whether folding the hops of a cell changes them for those who fold them next: the fork, when nothing of a window is
/// collapsed, folds the other hops into the first one (sheet §19), which shows unless its accumulator is a plain value.
pub(super) fn spoils_hops(case: &Case, output: &Output<'_>) -> bool {
    let plain = matches!(
        output.aggregation.op.as_str(),
        "COUNT" | "SUM" | "MIN" | "MAX" | "FIRST" | "LAST" | "SKEW" | "KURTOSIS"
    );
    let stored = matches!(case.mode, Mode::Online { .. } | Mode::Tiled { .. } | Mode::Many { .. });
    case.dialect == Dialect::Zipline && stored && (!plain || by_key(case, output))
}

/// The rows of a key, step by step.
fn steps(case: &Case, key: i32) -> Vec<Touch<'_>> {
    let mut touches = Vec::new();
    for (step, rows) in case.walk() {
        let apart = matches!(step, Step::Merge(_));
        touches.extend(rows.iter().filter(|r| r.key == key).map(|row| Touch { row, before: row.before, apart }));
    }
    touches
}

/// The rows that reach a cell through the batch.
struct Batch<'a> {
    /// Folded before the streamed rows.
    collapsed: Vec<Touch<'a>>,
    /// Folded after them, by hop.
    hops: Vec<Touch<'a>>,
}

impl<'a> Batch<'a> {
    /// A row is collapsed when no request that the batch serves can leave it out, and else kept in the hops of its
    /// column, which all windows of one tail hop share. A row exactly at `end − window` is in neither (sheet §20, Q11).
    fn of(case: &'a Case, output: &Output<'_>, key: i32, at: Millis, end: Millis) -> Self {
        let touch = |row| Touch { row, before: false, apart: true };
        let rows = || case.rows.iter().filter(move |r| r.key == key && r.ts < end);
        let Some(window) = output.window.and_then(Window::millis) else {
            return Self { collapsed: rows().map(touch).collect(), hops: Vec::new() };
        };
        let hop = tail_hop(Resolution::FiveMinute, output.window);
        let kept = |r: &Row, window: Millis| r.ts > end - window && r.ts < end - window + TAIL_BUFFER;
        let sharing =
            output.aggregation.windows.iter().flatten().filter(|w| tail_hop(Resolution::FiveMinute, Some(**w)) == hop);
        let sharing: Vec<Millis> = sharing.filter_map(|w| w.millis()).collect();
        let relevant = |start: Millis| start >= round(at - window, hop) && start < end - window + TAIL_BUFFER;
        let mut hops: Vec<&Row> =
            rows().filter(|r| sharing.iter().any(|w| kept(r, *w)) && relevant(round(r.ts, hop))).collect();
        hops.sort_by_key(|r| round(r.ts, hop));
        Self {
            collapsed: rows()
                .filter(|r| r.ts >= end - window + TAIL_BUFFER && r.ts > end - window)
                .map(touch)
                .collect(),
            hops: hops.into_iter().map(touch).collect(),
        }
    }

    fn with(&mut self, stream: Vec<Touch<'a>>) -> Vec<Touch<'a>> {
        let mut touches = std::mem::take(&mut self.collapsed);
        touches.extend(stream);
        touches.append(&mut self.hops);
        touches
    }
}

/// The hop by which the tail of a window moves.
pub(super) fn tail_hop(resolution: Resolution, window: Option<Window>) -> Millis {
    let length = window.map_or(Some(i64::MAX), Window::millis).unwrap_or(i64::MAX);
    match resolution {
        Resolution::Daily => DAY,
        Resolution::FiveMinute if length >= 12 * DAY => DAY,
        Resolution::FiveMinute if length >= 12 * HOUR => HOUR,
        Resolution::FiveMinute => FIVE_MINUTES,
    }
}
