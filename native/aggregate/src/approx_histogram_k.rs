//! APPROX_HISTOGRAM_K: how often each value occurs, exactly while there are at most `k` distinct ones.
//!
//! Numbers but `Byte`, and strings, as [`crate::counted`] says. IR: a map from value to count, which turns into a
//! frequent-items sketch of `k` slots (the next power of two, 8 at least) when there are more than `k` values. Then
//! counts are guessed high by up to the error of the sketch, only values that surely occur more often than that error
//! come out, and `k` of them at most. With one value more than the sketch has counters, three for four slots, that can
//! be a single entry; the numbers are the reference's. A definition that is not strict gets a sketch of `k` / 0.375 slots,
//! the `k` values that occur most often as far as it knows, and the middle of what each count can be. Its stored form is
//! the same, so either reads what the other wrote.
//!
//! Up to `k` distinct values the result depends on the values alone. Beyond, a sketch that has run full depends on the
//! order in which values and IRs were folded, here as in the reference, and so by nature on how a window is cut into
//! hops. With `k` of zero or less a single value counts 1, and any more give an empty map. Memory: some 40 bytes per
//! distinct value or slot, and strings.

use crate::avro;
use crate::counted::{self, Counted};
use crate::operation::Operation;
use crate::sink::{LongSink, MapSink};
use chronon_sketches::histogram::{Histogram, HistogramSettings};
use chronon_types::Result;
use chronon_types::time::Millis;

/// The operation APPROX_HISTOGRAM_K.
#[derive(Debug, Clone)]
pub struct ApproxHistogramK<P: Counted> {
    k: usize,
    strict: bool,
    settings: HistogramSettings<P::Item>,
}

impl<P: Counted> ApproxHistogramK<P> {
    /// Exact counts of up to `k` values, and the reference's numbers beyond if `strict`.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is above 2^20, or above 393,216 unless `strict`.
    pub fn new(k: i32, strict: bool) -> Result<Self> {
        let settings = if strict { HistogramSettings::new(k) } else { HistogramSettings::roomy(k) };
        Ok(Self { k: usize::try_from(k).unwrap_or(0), strict, settings: settings? })
    }
}

impl<P: Counted> Operation for ApproxHistogramK<P> {
    type Input = P;
    type Ir = Histogram<P::Item>;
    type Sink = MapSink<LongSink>;

    fn prepare(&self, value: P::Ref<'_>, _ts: Millis) -> Self::Ir {
        P::with_item(value, |item| self.settings.prepare(item))
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        P::with_item(value, |item| self.settings.update(ir, item));
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        self.settings.merge(ir, later);
    }
    const COPIES_DIFFER: bool = true;
    const COPIES_OF_COPIES_DIFFER: bool = true;
    fn mark_copied(&self, ir: &mut Self::Ir) {
        ir.mark_copied();
    }
    fn sink(&self) -> Self::Sink {
        counted::sink()
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        let mut entries = if self.strict { ir.entries() } else { ir.likely_entries() };
        if !ir.is_exact() {
            counted::cut::<P>(&mut entries, self.k);
        }
        counted::push::<P>(entries, sink);
    }
    /// The reference's Java object stream, as bytes.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_bytes(out, &ir.to_bytes());
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        Histogram::from_bytes(avro::get_bytes(bytes)?)
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::{Bytes, Doubles, Longs, Physical};
    use crate::sink::Sink;
    use crate::value::Value;

    fn output<'a, P: Counted>(k: i32, values: impl IntoIterator<Item = P::Ref<'a>>) -> String {
        let operation = ApproxHistogramK::<P>::new(k, true).unwrap();
        let mut ir = None;
        for value in values {
            match &mut ir {
                None => ir = Some(operation.prepare(value, 0)),
                Some(ir) => operation.update(ir, value, 0),
            }
        }
        let mut sink = operation.sink();
        operation.finalize(&ir.unwrap(), &mut sink);
        let Value::Map(entries) = Value::read(&sink.finish().unwrap(), 0).unwrap() else { panic!("not a map") };
        let show = |value: &Value| match value {
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Long(count) => count.to_string(),
            other => panic!("{other:?}"),
        };
        entries.iter().map(|(key, count)| format!("{}={} ", show(key), show(count))).collect()
    }

    #[test]
    fn results_are_those_of_the_reference() {
        // aggregator sheet §7.4, and runs of the reference
        let nine: Vec<String> = (0..9).flat_map(|i| std::iter::repeat_n(format!("k{i}"), i + 1)).collect();
        assert_eq!(output::<Bytes>(8, nine.iter().map(String::as_bytes)), "k8=15 ");
        assert_eq!(output::<Bytes>(3, [&b"a"[..], b"b", b"a"]), "a=2 b=1 ");
        assert_eq!(output::<Bytes>(2, [&b"a"[..], b"b", b"c", b"b"]), "a=1 b=2 ");
        assert_eq!(output::<Bytes>(0, [&b"a"[..]]), "a=1 ");
        assert_eq!(output::<Bytes>(0, [&b"a"[..], b"a"]), "");
        assert_eq!(
            output::<Doubles>(8, [1e7, f64::from(0.1f32), 2e23]),
            "0.10000000149011612=1 1.0E7=1 1.9999999999999998E23=1 "
        );
        assert_eq!(output::<Longs>(8, [-1, i64::MIN, -1]), "-1=2 -9223372036854775808=1 ");
    }

    /// Nine values in eight places: strictly, all but one are dropped and that one is counted nearly twice.
    #[test]
    fn a_definition_that_is_not_strict_knows_the_most_frequent_values() {
        let operation = ApproxHistogramK::<Longs>::new(8, false).unwrap();
        let mut ir = operation.prepare(0, 0);
        (1..9).flat_map(|i| std::iter::repeat_n(i, i as usize + 1)).for_each(|i| operation.update(&mut ir, i, 0));
        let mut bytes = Vec::new();
        operation.encode(&ir, &mut bytes).unwrap();
        let ir = operation.decode(&mut bytes.as_slice()).unwrap();
        let mut sink = operation.sink();
        operation.finalize(&ir, &mut sink);
        let Value::Map(entries) = Value::read(&sink.finish().unwrap(), 0).unwrap() else { panic!("not a map") };
        let counts: Vec<&Value> = entries.iter().map(|(_, count)| count).collect();
        assert_eq!(counts, (2..10).map(Value::Long).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }

    #[test]
    fn zeros_are_two_values() {
        assert_eq!(output::<Doubles>(8, [0.0, -0.0, 0.0]), "-0.0=1 0.0=2 ");
    }

    #[test]
    fn the_stored_form_is_bytes() {
        let operation = ApproxHistogramK::<Bytes>::new(3, true).unwrap();
        let mut ir = operation.prepare(b"a", 0);
        [b"b", b"a"].iter().for_each(|value| operation.update(&mut ir, *value, 0));
        let mut out = Vec::new();
        operation.encode(&ir, &mut out).unwrap();
        // aggregator sheet §21: 425 bytes
        assert_eq!((out.len(), &out[..6]), (427, &[0xD2, 0x06, 0xAC, 0xED, 0, 5][..]));
        assert_eq!(operation.decode(&mut out.as_slice()).unwrap().entries(), ir.entries());
    }

    #[test]
    fn every_width_says_how_much_it_holds() {
        fn growth<P: Counted>(owned: &[P::Owned]) -> usize {
            let operation = ApproxHistogramK::<P>::new(1000, true).unwrap();
            let mut ir = operation.prepare(P::borrow(&owned[0]), 0);
            let before = operation.heap_size(&ir);
            owned.iter().for_each(|value| operation.update(&mut ir, P::borrow(value), 0));
            operation.heap_size(&ir) - before
        }
        assert!(growth::<Longs>(&(0..500).collect::<Vec<i64>>()) > 500 * 20);
        let texts: Vec<Vec<u8>> = (0..500).map(|i| Bytes::own(format!("{i:0100}").as_bytes())).collect();
        assert!(growth::<Bytes>(&texts) > 500 * 136);
    }
}
