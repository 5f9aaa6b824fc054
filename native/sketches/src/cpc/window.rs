//! The stream of an image's window: a byte for every row, as a word of the code for its phase.
//!
//! Each word's place depends on the length of all before it. To wait less, the next twelve bits are looked up together:
//! they mostly hold two words or three. And three windows are read side by side, or three parts of one with many rows. Where
//! a word begins in the later parts is not known yet, but reading that began inside a word soon falls in with the words.
//!
//! Each waits for its look-ups, not for the stores: two wait longer, and four need more registers than there are.

use super::bits::{BitReader, BitWriter};
use super::codes::{LONGEST, PEEKED, PHASES, WINDOWS, first_symbols};
use super::corrupt;
use chronon_types::Result;
use std::sync::OnceLock;

/// Writes the bytes of all rows; how many words they took.
pub(super) fn write(bytes: impl Iterator<Item = u8>, phase: usize, out: &mut Vec<u8>) -> u32 {
    let words = &WINDOWS[phase];
    let mut bits = BitWriter::new(out);
    for byte in bytes {
        let word = words[usize::from(byte)];
        bits.put(word.bits.into(), word.length.into());
    }
    bits.finish(LONGEST - 1)
}

/// What the next twelve bits hold. From the lowest bit up: three symbols (8 bits each), those that are not whole zero, the
/// length of all that are (6), and how many (2).
type Lookup = [u32; PEEKED];

fn lookup(phase: usize) -> &'static Lookup {
    static LOOKUPS: [OnceLock<Box<Lookup>>; PHASES] = [const { OnceLock::new() }; PHASES];
    LOOKUPS[phase].get_or_init(|| {
        let first = first_symbols(&WINDOWS[phase]);
        let held = |peeked: usize| {
            let (mut symbols, mut length, mut count) = (0, 0, 0);
            while count < 3 {
                let symbol = first[peeked >> length];
                if length + u32::from(symbol.length) > LONGEST {
                    break;
                }
                symbols |= u32::from(symbol.value) << (8 * count);
                length += u32::from(symbol.length);
                count += 1;
            }
            symbols | length << 24 | count << 30
        };
        Box::new(std::array::from_fn(held))
    })
}

/// Look-ups from one place at once, and what they are at most.
const AT_ONCE: usize = 4;
const MOST_BITS: usize = AT_ONCE * LONGEST as usize;
const MOST_WORDS: usize = AT_ONCE * 3;
/// Bytes that a buffer has beyond the rows: the look-ups write fewer wherever the rows end.
const MARGIN: usize = 20;

/// So many windows, or parts of one, are read side by side.
pub(super) const PARTS: usize = 3;
/// So many rows are read in parts.
const MANY: usize = 1 << 7;

/// The bytes of a buffer for one of the parts, which mostly have a third of the rows.
const fn room(rows: usize) -> usize {
    rows / 2 + MARGIN
}

/// The length of the buffer that reading so many rows takes.
pub(super) const fn buffer_length(rows: usize) -> usize {
    if rows < MANY { rows + MARGIN } else { PARTS * room(rows) }
}

/// Reads the bytes of so many rows into the front of a buffer of their [`buffer_length`].
///
/// # Errors
/// `CorruptData` when the bytes end early, by more than a few rows.
pub(super) fn read(bits: BitReader<'_>, phase: usize, rows: usize, buffer: &mut [u8]) -> Result<()> {
    let words = Words { bits, lookup: lookup(phase) };
    let mut place = Place { position: bits.start(), filled: 0 };
    if rows >= MANY {
        place = words.read_parts(rows, buffer);
    }
    words.finish(&mut place, rows, buffer)
}

/// Reads windows of one phase and so many rows side by side, and hands over the bytes of each. The buffer may hold anything
/// of [`PARTS`] times their [`buffer_length`].
///
/// # Errors
/// As for [`read`].
pub(super) fn read_together<'b>(
    windows: [BitReader<'_>; PARTS],
    phase: usize,
    rows: usize,
    buffer: &'b mut [u8],
) -> Result<[&'b [u8]; PARTS]> {
    let lookup = lookup(phase);
    let words = windows.map(|bits| Words { bits, lookup });
    let begin = |part| part * (rows + MARGIN);
    let mut places: [Place; PARTS] =
        std::array::from_fn(|part| Place { position: windows[part].start(), filled: begin(part) });
    loop {
        let left = places.iter().enumerate().map(|(part, place)| (begin(part) + rows).saturating_sub(place.filled));
        let rounds = left.fold(rows, |rounds, left| rounds.min(left / MOST_WORDS));
        if rounds == 0 {
            break;
        }
        read_rounds(rounds, &words, &mut places, buffer);
    }
    for (part, (words, place)) in words.iter().zip(&mut places).enumerate() {
        words.finish(place, begin(part) + rows, buffer)?;
    }
    let buffer = &*buffer;
    Ok(std::array::from_fn(|part| &buffer[begin(part)..][..rows]))
}

/// Reads some words of each window or part, so many times.
#[inline(never)] // There it would have too few registers.
fn read_rounds(rounds: usize, words: &[Words<'_>; PARTS], parts: &mut [Place; PARTS], buffer: &mut [u8]) {
    let mut places = *parts;
    for _ in 0..rounds {
        for (words, place) in words.iter().zip(&mut places) {
            words.read_some(place, buffer);
        }
    }
    *parts = places;
}

/// Where reading is: the bits before it and, in the buffer, the bytes.
#[derive(Clone, Copy)]
struct Place {
    position: usize,
    filled: usize,
}

/// Words to be read.
#[derive(Clone, Copy)]
struct Words<'a> {
    bits: BitReader<'a>,
    lookup: &'static Lookup,
}

impl Words<'_> {
    /// Reads some words, if the buffer has a [`MARGIN`] for them.
    #[inline(always)]
    fn read_some(&self, place: &mut Place, buffer: &mut [u8]) {
        let Some(to) = buffer.get_mut(place.filled..place.filled.wrapping_add(MARGIN)) else { return };
        let mut word = self.bits.at(place.position);
        // Lengths add up to less than 64, so the numbers of words above them add up too.
        let mut read = 0;
        for _ in 0..AT_ONCE {
            let held = self.lookup[word as usize % PEEKED];
            let at = (read >> 6) as usize;
            to[at..at + 4].copy_from_slice(&held.to_le_bytes());
            // Shifting minds the six bits of the length only.
            word = word.wrapping_shr(held >> 24);
            read += held >> 24;
        }
        place.position += (read & 63) as usize;
        place.filled += (read >> 6) as usize;
    }

    /// Reads on until the buffer is filled to there.
    fn finish(&self, place: &mut Place, end: usize, buffer: &mut [u8]) -> Result<()> {
        while place.filled < end {
            self.read_some(place, buffer);
        }
        // The last look-ups may have gone beyond the last row.
        if place.position > self.bits.end() + MOST_BITS {
            return Err(corrupt("the window ends early"));
        }
        Ok(())
    }

    /// Goes on by one look-up, whose bytes are returned.
    #[inline(always)]
    fn step(&self, place: &mut Place) -> [u8; 4] {
        let held = self.lookup[self.bits.at(place.position) as usize % PEEKED];
        place.position += (held >> 24 & 63) as usize;
        place.filled += (held >> 30) as usize;
        held.to_le_bytes()
    }

    /// Reads from the start and from other places at once. What remains to be read is nothing or, if two parts did not
    /// meet soon, all behind the first of them.
    fn read_parts(&self, rows: usize, buffer: &mut [u8]) -> Place {
        let (room, start, end) = (room(rows), self.bits.start(), self.bits.end());
        let begin = |part| Place { position: start + (end - start) / PARTS * part, filled: part * room };
        let mut parts: [Place; PARTS] = std::array::from_fn(begin);
        loop {
            // All parts are about as long, but only the last must not go on behind its end.
            let left = end.saturating_sub(parts[PARTS - 1].position) / MOST_BITS;
            let rooms = parts.iter().enumerate().map(|(part, place)| begin(part).filled + room - MARGIN - place.filled);
            let rounds = rooms.fold(left, |rounds, room| rounds.min(room / MOST_WORDS));
            if rounds == 0 {
                break;
            }
            read_rounds(rounds, &[*self; PARTS], &mut parts, buffer);
        }
        let mut place = parts[0];
        for part in 1..PARTS {
            // The look-ups of the part are gone through once more, to where they meet those from before it.
            let (mut again, last) = (begin(part), parts[part]);
            while place.position != again.position {
                if again.filled >= last.filled {
                    return place;
                }
                if place.position > again.position {
                    self.step(&mut again);
                } else if let Some(to) = buffer[..part * room].get_mut(place.filled..place.filled + 4) {
                    to.copy_from_slice(&self.step(&mut place));
                } else {
                    return place;
                }
            }
            buffer.copy_within(again.filled..last.filled, place.filled);
            place = Place { position: last.position, filled: place.filled + last.filled - again.filled };
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (phase, rows) in (0..PHASES).flat_map(|phase| [(phase, MANY - 1), (phase, 2 * MANY), (phase, 16 * MANY)]) {
            let bytes: Vec<u8> = (0..rows as u32).map(|row| ((row * row) ^ (row >> 3)) as u8 >> (row % 5)).collect();
            let mut image = Vec::new();
            let words = write(bytes.iter().copied(), phase, &mut image);
            assert_eq!(image.len(), words as usize * 4);
            let mut read_back = vec![0; buffer_length(rows)];
            read(BitReader::new(&image, 0), phase, rows, &mut read_back).unwrap();
            assert_eq!(read_back[..rows], bytes, "phase {phase}");
            let cut = BitReader::new(&image[..image.len() / 2], 0);
            assert!(read(cut, phase, rows, &mut read_back).is_err(), "phase {phase}");
        }
    }

    /// Words of one length never fall in, and those of one part may be many more than those of another.
    #[test]
    fn parts_that_do_not_meet_are_read() {
        for (phase, words) in WINDOWS.iter().enumerate() {
            let symbol = |length| words.iter().position(|word| word.length == length).unwrap() as u8;
            let shortest = words.iter().map(|word| word.length).min().unwrap();
            let shares = [(12, 12, 2), (shortest, 12, 2), (12, shortest, 2), (shortest, 12, 16), (12, shortest, 16)];
            for ((first, then, share), rows) in shares.into_iter().flat_map(|share| [(share, MANY), (share, 16 * MANY)])
            {
                let symbol = |row| symbol(if row < rows / share { first } else { then });
                let bytes: Vec<u8> = (0..rows).map(symbol).collect();
                let mut image = vec![1, 2, 3];
                write(bytes.iter().copied(), phase, &mut image);
                let mut read_back = vec![0; buffer_length(rows)];
                read(BitReader::new(&image, 3), phase, rows, &mut read_back).unwrap();
                assert!(read_back[..rows] == bytes, "phase {phase}, {first} and {then}, {rows} rows");
            }
        }
    }
}
