//! Tables of several images, read side by side.
//!
//! A coupon's place in a table depends on the length of the one before, so reading one table is mostly waiting for look-ups.
//! Here each of several tables takes its turn with a few coupons, and while one waits the others go on.

use super::bits::BitReader;
use super::codes::{LONGEST, PEEKED};
use super::table::{HEADS_AT_ONCE, Head, Place, Table, heads, looked_up, outside, whole};
use chronon_types::Result;
use std::sync::OnceLock;

/// The fewest low bits that row steps may have here: with fewer, twelve bits hold more than one coupon, which
/// [`Table::read`] makes use of.
const FEWEST_LOW_BITS: u32 = 4;
/// With more low bits than this, too few coupons are whole in twelve bits.
const MOST_WHOLE: u32 = 5;
/// So many tables are read side by side: with more, what each saves is less than what all keep at hand.
pub(super) const TOGETHER: usize = 4;

/// What the next bits are looked up as. The low half is what is [`looked_up`] and eight bits above it. Zero when they do not
/// begin with a coupon, as streams end in zeros, or it is longer than what is looked up or beyond the eighth column.
trait Peek: Copy + 'static {
    /// The low half.
    fn low(self) -> u32;

    /// The step in rows, if there is a coupon in another row. `word` begins with its bits.
    fn down(self, word: u64, low_mask: u64) -> Option<u64>;
}

/// A whole coupon: the step in rows stands above what is [`looked_up`].
#[derive(Clone, Copy)]
struct Whole(u32);

impl Peek for Whole {
    #[inline(always)]
    fn low(self) -> u32 {
        self.0
    }

    #[inline(always)]
    fn down(self, _: u64, _: u64) -> Option<u64> {
        (self.0 != 0).then_some(u64::from(self.0 >> 24))
    }
}

impl Peek for Head {
    #[inline(always)]
    fn low(self) -> u32 {
        self.0 as u32
    }

    #[inline(always)]
    fn down(self, word: u64, low_mask: u64) -> Option<u64> {
        let down = Self::down(self, word, low_mask);
        (self.0 != 0 && down != 0).then_some(down)
    }
}

/// The whole coupons that the next bits hold, when row steps have so many low bits, at most [`MOST_WHOLE`].
fn wholes(low_bits: u32) -> &'static [Whole; PEEKED] {
    const SIZES: usize = MOST_WHOLE as usize + 1;
    static WHOLES: [OnceLock<Box<[Whole; PEEKED]>>; SIZES] = [const { OnceLock::new() }; SIZES];
    let peek = |bits: usize| match whole(bits as u64, LONGEST, low_bits) {
        Some((column @ 0..8, down @ 1..256, length)) => Whole(looked_up(length, column) | down << 24),
        _ => Whole(0),
    };
    WHOLES[low_bits as usize].get_or_init(|| Box::new(std::array::from_fn(peek)))
}

/// A table, and where reading it has come to.
pub(super) struct Reading<'a> {
    table: Table<'a>,
    position: usize,
    row: usize,
    /// The last coupon, with the column behind it where a [`Peek`] has that.
    last: u32,
    /// How many coupons are to be read. Only damaged bytes have more.
    left: i32,
}

impl<'a> Reading<'a> {
    /// Whether tables such as this one can be read here.
    #[inline]
    pub(super) fn suits(table: &Table<'_>) -> bool {
        table.low_bits() >= FEWEST_LOW_BITS
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
    fn round<P: Peek, const N: usize, const AT_ONCE: u32>(
        &mut self,
        how: How<'_, P, N>,
        take: &mut impl FnMut(usize, u64),
    ) -> Option<()> {
        let mut word = self.table.bits().at(self.position);
        // Lengths add up to less than 64, and the numbers of coupons above them to less than eight.
        let (mut read, mut row, mut last, mut all) = (0u32, self.row, self.last, true);
        for _ in 0..AT_ONCE {
            let peek = how.lookup[word as usize % N];
            let Some(down) = peek.down(word, (1 << how.low_bits) - 1) else {
                all = false;
                break;
            };
            let low = peek.low();
            // Shifting minds the six bits of the length only.
            word = word.wrapping_shr(low);
            read = read.wrapping_add(low);
            row += down as usize;
            take(row, u64::from(low >> 16 & 0xff));
            last = low;
        }
        self.position += (read & 63) as usize;
        self.left -= (read >> 6 & 7) as i32;
        (self.row, self.last) = (row, last);
        if all || self.left <= 0 {
            Some(())
        } else {
            self.step(word, BitReader::AT_HAND - (read & 63), how.low_bits, take)
        }
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
    read_all(readings, take).ok_or_else(outside)
}

/// How alike tables are read.
#[derive(Clone, Copy)]
struct How<'a, P, const N: usize> {
    low_bits: u32,
    lookup: &'a [P; N],
}

/// Reads all; nothing when something is wrong with a table.
fn read_all(readings: &mut [Reading<'_>], take: impl FnMut(usize, u64)) -> Option<()> {
    let low_bits = readings.first()?.table.low_bits();
    if low_bits > MOST_WHOLE {
        let how = How { low_bits, lookup: heads(low_bits) };
        match HEADS_AT_ONCE[low_bits as usize] {
            3.. => read_rounds::<_, _, 3>(readings, how, take),
            2 => read_rounds::<_, _, 2>(readings, how, take),
            _ => read_rounds::<_, _, 1>(readings, how, take),
        }
    } else {
        read_rounds::<_, _, { BitReader::AT_HAND / LONGEST }>(
            readings,
            How { low_bits, lookup: wholes(low_bits) },
            take,
        )
    }
}

/// Reads all in rounds of some coupons each.
#[inline(never)] // There it would have too few registers.
fn read_rounds<P: Peek, const N: usize, const AT_ONCE: u32>(
    readings: &mut [Reading<'_>],
    how: How<'_, P, N>,
    mut take: impl FnMut(usize, u64),
) -> Option<()> {
    let mut unread = true;
    while unread {
        unread = false;
        for reading in readings.iter_mut().filter(|reading| reading.left > 0) {
            reading.round::<P, N, AT_ONCE>(how, &mut take)?;
            unread = true;
        }
    }
    let is_whole =
        |reading: &Reading<'_>| reading.left == 0 && reading.table.end(reading.position, reading.place()).is_some();
    readings.iter().all(is_whole).then_some(())
}
