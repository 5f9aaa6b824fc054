//! Tables of several images, read side by side.
//!
//! A coupon's place in a table depends on the length of the one before, so reading one table is mostly waiting for look-ups.
//! Here each of several tables takes its turn with a few coupons, and while one waits the others go on.

use super::bits::BitReader;
use super::codes::{LONGEST, PEEKED};
use super::table::{Place, Table, outside, whole};
use chronon_types::Result;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// The low bits that row steps may have here. With fewer, twelve bits hold more than one coupon; with more, too few of them are
/// whole.
const LOW_BITS: RangeInclusive<u32> = 4..=5;
/// So many tables are read side by side: with more, what each saves is less than what all keep at hand.
pub(super) const TOGETHER: usize = 4;

/// The coupon that the next twelve bits begin with. From the lowest bit up: its length (6 bits), one (3), the column behind it
/// (7), the column as a bit (8) and the step in rows (8). Zero when it is longer, beyond the eighth column or in the row of the
/// coupon before, and when there is none: streams end in zeros.
type Lookup = [u32; PEEKED];

/// The look-up for row steps of so many low bits, which are among [`LOW_BITS`].
fn lookup(low_bits: u32) -> &'static Lookup {
    const SIZES: usize = *LOW_BITS.end() as usize + 1;
    static LOOKUPS: [OnceLock<Box<Lookup>>; SIZES] = [const { OnceLock::new() }; SIZES];
    let held = |peeked| match whole(peeked, LONGEST, low_bits) {
        Some((across @ 0..8, down @ 1..256, length)) => {
            length | 1 << 6 | (across + 1) << 9 | 1 << (16 + across) | down << 24
        }
        _ => 0,
    };
    LOOKUPS[low_bits as usize].get_or_init(|| Box::new(std::array::from_fn(|peeked| held(peeked as u64))))
}

/// A table, and where reading it has come to.
pub(super) struct Reading<'a> {
    table: Table<'a>,
    position: usize,
    row: usize,
    /// The last coupon, with the column behind it where a [`Lookup`] has that.
    last: u32,
    /// How many coupons are to be read. Only damaged bytes have more.
    left: i32,
}

impl<'a> Reading<'a> {
    /// Whether tables such as this one can be read here.
    #[inline]
    pub(super) fn suits(table: &Table<'_>) -> bool {
        LOW_BITS.contains(&table.low_bits())
    }

    /// The start of a table that [suits](Self::suits).
    #[inline]
    pub(super) fn new(table: Table<'a>) -> Self {
        Self { position: table.bits().start(), row: 0, last: 0, left: table.coupons() as i32, table }
    }

    /// The binary logarithm of the number of rows.
    pub(super) fn lg_k(&self) -> u8 {
        self.table.lg_k()
    }

    /// Whether both can be read together.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.table.low_bits() == other.table.low_bits()
    }

    /// Reads some coupons; nothing when something is wrong with them.
    #[inline(always)]
    fn round(&mut self, lookup: &Lookup, low_bits: u32, take: &mut impl FnMut(usize, u64)) -> Option<()> {
        const AT_ONCE: u32 = BitReader::AT_HAND / LONGEST;
        let mut word = self.table.bits().at(self.position);
        // Lengths add up to less than 64, and the numbers of coupons above them to less than eight.
        let (mut read, mut row, mut last, mut all) = (0u32, self.row, self.last, true);
        for _ in 0..AT_ONCE {
            let held = lookup[word as usize % PEEKED];
            if held == 0 {
                all = false;
                break;
            }
            // Shifting minds the six bits of the length only.
            word = word.wrapping_shr(held);
            read = read.wrapping_add(held);
            row += (held >> 24) as usize;
            take(row, u64::from(held >> 16 & 0xff));
            last = held;
        }
        self.position += (read & 63) as usize;
        self.left -= (read >> 6 & 7) as i32;
        (self.row, self.last) = (row, last);
        if all || self.left <= 0 { Some(()) } else { self.step(word, BitReader::AT_HAND - (read & 63), low_bits, take) }
    }

    /// Reads a coupon that is not looked up, of whose bits so many are at hand.
    #[inline(always)]
    fn step(&mut self, word: u64, held: u32, low_bits: u32, take: &mut impl FnMut(usize, u64)) -> Option<()> {
        let (position, row, column) = match whole(word, held, low_bits) {
            Some((across, down, length)) => {
                let column = across + if down == 0 { self.next() } else { 0 };
                (self.position + length as usize, self.row + down as usize, column)
            }
            None => {
                let (position, step) = self.table.long_step(self.position, low_bits)?;
                let place = self.place().step(step);
                (position, place.row() as usize, place.column())
            }
        };
        if column >= 64 {
            return None;
        }
        (self.position, self.row, self.last) = (position, row, (column + 1) << 9);
        self.left -= 1;
        take(row, 1 << column);
        Some(())
    }

    /// The column behind the last coupon.
    fn next(&self) -> u32 {
        self.last >> 9 & 127
    }

    fn place(&self) -> Place {
        Place::new(self.row, self.next())
    }
}

/// Hands the rows that have coupons to `take`, those of each table ascending, and the columns of each as bits. The tables are
/// [alike](Reading::is_alike).
///
/// # Errors
/// As for [`Table::read`].
#[inline(always)]
pub(super) fn read(readings: &mut [Reading<'_>], take: impl FnMut(usize, u64)) -> Result<()> {
    read_rounds(readings, take).ok_or_else(outside)
}

/// Reads all; nothing when something is wrong with a table.
#[inline(never)] // There it would have too few registers.
fn read_rounds(readings: &mut [Reading<'_>], mut take: impl FnMut(usize, u64)) -> Option<()> {
    let low_bits = readings.first()?.table.low_bits();
    let lookup = lookup(low_bits);
    let mut unread = true;
    while unread {
        unread = false;
        for reading in readings.iter_mut().filter(|reading| reading.left > 0) {
            reading.round(lookup, low_bits, &mut take)?;
            unread = true;
        }
    }
    let is_whole =
        |reading: &Reading<'_>| reading.left == 0 && reading.table.end(reading.position, reading.place()).is_some();
    readings.iter().all(is_whole).then_some(())
}
