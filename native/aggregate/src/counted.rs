//! What the operations that count frequent values have in common: which values they take, and how counts come out.
//!
//! Numbers but `Byte` and strings. Whole numbers are counted as longs, floating ones as doubles, told apart as Java's
//! `equals` does. In the output every value is text: whole numbers in decimal, doubles as `Double.toString` writes
//! them on JDKs before 19.

use crate::physical::{Bytes, Doubles, Longs, Ordered, compare_utf16};
use crate::sink::{LongSink, MapSink};
use arrow::datatypes::DataType as ArrowType;
use chronon_sketches::frequent::FrequentItem;
use chronon_sketches::histogram::HistogramItem;
use chronon_sketches::java_double::java_double;
use std::cmp::{Ordering, Reverse};

/// Widths whose values can be counted by a frequent-items sketch.
pub trait Counted: Ordered {
    /// A counted value.
    type Item: HistogramItem + Send + Sync + std::fmt::Debug + 'static;
    /// Calls `f` with the value as sketches take it.
    fn with_item<R>(value: Self::Ref<'_>, f: impl FnOnce(&<Self::Item as FrequentItem>::Borrowed) -> R) -> R;
    /// The order of counted values.
    fn order(a: &Self::Item, b: &Self::Item) -> Ordering;
    /// The value as a key of the output.
    fn text(item: Self::Item) -> String;
}

impl Counted for Longs {
    type Item = i64;
    #[inline]
    fn with_item<R>(value: i64, f: impl FnOnce(&i64) -> R) -> R {
        f(&value)
    }
    fn order(a: &i64, b: &i64) -> Ordering {
        a.cmp(b)
    }
    fn text(item: i64) -> String {
        item.to_string()
    }
}

impl Counted for Doubles {
    type Item = f64;
    #[inline]
    fn with_item<R>(value: f64, f: impl FnOnce(&f64) -> R) -> R {
        f(&value)
    }
    fn order(a: &f64, b: &f64) -> Ordering {
        Self::compare(*a, *b)
    }
    fn text(item: f64) -> String {
        java_double(item)
    }
}

impl Counted for Bytes {
    type Item = String;
    #[inline]
    fn with_item<R>(value: &[u8], f: impl FnOnce(&str) -> R) -> R {
        // A column of strings is UTF-8, so nothing is lost or copied.
        f(&String::from_utf8_lossy(value))
    }
    fn order(a: &String, b: &String) -> Ordering {
        compare_utf16(a.as_bytes(), b.as_bytes())
    }
    fn text(item: String) -> String {
        item
    }
}

/// A sink of maps from text to count.
pub(crate) fn sink() -> MapSink<LongSink> {
    MapSink::new(LongSink::new(ArrowType::Int64))
}

/// Leaves the `k` entries of the largest counts, smaller values first where counts are equal. (The reference lets the
/// layout of its hash table choose among those.)
pub(crate) fn cut<P: Counted>(entries: &mut Vec<(P::Item, i64)>, k: usize) {
    entries.sort_unstable_by(|a, b| Reverse(a.1).cmp(&Reverse(b.1)).then_with(|| P::order(&a.0, &b.0)));
    entries.truncate(k);
}

/// Appends a row of entries, keys ascending by UTF-16 code units.
pub(crate) fn push<P: Counted>(entries: Vec<(P::Item, i64)>, sink: &mut MapSink<LongSink>) {
    let mut entries: Vec<(String, i64)> = entries.into_iter().map(|(item, count)| (P::text(item), count)).collect();
    entries.sort_unstable_by(|a, b| compare_utf16(a.0.as_bytes(), b.0.as_bytes()));
    for (key, count) in entries {
        sink.key(key.as_bytes());
        sink.values.push(count);
    }
    sink.close();
}
