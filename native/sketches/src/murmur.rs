//! MurmurHash3: the 128-bit x64 form that picks a coupon, and the 64-bit finalizer that spreads Java hash codes.

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;
const LOW_STEP: u64 = 0x52dc_e729;
const HIGH_STEP: u64 = 0x3849_5ab5;
const FINAL_1: u64 = 0xff51_afd7_ed55_8ccd;
const FINAL_2: u64 = 0xc4ce_b9fe_1a85_ec53;

/// The avalanche step that ends MurmurHash3.
#[inline(always)]
pub(crate) fn finalize64(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(FINAL_1);
    value ^= value >> 33;
    value = value.wrapping_mul(FINAL_2);
    value ^ (value >> 33)
}

#[inline(always)]
fn mix_low(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

#[inline(always)]
fn mix_high(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

#[inline(always)]
fn finish(mut low: u64, mut high: u64, length: u64) -> (u64, u64) {
    low ^= length;
    high ^= length;
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    low = finalize64(low);
    high = finalize64(high);
    low = low.wrapping_add(high);
    (low, high.wrapping_add(low))
}

/// The hash of one 64-bit word, read as its eight little-endian bytes.
#[inline(always)]
pub(crate) fn hash_word(word: u64, seed: u64) -> (u64, u64) {
    finish(seed ^ mix_low(word), seed, 8)
}

/// The little-endian number held in at most eight bytes, by loads that may overlap: cheaper than copying a few bytes.
#[inline(always)]
fn partial_word(bytes: &[u8]) -> u64 {
    let at = |index: usize| u64::from(bytes[index]) << (8 * index);
    match (bytes.first_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(word), _, _) => u64::from_le_bytes(*word),
        (_, Some(low), Some(high)) => {
            let shift = 8 * (bytes.len() - 4);
            u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << shift
        }
        _ if bytes.is_empty() => 0,
        _ => at(0) | at(bytes.len() / 2) | at(bytes.len() - 1),
    }
}

/// The hash of a run of bytes.
#[inline]
pub(crate) fn hash_bytes(bytes: &[u8], seed: u64) -> (u64, u64) {
    let (mut low, mut high) = (seed, seed);
    let mut blocks = bytes.chunks_exact(16);
    for block in &mut blocks {
        let (first, second) = block.split_at(8);
        low ^= mix_low(partial_word(first));
        low = low.rotate_left(27).wrapping_add(high).wrapping_mul(5).wrapping_add(LOW_STEP);
        high ^= mix_high(partial_word(second));
        high = high.rotate_left(31).wrapping_add(low).wrapping_mul(5).wrapping_add(HIGH_STEP);
    }
    let rest = blocks.remainder();
    let (first, second) = rest.split_at(rest.len().min(8));
    // Mixing a zero word gives zero, so the two halves need no test for being empty.
    high ^= mix_high(partial_word(second));
    low ^= mix_low(partial_word(first));
    finish(low, high, bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_hashes_as_its_bytes() {
        for word in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            assert_eq!(hash_bytes(&word.to_le_bytes(), 9001), hash_word(word, 9001), "{word:#x}");
        }
    }

    #[test]
    fn partial_words_read_every_length() {
        let bytes = [0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8];
        for length in 0..=8 {
            let expected = bytes[..length].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            assert_eq!(partial_word(&bytes[..length]), expected, "{length}");
        }
    }

    /// Published known answer: the sentence of 43 bytes, seed 0.
    #[test]
    fn the_published_answer_holds() {
        let text = b"The quick brown fox jumps over the lazy dog";
        assert_eq!(hash_bytes(text, 0), (0xe34b_bc7b_bc07_1b6c, 0x7a43_3ca9_c49a_9347));
    }
}
