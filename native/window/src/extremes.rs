//! MIN and MAX: a monotone queue over hops.
//!
//! Per hop size: the values of closed hops that no later hop beats, oldest first, so each is beaten by all before it;
//! and the value of the newest hop. A window's result is the first queued value inside it, or the newest hop's. All
//! windows of a hop size share the queue. Memory: at most one value per hop.

use crate::sliding::{Family, Run, Sliding, Tail, Target, timelines};
use arrow::array::ArrayRef;
use chronon_aggregate::OperationKind;
use chronon_aggregate::physical::{Column, Ordered};
use chronon_aggregate::shape::Source;
use chronon_aggregate::sink::Sink;
use chronon_types::Result;
use std::collections::VecDeque;

struct Line<T> {
    timeline: usize,
    queue: VecDeque<(usize, T)>,
    newest: Option<(usize, T)>,
}

/// Sliding MIN or MAX.
pub(crate) struct Extremes<P: Ordered> {
    source: Source,
    largest: bool,
    batch: Option<Column<P>>,
    lines: Vec<Line<P::Owned>>,
    outputs: Vec<(Target, usize, P::Sink)>,
}

impl<P: Ordered> Extremes<P> {
    pub(crate) fn new(family: &Family<'_>) -> Self {
        let definition = family.definition;
        let used = timelines(&family.targets);
        let output = |target: &Target| {
            let line = used.iter().position(|timeline| *timeline == target.timeline).unwrap_or(0);
            (*target, line, P::sink(&definition.result, false))
        };
        let line = |timeline: &usize| Line { timeline: *timeline, queue: VecDeque::new(), newest: None };
        Self {
            source: Source::input(definition),
            largest: definition.kind() == OperationKind::Max,
            batch: None,
            lines: used.iter().map(line).collect(),
            outputs: family.targets.iter().map(output).collect(),
        }
    }
}

impl<P: Ordered> Sliding for Extremes<P> {
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.batch = Some(self.source.load(columns)?);
        Ok(())
    }

    fn unload(&mut self) {
        self.batch = None;
    }

    fn update(&mut self, run: &Run<'_>) -> Result<()> {
        let Some(batch) = &self.batch else { return Ok(()) };
        let largest = self.largest;
        for line in &mut self.lines {
            for segment in &run.segments[line.timeline] {
                let mut best: Option<P::Ref<'_>> = None;
                batch.each(batch.elements(segment.start..segment.end), |_, value| {
                    if best.is_none_or(|best| P::beats(value, best, largest)) {
                        best = Some(value);
                    }
                });
                let Some(best) = best else { continue };
                match &mut line.newest {
                    Some((hop, value)) if *hop == segment.hop => {
                        if P::beats(best, P::borrow(value), largest) {
                            P::assign(value, best);
                        }
                    }
                    newest => {
                        if let Some(closed) = newest.replace((segment.hop, P::own(best))) {
                            let beaten = |queued: &(usize, P::Owned)| {
                                !P::beats(P::borrow(&queued.1), P::borrow(&closed.1), largest)
                            };
                            while line.queue.back().is_some_and(beaten) {
                                line.queue.pop_back();
                            }
                            line.queue.push_back(closed);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for (target, line, sink) in &mut self.outputs {
            let line = &self.lines[*line];
            let tail = tails[target.window].hop;
            let queued = line.queue.get(line.queue.partition_point(|(hop, _)| *hop < tail)).map(|(_, value)| value);
            let newest = line.newest.as_ref().filter(|(hop, _)| *hop >= tail).map(|(_, value)| value);
            match (queued, newest) {
                (Some(queued), Some(newest)) if P::beats(P::borrow(newest), P::borrow(queued), self.largest) => {
                    P::push(sink, newest);
                }
                (Some(value), _) | (None, Some(value)) => P::push(sink, value),
                (None, None) => sink.push_null(),
            }
        }
        Ok(())
    }

    fn trim(&mut self, timeline: usize, to: usize) {
        for line in self.lines.iter_mut().filter(|line| line.timeline == timeline) {
            while line.queue.front().is_some_and(|(hop, _)| *hop < to) {
                line.queue.pop_front();
            }
        }
    }

    fn reset(&mut self) {
        for line in &mut self.lines {
            line.queue.clear();
            line.newest = None;
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for (target, _, sink) in &mut self.outputs {
            out(target.output, sink.finish()?);
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        let line = |line: &Line<P::Owned>| {
            line.queue.capacity() * size_of::<(usize, P::Owned)>()
                + line.queue.iter().chain(&line.newest).map(|(_, value)| P::heap_size(value)).sum::<usize>()
        };
        self.lines.iter().map(line).sum::<usize>()
            + self.outputs.iter().map(|(_, _, sink)| sink.heap_size()).sum::<usize>()
    }
}
