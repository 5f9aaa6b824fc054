//! The stream of an image's table: ascending coupons, each as its steps from the one before.
//!
//! A step in columns is counted from the column after the coupon before, or from the first in another row, and stands
//! as a [word](STEPS). A step in rows stands as its high part in unary and its low bits. Three reads for a coupon would
//! wait for each other; instead the next bits are looked up, which mostly hold one whole coupon or two, or, when there are
//! many low bits, all but these.

use super::bits::{BitReader, BitWriter};
use super::codes::{FIRST_STEPS, LONGEST, PEEKED, STEPS};
use super::{MAX_LG_K, corrupt};
use chronon_types::Result;
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

/// What the next twelve bits hold. The lengths, for which the next look-up waits, are apart: they stay in the nearest cache.
struct Lookup {
    /// Of one or two coupons; 0 when the first is longer.
    lengths: [u8; PEEKED],
    /// The steps to them.
    steps: [Steps; PEEKED],
}

/// The steps to one coupon or two. From the lowest bit up: one more than the step in columns (7 bits) and the step in rows (9),
/// and the same again for the second coupon, all zero when there is none.
#[derive(Clone, Copy)]
struct Steps(u32);

impl Steps {
    /// The step as a difference of [places](Place).
    fn first(self) -> u64 {
        (self.0 & 0xffff).into()
    }

    fn second(self) -> u64 {
        (self.0 >> 16).into()
    }
}

impl Lookup {
    fn new(low_bits: u32) -> Self {
        let mut lookup = Self { lengths: [0; PEEKED], steps: [Steps(0); PEEKED] };
        for (peeked, (length, steps)) in lookup.lengths.iter_mut().zip(&mut lookup.steps).enumerate() {
            let mut held = LONGEST;
            for shift in [0, 16] {
                let Some((across, down, more)) = whole(peeked >> *length, held, low_bits) else { break };
                if across > 63 {
                    break; // no column; reading it as a long coupon finds out
                }
                steps.0 |= ((across + 1) | down << 7) << shift;
                *length += more as u8;
                held -= more;
            }
        }
        lookup
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

/// The look-up for row steps of so many low bits, at most [`MOST_LOW_BITS`].
fn lookup(low_bits: u32) -> &'static Lookup {
    static LOOKUPS: [OnceLock<Box<Lookup>>; MOST_LOW_BITS as usize + 1] =
        [const { OnceLock::new() }; MOST_LOW_BITS as usize + 1];
    LOOKUPS[low_bits as usize].get_or_init(|| Box::new(Lookup::new(low_bits)))
}

/// How many bits are looked up together for [`Head`]s.
const LOOKED_AT: u32 = 10;

/// A coupon whose [`LOOKED_AT`] next bits hold all but the low bits of its row step. From the lowest bit up: the length
/// with the low bits (8 bits), the length without them (8), and with no low bits the step to it as a difference of
/// [places](Place). Zero when the bits do not hold so much.
#[derive(Clone, Copy)]
struct Head(u64);

impl Head {
    /// What the next bits hold, when row steps have so many low bits.
    fn of(bits: usize, low_bits: u32) -> Self {
        let across = FIRST_STEPS[bits];
        let high = (bits >> across.length).trailing_zeros();
        let length = u32::from(across.length) + high.saturating_add(1);
        // A step beyond the last column is none; reading it as a long coupon finds out.
        if length > LOOKED_AT || across.value > 63 {
            return Self(0);
        }
        let step = u64::from(high) << (low_bits + 7) | (u64::from(across.value) + 1);
        Self(step << 16 | u64::from(length << 8 | (length + low_bits)))
    }

    fn length(self) -> u32 {
        self.0 as u32 & 0xff
    }

    fn length_before_low_bits(self) -> u32 {
        self.0 as u32 >> 8 & 0xff
    }

    fn step(self) -> u64 {
        self.0 >> 16
    }
}

/// The heads that the next bits hold, when row steps have so many low bits.
fn heads(low_bits: u32) -> &'static [Head; 1 << LOOKED_AT] {
    const SIZES: usize = MAX_LG_K as usize + 1;
    static HEADS: [OnceLock<Box<[Head; 1 << LOOKED_AT]>>; SIZES] = [const { OnceLock::new() }; SIZES];
    HEADS[low_bits as usize].get_or_init(|| Box::new(std::array::from_fn(|bits| Head::of(bits, low_bits))))
}

/// Where reading has come to: the row, above seven bits for the column after the last coupon, 0 to 64.
#[derive(Clone, Copy)]
struct Place(u64);

impl Place {
    #[inline(always)]
    fn step(self, steps: u64) -> Self {
        let row = self.0 & !127;
        Self(steps + if steps > 127 { row } else { self.0 })
    }

    /// The last coupon. A column beyond the last, which no writer makes, counts on from the first.
    fn coupon(self) -> u32 {
        (self.row() << 6) as u32 | self.column()
    }

    #[inline(always)]
    fn column(self) -> u32 {
        (self.0 as u32).wrapping_sub(1) & 63
    }

    #[inline(always)]
    fn row(self) -> u64 {
        self.0 >> 7
    }
}

/// Reads a table.
pub(super) struct Table<'a> {
    bits: BitReader<'a>,
    coupons: u32,
    lg_k: u8,
}

impl<'a> Table<'a> {
    /// A table of so many coupons, of a sketch of 2^`lg_k` rows.
    pub(super) fn new(bits: BitReader<'a>, coupons: u32, lg_k: u8) -> Self {
        Self { bits, coupons, lg_k }
    }

    /// The binary logarithm of the number of rows.
    pub(super) fn lg_k(&self) -> u8 {
        self.lg_k
    }

    /// Hands the rows and columns of all coupons to `take`, ascending; some of them twice in a row.
    ///
    /// # Errors
    /// `CorruptData` when the bits end early or leave the matrix, after some coupons were taken, even outside of it.
    #[inline(always)]
    pub(super) fn read(self, take: impl FnMut(usize, u32)) -> Result<()> {
        let low_bits = low_bits(self.lg_k, self.coupons as usize);
        let read =
            if low_bits > MOST_LOW_BITS { self.read_heads(low_bits, take) } else { self.read_whole(low_bits, take) };
        read.ok_or_else(|| corrupt("the table ends early or leaves the matrix"))
    }

    /// Nothing when reading ended outside of the bits or the matrix.
    #[inline(always)]
    fn end(&self, bits: BitReader<'_>, place: Place) -> Option<()> {
        // Rows never step back, so the last speaks for all; and only the last coupon can be the one that none has.
        (place.row() >> self.lg_k == 0 && place.coupon() != u32::MAX && !bits.is_overrun()).then_some(())
    }

    /// Looks whole coupons up; nothing when something is wrong with them.
    #[inline(never)] // Together with its sibling there would be too few registers.
    fn read_whole(&self, low_bits: u32, mut take: impl FnMut(usize, u32)) -> Option<()> {
        let lookup = lookup(low_bits);
        // Apart from `self`, these stay in registers.
        let (mut bits, mut place, mut left) = (self.bits, Place(0), i64::from(self.coupons));
        while left > 0 {
            bits.refill();
            // Of at most twelve bits each.
            for _ in 0..4 {
                let peeked = bits.word() as usize % PEEKED;
                let (length, steps) = (lookup.lengths[peeked], lookup.steps[peeked]);
                if length == 0 {
                    let (behind, step) = long_step(bits, low_bits)?;
                    (bits, place) = (behind, place.step(step));
                } else {
                    bits.skip(length.into());
                    place = place.step(steps.first());
                }
                take(place.row() as usize, place.column());
                // Without a second coupon this is the first again.
                place = place.step(steps.second());
                take(place.row() as usize, place.column());
                left -= 1 + i64::from(steps.second() != 0);
                if left <= 0 {
                    break;
                }
            }
        }
        if left == 0 { self.end(bits, place) } else { None }
    }

    /// Looks coupons up without their low bits; see [`Self::read_whole`].
    #[inline(never)]
    fn read_heads(&self, low_bits: u32, mut take: impl FnMut(usize, u32)) -> Option<()> {
        let (heads, low_mask) = (heads(low_bits), (1 << low_bits) - 1);
        // How many are held after a refill.
        let at_once = [4, 4, 4, 4, 4, 3, 3, 3, 3].get(low_bits as usize).copied().unwrap_or(1);
        let (mut bits, mut place, mut left) = (self.bits, Place(0), self.coupons);
        while left > 0 {
            bits.refill();
            let next = at_once.min(left);
            for _ in 0..next {
                let head = heads[bits.word() as usize % heads.len()];
                if head.length() == 0 {
                    let (behind, step) = long_step(bits, low_bits)?;
                    (bits, place) = (behind, place.step(step));
                } else {
                    let low = bits.word() >> head.length_before_low_bits() & low_mask;
                    bits.skip(head.length());
                    place = place.step(head.step() + (low << 7));
                }
                take(place.row() as usize, place.column());
            }
            left -= next;
        }
        self.end(bits, place)
    }
}

/// The step to a coupon of any length, and the bits behind it, refilled; nothing when it does not end or is outside of
/// every matrix.
#[inline(never)]
fn long_step(mut bits: BitReader<'_>, low_bits: u32) -> Option<(BitReader<'_>, u64)> {
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
            return None;
        }
    }
    bits.refill();
    let low = bits.word() & ((1 << low_bits) - 1);
    bits.skip(low_bits);
    bits.refill();
    let down = u64::from(u32::try_from(high << low_bits | low).ok()?);
    (across.value < 64).then(|| (bits, down << 7 | (u64::from(across.value) + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(bytes: &[u8], count: usize, lg_k: u8) -> Result<Vec<u32>> {
        let mut coupons = Vec::new();
        Table::new(BitReader::new(bytes, 0), count as u32, lg_k)
            .read(|row, column| coupons.push((row << 6) as u32 | column))?;
        coupons.dedup();
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
