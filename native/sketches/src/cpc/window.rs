//! The stream of an image's window: a byte for every row, as a word of the code for its phase.
//!
//! Each word's place depends on the length of all before it. To wait less, the next twelve bits are looked up together:
//! they mostly hold two words or three.

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

/// Reads the bytes of so many rows into the front of a buffer with a [`MARGIN`].
///
/// # Errors
/// `CorruptData` when the bytes end early, by more than a few rows.
pub(super) fn read(mut bits: BitReader<'_>, phase: usize, rows: usize, buffer: &mut [u8]) -> Result<()> {
    let lookup = lookup(phase);
    let mut filled = 0;
    while filled < rows {
        let Some(to) = buffer.get_mut(filled..).and_then(|rest| rest.first_chunk_mut::<MARGIN>()) else { break };
        bits.refill();
        let mut at = 0;
        for _ in 0..4 {
            let peeked = bits.word() as usize % PEEKED;
            bits.skip(lookup.lengths[peeked].into());
            let symbols = lookup.symbols[peeked];
            to[at..at + 4].copy_from_slice(&symbols);
            at += usize::from(symbols[3] & 3);
        }
        filled += at;
    }
    // The last look-ups may have gone beyond the last row.
    if bits.is_overrun_by(4 * LONGEST as usize) {
        return Err(corrupt("the window ends early"));
    }
    Ok(())
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
            let mut read_back = vec![0; 1024 + MARGIN];
            read(BitReader::new(&image, 0), phase, 1024, &mut read_back).unwrap();
            assert_eq!(read_back[..1024], bytes, "phase {phase}");
            let cut = BitReader::new(&image[..image.len() / 2], 0);
            assert!(read(cut, phase, 1024, &mut read_back).is_err(), "phase {phase}");
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
