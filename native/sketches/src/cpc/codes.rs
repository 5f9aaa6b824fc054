//! The code words of compressed sketches.
//!
//! The format's prefix codes are canonical: symbols in the order of their lengths, then of their values, take
//! successive words, which are written lowest bit first. So a code is kept as its lengths alone, one hexadecimal digit
//! for each symbol, at most [`LONGEST`]. The lengths and the column orders are data of the format, taken from the crate
//! `datasketches` 0.6.0 (`src/cpc/compression_data.rs`, Apache License 2.0).

/// Bits of the longest code word.
pub(super) const LONGEST: u32 = 12;
/// Entries of a table indexed by the next [`LONGEST`] bits.
pub(super) const PEEKED: usize = 1 << LONGEST;

/// A code word and its length in bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) bits: u16,
    pub(super) length: u8,
}

/// The words of a code, by symbol.
const fn words<const N: usize>(lengths: &[u8; N]) -> [Word; N] {
    let mut words = [Word { bits: 0, length: 0 }; N];
    let mut next = 0u16;
    let mut length = 1;
    while length <= LONGEST {
        let mut symbol = 0;
        while symbol < N {
            if (lengths[symbol] as char).to_digit(16).expect("lengths are hexadecimal digits") == length {
                words[symbol] = Word { bits: next.reverse_bits() >> (16 - length), length: length as u8 };
                next += 1;
            }
            symbol += 1;
        }
        next <<= 1;
        length += 1;
    }
    words
}

/// A symbol and the length of its word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    pub(super) value: u8,
    pub(super) length: u8,
}

/// The first symbol of every sequence of [`LONGEST`] bits.
pub(super) const fn first_symbols<const N: usize>(words: &[Word; N]) -> [Symbol; PEEKED] {
    let mut symbols = [Symbol { value: 0, length: LONGEST as u8 }; PEEKED];
    let mut value = 0;
    while value < N {
        let Word { bits, length } = words[value];
        let mut peeked = bits as usize;
        while peeked < PEEKED {
            symbols[peeked] = Symbol { value: value as u8, length };
            peeked += 1 << length;
        }
        value += 1;
    }
    symbols
}

/// The code of column steps, 0..=64.
pub(super) static STEPS: [Word; 65] = words(b"12345788aabcccccccccccccccccccccccccccccccccccccccccccccccccccccc");

/// What [`STEPS`] says, for reading.
pub(super) static FIRST_STEPS: [Symbol; PEEKED] = first_symbols(&STEPS);

/// The codes of window bytes, by [`phase`].
pub(super) static WINDOWS: [[Word; 256]; PHASES] = {
    let mut codes = [[Word { bits: 0, length: 0 }; 256]; PHASES];
    let mut phase = 0;
    while phase < PHASES {
        codes[phase] = words(WINDOW_LENGTHS[phase]);
        phase += 1;
    }
    codes
};

/// Sixteen phases of a window that moves, six of one that is still filling.
pub(super) const PHASES: usize = 22;
const FILLING: usize = 16;

/// Which code fits the window bytes of a sketch of 2^`lg_k` rows with this many coupons.
pub(super) fn phase(lg_k: u8, coupons: u32) -> usize {
    let (rows, coupons) = (1u64 << lg_k, u64::from(coupons));
    // Limits in thousandths of coupons per row. 2.275 to 2.375 borrows the code of a later phase.
    if 1000 * coupons >= 2375 * rows {
        (coupons >> (lg_k - 4) & 15) as usize
    } else if 3 * coupons < 5 * rows {
        FILLING + [750, 1100, 1320].iter().filter(|limit| 1000 * coupons >= **limit * rows).count()
    } else {
        [FILLING + 4, FILLING + 5, 6][[1965, 2275].iter().filter(|limit| 1000 * coupons >= **limit * rows).count()]
    }
}

/// The orders of columns: for each phase the number that stands in images for a column, and the way back. Columns are
/// counted from the end of the window, round to its start.
pub(super) struct ColumnOrder {
    pub(super) stored: [u8; OUTSIDE],
    /// [`NO_COLUMN`] where no column is.
    pub(super) column: [u8; 64],
}

/// Columns outside the window.
pub(super) const OUTSIDE: usize = 56;
/// Stands for no column.
pub(super) const NO_COLUMN: u8 = 64;
/// The order before the window moved: as they are.
pub(super) const UNMOVED: usize = 16;

/// The orders of a moving window by [`phase`], and [`UNMOVED`].
pub(super) static COLUMN_ORDERS: [ColumnOrder; 17] = {
    const NONE: ColumnOrder = ColumnOrder { stored: [NO_COLUMN; OUTSIDE], column: [NO_COLUMN; 64] };
    let mut orders = [NONE; 17];
    let mut phase = 0;
    while phase < orders.len() {
        let last: &[u8] = if phase == UNMOVED { &[] } else { LAST_NUMBERS[phase] };
        let order = &mut orders[phase];
        // The last columns have the numbers listed for them; the others take the rest, ascending.
        let first = OUTSIDE - last.len();
        let mut column = first;
        while column < OUTSIDE {
            let stored = last[column - first];
            order.stored[column] = stored;
            order.column[stored as usize] = column as u8;
            column += 1;
        }
        let (mut column, mut stored) = (0, 0);
        while column < first {
            if order.column[stored] == NO_COLUMN {
                order.stored[column] = stored as u8;
                order.column[stored] = column as u8;
                column += 1;
            }
            stored += 1;
        }
        phase += 1;
    }
    orders
};

/// The numbers of the last columns outside the window: those right before it, where most of its surprises are.
const LAST_NUMBERS: [&[u8]; 16] = [
    &[34, 14, 4],
    &[35, 15, 4],
    &[37, 16, 5],
    &[39, 17, 5],
    &[41, 18, 6],
    &[43, 19, 6],
    &[45, 20, 7, 0],
    &[47, 21, 7, 0],
    &[50, 22, 8, 0],
    &[52, 23, 9, 1],
    &[25, 9, 1],
    &[26, 10, 1],
    &[27, 11, 2],
    &[29, 11, 2],
    &[30, 12, 3],
    &[32, 13, 3],
];

const WINDOW_LENGTHS: [&[u8; 256]; PHASES] = [
    b"95739572a684a583b7a5b795c8a6c8a6c8b6c8a6c9c7c9b7cac8cac8cbc9cbc9c9c7c9b7cac8cac8cbc9cbc9cccaccca\
      cccacccacccbcccbcccccccccccccccccac8cac8cbc9cbc9cccacccacccbcccbcccbcccbcccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"a5839572b694a683c7a5b795c8b6c8a5c8b6c8a6c9c7c9b6cac8cac8cbc9cbc9c9c7c9b7cac8cac8cbc9cbc9cccaccca\
      cccacccacccbcccbcccccccccccccccccac8cac8cbc9cbc9cccacccacccbcccbcccbcccbcccccccbcccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"a583a582b694b683c7a5c7a5c8b6c8a5c8b6c8b6c9c7c9c6cac8cac8cbc9cbc8c9c7c9c7cac8cac7cbc9cbc9cccaccca\
      cccacccacccbcccbcccccccccccccccccac8cac8cbc9cbc8cccacccacccbcccbcccbcccbcccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"b693a582c694b693c8b5c7a4c8b6c8b5c9c6c8b6c9c7c9c6cbc8cac8cbc9cbc8cac7c9c7cbc8cac7ccc9cbc9cccaccc9\
      cccacccacccbcccbcccccccccccccccccbc8cac8ccc9cbc9cccacccacccbcccbcccbcccbcccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"b693b582c7a4b693c8b5c7a4c8b6c8b5c9c6c8b6cac7c9c6cbc8cac7cbc9cbc8cac7c9c7cbc8cac7ccc9cbc8cccaccc9\
      cccacccacccbcccacccccccbcccccccccbc8cac8ccc9cbc8cccaccc9cccbcccacccbcccbcccccccbcccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"c693b582c7a4c693c8b5c7a4c8c6c8b5c9c6c8b6cac7c9c6cbc8cac7ccc9cbc8cac7c9c7cbc8cac7ccc9cbc8cccaccc9\
      cccaccc9cccbcccacccccccbcccccccccbc8cac8ccc9cbc8cccaccc9cccbcccacccbcccbcccccccbcccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"63627463857496859685a796b8a7b9a8a797b8a7c9b8cab9cac9cbcacccbcccbb8a8c9b8cac9cbcacbcacccbcccccccc\
      cccbccccccccccccccccccccccccccccc9b8cac9cbcacccbcccbcccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"73627463857496859685a796b8a7c9b8a796b8a7c9b8cac9cac9cbcacccbcccbb8a7c9b8cac9cbcacbcacccbcccccccc\
      cccbcccccccccccccccccccccccccccccab9cac9cbcacccbcccbcccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"7462746385749584a685a796b8a7b8a7b796b8a7c9b8c9b8cac9cac9cccbcccbc8a7c9b8cac9cac9cbcacbcacccccccc\
      cccbcccbccccccccccccccccccccccccc9c8cac9cbcacbcacccbcccbcccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"7462746395749684a685a795b8a7c8a7b796b8a7c9b8c9b8cac9cac9cccacccbc8b7c9b8cac9cac9cbcacbcacccbcccc\
      cccbcccbccccccccccccccccccccccccc9c8cac8cbcacbcacccbcccbcccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"7462846395749684a695a795b8a7c8a7b8a6b8a6c9b8c9b8cac9cac9cbcacccac9b7c9b7cac9cac9cbcacbcacccbcccb\
      cccbcccbccccccccccccccccccccccccc9c8cac8cbcacbcacccbcccbcccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"8462846395849684a695a795b8a6c8a7b8a6b8a6c9b8c9b8cac9cac9cbcacccac9b7c9b7cac9cac9cbcacbcacccbcccb\
      cccbcccbcccccccccccccccccccccccccac8cac8cbc9cbcacccbcccbcccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"8462847395849684a795b795c8a6c8a6c8a6c8a6c9b7c9b7cac9cac9cbcacbcac9b7c9b7cac8cac9cbcacbcacccbcccb\
      cccbcccbcccccccccccccccccccccccccac8cac8cbcacbcacccbcccbcccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"84738472a684a584b795b795c8a6c8a6c8a6c8a6c9b7c9b7cac8cac8cbcacbcac9b7c9b7cac8cac8cbc9cbc9cccbcccb\
      cccbcccbcccccccccccccccccccccccccac8cac8cbc9cbc9cccbcccacccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"94739472a684a584b795b795c8a6c8a6c8a6c8a6c9b7c9b7cac8cac8cbcacbc9c9b7c9b7cac8cac8cbc9cbc9cccbccca\
      cccacccacccccccbcccccccccccccccccac8cac8cbc9cbc9cccacccacccccccbcccbcccbcccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"94739472a684a584b795b795c8b6c8a6c8b6c8a6c9c7c9b7cac8cac8cbc9cbc9c9c7c9b7cac8cac8cbc9cbc9cccaccca\
      cccacccacccccccbcccccccccccccccccac8cac8cbc9cbc9cccacccacccccccbcccbcccbcccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"12455689689aabcc78abbccccccccccc8abccccccccccccccccccccccccccccc9acccccccccccccccccccccccccccccc\
      ccccccccccccccccccccccccccccccccabcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"22344566567789aa67889abbabcccccc789aabccbccccccccccccccccccccccc89abbccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccc9abbcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"2243546665778899778899aaaabbcccc8799aabbbbcccccccccccccccccccccc99aabbcccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccca9bbcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"324354546566878776779898a9aacbcb8798a9a9babbcccccbcccccccccccccc98a9babbcbcccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccca9bacbcbcccccccccccccccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"424354546565868676869797a8a8baba9797a8a8b9bacbcbcbcbcccccccccccca8a8b9b9cbcbcccccccccccccccccccc\
      ccccccccccccccccccccccccccccccccb9b9cacacccccccccccccccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    b"535264537575868586869796a8a8b9b99797a8a7b9b9cacacacacbcbcccccccca8a8b9b9cacacbcbcbcbcccccccccccc\
      ccccccccccccccccccccccccccccccccb9b9cacacbcbcccccccccccccccccccccccccccccccccccccccccccccccccccc\
      cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A code that left sequences without a symbol, or gave one two, would not be the format's.
    #[test]
    fn codes_are_complete() {
        let cells = |words: &[Word]| words.iter().map(|word| PEEKED >> word.length).sum::<usize>();
        assert_eq!(cells(&STEPS), PEEKED);
        for (phase, words) in WINDOWS.iter().enumerate() {
            assert_eq!(cells(words), PEEKED, "phase {phase}");
            let symbols = first_symbols(words);
            for (value, word) in words.iter().enumerate() {
                assert_eq!(usize::from(symbols[usize::from(word.bits)].value), value, "phase {phase}");
            }
        }
    }

    #[test]
    fn column_orders_run_both_ways() {
        for order in &COLUMN_ORDERS {
            for column in 0..OUTSIDE {
                assert_eq!(usize::from(order.column[usize::from(order.stored[column])]), column);
            }
            assert_eq!(order.column[OUTSIDE..], [NO_COLUMN; 8]);
        }
        assert!(COLUMN_ORDERS[UNMOVED].stored.is_sorted());
        assert_eq!(COLUMN_ORDERS[6].stored[..7], [1, 2, 3, 4, 5, 6, 8], "0 and 7 are among the last");
    }

    #[test]
    fn phases_follow_the_coupons_per_row() {
        let limits = [(0u32, 16), (750, 17), (1100, 18), (1320, 19), (1667, 20), (1965, 21), (2275, 6), (2375, 6)];
        for (thousandths, expected) in limits {
            assert_eq!(phase(20, (thousandths << 20).div_ceil(1000)), expected, "{thousandths}");
        }
        assert_eq!((phase(8, 16 * 38), phase(8, 16 * 54), phase(8, u32::MAX)), (6, 6, 15));
    }
}
