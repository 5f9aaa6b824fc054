//! Streams of bits, lowest first, in whole 32-bit words.

/// Writes bits behind the bytes of a buffer.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    word: u64,
    held: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start, word: 0, held: 0 }
    }

    /// Appends the `length` low bits of `bits`, at most 32; the bits above them are zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, length: u32) {
        self.word |= u64::from(bits) << self.held;
        self.held += length;
        if self.held >= 32 {
            self.out.extend_from_slice(&(self.word as u32).to_le_bytes());
            self.word >>= 32;
            self.held -= 32;
        }
    }

    /// Appends `number` zeros and a one.
    pub(super) fn put_unary(&mut self, mut number: u32) {
        while number >= 31 {
            self.put(0, 31);
            number -= 31;
        }
        self.put(1 << number, number + 1);
    }

    /// Appends `padding` zeros and fills the last word up; how many words were written.
    pub(super) fn finish(mut self, padding: u32) -> u32 {
        self.put(0, padding);
        if self.held > 0 {
            self.put(0, 32 - self.held);
        }
        ((self.out.len() - self.start) / 4) as u32
    }
}

/// Bits to be read, from any place on; behind the last byte come zeros without end.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The first byte that is read.
    first: usize,
}

impl<'a> BitReader<'a> {
    /// So many bits are at hand at any place.
    pub(super) const AT_HAND: u32 = 57;

    /// Reads `bytes` from this one on. The bytes before it are not read, but make reading the last ones fast.
    #[inline]
    pub(super) fn new(bytes: &'a [u8], first: usize) -> Self {
        Self { bytes, first }
    }

    /// The first place, as any place the number of bits from the first byte, read or not.
    #[inline]
    pub(super) fn start(&self) -> usize {
        8 * self.first
    }

    /// The place behind the last bit.
    #[inline]
    pub(super) fn end(&self) -> usize {
        8 * self.bytes.len()
    }

    /// The [`Self::AT_HAND`] bits from a place on. There may stand others above them.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> u64 {
        let first = place / 8;
        match self.bytes.get(first..first + 8).and_then(|bytes| bytes.first_chunk()) {
            Some(word) => u64::from_le_bytes(*word) >> (place % 8),
            None => self.late(place),
        }
    }

    /// [`Self::at`] among the last bytes and behind them.
    #[inline]
    fn late(&self, place: usize) -> u64 {
        let (word, start) = match self.bytes.last_chunk() {
            Some(word) => (u64::from_le_bytes(*word), self.end() - 64),
            None => (self.bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
        };
        word.checked_shr((place - start) as u32).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = vec![7];
        let mut writer = BitWriter::new(&mut bytes);
        let numbers = [(0, 1), (5, 3), (0xffff_ffff, 32), (0, 32), (1, 1), (0x1234, 13), (3, 2)];
        numbers.iter().for_each(|(bits, length)| writer.put(*bits, *length));
        writer.put_unary(75);
        writer.put_unary(0);
        assert_eq!(writer.finish(10), 6, "84 + 77 + 10 bits");
        assert_eq!(bytes.len(), 1 + 24);

        let reader = BitReader::new(&bytes, 1);
        assert_eq!((reader.start(), reader.end()), (8, 200));
        let mut place = reader.start();
        for (bits, length) in numbers {
            assert_eq!(reader.at(place) & ((1 << length) - 1), u64::from(bits));
            place += length as usize;
        }
        assert_eq!(reader.at(place).trailing_zeros().min(BitReader::AT_HAND), BitReader::AT_HAND);
        assert_eq!(reader.at(place + 74) & 7, 0b110, "the end of 75, and 0");
    }

    #[test]
    fn behind_the_last_byte_are_zeros() {
        for length in 0..20 {
            let bytes = vec![0xff; length];
            let reader = BitReader::new(&bytes, 0);
            for place in 0..8 * length + 200 {
                let ones = (8 * length).saturating_sub(place).min(BitReader::AT_HAND as usize);
                let at_hand = reader.at(place) & ((1 << BitReader::AT_HAND) - 1);
                assert_eq!(at_hand, (1 << ones) - 1, "{length} bytes at {place}");
            }
        }
    }
}
