//! APPROX_FREQUENT_K and APPROX_HEAVY_HITTERS_K: the `k` most frequent values with their estimated counts.
//!
//! Numbers but `Byte`, and strings, as [`crate::counted`] says. IR: a frequent-items sketch of at least `k` / 0.375
//! slots (the next power of two, 8 at least), three quarters of which can hold a counter. While there are no more
//! values than counters, counts are exact and the two operations are one. Beyond, counts are guessed high by up to the
//! error of the sketch: APPROX_FREQUENT_K puts out every value that may occur more often than that error,
//! APPROX_HEAVY_HITTERS_K those that surely do.
//!
//! A sketch that has run full depends on the order in which values and IRs were folded, here as in the reference, and
//! so by nature on how a window is cut into hops. With `k` of zero or less the result is an empty map. Memory: some 40
//! bytes per slot, and strings.

use crate::avro;
use crate::counted::{self, Counted};
use crate::operation::Operation;
use crate::sink::{LongSink, MapSink};
use chronon_sketches::frequent::{ErrorType, FrequentItems};
use chronon_types::Result;
use chronon_types::time::Millis;

/// The operation APPROX_FREQUENT_K or APPROX_HEAVY_HITTERS_K.
#[derive(Debug, Clone)]
pub struct ApproxFrequentK<P: Counted> {
    k: usize,
    error_type: ErrorType,
    empty: FrequentItems<P::Item>,
}

/// The largest `k` whose sketch is not too large.
pub(crate) const MOST_ITEMS: i32 = 393_216;

impl<P: Counted> ApproxFrequentK<P> {
    /// The `k` most frequent values, those that may or, if `surely`, those that must be frequent.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is too large.
    pub fn new(k: i32, surely: bool) -> Result<Self> {
        let error_type = if surely { ErrorType::NoFalsePositives } else { ErrorType::NoFalseNegatives };
        Ok(Self { k: usize::try_from(k).unwrap_or(0), error_type, empty: FrequentItems::roomy(k)? })
    }
}

impl<P: Counted> Operation for ApproxFrequentK<P> {
    type Input = P;
    type Ir = FrequentItems<P::Item>;
    type Sink = MapSink<LongSink>;

    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> Self::Ir {
        let mut ir = self.empty.clone();
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        P::with_item(value, |item| ir.update(item, 1));
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        ir.merge(later);
    }
    const COPIES_DIFFER: bool = true;
    const COPIES_OF_COPIES_DIFFER: bool = true;
    fn mark_copied(&self, ir: &mut Self::Ir) {
        *ir = ir.reread();
    }
    fn sink(&self) -> Self::Sink {
        counted::sink()
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        let rows = ir.rows(self.error_type);
        let mut entries = rows.into_iter().map(|row| (row.item, row.estimate)).collect();
        counted::cut::<P>(&mut entries, self.k);
        counted::push::<P>(entries, sink);
    }
    /// A byte for the type of the values, and the image of the sketch, as bytes.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_bytes(out, &ir.to_typed_bytes());
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        FrequentItems::from_typed_bytes(avro::get_bytes(bytes)?)
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::Bytes;
    use crate::sink::Sink;
    use crate::value::Value;

    fn output(k: i32, surely: bool, text: &str) -> (String, Vec<u8>) {
        let operation = ApproxFrequentK::<Bytes>::new(k, surely).unwrap();
        let mut values = text.bytes().map(|byte| [byte]);
        let mut ir = operation.prepare(&values.next().unwrap(), 0);
        values.for_each(|value| operation.update(&mut ir, &value, 0));
        let mut sink = operation.sink();
        operation.finalize(&ir, &mut sink);
        let Value::Map(entries) = Value::read(&sink.finish().unwrap(), 0).unwrap() else { panic!("not a map") };
        let show = |value: &Value| match value {
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Long(count) => count.to_string(),
            other => panic!("{other:?}"),
        };
        let text = entries.iter().map(|(key, count)| format!("{}={} ", show(key), show(count))).collect();
        let mut bytes = Vec::new();
        operation.encode(&ir, &mut bytes).unwrap();
        assert_eq!(operation.decode(&mut bytes.as_slice()).unwrap().to_bytes(), ir.to_bytes());
        (text, bytes)
    }

    #[test]
    fn results_are_those_of_the_reference() {
        // from runs of the reference
        let many = "abcdefghaabcijkl";
        for (k, surely, text, expected) in [
            (8, false, "a", "a=1 "),
            (8, true, "aba", "a=2 b=1 "),
            (0, false, "aba", ""),
            (-1, true, "aba", ""),
            (1, false, "aba", "a=2 "),
            (3, false, many, "a=3 l=3 "),
            (3, true, many, ""),
            (31, false, many, "a=3 b=2 c=2 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 "),
        ] {
            assert_eq!(output(k, surely, text).0, expected, "{k} {surely} {text}");
        }
    }

    #[test]
    fn stored_sketches_have_the_size_and_type_of_the_reference() {
        // the binary logarithm of the slots stands behind type, preamble, version and family
        for (k, lg_slots) in [(-1, 3), (0, 3), (3, 3), (8, 5), (31, 7), (33, 7)] {
            let (_, bytes) = output(k, false, "a");
            assert_eq!(&bytes[1..6], &[0, 4, 1, 10, lg_slots], "{k}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(ApproxFrequentK::<Bytes>::new(MOST_ITEMS, false).is_ok());
        assert!(ApproxFrequentK::<Bytes>::new(MOST_ITEMS + 1, false).is_err());
    }
}
