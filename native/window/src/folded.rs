//! Any operation: one accumulator per hop, merged in blocks.
//!
//! A window's result is the fold of its hops' accumulators, oldest first, block by block ([`crate::tree`]). The fold up to the
//! newest hop is kept per window until the tail or the newest hop is another; it stops early when the operation says that later
//! hops cannot change it. All windows of a hop size share hops and blocks. Memory: two accumulators per hop that a
//! window reaches, and one per window.

use crate::sliding::{Family, Run, Sliding, Tail, Target, timelines};
use crate::tree::HopTree;
use arrow::array::ArrayRef;
use chronon_aggregate::shape::Shape;
use chronon_aggregate::sink::Sink;
use chronon_types::Result;

struct Line<S: Shape> {
    timeline: usize,
    tree: HopTree<S>,
}

struct Output<S: Shape> {
    target: Target,
    line: usize,
    /// The hop at the tail and the newest hop that the kept fold is for.
    covers: Option<(i64, usize)>,
    prefix: Option<S::Ir>,
    sink: S::Sink,
}

/// Sliding state of any operation.
pub(crate) struct Folded<S: Shape> {
    shape: S,
    batch: Option<S::Batch>,
    lines: Vec<Line<S>>,
    outputs: Vec<Output<S>>,
}

impl<S: Shape> Folded<S> {
    pub(crate) fn new(shape: S, family: &Family<'_>) -> Self {
        let used = timelines(&family.targets);
        let output = |target: &Target| Output {
            target: *target,
            line: used.iter().position(|timeline| *timeline == target.timeline).unwrap_or(0),
            covers: None,
            prefix: None,
            sink: shape.sink(),
        };
        let outputs = family.targets.iter().map(output).collect();
        let line = |timeline: &usize| Line { timeline: *timeline, tree: HopTree::new() };
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
                let open = line.tree.open(segment.hop, segment.index);
                self.shape.fold(open, batch, segment.start..segment.end, run.ts)?;
            }
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for output in &mut self.outputs {
            let tree = &mut self.lines[output.line].tree;
            let tail = tails[output.target.window];
            if tail.hop >= tree.end() {
                output.sink.push_null();
                continue;
            }
            let newest = tree.end() - 1;
            if output.covers != Some((tail.index, newest)) {
                output.prefix = tree.fold(&self.shape, tail.hop, tail.index)?;
                output.covers = Some((tail.index, newest));
            }
            let complete = |ir: &Option<S::Ir>| ir.as_ref().is_some_and(|ir| self.shape.is_complete(ir));
            match (&output.prefix, tree.get(newest)) {
                (prefix, None) => self.shape.finalize(prefix.as_ref(), &mut output.sink),
                (None, open) if !S::COPIES_DIFFER => self.shape.finalize(open, &mut output.sink),
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
        self.lines.iter_mut().filter(|line| line.timeline == timeline).for_each(|line| line.tree.trim(to));
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(|line| line.tree.clear());
        for output in &mut self.outputs {
            (output.covers, output.prefix) = (None, None);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for output in &mut self.outputs {
            out(output.target.output, output.sink.finish()?);
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        let output = |output: &Output<S>| {
            output.sink.heap_size() + output.prefix.as_ref().map_or(0, |ir| self.shape.heap_size(ir))
        };
        self.lines.iter().map(|line| line.tree.heap_size(&self.shape)).sum::<usize>()
            + self.outputs.iter().map(output).sum::<usize>()
    }
}
