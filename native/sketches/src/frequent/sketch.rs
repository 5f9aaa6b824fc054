//! The sketch: counters, what purges took from them, and the stored form.

use super::corrupt;
use super::item::{FrequentItem, take_array};
use super::table::Table;
use chronon_types::{Error, Result};

/// The fewest slots, as a binary logarithm.
const MIN_LG_SLOTS: u8 = 3;
/// The most slots: a million items.
const MAX_LG_SLOTS: u8 = 20;
/// How many counters at most a purge looks at.
const MOST_SAMPLES: usize = 1024;

const PREAMBLE_LONGS_EMPTY: u8 = 1;
const PREAMBLE_LONGS: u8 = 4;
const SERIAL_VERSION: u8 = 1;
const FAMILY: u8 = 10;
const FLAG_EMPTY: u8 = 4;

/// Which items to report when counts are uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// Only items whose count surely reaches the error of the sketch; some that do may be missing.
    NoFalsePositives,
    /// Every item whose count may reach it; some may not.
    NoFalseNegatives,
}

/// A reported item.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<T> {
    /// The item.
    pub item: T,
    /// Its count, guessed high.
    pub estimate: i64,
    /// Its count is at most this.
    pub upper_bound: i64,
    /// Its count is at least this.
    pub lower_bound: i64,
}

/// A frequent-items sketch over strings, longs or doubles.
///
/// ```
/// use chronon_sketches::frequent::{ErrorType, FrequentItems};
/// let mut items = FrequentItems::<String>::new(8).unwrap();
/// items.update("a", 3);
/// items.update("b", 1);
/// let rows = items.rows(ErrorType::NoFalsePositives);
/// assert_eq!((rows[0].item.as_str(), rows[0].estimate), ("a", 3));
/// ```
#[derive(Debug, Clone)]
pub struct FrequentItems<T> {
    table: Table<T>,
    lg_max_slots: u8,
    sample_size: usize,
    stream_weight: i64,
    /// What purges subtracted: the largest error of an estimate.
    offset: i64,
}

impl<T: FrequentItem> FrequentItems<T> {
    /// An empty sketch of as many slots as the next power of two at or above `size`, at least 2; three quarters of the
    /// slots hold counters. (The reference gives every sketch 8 slots at least, yet sizes its purges by what was asked.)
    ///
    /// # Errors
    /// `InvalidPlan` when `size` is above 2^20.
    pub fn new(size: i64) -> Result<Self> {
        let slots = u64::try_from(size).unwrap_or(0).max(2).checked_next_power_of_two().unwrap_or(u64::MAX);
        if slots > 1 << MAX_LG_SLOTS {
            return Err(Error::invalid_plan(format!(
                "a frequent-items sketch of {size} items is too large; use at most {}",
                1 << MAX_LG_SLOTS
            )));
        }
        Ok(Self::with_slots(slots.trailing_zeros() as u8, MIN_LG_SLOTS))
    }

    /// An empty sketch that holds twice `k` items at least before it drops any: of `k` / 0.375 slots, rounded up as
    /// [`Self::new`] does.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` is above 393,216.
    pub fn roomy(k: i32) -> Result<Self> {
        Self::new((f64::from(k) / 0.375).ceil() as i64)
    }

    fn with_slots(lg_requested: u8, lg_current: u8) -> Self {
        Self {
            table: Table::new(lg_current.max(MIN_LG_SLOTS)),
            lg_max_slots: lg_requested.max(MIN_LG_SLOTS),
            sample_size: MOST_SAMPLES.min((1usize << lg_requested) * 3 / 4),
            stream_weight: 0,
            offset: 0,
        }
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.table.active() == 0
    }

    /// How many items have a counter.
    pub fn active(&self) -> usize {
        self.table.active()
    }

    /// The sum of all counts that were added.
    pub fn stream_weight(&self) -> i64 {
        self.stream_weight
    }

    /// The most by which an estimate may be too high.
    pub fn maximum_error(&self) -> i64 {
        self.offset
    }

    /// The estimated count of `item`; 0 when it has no counter.
    pub fn estimate(&self, item: &T::Borrowed) -> i64 {
        match self.table.get(item) {
            count if count > 0 => count.saturating_add(self.offset),
            _ => 0,
        }
    }

    /// Adds `count` occurrences of `item`. Counts below one are ignored: the reference refuses negative ones, and its
    /// callers never have any.
    pub fn update(&mut self, item: &T::Borrowed, count: i64) {
        if count < 1 {
            return;
        }
        self.stream_weight = self.stream_weight.saturating_add(count);
        self.table.add(item, count);
        if self.table.active() <= self.table.capacity() {
            return;
        }
        if self.table.lg_slots() < self.lg_max_slots {
            self.table.grow();
        } else {
            self.offset = self.offset.saturating_add(self.table.purge(self.sample_size));
        }
    }

    /// What reading [`Self::to_bytes`] back gives: the slots are filled anew, and a sketch that has just dropped everything
    /// forgets by how much it may be wrong.
    pub fn reread(&self) -> Self {
        if self.is_empty() {
            return Self::with_slots(self.lg_max_slots, MIN_LG_SLOTS);
        }
        let mut copy = Self::with_slots(self.lg_max_slots, self.table.lg_slots());
        self.table.in_slot_order().for_each(|(item, count)| copy.update(item.borrow(), count));
        Self { stream_weight: self.stream_weight, offset: self.offset, ..copy }
    }

    /// Adds everything `other` counts.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        let stream_weight = self.stream_weight.saturating_add(other.stream_weight);
        other.table.in_stride_order().for_each(|(item, count)| self.update(item.borrow(), count));
        self.offset = self.offset.saturating_add(other.offset);
        self.stream_weight = stream_weight;
    }

    /// The items whose bound reaches [`Self::maximum_error`], highest estimate first; equal ones keep the order of the
    /// table's strides.
    pub fn rows(&self, error_type: ErrorType) -> Vec<Row<T>> {
        let row = |(item, count): (&T, i64)| {
            let upper_bound = count.saturating_add(self.offset);
            Row { item: item.clone(), estimate: upper_bound, upper_bound, lower_bound: count }
        };
        let reaches = |row: &Row<T>| match error_type {
            ErrorType::NoFalsePositives => row.lower_bound >= self.offset,
            ErrorType::NoFalseNegatives => row.upper_bound >= self.offset,
        };
        let mut rows: Vec<Row<T>> = self.table.in_stride_order().map(row).filter(reaches).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.estimate));
        rows
    }

    /// Bytes of heap held.
    pub fn heap_size(&self) -> usize {
        self.table.heap_size()
    }

    /// What aggregates store: a byte for the type of the items, and the image.
    pub fn to_typed_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![T::TYPE];
        bytes.extend(self.to_bytes());
        bytes
    }

    /// Reads what [`Self::to_typed_bytes`] gave.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch, or of one of other items.
    pub fn from_typed_bytes(bytes: &[u8]) -> Result<Self> {
        match bytes.split_first() {
            Some((of, image)) if *of == T::TYPE => Self::from_bytes(image),
            Some((of, _)) => Err(corrupt(format!("it is of items of type {of} instead of {}", T::TYPE))),
            None => Err(corrupt("there are no bytes")),
        }
    }

    /// The image, readable by every version of the reference's library.
    pub fn to_bytes(&self) -> Vec<u8> {
        let empty = self.is_empty();
        let (preamble, flags) = if empty { (PREAMBLE_LONGS_EMPTY, FLAG_EMPTY) } else { (PREAMBLE_LONGS, 0) };
        let mut bytes = vec![preamble, SERIAL_VERSION, FAMILY, self.lg_max_slots, self.table.lg_slots(), flags, 0, 0];
        if empty {
            return bytes;
        }
        bytes.extend((self.active() as u64).to_le_bytes());
        bytes.extend(self.stream_weight.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        self.table.in_slot_order().for_each(|(_, count)| bytes.extend(count.to_le_bytes()));
        self.table.in_slot_order().for_each(|(item, _)| item.write(&mut bytes));
        bytes
    }

    /// Reads an image back.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not the image of a sketch.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self> {
        let [preamble, version, family, lg_max, lg_current, flags, _, _] = take_array(&mut bytes)?;
        if (version, family) != (SERIAL_VERSION, FAMILY) {
            return Err(corrupt("the header is that of something else"));
        }
        if lg_current > lg_max.max(MIN_LG_SLOTS) || lg_max > MAX_LG_SLOTS {
            return Err(corrupt(format!("2^{lg_current} of 2^{lg_max} slots is not a possible size")));
        }
        let expected = if flags & FLAG_EMPTY != 0 { PREAMBLE_LONGS_EMPTY } else { PREAMBLE_LONGS };
        if preamble != expected {
            return Err(corrupt(format!("a preamble of {preamble} does not fit the flags {flags}")));
        }
        if preamble == PREAMBLE_LONGS_EMPTY {
            return Ok(Self::with_slots(lg_max, MIN_LG_SLOTS));
        }
        let mut sketch = Self::with_slots(lg_max, lg_current);
        let active = u32::from_le_bytes(take_array(&mut bytes)?) as usize;
        let _unused: [u8; 4] = take_array(&mut bytes)?;
        let stream_weight = i64::from_le_bytes(take_array(&mut bytes)?);
        let offset = i64::from_le_bytes(take_array(&mut bytes)?);
        if stream_weight < 0 || offset < 0 {
            return Err(corrupt("a total is negative"));
        }
        if active > sketch.table.capacity() || active * (8 + T::MIN_BYTES) > bytes.len() {
            return Err(corrupt(format!("{active} counters do not fit the image or its table")));
        }
        let (mut counts, mut items) = bytes.split_at(active * 8);
        for _ in 0..active {
            let count = i64::from_le_bytes(take_array(&mut counts)?);
            if count < 1 {
                return Err(corrupt(format!("{count} is not a count")));
            }
            sketch.update(T::read(&mut items)?.borrow(), count);
        }
        sketch.stream_weight = stream_weight;
        sketch.offset = offset;
        Ok(sketch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chronon_types::ErrorCode;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Known answers of the reference's library.
    #[test]
    fn images_are_those_of_the_reference() {
        let mut strings = FrequentItems::<String>::new(8).unwrap();
        strings.update("a", 3);
        strings.update("b", 1);
        assert_eq!(
            hex(&strings.to_bytes()),
            "04010a03030000000200000000000000040000000000000000000000000000000100000000000000030000000000000001000000\
             620100000061"
        );
        let mut longs = FrequentItems::<i64>::new(2).unwrap();
        longs.update(&1, 3);
        longs.update(&2, 1);
        assert_eq!(
            hex(&longs.to_bytes()),
            "04010a03030000000200000000000000040000000000000000000000000000000300000000000000010000000000000001000000\
             000000000200000000000000"
        );
        let mut doubles = FrequentItems::<f64>::new(0).unwrap();
        doubles.update(&1.0, 3);
        assert_eq!(
            hex(&doubles.to_bytes()),
            "04010a03030000000100000000000000030000000000000000000000000000000300000000000000000000000000f03f"
        );
    }

    #[test]
    fn error_types_differ_after_a_purge() {
        let mut items = FrequentItems::<String>::new(4).unwrap();
        (0..7).for_each(|i| items.update(&format!("k{i}"), i + 1));
        let rows =
            |kind| -> Vec<(String, i64)> { items.rows(kind).into_iter().map(|row| (row.item, row.estimate)).collect() };
        let named = |pairs: &[(&str, i64)]| -> Vec<(String, i64)> {
            pairs.iter().map(|(name, count)| (name.to_string(), *count)).collect()
        };
        assert_eq!((items.maximum_error(), items.active()), (3, 4));
        assert_eq!(rows(ErrorType::NoFalsePositives), named(&[("k6", 7), ("k5", 6)]));
        assert_eq!(rows(ErrorType::NoFalseNegatives), named(&[("k6", 7), ("k5", 6), ("k4", 5), ("k3", 4)]));
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(FrequentItems::<i64>::new(1 << 20).is_ok());
        for size in [(1 << 20) + 1, i64::MAX] {
            assert_eq!(FrequentItems::<i64>::new(size).unwrap_err().code(), ErrorCode::InvalidPlan, "{size}");
        }
        for size in [i64::MIN, -1, 0, 1, 2] {
            assert_eq!(FrequentItems::<i64>::new(size).unwrap().sample_size, 1, "{size}");
        }
    }

    #[test]
    fn counts_saturate() {
        let mut items = FrequentItems::<i64>::new(8).unwrap();
        (0..40).for_each(|i| items.update(&(i % 9), i64::MAX));
        assert_eq!(items.stream_weight(), i64::MAX);
    }

    /// A purge can leave one counter in a million slots, so such an image is no damage; but it takes no memory for them.
    #[test]
    fn memory_goes_with_what_is_counted() {
        let mut items = FrequentItems::<i64>::new(8).unwrap();
        items.update(&7, 3);
        let mut image = items.to_bytes();
        [image[3], image[4]] = [MAX_LG_SLOTS; 2];
        let mut read = FrequentItems::<i64>::from_bytes(&image).unwrap();
        assert!(read.heap_size() < 200, "{}", read.heap_size());
        assert_eq!(read.to_bytes(), image);
        read.merge(&items);
        assert_eq!(read.estimate(&7), 6);
    }

    #[test]
    fn damaged_images_are_refused() {
        let mut items = FrequentItems::<String>::new(64).unwrap();
        (0..500).for_each(|i| items.update(&format!("item {}", i * i % 83), 1));
        let image = items.to_bytes();
        assert_eq!(FrequentItems::<String>::from_bytes(&image).unwrap().to_bytes(), image);
        for length in 0..image.len() {
            let error = FrequentItems::<String>::from_bytes(&image[..length]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::CorruptData, "cut to {length}");
        }
    }
}
