//! FIRST_K and LAST_K: the values with the `k` earliest and the `k` latest event times.
//!
//! Any type but dates and times. IR: the reference's bounded heap, a list whose element 0 is the worst kept once it is
//! full. Output: a list, best first. Among equal times a new element replaces the worst one, so which of them stay,
//! and in what order, depends on the fold order; without equal times it does not. With `k` of zero or less the first
//! value alone is kept, as in the reference.

use crate::avro;
use crate::first_last::{Timed, decode_timed, encode_timed};
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::sink::ListSink;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};
use std::cmp::Reverse;

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
    /// Position of a time in the order "best first".
    #[inline]
    fn rank(&self, ts: Millis) -> (Reverse<Millis>, Millis) {
        if self.latest { (Reverse(ts), 0) } else { (Reverse(0), ts) }
    }

    fn limit(&self) -> usize {
        usize::try_from(self.k).unwrap_or(0)
    }

    /// Inserts as the reference's heap does.
    fn insert<T>(&self, heap: &mut Vec<Timed<T>>, new: Timed<T>) {
        let (size, limit) = (heap.len(), self.limit());
        if size + 1 < limit {
            heap.push(new);
        } else if size + 1 == limit {
            heap.push(new);
            heap.sort_by_key(|item| Reverse(self.rank(item.ts)));
        } else if size == limit && size > 0 && self.rank(new.ts) <= self.rank(heap[0].ts) {
            heap[0] = new;
            self.sift_down(heap);
        }
    }

    fn sift_down<T>(&self, heap: &mut [Timed<T>]) {
        let mut parent = 0;
        loop {
            let (left, right) = (2 * parent + 1, 2 * parent + 2);
            if left >= heap.len() {
                return;
            }
            let right_is_worse = right < heap.len() && self.rank(heap[right].ts) > self.rank(heap[left].ts);
            let child = if right_is_worse { right } else { left };
            if self.rank(heap[parent].ts) >= self.rank(heap[child].ts) {
                return;
            }
            heap.swap(parent, child);
            parent = child;
        }
    }
}

impl<P: Stored> Operation for EdgeK<P> {
    type Input = P;
    type Ir = Vec<Timed<P::Owned>>;
    type Sink = ListSink<P::Sink>;

    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> Self::Ir {
        vec![Timed { ts, value: P::own(value) }]
    }
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, ts: Millis) {
        // Most values that do not get in are turned away here, before they are copied.
        if ir.len() < self.limit() || ir.first().is_some_and(|worst| self.rank(ts) <= self.rank(worst.ts)) {
            self.insert(ir, Timed { ts, value: P::own(value) });
        }
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        if ir.len() + later.len() < self.limit() {
            ir.extend_from_slice(later);
        } else {
            later.iter().for_each(|item| self.insert(ir, item.clone()));
        }
    }
    fn is_complete(&self, ir: &Self::Ir) -> bool {
        !self.latest && ir.len() >= self.limit()
    }
    fn sink(&self) -> Self::Sink {
        ListSink::new(P::sink(&self.data_type, true))
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        let mut order: Vec<&Timed<P::Owned>> = ir.iter().collect();
        order.sort_by_key(|item| self.rank(item.ts));
        order.iter().for_each(|item| P::push(&mut sink.elements, &item.value));
        sink.close(order.len());
    }
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.len(), |out| {
            ir.iter().for_each(|item| encode_timed::<P>(item, &self.data_type, out));
            Ok(())
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut heap = Vec::new();
        avro::get_items(bytes, |bytes| {
            heap.push(decode_timed::<P>(bytes, &self.data_type)?);
            Ok(())
        })?;
        Ok(heap)
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.capacity() * size_of::<Timed<P::Owned>>() + ir.iter().map(|item| P::heap_size(&item.value)).sum::<usize>()
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

    fn fold(operation: &EdgeK<Bytes>, rows: &[(Millis, &str)]) -> Vec<Timed<Vec<u8>>> {
        let mut ir = operation.prepare(rows[0].1.as_bytes(), rows[0].0);
        rows[1..].iter().for_each(|(ts, value)| operation.update(&mut ir, value.as_bytes(), *ts));
        ir
    }

    fn output(operation: &EdgeK<Bytes>, ir: &Vec<Timed<Vec<u8>>>) -> String {
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
        assert_eq!(operation.decode(&mut out.as_slice()).unwrap(), ir);
    }
}
