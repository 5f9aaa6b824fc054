//! Stored sketches: the reference's compressed image, read and written.
//!
//! A header of 32-bit words, then two streams of [bits](super::bits):
//!
//! * the *window*: for every row its eight columns from the window's offset on, one [code](super::codes) word each;
//! * the *table*: the surprises, ascending. In columns before the window a surprise is a missing coupon, behind it a
//!   coupon. Each is the step from the one before: rows by a Golomb code, columns by a code for steps.
//!
//! A sketch with fewer than half a coupon per row has no window, and all its coupons are in the table.

use super::bits::BitReader;
use super::codes::{COLUMN_ORDERS, ColumnOrder, NO_COLUMN, UNMOVED, phase};
use super::set::{CouponSet, before, columns, ones, window_offset};
use super::table::{self, Table};
use super::window;
use super::{check_lg_k, corrupt};
use chronon_types::Result;
use std::ops::Range;

/// What the hash of the seed 9001 is; every stored sketch of the reference carries it.
const SEED_HASH: [u8; 2] = [0xcc, 0x93];
const SERIAL_VERSION: u8 = 1;
const FAMILY: u8 = 16;
const HEADER: usize = 8;
/// What all headers have in common, and where.
const SAME: u64 = u64::from_le_bytes([0, SERIAL_VERSION, FAMILY, 0, 0, FLAG_COMPRESSED, SEED_HASH[0], SEED_HASH[1]]);
const SAME_MASK: u64 = u64::from_le_bytes([0, 0xff, 0xff, 0, 0, FLAG_COMPRESSED, 0xff, 0xff]);
const FLAG_COMPRESSED: u8 = 2;
const FLAG_HISTORY: u8 = 4;
const FLAG_TABLE: u8 = 8;
const FLAG_WINDOW: u8 = 16;
/// The bytes of so many rows are read into a buffer on the stack.
const FEW: usize = 256;

/// The registers of a sketch that estimates from its history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct History {
    /// The probability that the next value is new, times the rows.
    pub(super) kxp: f64,
    /// The estimate.
    pub(super) hip: f64,
}

/// A stored sketch whose header was read.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) lg_k: u8,
    /// See [`super::sketch`]; not needed to read the coupons.
    pub(super) first_column: u8,
    pub(super) coupons: u32,
    pub(super) history: Option<History>,
    surprises: u32,
    bytes: &'a [u8],
    window: Range<usize>,
    table: Range<usize>,
}

/// The numbers that columns outside the window have in the image of a sketch.
fn column_order(lg_k: u8, coupons: u32) -> &'static ColumnOrder {
    let moved = window_offset(lg_k, coupons) > 0;
    &COLUMN_ORDERS[if moved { phase(lg_k, coupons) } else { UNMOVED }]
}

/// How many words an image has before its streams.
#[inline]
fn preamble_words(flags: u8) -> u8 {
    // By the flags for history, table and window, of which the first is the lowest.
    const WORDS: [u8; 8] = [2, 2, 4, 8, 4, 8, 6, 10];
    WORDS[usize::from(flags / FLAG_HISTORY) % WORDS.len()]
}

/// Whether a sketch has so many coupons that its image has a window.
fn has_window(lg_k: u8, coupons: u32) -> bool {
    2 * u64::from(coupons) >= 1 << lg_k
}

impl<'a> Image<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// `CorruptData` when it is not one, or the bytes end before what it announces.
    #[inline(always)] // An image is large, and would be moved.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let header = bytes.first_chunk::<HEADER>().ok_or_else(|| corrupt("the bytes cannot hold a header"))?;
        let &[preamble, _, _, lg_k, first_column, flags, ..] = header;
        if u64::from_le_bytes(*header) & SAME_MASK != SAME {
            return Err(corrupt("the header is not that of a compressed distinct-counting sketch with seed 9001"));
        }
        check_lg_k(lg_k).map_err(|error| corrupt(error.message()))?;
        let has = |flag: u8| flags & flag != 0;
        let (table, window) = (has(FLAG_TABLE), has(FLAG_WINDOW));
        if preamble != preamble_words(flags) {
            return Err(corrupt(format!("a preamble of {preamble} words does not go with the flags {flags:#x}")));
        }
        if first_column >= 64 {
            return Err(corrupt(format!("there is no column {first_column}")));
        }
        let start = 4 * usize::from(preamble);
        let words = bytes.get(..start).ok_or_else(|| corrupt("the image ends inside its preamble"))?;
        let word = |at: usize| u32::from_le_bytes(field(words, at));
        let register = |at: usize| f64::from_le_bytes(field(words, at));
        let mut image =
            Self { lg_k, first_column, coupons: 0, history: None, surprises: 0, bytes, window: 0..0, table: 0..0 };
        if !table && !window {
            let new = History { kxp: (1u64 << lg_k) as f64, hip: 0.0 };
            return Ok(Self { first_column: 0, history: has(FLAG_HISTORY).then_some(new), ..image });
        }
        image.coupons = word(2);
        let (surprises, table_words, window_words) = match (table, window) {
            (true, true) if has(FLAG_HISTORY) => (word(3), word(8), word(9)),
            (true, true) => (word(3), word(4), word(5)),
            (true, false) => (image.coupons, word(3), 0),
            (false, _) => (0, 0, word(3)),
        };
        image.surprises = surprises;
        if has(FLAG_HISTORY) {
            image.history = Some(history(register(4), register(6))?);
        }
        image.window = start..start.saturating_add(4 * window_words as usize);
        image.table = image.window.end..image.window.end.saturating_add(4 * table_words as usize);
        image.check(window)?;
        Ok(image)
    }

    /// Refuses what cannot be.
    #[inline(always)] // As above.
    fn check(&self, window: bool) -> Result<()> {
        let (rows, coupons) = (1u64 << self.lg_k, self.coupons);
        if coupons == 0 || u64::from(coupons) > 64 * rows || window != has_window(self.lg_k, coupons) {
            return Err(corrupt(format!("{coupons} coupons in {rows} rows do not go with the flags")));
        }
        if self.table.end > self.bytes.len() {
            return Err(corrupt(format!(
                "{} bytes are less than the {} of both streams",
                self.bytes.len(),
                self.table.end
            )));
        }
        // Each row takes a bit at least. This bounds what the bytes may claim.
        if window && (self.window.len() as u64) * 8 < rows {
            return Err(corrupt(format!("{} bytes cannot hold the window of {rows} rows", self.window.len())));
        }
        Ok(())
    }

    /// Takes the coupons into a set, which gets no more rows than the image has. When the image turns out to be damaged,
    /// some of them may have been taken.
    ///
    /// # Errors
    /// `CorruptData` when the streams do not hold what the header says.
    pub(super) fn fold_into(&self, set: &mut CouponSet) -> Result<()> {
        if self.coupons == 0 {
            return Ok(());
        }
        set.shrink(self.lg_k);
        if self.has_window() {
            return self.fold_window(set);
        }
        set.extend_table(self.surprises())
    }

    /// Whether there is a window. Without one, all coupons are in the table, if there are any.
    pub(super) fn has_window(&self) -> bool {
        has_window(self.lg_k, self.coupons)
    }

    /// Which code the window has.
    pub(super) fn phase(&self) -> usize {
        phase(self.lg_k, self.coupons)
    }

    pub(super) fn window(&self) -> BitReader<'a> {
        self.stream(&self.window)
    }

    pub(super) fn surprises(&self) -> Table<'a> {
        Table::new(self.stream(&self.table), self.surprises, self.lg_k)
    }

    fn stream(&self, range: &Range<usize>) -> BitReader<'a> {
        BitReader::new(self.bytes.get(..range.end).unwrap_or_default(), range.start)
    }

    fn fold_window(&self, set: &mut CouponSet) -> Result<()> {
        if set.lg_k() != self.lg_k {
            let mut whole = CouponSet::new(self.lg_k);
            self.fold_window(&mut whole)?;
            set.merge(&whole);
            return Ok(());
        }
        let rows = 1 << self.lg_k;
        let (mut few, mut many) = ([0; window::buffer_length(FEW)], Vec::new());
        let buffer = if rows <= FEW {
            &mut few[..]
        } else {
            many.resize(window::buffer_length(rows), 0);
            &mut many[..]
        };
        window::read(self.window(), self.phase(), rows, buffer)?;
        self.fold_bytes(&buffer[..rows], set)
    }

    /// Takes in the coupons of a window that was read, and the surprises beside it, into a set of as many rows.
    pub(super) fn fold_bytes(&self, bytes: &[u8], set: &mut CouponSet) -> Result<()> {
        let offset = window_offset(self.lg_k, self.coupons);
        let (inside, gaps) = (ones(bytes.as_chunks().0, u64::from_le_bytes), self.fold_surprises(bytes, offset, set)?);
        let held = ((u64::from(offset) << self.lg_k) + inside + u64::from(self.surprises)).wrapping_sub(2 * gaps);
        if held != u64::from(self.coupons) {
            return Err(corrupt(format!("{} coupons are declared, {held} held", self.coupons)));
        }
        Ok(())
    }

    /// Takes the bytes of the window and the surprises outside of it into a set of as many rows; how many coupons before
    /// the window were missing.
    fn fold_surprises(&self, bytes: &[u8], offset: u32, set: &mut CouponSet) -> Result<u64> {
        let column_from_end = &column_order(self.lg_k, self.coupons).column;
        let (mut gaps, mut misplaced) = (0, 0);
        let mask = set.mask();
        let mut coupon = |row: usize, stored: u32| {
            let from_end = column_from_end[stored as usize & 63];
            misplaced |= from_end & NO_COLUMN;
            (row << 6) as u32 & mask | (u32::from(from_end) + 8 + offset) & 63
        };
        if offset == 0 {
            // The window begins at the first column, so all surprises are coupons.
            set.extend_bytes(bytes);
            self.surprises().read_each(|row, stored| _ = set.insert(coupon(row, stored)))?;
        } else {
            let matrix = set.matrix();
            let rows = matrix.words();
            // Surprises behind the window are coupons. Those before it are gaps in what every row has there, to be left open
            // unless the set has the coupon already.
            let mut open = Vec::new();
            self.surprises().read_each(|row, stored| {
                let coupon = coupon(row, stored);
                let (row, column) = (&mut rows[(coupon >> 6) as usize], coupon & 63);
                let is_gap = column < offset;
                gaps += u64::from(is_gap);
                if is_gap & (*row >> column & 1 == 0) {
                    open.push(coupon);
                }
                *row |= u64::from(!is_gap) << column;
            })?;
            matrix.fill(offset, &open);
            matrix.extend_window(bytes, offset);
        }
        if misplaced != 0 {
            return Err(corrupt("the table holds a column inside the window"));
        }
        Ok(gaps)
    }
}

/// Appends the image of a sketch with these coupons.
pub(super) fn write(set: &CouponSet, first_column: u8, history: Option<History>, out: &mut Vec<u8>) {
    let (lg_k, coupons, start) = (set.lg_k(), set.len(), out.len());
    let rows = has_window(lg_k, coupons).then(|| set.to_rows());
    let table = match &rows {
        Some(rows) => surprises(rows, lg_k, coupons),
        None => set.sorted(),
    };
    let flag = |flag: u8, is_set: bool| if is_set { flag } else { 0 };
    let flags = FLAG_COMPRESSED
        | flag(FLAG_HISTORY, history.is_some())
        | flag(FLAG_TABLE, !table.is_empty())
        | flag(FLAG_WINDOW, rows.is_some());
    let preamble = preamble_words(flags);
    out.extend_from_slice(&[preamble, SERIAL_VERSION, FAMILY, lg_k, first_column, flags]);
    out.extend_from_slice(&SEED_HASH);

    // The streams are written behind the preamble, which says how long they are.
    out.resize(start + 4 * usize::from(preamble), 0);
    let window_words = rows.as_ref().map(|rows| {
        let offset = window_offset(lg_k, coupons);
        window::write(rows.iter().map(|row| (row >> offset) as u8), phase(lg_k, coupons), out)
    });
    let table_words = (!table.is_empty()).then(|| table::write(&table, lg_k, out));
    let Some(mut preamble) = out.get_mut(start + HEADER..) else { return };
    let mut put = |bytes: &[u8]| {
        let (field, rest) = std::mem::take(&mut preamble).split_at_mut(bytes.len());
        field.copy_from_slice(bytes);
        preamble = rest;
    };
    let both = table_words.is_some() && window_words.is_some();
    let history = history.map(|history| [history.kxp.to_le_bytes(), history.hip.to_le_bytes()].concat());
    if coupons > 0 {
        put(&coupons.to_le_bytes());
    }
    if both {
        put(&(table.len() as u32).to_le_bytes());
    }
    if let Some(history) = history.as_ref().filter(|_| both) {
        put(history);
    }
    for words in [table_words, window_words].into_iter().flatten() {
        put(&words.to_le_bytes());
    }
    if let Some(history) = history.filter(|_| coupons > 0 && !both) {
        put(&history);
    }
}

/// What the matrix has before and behind its window that is not expected there, as a table holds it.
fn surprises(rows: &[u64], lg_k: u8, coupons: u32) -> Vec<u32> {
    let offset = window_offset(lg_k, coupons);
    let stored = &column_order(lg_k, coupons).stored;
    let mut surprises = Vec::new();
    for (row, columns_of_row) in rows.iter().enumerate() {
        let first = surprises.len();
        let surprising = columns_of_row & !(0xff << offset) ^ before(offset);
        surprises.extend(columns(surprising).map(|column| {
            let from_end = (column + 56 - offset) & 63;
            (row as u32) << 6 | u32::from(stored[from_end as usize])
        }));
        surprises[first..].sort_unstable();
    }
    surprises
}

#[inline]
fn history(kxp: f64, hip: f64) -> Result<History> {
    if kxp.is_finite() && hip.is_finite() {
        return Ok(History { kxp, hip });
    }
    Err(corrupt(format!("the registers {kxp} and {hip} are not numbers")))
}

/// The bytes of a preamble from this word on, of which flags and length agree how many there are.
#[inline]
fn field<const N: usize>(words: &[u8], at: usize) -> [u8; N] {
    words.get(4 * at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
