//! LAST: the newest value of all, shown by every window that reaches it.
//!
//! One value and its time serve all windows. Among equal times the value that came first stays. Memory: one value.

use crate::sliding::{Family, Run, Sliding, Tail, Target};
use arrow::array::ArrayRef;
use chronon_aggregate::physical::{Column, Physical};
use chronon_aggregate::shape::Source;
use chronon_aggregate::sink::Sink;
use chronon_types::Result;
use chronon_types::time::Millis;

/// Sliding LAST.
pub(crate) struct Last<P: Physical> {
    source: Source,
    batch: Option<Column<P>>,
    newest: Option<Millis>,
    value: Option<P::Owned>,
    outputs: Vec<(Target, P::Sink)>,
}

impl<P: Physical> Last<P> {
    pub(crate) fn new(family: &Family<'_>) -> Self {
        let definition = family.definition;
        let outputs = family.targets.iter().map(|target| (*target, P::sink(&definition.result, false)));
        Self { source: Source::input(definition), batch: None, newest: None, value: None, outputs: outputs.collect() }
    }
}

impl<P: Physical> Sliding for Last<P> {
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.batch = Some(self.source.load(columns)?);
        Ok(())
    }

    fn unload(&mut self) {
        self.batch = None;
    }

    fn update(&mut self, run: &Run<'_>) -> Result<()> {
        let Some(batch) = &self.batch else { return Ok(()) };
        let Some(mut row) = run.rows.clone().rev().find(|row| !batch.is_null(*row)) else { return Ok(()) };
        let ts = run.ts[row];
        if self.newest == Some(ts) {
            return Ok(());
        }
        for earlier in (run.rows.start..row).rev().take_while(|earlier| run.ts[*earlier] == ts) {
            if !batch.is_null(earlier) {
                row = earlier;
            }
        }
        self.newest = Some(ts);
        let value = P::get(&batch.values, row);
        match &mut self.value {
            Some(kept) => P::assign(kept, value),
            None => self.value = Some(P::own(value)),
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for (target, sink) in &mut self.outputs {
            match (&self.newest, &self.value) {
                (Some(ts), Some(value)) if *ts >= tails[target.window].ts => P::push(sink, value),
                _ => sink.push_null(),
            }
        }
        Ok(())
    }

    fn trim(&mut self, _timeline: usize, _to: usize) {}

    fn reset(&mut self) {
        // The value stays for its memory; without a time it is not seen.
        self.newest = None;
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for (target, sink) in &mut self.outputs {
            out(target.output, sink.finish()?);
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        self.value.as_ref().map_or(0, P::heap_size)
            + self.outputs.iter().map(|(_, sink)| sink.heap_size()).sum::<usize>()
    }
}
