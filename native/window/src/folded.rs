//! Any operation: one accumulator per hop.
//!
//! A window's result is the fold of its hops' accumulators, oldest first. The fold up to the newest hop is kept per
//! window and redone only when its tail has moved; it stops early when the operation says that later hops cannot change
//! it. All windows of a hop size share the accumulators. Memory: one accumulator per hop that a window reaches, and one
//! per window.

use crate::sliding::{Family, Run, Sliding, Tail, Target, timelines};
use crate::timeline::HopVec;
use arrow::array::ArrayRef;
use chronon_aggregate::shape::Shape;
use chronon_aggregate::sink::Sink;
use chronon_types::Result;

struct Line<T> {
    timeline: usize,
    hops: HopVec<Option<T>>,
}

struct Output<S: Shape> {
    target: Target,
    line: usize,
    /// The hops the kept fold covers, `tail` up to but not including `upto`.
    tail: usize,
    upto: usize,
    prefix: Option<S::Ir>,
    sink: S::Sink,
}

/// Sliding state of any operation.
pub(crate) struct Folded<S: Shape> {
    shape: S,
    batch: Option<S::Batch>,
    lines: Vec<Line<S::Ir>>,
    outputs: Vec<Output<S>>,
}

impl<S: Shape> Folded<S> {
    pub(crate) fn new(shape: S, family: &Family<'_>) -> Self {
        let used = timelines(&family.targets);
        let output = |target: &Target| Output {
            target: *target,
            line: used.iter().position(|timeline| *timeline == target.timeline).unwrap_or(0),
            tail: usize::MAX,
            upto: 0,
            prefix: None,
            sink: shape.sink(),
        };
        let outputs = family.targets.iter().map(output).collect();
        let line = |timeline: &usize| Line { timeline: *timeline, hops: HopVec::default() };
        Self { batch: None, lines: used.iter().map(line).collect(), outputs, shape }
    }
}

impl<S: Shape> Sliding for Folded<S> {
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.batch = Some(self.shape.load(columns)?);
        Ok(())
    }

    fn unload(&mut self) {
        self.batch = None;
    }

    fn update(&mut self, run: &Run<'_>) -> Result<()> {
        let Some(batch) = &self.batch else { return Ok(()) };
        for line in &mut self.lines {
            for segment in &run.segments[line.timeline] {
                if segment.hop == line.hops.end() {
                    line.hops.push(None);
                }
                self.shape.fold(line.hops.get_mut(segment.hop), batch, segment.start..segment.end, run.ts)?;
            }
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for output in &mut self.outputs {
            let hops = &self.lines[output.line].hops;
            let tail = tails[output.target.window].hop;
            if tail >= hops.end() {
                output.sink.push_null();
                continue;
            }
            if output.tail != tail {
                (output.tail, output.upto, output.prefix) = (tail, tail, None);
            }
            let complete = |ir: &Option<S::Ir>| ir.as_ref().is_some_and(|ir| self.shape.is_complete(ir));
            let newest = hops.end() - 1;
            while output.upto < newest && !complete(&output.prefix) {
                if let Some(ir) = hops.get(output.upto) {
                    self.shape.merge(&mut output.prefix, ir)?;
                }
                output.upto += 1;
            }
            match (&output.prefix, hops.get(newest)) {
                (prefix, None) => self.shape.finalize(prefix.as_ref(), &mut output.sink),
                (None, open) if !S::COPIES_DIFFER => self.shape.finalize(open.as_ref(), &mut output.sink),
                (prefix, Some(_)) if complete(prefix) => self.shape.finalize(prefix.as_ref(), &mut output.sink),
                (prefix, Some(open)) => {
                    let mut whole = prefix.clone();
                    self.shape.merge(&mut whole, open)?;
                    self.shape.finalize(whole.as_ref(), &mut output.sink);
                }
            }
        }
        Ok(())
    }

    fn trim(&mut self, timeline: usize, to: usize) {
        self.lines.iter_mut().filter(|line| line.timeline == timeline).for_each(|line| line.hops.trim(to));
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(|line| line.hops.clear());
        for output in &mut self.outputs {
            (output.tail, output.prefix) = (usize::MAX, None);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for output in &mut self.outputs {
            out(output.target.output, output.sink.finish()?);
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        let line = |line: &Line<S::Ir>| {
            let irs = line.hops.items().iter().flatten();
            line.hops.heap_size() + irs.map(|ir| self.shape.heap_size(ir)).sum::<usize>()
        };
        let output = |output: &Output<S>| {
            output.sink.heap_size() + output.prefix.as_ref().map_or(0, |ir| self.shape.heap_size(ir))
        };
        self.lines.iter().map(line).sum::<usize>() + self.outputs.iter().map(output).sum::<usize>()
    }
}
