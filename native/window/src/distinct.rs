//! UNIQUE_COUNT and APPROX_UNIQUE_COUNT: for every distinct value the hop it was last seen in.
//!
//! A value is inside a window exactly when its newest hop is. So one table, from value to its newest hop of each hop
//! size, and one number per hop, how many values have it as their newest, serve all windows: a result is the sum of those
//! numbers from the tail on, and nothing has to be done when a tail moves. For estimates the values are the sketch's
//! coupons, hashed once per batch; the estimate is that of a merged sketch, a function of their number.
//!
//! A window with values but no coupon (empty strings alone) gives 0, one without values null. Values that no window
//! reaches leave the table when it would have to grow, so it holds at most a small multiple of the distinct values in
//! the widest window.

use crate::sliding::{Family, Run, Sliding, Tail, Target, timelines};
use crate::timeline::HopVec;
use arrow::array::ArrayRef;
use arrow::datatypes::DataType as ArrowType;
use chronon_aggregate::approx_unique_count::{ApproxUniqueCount, Couponed};
use chronon_aggregate::physical::{Bytes, Column, Doubles, Keyed, Longs, Physical};
use chronon_aggregate::shape::Source;
use chronon_aggregate::sink::{LongSink, Sink};
use chronon_aggregate::{OperationKind, Width};
use chronon_types::{Error, Result};
use std::marker::PhantomData;

/// Stands for "in no hop" and, in a table, for a free slot.
const NO_HOP: u32 = u32::MAX;

/// What is told apart, and what a number of distinct ones means.
pub(crate) trait Identity: Send {
    type Input: Physical;
    /// Worked out once per batch.
    type Loaded: Send;
    type Ref<'a>: Copy;
    type Key: Default + Send;

    fn load(&self, column: &Column<Self::Input>) -> Self::Loaded;
    /// The identity of the value at `position`, if it has one.
    fn get<'a>(
        &self,
        column: &'a Column<Self::Input>,
        loaded: &'a Self::Loaded,
        position: usize,
    ) -> Option<Self::Ref<'a>>;
    fn hash(value: Self::Ref<'_>) -> u64;
    fn hash_key(key: &Self::Key) -> u64;
    fn is(key: &Self::Key, value: Self::Ref<'_>) -> bool;
    fn own(value: Self::Ref<'_>) -> Self::Key;
    fn key_heap_size(_key: &Self::Key) -> usize {
        0
    }
    fn result(&self, distinct: u64) -> i64;
}

#[inline]
fn spread(word: u64) -> u64 {
    word.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Coupons of a sketch.
struct Coupons<P>(ApproxUniqueCount<P>);

impl<P: Couponed> Identity for Coupons<P> {
    type Input = P;
    type Loaded = Vec<u32>;
    type Ref<'a> = u32;
    type Key = u32;

    fn load(&self, column: &Column<P>) -> Vec<u32> {
        // No coupon has all bits set: the sketch keeps that for itself.
        let lg_k = self.0.lg_k();
        let mut coupons = vec![u32::MAX; column.len()];
        column.each(0..column.len(), |position, value| {
            coupons[position] = P::coupon(lg_k, value).unwrap_or(u32::MAX);
        });
        coupons
    }
    #[inline]
    fn get(&self, _column: &Column<P>, loaded: &Vec<u32>, position: usize) -> Option<u32> {
        Some(loaded[position]).filter(|coupon| *coupon != u32::MAX)
    }
    #[inline]
    fn hash(value: u32) -> u64 {
        spread(value.into())
    }
    #[inline]
    fn hash_key(key: &u32) -> u64 {
        spread((*key).into())
    }
    #[inline]
    fn is(key: &u32, value: u32) -> bool {
        *key == value
    }
    #[inline]
    fn own(value: u32) -> u32 {
        value
    }
    #[inline]
    fn result(&self, distinct: u64) -> i64 {
        self.0.estimate(distinct as usize)
    }
}

/// 64-bit values themselves.
struct Words<P>(PhantomData<P>);

trait Word: Physical {
    fn word(value: Self::Ref<'_>) -> u64;
}

impl Word for Longs {
    #[inline]
    fn word(value: i64) -> u64 {
        value as u64
    }
}

impl Word for Doubles {
    #[inline]
    fn word(value: f64) -> u64 {
        Self::key(value)
    }
}

impl<P: Word> Identity for Words<P> {
    type Input = P;
    type Loaded = ();
    type Ref<'a> = u64;
    type Key = u64;

    fn load(&self, _column: &Column<P>) {}
    #[inline]
    fn get(&self, column: &Column<P>, (): &(), position: usize) -> Option<u64> {
        Some(P::word(P::get(&column.values, position)))
    }
    #[inline]
    fn hash(value: u64) -> u64 {
        spread(value ^ value >> 32)
    }
    #[inline]
    fn hash_key(key: &u64) -> u64 {
        Self::hash(*key)
    }
    #[inline]
    fn is(key: &u64, value: u64) -> bool {
        *key == value
    }
    #[inline]
    fn own(value: u64) -> u64 {
        value
    }
    fn result(&self, distinct: u64) -> i64 {
        distinct as i64
    }
}

/// Texts and bytes by content.
struct Contents;

impl Identity for Contents {
    type Input = Bytes;
    type Loaded = ();
    type Ref<'a> = &'a [u8];
    type Key = Box<[u8]>;

    fn load(&self, _column: &Column<Bytes>) {}
    #[inline]
    fn get<'a>(&self, column: &'a Column<Bytes>, (): &(), position: usize) -> Option<&'a [u8]> {
        Some(Bytes::get(&column.values, position))
    }
    fn hash(value: &[u8]) -> u64 {
        let words = value.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        words.fold(spread(value.len() as u64), |hash, word| spread((hash ^ hash >> 29) ^ word))
    }
    fn hash_key(key: &Box<[u8]>) -> u64 {
        Self::hash(key)
    }
    fn is(key: &Box<[u8]>, value: &[u8]) -> bool {
        key.as_ref() == value
    }
    fn own(value: &[u8]) -> Box<[u8]> {
        value.into()
    }
    fn key_heap_size(key: &Box<[u8]>) -> usize {
        key.len()
    }
    fn result(&self, distinct: u64) -> i64 {
        distinct as i64
    }
}

/// A key and its newest hop of each of `T` hop sizes.
struct Slot<K, const T: usize> {
    key: K,
    taken: bool,
    newest: [u32; T],
}

impl<K: Default, const T: usize> Slot<K, T> {
    fn free() -> Self {
        Self { key: K::default(), taken: false, newest: [NO_HOP; T] }
    }
}

/// Open addressing with linear probing; at most three quarters full.
struct Table<I: Identity, const T: usize> {
    slots: Vec<Slot<I::Key, T>>,
    len: usize,
}

const SMALLEST: usize = 32;
/// Slots kept from one key to the next; a larger table is given back.
const KEPT: usize = 1 << 12;

impl<I: Identity, const T: usize> Table<I, T> {
    fn new() -> Self {
        let mut table = Self { slots: Vec::new(), len: 0 };
        table.clear();
        table
    }

    fn clear(&mut self) {
        if self.slots.capacity() > KEPT {
            self.slots = Vec::new();
        }
        self.slots.clear();
        self.slots.resize_with(SMALLEST, Slot::free);
        self.len = 0;
    }

    #[inline]
    fn start(&self, hash: u64) -> usize {
        (hash >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    /// The slot of `value`, taken or free.
    #[inline]
    fn find(&self, value: I::Ref<'_>) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.start(I::hash(value));
        while self.slots[at].taken && !I::is(&self.slots[at].key, value) {
            at = (at + 1) & mask;
        }
        at
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.len >= self.slots.len() / 4 * 3
    }

    /// Drops what `keep` refuses and makes room for as much again as remains.
    #[cold]
    fn rebuild(&mut self, keep: impl Fn(&Slot<I::Key, T>) -> bool) {
        let kept = self.slots.iter().filter(|slot| slot.taken && keep(slot)).count();
        let capacity = (kept * 3).next_power_of_two().max(SMALLEST);
        let mut fresh = Vec::new();
        fresh.resize_with(capacity, Slot::free);
        let old = std::mem::replace(&mut self.slots, fresh);
        self.len = kept;
        for slot in old.into_iter().filter(|slot| slot.taken && keep(slot)) {
            let mut at = self.start(I::hash_key(&slot.key));
            while self.slots[at].taken {
                at = (at + 1) & (capacity - 1);
            }
            self.slots[at] = slot;
        }
    }
}

struct Line {
    timeline: usize,
    /// How many keys have each hop as their newest.
    newest: HopVec<u32>,
    /// The newest hop with a value, with or without identity.
    last: usize,
    /// No window reaches hops before this one any more.
    oldest: usize,
}

struct Output {
    target: Target,
    /// Index of the line, or `None` when the window is unbounded.
    line: Option<usize>,
    sink: LongSink,
}

/// Sliding distinct counts over `T` hop sizes that end.
struct Distinct<I: Identity, const T: usize> {
    identity: I,
    source: Source,
    batch: Option<(Column<I::Input>, I::Loaded)>,
    table: Table<I, T>,
    lines: [Line; T],
    /// Index of the hop size that never ends, if a window needs it; then nothing leaves the table.
    unbounded: Option<usize>,
    any: bool,
    outputs: Vec<Output>,
}

impl<I: Identity, const T: usize> Distinct<I, T> {
    fn new(identity: I, family: &Family<'_>, bounded: [usize; T], unbounded: Option<usize>) -> Self {
        let output = |target: &Target| Output {
            target: *target,
            line: bounded.iter().position(|timeline| *timeline == target.timeline),
            sink: LongSink::new(ArrowType::Int64),
        };
        Self {
            identity,
            source: Source::input(family.definition),
            batch: None,
            table: Table::new(),
            lines: bounded.map(|timeline| Line { timeline, newest: HopVec::default(), last: 0, oldest: 0 }),
            unbounded,
            any: false,
            outputs: family.targets.iter().map(output).collect(),
        }
    }
}

impl<I: Identity + 'static, const T: usize> Sliding for Distinct<I, T> {
    fn load(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let column = self.source.load(columns)?;
        let loaded = self.identity.load(&column);
        self.batch = Some((column, loaded));
        Ok(())
    }

    fn unload(&mut self) {
        self.batch = None;
    }

    fn update(&mut self, run: &Run<'_>) -> Result<()> {
        let Some((column, loaded)) = &self.batch else { return Ok(()) };
        for line in &mut self.lines {
            for segment in &run.segments[line.timeline] {
                if segment.hop == line.newest.end() {
                    line.newest.push(0);
                }
            }
        }
        let segments: [_; T] = std::array::from_fn(|t| run.segments[self.lines[t].timeline].as_slice());
        let mut at = [0; T];
        for row in run.rows.clone() {
            // The row's hop of each size; rows older than every window of a size have none.
            let mut hops = [NO_HOP; T];
            for t in 0..T {
                while at[t] < segments[t].len() && segments[t][at[t]].end <= row {
                    at[t] += 1;
                }
                if let Some(segment) = segments[t].get(at[t])
                    && segment.start <= row
                {
                    hops[t] = segment.hop as u32;
                }
            }
            for position in column.elements(row..row + 1) {
                if column.is_null(position) {
                    continue;
                }
                self.any = true;
                for (line, hop) in self.lines.iter_mut().zip(hops).filter(|(_, hop)| *hop != NO_HOP) {
                    line.last = hop as usize + 1;
                }
                let Some(value) = self.identity.get(column, loaded, position) else { continue };
                let mut slot = self.table.find(value);
                if !self.table.slots[slot].taken {
                    if self.table.is_full() {
                        let (lines, unbounded) = (&self.lines, self.unbounded);
                        self.table.rebuild(|slot| {
                            unbounded.is_some()
                                || (0..T)
                                    .any(|t| slot.newest[t] != NO_HOP && slot.newest[t] as usize >= lines[t].oldest)
                        });
                        slot = self.table.find(value);
                    }
                    self.table.len += 1;
                    self.table.slots[slot] = Slot { key: I::own(value), taken: true, newest: [NO_HOP; T] };
                }
                let newest = &mut self.table.slots[slot].newest;
                for t in 0..T {
                    if hops[t] == NO_HOP || newest[t] == hops[t] {
                        continue;
                    }
                    let line = &mut self.lines[t];
                    if newest[t] != NO_HOP && newest[t] as usize >= line.newest.base() {
                        *line.newest.get_mut(newest[t] as usize) -= 1;
                    }
                    *line.newest.get_mut(hops[t] as usize) += 1;
                    newest[t] = hops[t];
                }
            }
        }
        Ok(())
    }

    fn query(&mut self, tails: &[Tail]) -> Result<()> {
        for line in &mut self.lines {
            line.oldest = usize::MAX;
        }
        for output in &mut self.outputs {
            let (any, distinct) = match output.line {
                None => (self.any, self.table.len as u64),
                Some(t) => {
                    let line = &mut self.lines[t];
                    let tail = tails[output.target.window].hop;
                    line.oldest = line.oldest.min(tail);
                    // `last` is one more than the hop, and zero when there is none.
                    let any = line.last > tail;
                    (any, if any { line.newest.since(tail).iter().map(|keys| u64::from(*keys)).sum() } else { 0 })
                }
            };
            if any { output.sink.push(self.identity.result(distinct)) } else { output.sink.push_null() }
        }
        Ok(())
    }

    fn trim(&mut self, timeline: usize, to: usize) {
        self.lines.iter_mut().filter(|line| line.timeline == timeline).for_each(|line| line.newest.trim(to));
    }

    fn reset(&mut self) {
        for line in &mut self.lines {
            line.newest.clear();
            (line.last, line.oldest) = (0, 0);
        }
        self.any = false;
        self.table.clear();
    }

    fn finish(&mut self, out: &mut dyn FnMut(usize, ArrayRef)) -> Result<()> {
        for output in &mut self.outputs {
            out(output.target.output, output.sink.finish()?);
        }
        Ok(())
    }

    fn heap_size(&self) -> usize {
        let keys = self.table.slots.iter().map(|slot| I::key_heap_size(&slot.key)).sum::<usize>();
        self.table.slots.capacity() * size_of::<Slot<I::Key, T>>()
            + keys
            + self.lines.iter().map(|line| line.newest.heap_size()).sum::<usize>()
            + self.outputs.iter().map(|output| output.sink.heap_size()).sum::<usize>()
    }
}

/// The column for the distinct counts of `family`.
pub(crate) fn column(family: &Family<'_>) -> Result<Box<dyn Sliding>> {
    let definition = family.definition;
    let lg_k = definition.k as u8;
    match (definition.kind() == OperationKind::ApproxUniqueCount, definition.width) {
        (true, Width::Longs) => over_lines(Coupons::<Longs>(ApproxUniqueCount::new(lg_k)?), family),
        (true, Width::Doubles) => over_lines(Coupons::<Doubles>(ApproxUniqueCount::new(lg_k)?), family),
        (true, Width::Bytes) => over_lines(Coupons::<Bytes>(ApproxUniqueCount::new(lg_k)?), family),
        (false, Width::Longs) => over_lines(Words::<Longs>(PhantomData), family),
        (false, Width::Doubles) => over_lines(Words::<Doubles>(PhantomData), family),
        (false, Width::Bytes) => over_lines(Contents, family),
        (_, width) => Err(Error::internal(format!("distinct values of width {width:?} cannot be counted"))),
    }
}

fn over_lines<I: Identity + 'static>(identity: I, family: &Family<'_>) -> Result<Box<dyn Sliding>> {
    let used = timelines(&family.targets);
    let ends = |timeline: &usize| family.plan.hops()[*timeline].is_some();
    let unbounded = used.iter().copied().find(|timeline| !ends(timeline));
    let bounded: Vec<usize> = used.into_iter().filter(ends).collect();
    Ok(match bounded[..] {
        [] => Box::new(Distinct::new(identity, family, [], unbounded)),
        [a] => Box::new(Distinct::new(identity, family, [a], unbounded)),
        [a, b] => Box::new(Distinct::new(identity, family, [a, b], unbounded)),
        [a, b, c] => Box::new(Distinct::new(identity, family, [a, b, c], unbounded)),
        _ => return Err(Error::internal("a resolution has more than three hop sizes")),
    })
}
