//! SUM of floating numbers, AVERAGE, and COUNT of the same input.
//!
//! Per hop size: the sum of each hop, and the number of values before it. A sum is the fold of the hop sums of its
//! window, oldest first, never a difference; so it is a function of the window's values and their order alone. The fold
//! up to the newest hop is kept per window and redone only when its tail has moved: queries between two moves cost one
//! addition. Hops without values hold −0.0, which no addition notices. A window without values gives null, and so does
//! a result that is not finite. Memory: 16 bytes per hop.

use crate::sliding::{Family, Run, Sliding, Tail, timelines};
use crate::timeline::HopVec;
use arrow::array::ArrayRef;
use arrow::datatypes::DataType as ArrowType;
use chronon_aggregate::OperationKind;
use chronon_aggregate::physical::{Column, Doubles};
use chronon_aggregate::shape::Source;
use chronon_aggregate::sink::{DoubleSink, LongSink, Sink};
use chronon_types::Result;

#[derive(Debug)]
struct Line {
    timeline: usize,
    /// Number of values before each hop, and the hop's sum.
    hops: HopVec<(i64, f64)>,
    count: i64,
}

/// The fold over the hops from `tail` up to but not including `upto`.
#[derive(Debug)]
struct Prefix {
    tail: usize,
    upto: usize,
    sum: f64,
}

const NO_PREFIX: Prefix = Prefix { tail: usize::MAX, upto: 0, sum: -0.0 };

/// A window's outputs, by their index in the plan.
#[derive(Debug)]
struct Output {
    window: usize,
    line: usize,
    prefix: Prefix,
    sum: Option<(usize, DoubleSink)>,
    average: Option<(usize, DoubleSink)>,
    count: Option<(usize, LongSink)>,
}

/// Sliding sums, averages and counts of floating numbers.
#[derive(Debug)]
pub(crate) struct DoubleSums {
    source: Source,
    batch: Option<Column<Doubles>>,
    lines: Vec<Line>,
    outputs: Vec<Output>,
}

impl DoubleSums {
    pub(crate) fn new(family: &Family<'_>) -> Self {
        let used = timelines(&family.targets);
        let mut outputs: Vec<Output> = Vec::new();
        for target in &family.targets {
            // two outputs may differ in nothing but the unit their window is written in
            let known = outputs.iter().position(|output| {
                output.window == target.window
                    && match family.kind(target) {
                        OperationKind::Sum => output.sum.is_none(),
                        OperationKind::Average => output.average.is_none(),
                        _ => output.count.is_none(),
                    }
            });
            let at = known.unwrap_or_else(|| {
                let line = used.iter().position(|timeline| *timeline == target.timeline).unwrap_or(0);
                let window = target.window;
                outputs.push(Output { window, line, prefix: NO_PREFIX, sum: None, average: None, count: None });
                outputs.len() - 1
            });
            let doubles = || Some((target.output, DoubleSink::new(ArrowType::Float64, true)));
            match family.kind(target) {
                OperationKind::Sum => outputs[at].sum = doubles(),
                OperationKind::Average => outputs[at].average = doubles(),
                _ => outputs[at].count = Some((target.output, LongSink::new(ArrowType::Int64))),
            }
        }
        let line = |timeline: &usize| Line { timeline: *timeline, hops: HopVec::default(), count: 0 };
        Self { source: Source::input(family.definition), batch: None, lines: used.iter().map(line).collect(), outputs }
    }
}

impl Sliding for DoubleSums {
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.batch = Some(self.source.load(columns)?);
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
                    line.hops.push((line.count, -0.0));
                }
                let sum = &mut line.hops.get_mut(segment.hop).1;
                let mut folded = *sum;
                let mut count = 0;
                batch.each(batch.elements(segment.start..segment.end), |_, value| {
                    folded += value;
                    count += 1;
                });
                *sum = folded;
                line.count += count;
            }
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for output in &mut self.outputs {
            let line = &self.lines[output.line];
            let tail = tails[output.window].hop;
            let end = line.hops.end();
            let count = if tail < end { line.count - line.hops.get(tail).0 } else { 0 };
            let mut sum = 0.0;
            if count > 0 && (output.sum.is_some() || output.average.is_some()) {
                let prefix = &mut output.prefix;
                if prefix.tail != tail {
                    *prefix = Prefix { tail, upto: tail, sum: -0.0 };
                }
                let newest = end - 1;
                prefix.sum = line.hops.range(prefix.upto..newest).iter().fold(prefix.sum, |sum, hop| sum + hop.1);
                prefix.upto = newest;
                sum = prefix.sum + line.hops.get(newest).1;
            }
            if let Some((_, sink)) = &mut output.sum {
                if count == 0 { sink.push_null() } else { sink.push(sum) }
            }
            if let Some((_, sink)) = &mut output.average {
                if count == 0 { sink.push_null() } else { sink.push(sum / count as f64) }
            }
            if let Some((_, sink)) = &mut output.count {
                if count == 0 { sink.push_null() } else { sink.push(count) }
            }
        }
        Ok(())
    }

    fn trim(&mut self, timeline: usize, to: usize) {
        self.lines.iter_mut().filter(|line| line.timeline == timeline).for_each(|line| line.hops.trim(to));
    }

    fn reset(&mut self) {
        for line in &mut self.lines {
            line.hops.clear();
            line.count = 0;
        }
        self.outputs.iter_mut().for_each(|output| output.prefix = NO_PREFIX);
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for output in &mut self.outputs {
            for (index, sink) in [&mut output.sum, &mut output.average].into_iter().flatten() {
                out(*index, sink.finish()?);
            }
            if let Some((index, sink)) = &mut output.count {
                out(*index, sink.finish()?);
            }
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        let output = |output: &Output| {
            let doubles = |sink: &Option<(usize, DoubleSink)>| sink.as_ref().map_or(0, |(_, sink)| sink.heap_size());
            let count = output.count.as_ref().map_or(0, |(_, sink)| sink.heap_size());
            doubles(&output.sum) + doubles(&output.average) + count
        };
        self.lines.iter().map(|line| line.hops.heap_size()).sum::<usize>()
            + self.outputs.iter().map(output).sum::<usize>()
    }
}
