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

/// Reads bits; behind the last byte come zeros without end.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bits. Above the `held` lowest there may stand others, which the next refill puts there again.
    word: u64,
    held: u32,
    /// Those after the bits held, read early so that a refill need not wait for them, and the place of their first byte.
    ahead: u64,
    next: usize,
}

impl<'a> BitReader<'a> {
    /// Reads `bytes` from this one on. The bytes before it are not read, but make reading the last ones fast.
    #[inline]
    pub(super) fn new(bytes: &'a [u8], start: usize) -> Self {
        let mut reader = Self { bytes, word: 0, held: 0, ahead: 0, next: start };
        reader.ahead = reader.look_ahead();
        reader
    }

    /// Makes at least 56 bits [`held`](Self::held).
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        self.word |= self.ahead << self.held;
        self.next += ((63 - self.held) >> 3) as usize;
        self.held |= 56;
        self.ahead = self.look_ahead();
    }

    #[inline(always)]
    fn look_ahead(&self) -> u64 {
        let word = self.bytes.get(self.next..).and_then(|rest| rest.first_chunk());
        word.map_or_else(|| self.last(self.next), |word| u64::from_le_bytes(*word))
    }

    /// The last bytes, fewer than eight, as a word.
    #[inline]
    fn last(&self, first: usize) -> u64 {
        match (self.bytes.len().saturating_sub(first), self.bytes.last_chunk()) {
            (0, _) => 0,
            (left, Some(word)) => u64::from_le_bytes(*word) >> (64 - 8 * left.min(8)),
            (left, None) => {
                let bytes = self.bytes.iter().rev().take(left);
                bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
            }
        }
    }

    /// At least 57 bits from a place on, which is their number from the first byte. Looking there takes fewer steps than
    /// going there, but the place is to be known sooner.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> u64 {
        let first = place / 8;
        let word = self.bytes.get(first..first + 8).and_then(|bytes| bytes.first_chunk());
        word.map_or_else(|| self.last_at(first), |word| u64::from_le_bytes(*word)) >> (place % 8)
    }

    /// [`Self::last`] where it is rare.
    #[cold]
    fn last_at(&self, first: usize) -> u64 {
        self.last(first)
    }

    /// The next bits, of which the lowest [`held`](Self::held) count.
    #[inline(always)]
    pub(super) fn word(&self) -> u64 {
        self.word
    }

    pub(super) fn held(&self) -> u32 {
        self.held
    }

    /// Goes on by `count` bits, at most those held and at most 63.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.word >>= count;
        self.held -= count;
    }

    /// Goes on by the number in the six lowest bits of `count`, but leaves it to [`Self::count`] to say so for several.
    #[inline(always)]
    pub(super) fn pass(&mut self, count: u32) {
        self.word = self.word.wrapping_shr(count);
    }

    /// Counts bits that were passed.
    #[inline(always)]
    pub(super) fn count(&mut self, passed: u32) {
        self.held -= passed;
    }

    /// The number of bits from the first byte, read or not, to the next.
    #[inline(always)]
    pub(super) fn position(&self) -> usize {
        self.next * 8 - self.held as usize
    }

    /// The number of bits from the first byte to behind the last.
    pub(super) fn end(&self) -> usize {
        self.bytes.len() * 8
    }

    /// Whether more bits were read than there are.
    pub(super) fn is_overrun(&self) -> bool {
        self.position() > self.end()
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

        let mut reader = BitReader::new(&bytes, 1);
        for (bits, length) in numbers {
            reader.refill();
            assert_eq!(reader.word() & ((1 << length) - 1), u64::from(bits));
            reader.skip(length);
        }
        for _ in 0..2 {
            reader.refill();
            reader.skip(37);
        }
        reader.refill();
        assert_eq!(reader.word() & 7, 0b110, "the end of 75, and 0");
        assert!(!reader.is_overrun());
        reader.skip(34);
        reader.refill();
        assert!(!reader.is_overrun());
        reader.skip(1);
        assert!(reader.is_overrun(), "192 bits");
    }
}
