//! The stream of an image's window: a byte for every row, as a word of the code for its phase.
//!
//! Each word's place depends on the length of all before it. To wait less, the next twelve bits are looked up together:
//! they mostly hold two words or three.

use super::bits::{BitReader, BitWriter};
use super::codes::{LONGEST, PEEKED, PHASES, WINDOWS, first_symbols};
use super::corrupt;
use chronon_types::Result;
use std::sync::OnceLock;

/// Rows read at once, at most.
pub(super) const BLOCK: usize = 256;
/// Symbols that one look-up gives, at most.
const MOST: usize = 3;

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

/// The symbols that the next twelve bits hold, in one word: three bytes, how many of them count (4 bits), and their
/// length (4).
#[derive(Clone, Copy)]
struct Symbols(u32);

impl Symbols {
    fn bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    fn count(self) -> usize {
        (self.0 >> 24 & 0xf) as usize
    }

    fn length(self) -> u32 {
        self.0 >> 28
    }
}

fn lookup(phase: usize) -> &'static [Symbols; PEEKED] {
    static LOOKUPS: [OnceLock<Box<[Symbols; PEEKED]>>; PHASES] = [const { OnceLock::new() }; PHASES];
    LOOKUPS[phase].get_or_init(|| {
        let first = first_symbols(&WINDOWS[phase]);
        let mut lookup = Box::new([Symbols(0); PEEKED]);
        for (peeked, symbols) in lookup.iter_mut().enumerate() {
            let (mut length, mut count, mut bytes) = (0, 0, 0);
            while count < MOST {
                let symbol = first[peeked >> length];
                if length + u32::from(symbol.length) > LONGEST {
                    break;
                }
                bytes |= u32::from(symbol.value) << (8 * count);
                length += u32::from(symbol.length);
                count += 1;
            }
            *symbols = Symbols(bytes | (count as u32) << 24 | length << 28);
        }
        lookup
    })
}

/// Reads a window.
pub(super) struct Window<'a> {
    bits: BitReader<'a>,
    phase: usize,
    lookup: &'static [Symbols; PEEKED],
    /// A look-up writes four bytes wherever the block ends.
    read: [u8; BLOCK + 4],
}

impl<'a> Window<'a> {
    pub(super) fn new(bits: BitReader<'a>, phase: usize) -> Self {
        Self { bits, phase, lookup: lookup(phase), read: [0; BLOCK + 4] }
    }

    /// The bytes of the next `rows` rows, at most [`BLOCK`].
    ///
    /// # Errors
    /// `CorruptData` when the bits end early.
    pub(super) fn read(&mut self, rows: usize) -> Result<&[u8]> {
        debug_assert!(rows <= BLOCK);
        let (mut bits, read, lookup) = (self.bits, &mut self.read, self.lookup);
        let mut filled = 0;
        // Four look-ups give twelve symbols at most.
        while filled + 4 * MOST <= rows {
            bits.refill();
            for _ in 0..4 {
                let symbols = lookup[bits.word() as usize % PEEKED];
                bits.skip(symbols.length());
                read[filled..filled + 4].copy_from_slice(&symbols.bytes());
                filled += symbols.count();
            }
        }
        while filled < rows {
            bits.refill();
            let byte = lookup[bits.word() as usize % PEEKED].bytes()[0];
            bits.skip(WINDOWS[self.phase][usize::from(byte)].length.into());
            read[filled] = byte;
            filled += 1;
        }
        if bits.is_overrun() {
            return Err(corrupt("the window ends early"));
        }
        self.bits = bits;
        Ok(&self.read[..rows])
    }
}

/// How many bits of `bytes` are set: eight bytes at a time, in the sums of a word's bytes.
pub(super) fn ones(bytes: &[u8]) -> u64 {
    const PAIRS: u64 = 0x5555_5555_5555_5555;
    const FOURS: u64 = 0x3333_3333_3333_3333;
    const BYTES: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let (words, rest) = bytes.as_chunks::<8>();
    // Thirty-one words of at most eight in a byte stay below 256.
    let sums = words.chunks(31).map(|words| {
        let sums = words.iter().map(|word| {
            let word = u64::from_le_bytes(*word);
            let word = word - (word >> 1 & PAIRS);
            let word = (word & FOURS) + (word >> 2 & FOURS);
            (word + (word >> 4)) & BYTES
        });
        let sums: u64 = sums.sum();
        // Bytes of up to 248 would overflow when multiplied together, so pairs of them are added first.
        let sums = (sums & 0x00ff_00ff_00ff_00ff) + (sums >> 8 & 0x00ff_00ff_00ff_00ff);
        sums.wrapping_mul(0x0001_0001_0001_0001) >> 48
    });
    sums.sum::<u64>() + rest.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for phase in 0..PHASES {
            let bytes: Vec<u8> = (0..1024u32).map(|row| ((row * row) ^ (row >> 3)) as u8 >> (row % 5)).collect();
            let mut image = Vec::new();
            let words = write(bytes.iter().copied(), phase, &mut image);
            assert_eq!(image.len(), words as usize * 4);
            for block in [16, 32, 64, 128, 256] {
                let mut window = Window::new(BitReader::new(&image, 0), phase);
                for expected in bytes.chunks(block) {
                    assert_eq!(window.read(block).unwrap(), expected, "phase {phase}, block {block}");
                }
            }
            let mut cut = Window::new(BitReader::new(&image[..image.len() - 8], 0), phase);
            let read = (0..4).try_for_each(|_| cut.read(256).map(|_| ()));
            assert!(read.is_err(), "phase {phase}");
        }
    }

    #[test]
    fn bits_are_counted() {
        for length in [0, 1, 7, 8, 9, 247, 248, 249, 256] {
            let bytes: Vec<u8> = (0..length).map(|at| if length > 200 { 255 } else { at as u8 }).collect();
            let expected: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
            assert_eq!(ones(&bytes), u64::from(expected), "{length}");
        }
    }
}
