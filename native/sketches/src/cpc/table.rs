//! The stream of an image's table: ascending coupons, each as its steps from the one before.
//!
//! A step in columns is counted from the column after the coupon before, or from the first in another row, and stands
//! as a [word](STEPS). A step in rows stands as its high part in unary and its low bits. Three reads for a coupon would
//! wait for each other; instead the next bits are looked up, which mostly hold one whole coupon or more, or, when there are
//! many low bits, all but these. A look-up gives the columns as bits of a row, ready to be added to it.

use super::bits::{BitReader, BitWriter};
use super::codes::{FIRST_STEPS, LONGEST, PEEKED, STEPS};
use super::{MAX_LG_K, corrupt};
use chronon_types::{Error, Result};
use std::sync::OnceLock;

/// How many low bits the row steps of this many coupons have.
fn low_bits(lg_k: u8, coupons: usize) -> u32 {
    // The binary logarithm of rows per coupon, rounded down.
    u32::from(lg_k).saturating_sub(coupons.next_power_of_two().trailing_zeros())
}

/// Writes ascending coupons; how many words they took.
pub(super) fn write(coupons: &[u32], lg_k: u8, out: &mut Vec<u8>) -> u32 {
    let low_bits = low_bits(lg_k, coupons.len());
    let mut bits = BitWriter::new(out);
    let (mut row, mut column) = (0, 0);
    for coupon in coupons {
        let down = (coupon >> 6) - row;
        let across = (coupon & 63) - if down == 0 { column } else { 0 };
        (row, column) = (coupon >> 6, (coupon & 63) + 1);
        let word = STEPS[across as usize];
        bits.put(word.bits.into(), word.length.into());
        bits.put_unary(down >> low_bits);
        bits.put(down & ((1 << low_bits) - 1), low_bits);
    }
    bits.finish(10u32.saturating_sub(low_bits))
}

/// Row steps with more low bits than this leave too few whole coupons in twelve bits for looking them up to pay.
const MOST_LOW_BITS: u32 = 3;

/// The whole coupons that the next twelve bits begin with, in one row or two.
struct Lookup {
    /// The length of all (6 bits) and above it how many there are. The next look-up waits for these, so they are apart.
    /// Zero when the first coupon is longer or beyond the eighth column, and when there is none: streams end in zeros.
    lengths: [u16; PEEKED],
    /// From the lowest bit up: the columns of the first row (8 bits), counted on from the coupon before if that is in the
    /// same row; the columns of the second row (8); the step to the first row (6) and from there to the second (6), zero
    /// when there is none; the column behind the last coupon, as the columns of its row are counted (4).
    steps: [u32; PEEKED],
}

impl Lookup {
    fn new(low_bits: u32) -> Self {
        let mut lookup = Self { lengths: [0; PEEKED], steps: [0; PEEKED] };
        for (peeked, (lengths, steps)) in lookup.lengths.iter_mut().zip(&mut lookup.steps).enumerate() {
            let (mut columns, mut downs, mut row) = ([0; 2], [0; 2], 0);
            let (mut length, mut count, mut next) = (0, 0, 0);
            while let Some((across, down, more)) = whole(peeked as u64 >> length, LONGEST - length, low_bits) {
                let is_other = down > 0 && count > 0;
                let column = across + if is_other { 0 } else { next };
                if column >= 8 || down >= 64 || is_other && row == 1 {
                    break;
                }
                row += usize::from(is_other);
                columns[row] |= 1 << column;
                downs[row] += down;
                (length, count, next) = (length + more, count + 1, column + 1);
            }
            *lengths = (length | count << 6) as u16;
            *steps = columns[0] | columns[1] << 8 | downs[0] << 16 | downs[1] << 22 | next << 28;
        }
        lookup
    }
}

/// The steps in columns and rows of the coupon at the front of `bits` and its length, if that is at most `held`.
#[inline]
pub(super) fn whole(bits: u64, held: u32, low_bits: u32) -> Option<(u32, u32, u32)> {
    let across = FIRST_STEPS[bits as usize % PEEKED];
    let rest = bits >> across.length;
    let high = rest.trailing_zeros();
    let length = u32::from(across.length) + high.saturating_add(1) + low_bits;
    (length <= held).then(|| {
        let low = rest >> (high + 1) & ((1 << low_bits) - 1);
        (across.value.into(), high << low_bits | low as u32, length)
    })
}

/// The look-up for row steps of so many low bits, at most [`MOST_LOW_BITS`].
fn lookup(low_bits: u32) -> &'static Lookup {
    static LOOKUPS: [OnceLock<Box<Lookup>>; MOST_LOW_BITS as usize + 1] =
        [const { OnceLock::new() }; MOST_LOW_BITS as usize + 1];
    LOOKUPS[low_bits as usize].get_or_init(|| Box::new(Lookup::new(low_bits)))
}

/// How many bits are looked up together for [`Head`]s.
const LOOKED_AT: u32 = 10;

/// The low bits of a look-up that says all of a coupon: its length (6 bits), one (3), the column behind it (7), counted on
/// from the coupon before if that is in the same row, and the column as a bit (8), counted likewise.
pub(super) fn looked_up(length: u32, column: u32) -> u32 {
    length | 1 << 6 | (column + 1) << 9 | 1 << (16 + column)
}

/// A coupon whose [`LOOKED_AT`] next bits hold all but the low bits of its row step. Above what is [`looked_up`], the length
/// without the low bits (8 bits) and the step in rows with no low bits. Zero when the bits do not hold so much, or the column
/// is beyond the eighth.
#[derive(Clone, Copy)]
pub(super) struct Head(pub(super) u64);

impl Head {
    /// What the next bits hold, when row steps have so many low bits.
    fn of(bits: usize, low_bits: u32) -> Self {
        let across = FIRST_STEPS[bits];
        let high = (bits >> across.length).trailing_zeros();
        let length = u32::from(across.length) + high.saturating_add(1);
        if length > LOOKED_AT || across.value >= 8 {
            return Self(0);
        }
        let low = looked_up(length + low_bits, across.value.into()) | length << 24;
        Self(u64::from(high) << (32 + low_bits) | u64::from(low))
    }

    fn columns(self) -> u64 {
        self.0 >> 16 & 0xff
    }

    fn length(self) -> u32 {
        (self.0 & 63) as u32
    }

    fn next(self) -> u32 {
        (self.0 >> 9 & 127) as u32
    }

    /// The step in rows, of a coupon that `word` begins with.
    #[inline(always)]
    pub(super) fn down(self, word: u64, low_mask: u64) -> u64 {
        (self.0 >> 32) + (word.wrapping_shr(self.0 as u32 >> 24) & low_mask)
    }
}

/// How many heads, each with so many low bits, are at hand at any place.
pub(super) const HEADS_AT_ONCE: [u32; MAX_LG_K as usize + 1] = {
    let mut at_once = [0; MAX_LG_K as usize + 1];
    let mut low_bits = 0;
    while low_bits < at_once.len() {
        at_once[low_bits] = BitReader::AT_HAND / (LOOKED_AT + low_bits as u32);
        low_bits += 1;
    }
    at_once
};

/// What the next bits may hold.
pub(super) type Heads = [Head; 1 << LOOKED_AT];

/// The heads that the next bits hold, when row steps have so many low bits.
pub(super) fn heads(low_bits: u32) -> &'static Heads {
    const SIZES: usize = MAX_LG_K as usize + 1;
    static HEADS: [OnceLock<Box<Heads>>; SIZES] = [const { OnceLock::new() }; SIZES];
    HEADS[low_bits as usize].get_or_init(|| Box::new(std::array::from_fn(|bits| Head::of(bits, low_bits))))
}

/// Words of at most so many bits are looked up in the first entries of [`FIRST_STEPS`] alone, which stay close at hand.
const SHORT: u32 = 8;

/// Where reading has come to: the row, above seven bits for the column after the last coupon, 0 to 64.
#[derive(Clone, Copy)]
pub(super) struct Place(u64);

impl Place {
    /// The place in a row before its column `next`. Only damaged bytes lead beyond the last column.
    pub(super) fn new(row: usize, next: u32) -> Self {
        Self((row as u64) << 7 | u64::from(next.min(64)))
    }

    #[inline(always)]
    pub(super) fn step(self, steps: u64) -> Self {
        let row = self.0 & !127;
        Self(steps + if steps > 127 { row } else { self.0 })
    }

    /// The last coupon. A column beyond the last, which no writer makes, counts on from the first.
    fn coupon(self) -> u32 {
        (self.row() << 6) as u32 | self.column()
    }

    #[inline(always)]
    pub(super) fn column(self) -> u32 {
        (self.0 as u32).wrapping_sub(1) & 63
    }

    #[inline(always)]
    pub(super) fn row(self) -> u64 {
        self.0 >> 7
    }
}

/// Reads a table.
pub(super) struct Table<'a> {
    bits: BitReader<'a>,
    coupons: u32,
    low_bits: u32,
    lg_k: u8,
}

impl<'a> Table<'a> {
    /// A table of so many coupons, of a sketch of 2^`lg_k` rows.
    pub(super) fn new(bits: BitReader<'a>, coupons: u32, lg_k: u8) -> Self {
        Self { bits, coupons, low_bits: low_bits(lg_k, coupons as usize), lg_k }
    }

    /// The binary logarithm of the number of rows.
    pub(super) fn lg_k(&self) -> u8 {
        self.lg_k
    }

    /// How many coupons there are.
    pub(super) fn coupons(&self) -> u32 {
        self.coupons
    }

    /// How many low bits row steps have.
    pub(super) fn low_bits(&self) -> u32 {
        self.low_bits
    }

    pub(super) fn bits(&self) -> BitReader<'a> {
        self.bits
    }

    /// Hands the rows that have coupons to `take`, ascending, and the columns of each as bits, some rows in parts and some
    /// parts empty.
    ///
    /// # Errors
    /// `CorruptData` when the bits hold fewer coupons, or more, or leave the matrix, after some were taken, even outside of it.
    #[inline(always)]
    pub(super) fn read(self, take: impl FnMut(usize, u64)) -> Result<()> {
        let low_bits = self.low_bits;
        let read =
            if low_bits > MOST_LOW_BITS { self.read_heads(low_bits, take) } else { self.read_whole(low_bits, take) };
        read.ok_or_else(outside)
    }

    /// Hands the row and the column of each coupon to `take`, ascending. Of few coupons, and where each is asked about, this is
    /// faster than [`Self::read`].
    ///
    /// # Errors
    /// As for [`Self::read`].
    #[inline(always)]
    pub(super) fn read_each(self, take: impl FnMut(usize, u32)) -> Result<()> {
        self.read_steps(take).ok_or_else(outside)
    }

    /// Reads one coupon after the other; nothing when something is wrong with them.
    #[inline(always)]
    fn read_steps(&self, mut take: impl FnMut(usize, u32)) -> Option<()> {
        let low_bits = self.low_bits;
        let (mut position, mut row, mut next) = (self.bits.start(), 0usize, 0u32);
        for _ in 0..self.coupons {
            let word = self.bits.at(position);
            let across = FIRST_STEPS[word as usize % (1 << SHORT)];
            let rest = word >> across.length;
            let high = rest.trailing_zeros();
            let length = u32::from(across.length) + high + 1 + low_bits;
            if u32::from(across.length) > SHORT || length > BitReader::AT_HAND {
                let (behind, step) = self.long_step(position, low_bits)?;
                let place = Place::new(row, next).step(step);
                (position, row, next) = (behind, place.row() as usize, place.column() + 1);
            } else {
                let down = high << low_bits | (rest >> (high + 1)) as u32 & ((1 << low_bits) - 1);
                position += length as usize;
                row += down as usize;
                next = u32::from(across.value) + 1 + if down == 0 { next } else { 0 };
                if next > 64 {
                    return None;
                }
            }
            take(row, next - 1);
        }
        self.end(position, Place::new(row, next))
    }

    /// Nothing when reading ended outside of the bits or the matrix, or before other bits.
    #[inline(always)]
    pub(super) fn end(&self, position: usize, place: Place) -> Option<()> {
        // Rows never step back, so the last speaks for all; and only the last coupon can be the one that none has.
        let is_within = place.row() >> self.lg_k == 0 && place.coupon() != u32::MAX;
        // Behind the last coupon are zeros, up to ten and then those that fill a word.
        let left = self.bits.at(position) << (u64::BITS - BitReader::AT_HAND);
        (is_within && left == 0 && position <= self.bits.end()).then_some(())
    }

    /// Looks whole coupons up; nothing when something is wrong with them.
    #[inline(never)] // Together with its sibling there would be too few registers.
    fn read_whole(&self, low_bits: u32, mut take: impl FnMut(usize, u64)) -> Option<()> {
        const AT_ONCE: u32 = BitReader::AT_HAND / LONGEST;
        let lookup = lookup(low_bits);
        // Apart from `self`, these stay in registers. `next` is the column after the last coupon.
        let (mut position, mut row, mut next, mut taken) = (self.bits.start(), 0usize, 0u32, 0u32);
        loop {
            let mut word = self.bits.at(position);
            // Lengths add up to less than 64, so the numbers of coupons above them add up too.
            let mut read = 0;
            for _ in 0..AT_ONCE {
                let peeked = word as usize % PEEKED;
                let (lengths, steps) = (u32::from(lookup.lengths[peeked]), lookup.steps[peeked]);
                if lengths == 0 {
                    break;
                }
                // Shifting minds the six bits of the length only.
                word = word.wrapping_shr(lengths);
                read += lengths;
                let (down, further) = (steps >> 16 & 63, steps >> 22 & 63);
                let before = if down == 0 { next } else { 0 };
                row += down as usize;
                take(row, u64::from(steps & 0xff).wrapping_shl(before));
                row += further as usize;
                take(row, u64::from(steps >> 8 & 0xff));
                next = (steps >> 28) + if further == 0 { before } else { 0 };
            }
            position += (read & 63) as usize;
            taken += read >> 6;
            if read == 0 {
                let place = Place::new(row, next);
                if taken >= self.coupons {
                    return if taken == self.coupons { self.end(position, place) } else { None };
                }
                let (behind, step) = self.long_step(position, low_bits)?;
                let place = place.step(step);
                (position, row, next, taken) = (behind, place.row() as usize, place.column() + 1, taken + 1);
                take(row, 1 << place.column());
            }
        }
    }

    /// Looks coupons up without their low bits; see [`Self::read_whole`].
    #[inline(never)]
    fn read_heads(&self, low_bits: u32, mut take: impl FnMut(usize, u64)) -> Option<()> {
        let (heads, at_once, low_mask) = (heads(low_bits), HEADS_AT_ONCE[low_bits as usize], (1 << low_bits) - 1);
        let (mut position, mut row, mut next, mut left) = (self.bits.start(), 0usize, 0u32, self.coupons);
        while left > 0 {
            let mut word = self.bits.at(position);
            for _ in 0..at_once.min(left) {
                let head = heads[word as usize % heads.len()];
                left -= 1;
                if head.0 == 0 {
                    let (behind, step) = self.long_step(position, low_bits)?;
                    let place = Place::new(row, next).step(step);
                    (position, row, next) = (behind, place.row() as usize, place.column() + 1);
                    take(row, 1 << place.column());
                    break;
                }
                let down = head.down(word, low_mask);
                word >>= head.length();
                position += head.length() as usize;
                row += down as usize;
                if down > 0 {
                    take(row, head.columns());
                    next = head.next();
                } else {
                    take(row, head.columns().wrapping_shl(next));
                    next += head.next();
                }
            }
        }
        self.end(position, Place::new(row, next))
    }

    /// The step to a coupon of any length, and the position behind it; nothing when it does not end or is outside of every
    /// matrix.
    #[inline(never)]
    pub(super) fn long_step(&self, mut position: usize, low_bits: u32) -> Option<(usize, u64)> {
        let across = FIRST_STEPS[self.bits.at(position) as usize % PEEKED];
        position += usize::from(across.length);
        let mut high = 0;
        loop {
            let zeros = self.bits.at(position).trailing_zeros();
            if zeros < BitReader::AT_HAND {
                position += zeros as usize + 1;
                high += u64::from(zeros);
                break;
            }
            position += BitReader::AT_HAND as usize;
            high += u64::from(BitReader::AT_HAND);
            if position > self.bits.end() {
                return None;
            }
        }
        let low = self.bits.at(position) & ((1 << low_bits) - 1);
        let down = u64::from(u32::try_from(high << low_bits | low).ok()?);
        (across.value < 64).then(|| (position + low_bits as usize, down << 7 | (u64::from(across.value) + 1)))
    }
}

/// Reading ended outside of the bits or the matrix.
#[cold]
pub(super) fn outside() -> Error {
    corrupt("the table ends early or late, or leaves the matrix")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpc::rounds::{self, Reading};
    use crate::cpc::set::columns;

    fn read_back(bytes: &[u8], count: usize, lg_k: u8) -> Result<Vec<u32>> {
        let table = || Table::new(BitReader::new(bytes, 0), count as u32, lg_k);
        let (mut coupons, mut each) = (Vec::new(), Vec::new());
        let read = table().read(|row, bits| coupons.extend(columns(bits).map(|column| (row << 6) as u32 | column)));
        let read_each = table().read_each(|row, column| each.push((row << 6) as u32 | column));
        assert_eq!(read_each, read);
        if Reading::suits(&table()) {
            let (mut thrice, mut readings) = (Vec::new(), [(); 3].map(|()| Reading::new(table())));
            let take = |row, bits| thrice.extend(columns(bits).map(|column| (row << 6) as u32 | column));
            assert_eq!(rounds::read(&mut readings, take), read);
            thrice.sort_unstable();
            assert!(read.is_err() || thrice.as_chunks::<3>().0.iter().map(|three| three[0]).eq(each.iter().copied()));
            assert!(read.is_err() || thrice.len() == 3 * each.len());
        }
        read.map(|()| assert_eq!(each, coupons))?;
        Ok(coupons)
    }

    /// Few and many, near and far, in every size of low bits.
    #[test]
    fn what_is_written_is_read() {
        for lg_k in [4, 5, 8, 11, 26] {
            for count in [1, 2, 3, 7, 63, 64, 65, 66, 129, 1000, 5000] {
                for spread in [1, 5, 64, 1000, 70_000] {
                    let cells = 64u64 << lg_k;
                    let coupon = |i: u64| (i * spread + i % 7 * i % spread).min(cells - 2) as u32;
                    let mut coupons: Vec<u32> = (0..count).map(coupon).collect();
                    coupons.sort_unstable();
                    coupons.dedup();
                    let mut bytes = Vec::new();
                    let words = write(&coupons, lg_k, &mut bytes);
                    assert_eq!(bytes.len(), words as usize * 4);
                    assert_eq!(read_back(&bytes, coupons.len(), lg_k).unwrap(), coupons, "{lg_k} {count} {spread}");
                    assert!(read_back(&bytes, coupons.len() + 1000, lg_k).is_err(), "{lg_k} {count} {spread}");
                }
            }
        }
    }

    #[test]
    fn coupons_outside_the_matrix_are_refused() {
        let mut bytes = Vec::new();
        write(&[16 << 6], 4, &mut bytes);
        assert!(read_back(&bytes, 1, 4).is_err(), "row 16 of 16");
        bytes.clear();
        write(&[u32::MAX], 26, &mut bytes);
        assert!(read_back(&bytes, 1, 26).is_err(), "the coupon that none has");
        bytes.clear();
        let mut bits = BitWriter::new(&mut bytes);
        bits.put(STEPS[64].bits.into(), STEPS[64].length.into());
        bits.put(0b1, 20);
        bits.finish(10);
        assert!(read_back(&bytes, 1, 4).is_err(), "column 64");
        assert!(read_back(&[], 1, 4).is_err());
        assert!(read_back(&[0; 400], 1, 4).is_err(), "a row without end");
        bytes.clear();
        let mut bits = BitWriter::new(&mut bytes);
        (0..65).for_each(|_| bits.put(u32::from(STEPS[0].bits) | 1 << STEPS[0].length, 2));
        bits.finish(10);
        let table = Table::new(BitReader::new(&bytes, 0), 65, 6);
        assert!(table.read_each(|_, column| assert!(column < 64)).is_err(), "65 columns of a row");
    }
}
