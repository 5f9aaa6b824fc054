//! Counts of items: exact up to a number of distinct ones, then those of a frequent-items sketch.
//!
//! What a sketch holds once it has purged depends on the order in which it was fed, so maps are walked through in the
//! order of the reference's: an update appends to a Java hash map, while merges and the change to a sketch go through
//! an immutable map of Scala 2.12. (One deviation: that map takes 0.0 and −0.0 for one key and loses the count of one
//! of them; here they stay two.)

mod counts;
mod item;
mod stored;

pub use counts::Counts;
pub use item::HistogramItem;

use crate::frequent::{ErrorType, FrequentItems, Row};
use chronon_types::Result;

/// The counts of some items.
#[derive(Debug, Clone)]
pub enum Histogram<T> {
    /// Few distinct items: every count is exact.
    Exact(Counts<T>),
    /// There were more: counts are guessed high, and rare items are missing.
    Sketch(FrequentItems<T>),
}

/// How histograms are filled: exactly up to `k` distinct items.
///
/// ```
/// use chronon_sketches::histogram::HistogramSettings;
/// let settings = HistogramSettings::<String>::new(2).unwrap();
/// let mut histogram = settings.prepare("a");
/// settings.update(&mut histogram, "b");
/// settings.update(&mut histogram, "a");
/// assert_eq!(histogram.entries(), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
/// ```
#[derive(Debug, Clone)]
pub struct HistogramSettings<T> {
    k: usize,
    empty: FrequentItems<T>,
}

impl<T: HistogramItem> HistogramSettings<T> {
    /// Exact counts up to `k` distinct items, then a sketch of that size. With `k` of zero or less the second item,
    /// whatever it is, makes it a sketch.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is above 2^20.
    pub fn new(k: i32) -> Result<Self> {
        Ok(Self { k: usize::try_from(k).unwrap_or(0), empty: FrequentItems::new(k.into())? })
    }

    /// The same with a sketch that holds twice `k` items at least before it drops any.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is above 393,216.
    pub fn roomy(k: i32) -> Result<Self> {
        Ok(Self { empty: FrequentItems::roomy(k)?, ..Self::new(k)? })
    }

    /// The histogram of one item.
    pub fn prepare(&self, item: &T::Borrowed) -> Histogram<T> {
        let mut counts = Counts::default();
        counts.add(item, 1);
        Histogram::Exact(counts)
    }

    /// Counts one more item.
    pub fn update(&self, histogram: &mut Histogram<T>, item: &T::Borrowed) {
        match histogram {
            Histogram::Sketch(sketch) => sketch.update(item, 1),
            Histogram::Exact(counts) => {
                counts.add(item, 1);
                self.settle(histogram);
            }
        }
    }

    /// Adds everything `later` counts.
    pub fn merge(&self, histogram: &mut Histogram<T>, later: &Histogram<T>) {
        match (&mut *histogram, later) {
            (Histogram::Exact(counts), Histogram::Exact(more)) => {
                let mut sum = Counts::default();
                for part in [&*counts, more] {
                    for (item, count) in part.in_scala_order() {
                        sum.add(item.borrow(), count);
                    }
                }
                *counts = sum;
                self.settle(histogram);
            }
            (Histogram::Sketch(sketch), Histogram::Sketch(more)) => sketch.merge(more),
            (Histogram::Sketch(sketch), Histogram::Exact(more)) => feed(sketch, more),
            (Histogram::Exact(counts), Histogram::Sketch(more)) => {
                let mut sketch = more.clone();
                feed(&mut sketch, counts);
                *histogram = Histogram::Sketch(sketch);
            }
        }
    }

    /// Makes a sketch of a map that has grown too large.
    fn settle(&self, histogram: &mut Histogram<T>) {
        if let Histogram::Exact(counts) = histogram
            && counts.len() > self.k
        {
            let mut sketch = self.empty.clone();
            feed(&mut sketch, counts);
            *histogram = Histogram::Sketch(sketch);
        }
    }
}

fn feed<T: HistogramItem>(sketch: &mut FrequentItems<T>, counts: &Counts<T>) {
    counts.in_scala_order().for_each(|(item, count)| sketch.update(item.borrow(), count));
}

impl<T: HistogramItem> Histogram<T> {
    /// The items with their counts: all of them in the order of a Java hash map, or the rows of the sketch that surely
    /// belong to it, highest estimate first.
    pub fn entries(&self) -> Vec<(T, i64)> {
        match self {
            Self::Exact(counts) => counts.in_java_order().map(|(item, count)| (item.clone(), count)).collect(),
            Self::Sketch(sketch) => {
                let rows = sketch.rows(ErrorType::NoFalsePositives);
                rows.into_iter().map(|row| (row.item, row.estimate)).collect()
            }
        }
    }

    /// The items with their counts, or of a sketch every item that may belong to it, each with the middle of what its count
    /// can be; in no particular order.
    pub fn likely_entries(&self) -> Vec<(T, i64)> {
        match self {
            Self::Exact(_) => self.entries(),
            Self::Sketch(sketch) => {
                let rows = sketch.rows(ErrorType::NoFalseNegatives);
                let middle = |row: &Row<T>| row.lower_bound + (row.upper_bound - row.lower_bound) / 2;
                rows.into_iter().map(|row| (row.item.clone(), middle(&row))).collect()
            }
        }
    }

    /// Makes a clone what the reference's copy is, which takes a sketch through its bytes.
    pub fn mark_copied(&mut self) {
        if let Self::Sketch(sketch) = self {
            *sketch = sketch.reread();
        }
    }

    /// Whether the counts are exact.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Bytes of heap held.
    pub fn heap_size(&self) -> usize {
        match self {
            Self::Exact(counts) => counts.heap_size(),
            Self::Sketch(sketch) => sketch.heap_size(),
        }
    }
}
