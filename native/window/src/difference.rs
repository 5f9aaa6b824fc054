//! COUNT, and SUM of whole numbers: running totals and their difference.
//!
//! Per hop size: the total at the start of each hop. A window's result is the total now less the total at its tail,
//! exact also when sums wrap. All windows of a hop size share the totals and have no state of their own. A window
//! without values gives null. Memory: 16 bytes per hop.

use crate::sliding::{Family, Run, Sliding, Tail, Target, timelines};
use crate::timeline::HopVec;
use arrow::array::ArrayRef;
use arrow::datatypes::DataType as ArrowType;
use chronon_aggregate::physical::{Column, Longs, Physical, Presence};
use chronon_aggregate::shape::Source;
use chronon_aggregate::sink::{LongSink, Sink};
use chronon_types::{DataType, Result};
use std::ops::Range;

/// What is totalled besides the number of values.
pub(crate) trait Total: Send + 'static {
    type Input: Physical;
    /// Sum and number of the values at `positions`.
    fn of(column: &Column<Self::Input>, positions: Range<usize>) -> (i64, i64);
    /// The result, given differences of both.
    fn result(sum: i64, count: i64) -> i64;
}

/// Nothing: COUNT.
#[derive(Debug)]
pub(crate) struct Number;

impl Total for Number {
    type Input = Presence;
    #[inline]
    fn of(column: &Column<Presence>, positions: Range<usize>) -> (i64, i64) {
        (0, column.count(positions) as i64)
    }
    #[inline]
    fn result(_sum: i64, count: i64) -> i64 {
        count
    }
}

/// The values: SUM.
#[derive(Debug)]
pub(crate) struct Amount;

impl Total for Amount {
    type Input = Longs;
    #[inline]
    fn of(column: &Column<Longs>, positions: Range<usize>) -> (i64, i64) {
        let (mut sum, mut count) = (0i64, 0);
        column.each(positions, |_, value| {
            sum = sum.wrapping_add(value);
            count += 1;
        });
        (sum, count)
    }
    #[inline]
    fn result(sum: i64, _count: i64) -> i64 {
        sum
    }
}

#[derive(Debug)]
struct Line {
    timeline: usize,
    /// Sum and number of values before each hop.
    before: HopVec<(i64, i64)>,
    now: (i64, i64),
}

#[derive(Debug)]
struct Output {
    target: Target,
    line: usize,
    sink: LongSink,
}

/// Sliding COUNT or whole-number SUM.
#[derive(Debug)]
pub(crate) struct Difference<T: Total> {
    source: Source,
    batch: Option<Column<T::Input>>,
    lines: Vec<Line>,
    outputs: Vec<Output>,
}

impl Difference<Number> {
    pub(crate) fn count(family: &Family<'_>) -> Self {
        Self::new(family)
    }
}

impl Difference<Amount> {
    pub(crate) fn sum(family: &Family<'_>) -> Self {
        Self::new(family)
    }
}

impl<T: Total> Difference<T> {
    fn new(family: &Family<'_>) -> Self {
        let used = timelines(&family.targets);
        let line = |timeline: &usize| used.iter().position(|known| known == timeline).unwrap_or(0);
        let outputs = family.targets.iter().map(|target| Output {
            target: *target,
            line: line(&target.timeline),
            sink: LongSink::new(ArrowType::Int64),
        });
        debug_assert_eq!(family.definition.result, DataType::Long);
        Self {
            source: Source::input(family.definition),
            batch: None,
            outputs: outputs.collect(),
            lines: used
                .iter()
                .map(|timeline| Line { timeline: *timeline, before: HopVec::default(), now: (0, 0) })
                .collect(),
        }
    }
}

impl<T: Total> Sliding for Difference<T> {
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
                if segment.hop == line.before.end() {
                    line.before.push(line.now);
                }
                let (sum, count) = T::of(batch, batch.elements(segment.start..segment.end));
                line.now = (line.now.0.wrapping_add(sum), line.now.1 + count);
            }
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for output in &mut self.outputs {
            let line = &self.lines[output.line];
            let hop = tails[output.target.window].hop;
            let before = if hop < line.before.end() { *line.before.get(hop) } else { line.now };
            let (sum, count) = (line.now.0.wrapping_sub(before.0), line.now.1 - before.1);
            if count == 0 { output.sink.push_null() } else { output.sink.push(T::result(sum, count)) }
        }
        Ok(())
    }

    fn trim(&mut self, timeline: usize, to: usize) {
        self.lines.iter_mut().filter(|line| line.timeline == timeline).for_each(|line| line.before.trim(to));
    }

    fn reset(&mut self) {
        for line in &mut self.lines {
            line.before.clear();
            line.now = (0, 0);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for output in &mut self.outputs {
            out(output.target.output, output.sink.finish()?);
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        self.lines.iter().map(|line| line.before.heap_size()).sum::<usize>()
            + self.outputs.iter().map(|output| output.sink.heap_size()).sum::<usize>()
    }
}
