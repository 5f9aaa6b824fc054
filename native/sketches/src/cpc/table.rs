//! The stream of an image's table: ascending coupons, each as its steps from the one before.
//!
//! A step in columns is counted from the column after the coupon before, or from the first in another row, and stands
//! as a [word](STEPS). A step in rows stands as its high part in unary and its low bits. Three reads for a coupon would
//! wait for each other; instead the next twelve bits are looked up, which mostly hold one whole coupon or two.

use super::bits::{BitReader, BitWriter};
use super::codes::{FIRST_STEPS, LONGEST, PEEKED, STEPS};
use super::corrupt;
use chronon_types::Result;
use std::sync::OnceLock;

/// Row steps with more low bits than this leave too few whole coupons in twelve bits for a look-up to pay.
const MOST_LOW_BITS: u32 = 7;

/// How many low bits the row steps of this many coupons have.
fn low_bits(lg_k: u8, coupons: usize) -> u32 {
    ((1 << lg_k) / coupons.max(1)).max(1).ilog2()
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

/// What the next twelve bits hold, in one word: from the lowest bit up, one more than the first coupon's step in columns
/// (7 bits), its step in rows (12), the same of a second coupon (4, zero when there is none, and 5), and the length of
/// them (4). All zero when the first coupon is longer.
#[derive(Clone, Copy)]
struct Steps(u32);

impl Steps {
    const NONE: Self = Self(0);

    fn new(peeked: usize, low_bits: u32) -> Self {
        let Some((across, down, length)) = whole(peeked, LONGEST, low_bits) else { return Self::NONE };
        let first = (across + 1) | down << 7 | length << 28;
        match whole(peeked >> length, LONGEST - length, low_bits) {
            Some((across, down, more)) if across < 15 && down < 32 => {
                Self(first + ((across + 1) << 19 | down << 23 | more << 28))
            }
            _ => Self(first),
        }
    }

    fn first(self) -> (u32, u32) {
        (self.0 & 0x7f, self.0 >> 7 & 0xfff)
    }

    fn second(self) -> (u32, u32) {
        (self.0 >> 19 & 0xf, self.0 >> 23 & 0x1f)
    }

    fn length(self) -> u32 {
        self.0 >> 28
    }
}

/// The steps in columns and rows of the coupon at the front of `bits` and its length, if that is at most `held`.
fn whole(bits: usize, held: u32, low_bits: u32) -> Option<(u32, u32, u32)> {
    let across = FIRST_STEPS[bits];
    let rest = bits >> across.length;
    let high = rest.trailing_zeros();
    let length = u32::from(across.length) + high.saturating_add(1) + low_bits;
    (length <= held).then(|| {
        let low = rest >> (high + 1) & ((1 << low_bits) - 1);
        (across.value.into(), high << low_bits | low as u32, length)
    })
}

/// The look-up that does not pay.
static NOTHING: [Steps; PEEKED] = [Steps::NONE; PEEKED];

/// The look-up for row steps of so many low bits, if it pays.
fn lookup(low_bits: u32) -> Option<&'static [Steps; PEEKED]> {
    static LOOKUPS: [OnceLock<Box<[Steps; PEEKED]>>; MOST_LOW_BITS as usize + 1] =
        [const { OnceLock::new() }; MOST_LOW_BITS as usize + 1];
    let made = LOOKUPS.get(low_bits as usize)?;
    Some(made.get_or_init(|| {
        let mut steps = Box::new([Steps::NONE; PEEKED]);
        steps.iter_mut().enumerate().for_each(|(peeked, steps)| *steps = Steps::new(peeked, low_bits));
        steps
    }))
}

/// Where reading a table has come to.
#[derive(Clone, Copy)]
struct Place {
    row: u64,
    /// The column after the coupon before.
    column: u32,
}

impl Place {
    #[inline(always)]
    fn step(&mut self, (across, down): (u32, u32)) {
        self.row += u64::from(down);
        self.column = across + if down == 0 { self.column } else { 0 };
    }

    #[inline(always)]
    fn coupon(self) -> u32 {
        (self.row << 6) as u32 | (self.column.wrapping_sub(1) & 63)
    }

    /// Not zero when the coupon's column is not one.
    #[inline(always)]
    fn outside(self) -> u32 {
        self.column.wrapping_sub(1) >> 6
    }
}

/// Hands the coupons of a table to `take`, ascending, of a sketch of 2^`lg_k` rows. Some come twice in a row; the second
/// time they are not marked as new.
///
/// # Errors
/// `CorruptData` when the bits end early or leave the matrix, after some coupons were taken, even outside of it.
#[inline(always)]
pub(super) fn read(mut bits: BitReader<'_>, coupons: u32, lg_k: u8, mut take: impl FnMut(u32, bool)) -> Result<()> {
    let low_bits = low_bits(lg_k, coupons as usize);
    let lookup = lookup(low_bits).unwrap_or(&NOTHING);
    let mut place = Place { row: 0, column: 0 };
    let mut outside = 0;
    let mut left = coupons as usize;
    while left > 0 {
        bits.refill();
        // Four look-ups of at most twelve bits; each gives a coupon at least.
        for _ in 0..4 {
            let steps = lookup[bits.word() as usize % PEEKED];
            if steps.length() == 0 {
                (bits, place) = step_long(bits, place, low_bits)?;
                outside |= place.outside();
                take(place.coupon(), true);
                left -= 1;
                break;
            }
            bits.skip(steps.length());
            place.step(steps.first());
            outside |= place.outside();
            take(place.coupon(), true);
            // Without a second coupon this is the first again.
            place.step(steps.second());
            outside |= place.outside();
            let is_second = steps.second().0 != 0;
            take(place.coupon(), is_second);
            left = left.checked_sub(1 + usize::from(is_second)).ok_or_else(damaged)?;
            if left == 0 {
                break;
            }
        }
    }
    // Rows never step back, so the last one speaks for all; and only the last coupon can be the one that none has.
    if outside != 0 || place.row >> lg_k != 0 || place.coupon() == u32::MAX || bits.is_overrun() {
        return Err(damaged());
    }
    Ok(())
}

/// Reads one coupon of any length.
#[inline(never)]
fn step_long<'a>(mut bits: BitReader<'a>, mut place: Place, low_bits: u32) -> Result<(BitReader<'a>, Place)> {
    bits.refill();
    let across = FIRST_STEPS[bits.word() as usize % PEEKED];
    bits.skip(across.length.into());
    let mut high = 0;
    loop {
        let zeros = bits.word().trailing_zeros();
        if zeros < bits.held() {
            bits.skip(zeros + 1);
            high += u64::from(zeros);
            break;
        }
        high += u64::from(bits.held());
        bits.skip(bits.held());
        bits.refill();
        if bits.is_overrun() {
            return Err(damaged());
        }
    }
    bits.refill();
    let low = bits.word() & ((1 << low_bits) - 1);
    bits.skip(low_bits);
    let down = u32::try_from(high << low_bits | low).map_err(|_| damaged())?;
    place.step((u32::from(across.value) + 1, down));
    Ok((bits, place))
}

#[cold]
fn damaged() -> chronon_types::Error {
    corrupt("the table ends early or leaves the matrix")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(bytes: &[u8], count: usize, lg_k: u8) -> Result<Vec<u32>> {
        let mut coupons = Vec::new();
        read(BitReader::new(bytes, 0), count as u32, lg_k, |coupon, is_new| coupons.extend(is_new.then_some(coupon)))?;
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
    }
}
