//! The stream of an image's window: a byte for every row, as a word of the code for its phase.
//!
//! Each word's place depends on the length of all before it. To wait less, the next twelve bits are looked up together:
//! they mostly hold two words or three. And of many rows, the second half of the bits is read beside the first. Where a
//! word begins there is not known yet, but reading that began inside a word soon falls in with the words.

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

/// What the next twelve bits hold. The lengths, for which the next look-up waits, are apart: they stay in the nearest cache.
struct Lookup {
    /// Of all symbols together.
    lengths: [u8; PEEKED],
    /// Three symbols, those that are not whole zero, and how many are whole.
    symbols: [[u8; 4]; PEEKED],
}

fn lookup(phase: usize) -> &'static Lookup {
    static LOOKUPS: [OnceLock<Box<Lookup>>; PHASES] = [const { OnceLock::new() }; PHASES];
    LOOKUPS[phase].get_or_init(|| {
        let first = first_symbols(&WINDOWS[phase]);
        let mut lookup = Box::new(Lookup { lengths: [0; PEEKED], symbols: [[0; 4]; PEEKED] });
        for (peeked, (length, symbols)) in lookup.lengths.iter_mut().zip(&mut lookup.symbols).enumerate() {
            let [symbols @ .., count] = symbols;
            for place in symbols {
                let symbol = first[peeked >> *length];
                if u32::from(*length + symbol.length) > LONGEST {
                    break;
                }
                *place = symbol.value;
                *length += symbol.length;
                *count += 1;
            }
        }
        lookup
    })
}

/// Bytes that a buffer has beyond the rows: four look-ups write so many wherever the rows end.
pub(super) const MARGIN: usize = 16;

/// So many rows are read in two halves.
const MANY: usize = 1 << 10;

/// Reads the bytes of so many rows into the front of a buffer with a [`MARGIN`].
///
/// # Errors
/// `CorruptData` when the bytes end early, by more than a few rows.
pub(super) fn read(bits: BitReader<'_>, phase: usize, rows: usize, buffer: &mut [u8]) -> Result<()> {
    let mut words = Words { bits, filled: 0, lookup: lookup(phase) };
    if rows >= MANY {
        words = words.read_halves(phase, rows, buffer);
    }
    while words.filled < rows && words.read_some(buffer) {}
    // The last look-ups may have gone beyond the last row.
    if words.bits.is_overrun_by(4 * LONGEST as usize) {
        return Err(corrupt("the window ends early"));
    }
    Ok(())
}

/// Words that are read into a buffer one after the other.
struct Words<'a> {
    bits: BitReader<'a>,
    filled: usize,
    lookup: &'static Lookup,
}

impl<'a> Words<'a> {
    /// Reads some words, up to twelve; whether there was room for them.
    #[inline(always)]
    fn read_some(&mut self, buffer: &mut [u8]) -> bool {
        let room = buffer.get_mut(self.filled..).and_then(|rest| rest.first_chunk_mut::<MARGIN>());
        let Some(to) = room else { return false };
        self.bits.refill();
        let mut at = 0;
        for _ in 0..4 {
            let peeked = self.bits.word() as usize % PEEKED;
            self.bits.skip(self.lookup.lengths[peeked].into());
            let symbols = self.lookup.symbols[peeked];
            to[at..at + 4].copy_from_slice(&symbols);
            at += usize::from(symbols[3] & 3);
        }
        self.filled += at;
        true
    }

    /// Reads from the start and from the middle at once. What remains to be read is nothing, or, if the two did not meet
    /// soon, some of the second half.
    fn read_halves(mut self, phase: usize, rows: usize, buffer: &mut [u8]) -> Self {
        const MARKS: usize = 16;
        let mut other = vec![0; buffer.len()];
        let mut second = Self { bits: self.bits.second_half(), filled: 0, lookup: self.lookup };
        let middle = second.bits.position();
        // Places where a word begins if the reading from the middle has fallen in by then, and how many bytes it had.
        let (mut marks, mut marked) = ([(0, 0); MARKS], 0);
        while self.bits.position() < middle && self.filled < rows {
            if let Some(mark) = marks.get_mut(marked) {
                *mark = (second.bits.position(), second.filled);
                marked += 1;
            }
            self.read_some(buffer);
            // What is behind the end does not count as read.
            if second.filled < rows && !second.bits.is_overrun() {
                second.read_some(&mut other);
            }
        }
        for (place, read) in &marks[..marked] {
            while self.bits.position() < *place && self.filled < rows {
                self.read_one(phase, buffer);
            }
            let wanted = (read + rows).saturating_sub(self.filled);
            if self.bits.position() == *place && wanted <= rows && self.filled <= rows {
                while second.filled < wanted && second.read_some(&mut other) {}
                buffer[self.filled..rows].copy_from_slice(&other[*read..wanted]);
                return Self { filled: rows, ..second };
            }
        }
        self
    }

    /// Reads one word.
    fn read_one(&mut self, phase: usize, buffer: &mut [u8]) {
        self.bits.refill();
        let [first, ..] = self.lookup.symbols[self.bits.word() as usize % PEEKED];
        self.bits.skip(WINDOWS[phase][usize::from(first)].length.into());
        buffer[self.filled] = first;
        self.filled += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (phase, rows) in (0..PHASES).flat_map(|phase| [(phase, MANY / 2), (phase, 2 * MANY)]) {
            let bytes: Vec<u8> = (0..rows as u32).map(|row| ((row * row) ^ (row >> 3)) as u8 >> (row % 5)).collect();
            let mut image = Vec::new();
            let words = write(bytes.iter().copied(), phase, &mut image);
            assert_eq!(image.len(), words as usize * 4);
            let mut read_back = vec![0; rows + MARGIN];
            read(BitReader::new(&image, 0), phase, rows, &mut read_back).unwrap();
            assert_eq!(read_back[..rows], bytes, "phase {phase}");
            let cut = BitReader::new(&image[..image.len() / 2], 0);
            assert!(read(cut, phase, rows, &mut read_back).is_err(), "phase {phase}");
        }
    }

    /// Words of one length never fall in, and those of the first half may be many more than those of the second.
    #[test]
    fn halves_that_do_not_meet_are_read() {
        for (phase, words) in WINDOWS.iter().enumerate() {
            let symbol = |length| words.iter().position(|word| word.length == length).unwrap() as u8;
            let shortest = words.iter().map(|word| word.length).min().unwrap();
            for (first, then, share) in [(12, 12, 2), (shortest, 12, 2), (12, shortest, 2), (shortest, 12, 16)] {
                let symbol = |row| symbol(if row < 2 * MANY / share { first } else { then });
                let bytes: Vec<u8> = (0..2 * MANY).map(symbol).collect();
                let mut image = vec![1, 2, 3];
                write(bytes.iter().copied(), phase, &mut image);
                let mut read_back = vec![0; 2 * MANY + MARGIN];
                read(BitReader::new(&image, 3), phase, 2 * MANY, &mut read_back).unwrap();
                assert!(read_back[..2 * MANY] == bytes, "phase {phase}, {first} and {then}");
            }
        }
    }
}
