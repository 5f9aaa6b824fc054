//! Stored sketches: the reference's compressed image, read and written.
//!
//! A header of 32-bit words, then two streams of [bits](super::bits):
//!
//! * the *window*: for every row its eight columns from the window's offset on, one [code](super::codes) word each;
//! * the *table*: the surprises, ascending. In columns before the window a surprise is a missing coupon, behind it a
//!   coupon. Each is the step from the one before: rows by a Golomb code, columns by a code for steps.
//!
//! A sketch with fewer than half a coupon per row has no window, and all its coupons are in the table.

use super::codes::{COLUMN_ORDERS, ColumnOrder, NO_COLUMN, UNMOVED, phase};
use super::set::{CouponSet, before, columns, window_offset};
use super::table::{self, Table};
use super::window::{self, BLOCK, Window};
use super::{check_lg_k, corrupt};
use chronon_types::Result;

/// What the hash of the seed 9001 is; every stored sketch of the reference carries it.
const SEED_HASH: [u8; 2] = [0xcc, 0x93];
const SERIAL_VERSION: u8 = 1;
const FAMILY: u8 = 16;
const HEADER: usize = 8;
const FLAG_COMPRESSED: u8 = 2;
const FLAG_HISTORY: u8 = 4;
const FLAG_TABLE: u8 = 8;
const FLAG_WINDOW: u8 = 16;

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
    window: &'a [u8],
    table: &'a [u8],
}

/// The numbers that columns outside the window have in the image of a sketch.
fn column_order(lg_k: u8, coupons: u32) -> &'static ColumnOrder {
    let moved = window_offset(lg_k, coupons) > 0;
    &COLUMN_ORDERS[if moved { phase(lg_k, coupons) } else { UNMOVED }]
}

/// How many words an image has before its streams.
fn preamble_words(history: bool, table: bool, window: bool) -> u8 {
    match (history, u8::from(table) + u8::from(window)) {
        (_, 0) => 2,
        (false, streams) => 2 + 2 * streams,
        (true, streams) => 6 + 2 * streams,
    }
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
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(corrupt(format!("{} bytes cannot hold the header of {HEADER}", bytes.len())));
        };
        let [preamble, version, family, lg_k, first_column, flags, seed @ ..] = *header;
        if version != SERIAL_VERSION || family != FAMILY || seed != SEED_HASH {
            return Err(corrupt("the header is not that of a distinct-counting sketch with seed 9001"));
        }
        if flags & FLAG_COMPRESSED == 0 {
            return Err(corrupt("the image is not in the compressed form"));
        }
        check_lg_k(lg_k).map_err(|error| corrupt(error.message()))?;
        let (has_history, table, window) =
            (flags & FLAG_HISTORY != 0, flags & FLAG_TABLE != 0, flags & FLAG_WINDOW != 0);
        if preamble != preamble_words(has_history, table, window) {
            return Err(corrupt(format!("a preamble of {preamble} words does not go with the flags {flags:#x}")));
        }
        let mut image = Self { lg_k, first_column, coupons: 0, history: None, surprises: 0, window: &[], table: &[] };
        if !table && !window {
            let new = History { kxp: (1u64 << lg_k) as f64, hip: 0.0 };
            return Ok(Self { first_column: 0, history: has_history.then_some(new), ..image });
        }
        let mut body = body;
        image.coupons = number(&mut body)?;
        if window != has_window(lg_k, image.coupons) {
            return Err(corrupt(format!("{} coupons and the flags {flags:#x} do not go together", image.coupons)));
        }
        let both = table && window;
        image.surprises = match (both, table) {
            (true, _) => number(&mut body)?,
            (false, true) => image.coupons,
            (false, false) => 0,
        };
        if has_history && both {
            image.history = Some(history(&mut body)?);
        }
        let table_words = if table { number(&mut body)? } else { 0 };
        let window_words = if window { number(&mut body)? } else { 0 };
        if has_history && !both {
            image.history = Some(history(&mut body)?);
        }
        image.window = words(&mut body, window_words)?;
        image.table = words(&mut body, table_words)?;
        image.check()?;
        Ok(image)
    }

    fn check(&self) -> Result<()> {
        let rows = 1u64 << self.lg_k;
        if self.coupons == 0 || u64::from(self.coupons) > 64 * rows {
            return Err(corrupt(format!("{} coupons are not what {rows} rows with any hold", self.coupons)));
        }
        // Each row takes a bit at least. This bounds what the bytes may claim.
        if has_window(self.lg_k, self.coupons) && (self.window.len() as u64) * 8 < rows {
            return Err(corrupt(format!("{} bytes cannot hold the window of {rows} rows", self.window.len())));
        }
        if u32::from(self.first_column) >= 64 {
            return Err(corrupt(format!("there is no column {}", self.first_column)));
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
        if !self.window.is_empty() {
            return self.fold_window(set);
        }
        let mut table = Table::new(self.table, self.surprises, self.lg_k);
        while let coupons @ [_, ..] = table.read()? {
            set.extend(coupons.iter().copied());
        }
        Ok(())
    }

    fn fold_window(&self, set: &mut CouponSet) -> Result<()> {
        let offset = window_offset(self.lg_k, self.coupons);
        let column_from_end = &column_order(self.lg_k, self.coupons).column;
        let mut window = Window::new(self.window, phase(self.lg_k, self.coupons));
        let mut table = Table::new(self.table, self.surprises, self.lg_k);
        let mut surprises: &[u32] = &[];
        let mut held = u64::from(offset) << self.lg_k;
        let mut misplaced = 0;

        let rows = set.matrix();
        // A set of fewer rows takes the image's rows in turns.
        let (mask, block) = (rows.len() - 1, rows.len().min(BLOCK));
        let mut buffer = [0; BLOCK];
        for start in (0..1usize << self.lg_k).step_by(block) {
            let buffer = &mut buffer[..block];
            buffer.fill(before(offset));
            loop {
                let Some((&surprise, rest)) = surprises.split_first() else {
                    surprises = table.read()?;
                    if surprises.is_empty() {
                        break;
                    }
                    continue;
                };
                let Some(row) = buffer.get_mut((surprise >> 6) as usize - start) else { break };
                surprises = rest;
                let from_end = column_from_end[(surprise & 63) as usize];
                misplaced |= from_end & NO_COLUMN;
                let column = (u32::from(from_end) + 8 + offset) & 63;
                *row ^= 1 << column;
                held = if column < offset { held.wrapping_sub(1) } else { held.wrapping_add(1) };
            }
            let bytes = window.read(block)?;
            held = held.wrapping_add(window::ones(bytes));
            let to = &mut rows[start & mask..][..block];
            for ((to, columns), byte) in to.iter_mut().zip(buffer).zip(bytes) {
                *to |= *columns | u64::from(*byte) << offset;
            }
        }
        if misplaced != 0 {
            return Err(corrupt("the table holds a column inside the window"));
        }
        if held != u64::from(self.coupons) {
            return Err(corrupt(format!("{} coupons are declared, {held} held", self.coupons)));
        }
        Ok(())
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
    let preamble = preamble_words(history.is_some(), !table.is_empty(), rows.is_some());
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

fn number(body: &mut &[u8]) -> Result<u32> {
    field(body).map(u32::from_le_bytes)
}

fn history(body: &mut &[u8]) -> Result<History> {
    let (kxp, hip) = (f64::from_le_bytes(field(body)?), f64::from_le_bytes(field(body)?));
    if kxp.is_finite() && hip.is_finite() {
        return Ok(History { kxp, hip });
    }
    Err(corrupt(format!("the registers {kxp} and {hip} are not numbers")))
}

/// The next `N` bytes.
fn field<const N: usize>(body: &mut &[u8]) -> Result<[u8; N]> {
    let (field, rest) = body.split_first_chunk().ok_or_else(|| corrupt("the image ends inside its preamble"))?;
    *body = rest;
    Ok(*field)
}

/// A stream of so many words.
fn words<'a>(body: &mut &'a [u8], count: u32) -> Result<&'a [u8]> {
    let (words, rest) =
        (usize::try_from(u64::from(count) * 4).ok())
            .and_then(|length| body.split_at_checked(length))
            .ok_or_else(|| corrupt(format!("{} bytes are left where {count} words should be", body.len())))?;
    *body = rest;
    Ok(words)
}
