//! FIRST_K and LAST_K: the values with the `k` earliest and the `k` latest event times.
//!
//! Any type but dates and times. IR: the reference's bounded heap, a list whose element 0 is the worst kept once it is
//! full; while rows come in the order of their times, an [`OrderedList`] that stands for it. Output: a list, best first.
//! Among equal times a new element replaces the worst one, so which of them stay, and in what order, depends on the fold
//! order; without equal times it does not. With `k` of zero or less the first value alone is kept, as in the reference.

use crate::avro;
use crate::bounded_heap::Best;
use crate::first_last::{Timed, decode_timed, encode_timed, get_time};
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::ordered_list::OrderedList;
use crate::sink::ListSink;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};
use std::cmp::Ordering;

/// The operation FIRST_K or LAST_K.
#[derive(Debug, Clone)]
pub struct EdgeK<P> {
    /// How many values to keep.
    pub k: i32,
    /// Whether the latest values are wanted.
    pub latest: bool,
    /// Type of the values.
    pub data_type: DataType,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

impl<P> EdgeK<P> {
    fn limit(&self) -> usize {
        usize::try_from(self.k).unwrap_or(0)
    }

    /// A number that is smaller for the times that are wanted more.
    #[inline]
    fn rank(&self, ts: Millis) -> i64 {
        // The complement of all bits turns the order round, and costs no branch.
        ts ^ -i64::from(self.latest)
    }
}

impl<P, T> Best<Timed<T>> for EdgeK<P> {
    #[inline]
    fn no_worse(&self, a: &Timed<T>, b: &Timed<T>) -> bool {
        self.rank(a.ts) <= self.rank(b.ts)
    }
    #[inline]
    fn worse(&self, a: &Timed<T>, b: &Timed<T>) -> bool {
        self.rank(a.ts) > self.rank(b.ts)
    }
    #[inline]
    fn order(&self, a: &Timed<T>, b: &Timed<T>) -> Ordering {
        self.rank(a.ts).cmp(&self.rank(b.ts))
    }
}

impl<P: Stored> EdgeK<P> {
    /// Whether a value of that time gets into a full list.
    #[inline]
    fn gets_in(&self, ir: &OrderedList<Timed<P::Owned>>, ts: Millis) -> bool {
        ir.worst().is_some_and(|worst| self.rank(ts) <= self.rank(worst.ts))
    }
}

impl<P: Stored> Operation for EdgeK<P> {
    type Input = P;
    type Ir = OrderedList<Timed<P::Owned>>;
    type Sink = ListSink<P::Sink>;

    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> Self::Ir {
        OrderedList::of(Timed { ts, value: P::own(value) }, self.limit())
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, ts: Millis) {
        // Most values that do not get in are turned away here, before they are copied.
        if ir.len() < self.limit() || self.gets_in(ir, ts) {
            ir.insert(self, self.limit(), Timed { ts, value: P::own(value) });
        }
    }
    const PASSES: bool = true;
    fn pass(&self, ir: &mut Self::Ir, first: Millis, count: usize) -> usize {
        if self.latest {
            return ir.pass(self, self.limit(), |newest| first > newest.ts, count);
        }
        let is_late = ir.len() >= self.limit() && ir.worst().is_some_and(|worst| first > worst.ts);
        if is_late { count } else { 0 }
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        ir.merge(self, self.limit(), later);
    }
    fn is_complete(&self, ir: &Self::Ir) -> bool {
        !self.latest && ir.len() >= self.limit()
    }
    fn sink(&self) -> Self::Sink {
        ListSink::new(P::sink(&self.data_type, true))
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        let order = ir.sorted(self);
        order.iter().for_each(|item| P::push(&mut sink.elements, &item.value));
        sink.close(order.len());
    }
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.len(), |out| {
            ir.iter().try_for_each(|item| encode_timed::<P>(item, &self.data_type, out))
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut heap = Vec::new();
        avro::get_items(bytes, |bytes| {
            heap.push(decode_timed::<P>(bytes, &self.data_type)?);
            Ok(())
        })?;
        Ok(OrderedList::from_heap(heap))
    }
    fn merge_encoded(&self, ir: &mut Self::Ir, bytes: &mut &[u8]) -> Result<()> {
        if ir.len() != self.limit() {
            let later = self.decode(bytes)?;
            self.merge(ir, &later);
            return Ok(());
        }
        // Hops and tiles that come after newer rows bring little that stays: the rest is not copied.
        avro::get_items(bytes, |bytes| {
            let ts = get_time(bytes)?;
            if self.gets_in(ir, ts) {
                return P::decode_to(bytes, &self.data_type, |value| self.update(ir, value, ts));
            }
            avro::skip(&self.data_type, bytes)
        })
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.heap_size(|item| P::heap_size(&item.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::Bytes;
    use crate::sink::Sink;
    use crate::value::Value;

    fn operation(k: i32, latest: bool) -> EdgeK<Bytes> {
        EdgeK { k, latest, data_type: DataType::String, width: std::marker::PhantomData }
    }

    fn fold(operation: &EdgeK<Bytes>, rows: &[(Millis, &str)]) -> OrderedList<Timed<Vec<u8>>> {
        let mut ir = operation.prepare(rows[0].1.as_bytes(), rows[0].0);
        rows[1..].iter().for_each(|(ts, value)| operation.update(&mut ir, value.as_bytes(), *ts));
        ir
    }

    fn output(operation: &EdgeK<Bytes>, ir: &OrderedList<Timed<Vec<u8>>>) -> String {
        let mut sink = operation.sink();
        operation.finalize(ir, &mut sink);
        match Value::read(&sink.finish().unwrap(), 0).unwrap() {
            Value::List(items) => items
                .iter()
                .map(|item| match item {
                    Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    other => panic!("{other:?}"),
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ties_replace_the_root() {
        let rows = [(7, "a"), (7, "b"), (7, "c"), (7, "d")];
        for (expected, k) in [("d", 1), ("db", 2), ("dbc", 3), ("abcd", 4), ("abcd", 9), ("a", 0), ("a", -1)] {
            for latest in [false, true] {
                let operation = operation(k, latest);
                assert_eq!(output(&operation, &fold(&operation, &rows)), expected, "k = {k}, latest = {latest}");
            }
        }
    }

    #[test]
    fn merging_hops_in_order_equals_folding_rows() {
        let rows: Vec<(Millis, &str)> = vec![(1, "a"), (2, "b"), (3, "c"), (5, "d"), (6, "e"), (8, "f")];
        for k in 1..8 {
            for latest in [false, true] {
                let operation = operation(k, latest);
                let whole = output(&operation, &fold(&operation, &rows));
                for split in 1..rows.len() {
                    let mut ir = fold(&operation, &rows[..split]);
                    operation.merge(&mut ir, &fold(&operation, &rows[split..]));
                    assert_eq!(output(&operation, &ir), whole, "k = {k}, split = {split}");
                }
            }
        }
    }

    #[test]
    fn bytes_are_the_reference_record() {
        let operation = operation(2, true);
        let ir = fold(&operation, &[(10, "a"), (20, "b")]);
        let mut out = Vec::new();
        operation.encode(&ir, &mut out).unwrap();
        assert_eq!(out, [4, 2, 0x14, 2, 2, 0x61, 2, 0x28, 2, 2, 0x62, 0]);
        assert!(operation.decode(&mut out.as_slice()).unwrap().iter().eq(ir.iter()));
    }
}
