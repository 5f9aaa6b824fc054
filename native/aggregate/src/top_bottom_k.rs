//! TOP_K and BOTTOM_K: the `k` greatest and the `k` smallest values, duplicates included.
//!
//! All numbers but `Byte`, and strings by UTF-16 code units. IR: the values in the bounded list of [`crate::bounded_heap`].
//! Output: a list in the input's own type, best first. The heap compares as Java's operators do, so not-a-number never
//! replaces a value and is never replaced once the list is full; sorts take it for the greatest. With `k` of zero or less the
//! first value alone is kept, as in the reference. Cost: O(log k) for a value that gets in, one comparison for others.

use crate::avro;
use crate::bounded_heap::{self, Best};
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::Ordered;
use crate::sink::ListSink;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};
use std::cmp::Ordering;
use std::marker::PhantomData;

/// The operation TOP_K or BOTTOM_K.
#[derive(Debug, Clone)]
pub struct RankedK<P> {
    /// How many values to keep.
    pub k: i32,
    /// Whether the greatest values are wanted.
    pub largest: bool,
    /// Type of the values.
    pub data_type: DataType,
    /// The width.
    pub width: PhantomData<P>,
}

impl<P: Ordered> RankedK<P> {
    fn limit(&self) -> usize {
        usize::try_from(self.k).unwrap_or(0)
    }

    /// Adds a value, with the order known to the compiler: the heap compares several times a value.
    #[inline]
    fn add<const LARGEST: bool>(&self, ir: &mut Vec<P::Owned>, value: P::Ref<'_>) {
        let ranking = Ranking::<P, LARGEST>(PhantomData);
        // Most values that do not get in are turned away here, before they are copied.
        let enters = |worst| Ranking::<P, LARGEST>::is_no_worse(value, P::borrow(worst));
        if ir.len() < self.limit() || ir.first().is_some_and(enters) {
            bounded_heap::insert(&ranking, ir, self.limit(), P::own(value));
        }
    }
}

/// The order in which the greatest value is the best, or the smallest.
struct Ranking<P, const LARGEST: bool>(PhantomData<P>);

impl<P: Ordered, const LARGEST: bool> Ranking<P, LARGEST> {
    #[inline]
    fn is_no_worse(a: P::Ref<'_>, b: P::Ref<'_>) -> bool {
        P::partial(a, b).is_some_and(if LARGEST { Ordering::is_ge } else { Ordering::is_le })
    }
}

impl<P: Ordered, const LARGEST: bool> Best<P::Owned> for Ranking<P, LARGEST> {
    #[inline]
    fn no_worse(&self, a: &P::Owned, b: &P::Owned) -> bool {
        Self::is_no_worse(P::borrow(a), P::borrow(b))
    }
    #[inline]
    fn worse(&self, a: &P::Owned, b: &P::Owned) -> bool {
        P::partial(P::borrow(a), P::borrow(b)).is_some_and(if LARGEST { Ordering::is_lt } else { Ordering::is_gt })
    }
    #[inline]
    fn order(&self, a: &P::Owned, b: &P::Owned) -> Ordering {
        let (a, b) = if LARGEST { (b, a) } else { (a, b) };
        P::compare(P::borrow(a), P::borrow(b))
    }
}

impl<P: Ordered + Stored> Operation for RankedK<P> {
    type Input = P;
    type Ir = Vec<P::Owned>;
    type Sink = ListSink<P::Sink>;

    fn prepare(&self, value: P::Ref<'_>, _ts: Millis) -> Self::Ir {
        bounded_heap::of(P::own(value), self.limit())
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        if self.largest { self.add::<true>(ir, value) } else { self.add::<false>(ir, value) }
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        if self.largest {
            bounded_heap::merge(&Ranking::<P, true>(PhantomData), ir, self.limit(), later);
        } else {
            bounded_heap::merge(&Ranking::<P, false>(PhantomData), ir, self.limit(), later);
        }
    }
    const MERGES_AS_FOLDED: bool = P::TOTAL;
    fn sink(&self) -> Self::Sink {
        ListSink::new(P::sink(&self.data_type, true))
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        let order = if self.largest {
            bounded_heap::sorted(&Ranking::<P, true>(PhantomData), ir)
        } else {
            bounded_heap::sorted(&Ranking::<P, false>(PhantomData), ir)
        };
        order.iter().for_each(|value| P::push(&mut sink.elements, value));
        sink.close(order.len());
    }
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.len(), |out| ir.iter().try_for_each(|value| P::encode(value, &self.data_type, out)))
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut heap = Vec::new();
        avro::get_items(bytes, |bytes| {
            heap.push(P::decode(bytes, &self.data_type)?);
            Ok(())
        })?;
        Ok(heap)
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.capacity() * size_of::<P::Owned>() + ir.iter().map(P::heap_size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::{Doubles, Longs};
    use crate::sink::Sink;
    use crate::value::Value;

    fn longs(k: i32, largest: bool) -> RankedK<Longs> {
        RankedK { k, largest, data_type: DataType::Long, width: PhantomData }
    }

    fn doubles(k: i32, largest: bool) -> RankedK<Doubles> {
        RankedK { k, largest, data_type: DataType::Double, width: PhantomData }
    }

    fn output<O: Operation>(operation: &O, ir: &O::Ir) -> Vec<Value> {
        let mut sink = operation.sink();
        operation.finalize(ir, &mut sink);
        match Value::read(&sink.finish().unwrap(), 0).unwrap() {
            Value::List(items) => items.into_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_list_goes_through_the_states_of_the_reference() {
        // aggregator sheet §6.6, from a run of the reference
        let operation = longs(3, true);
        let mut ir = operation.prepare(5, 0);
        let states = [(1, vec![5, 1]), (9, vec![1, 5, 9]), (3, vec![3, 5, 9]), (7, vec![5, 7, 9]), (7, vec![7, 7, 9])];
        for (value, state) in states {
            operation.update(&mut ir, value, 0);
            assert_eq!(ir, state);
        }
        operation.update(&mut ir, 2, 0);
        assert_eq!(output(&operation, &ir), [9, 7, 7].map(Value::Long));
        assert_eq!(ir, [7, 7, 9], "a result leaves the list as it is");
    }

    #[test]
    fn not_a_number_is_the_greatest_for_sorts_and_nothing_for_the_heap() {
        // the same source
        for (largest, expected) in [(true, "[NaN, 3.0]"), (false, "[1.0, NaN]")] {
            let operation = doubles(2, largest);
            let mut ir = operation.prepare(f64::NAN, 0);
            [1.0, 3.0, 2.0].iter().for_each(|value| operation.update(&mut ir, *value, 0));
            let found: Vec<f64> = output(&operation, &ir)
                .iter()
                .map(|value| if let Value::Double(value) = value { *value } else { f64::INFINITY })
                .collect();
            assert_eq!(format!("{found:?}"), expected);
        }
    }

    #[test]
    fn without_room_the_first_value_stays() {
        for k in [0, -1] {
            let operation = longs(k, true);
            let mut ir = operation.prepare(1, 0);
            operation.update(&mut ir, 2, 0);
            operation.merge(&mut ir, &vec![3]);
            assert_eq!(output(&operation, &ir), [Value::Long(1)], "k = {k}");
        }
    }

    #[test]
    fn bytes_keep_the_order_of_the_list() {
        let operation = longs(3, false);
        let mut ir = operation.prepare(1, 0);
        [2, 3].iter().for_each(|value| operation.update(&mut ir, *value, 0));
        let mut out = Vec::new();
        operation.encode(&ir, &mut out).unwrap();
        assert_eq!(out, [6, 6, 4, 2, 0], "the worst comes first");
        assert_eq!(operation.decode(&mut out.as_slice()).unwrap(), ir);
    }
}
