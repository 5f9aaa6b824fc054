//! The order in which an immutable map of Scala 2.12 hands its entries out.
//!
//! Maps of up to four entries keep the order in which they were put in. Larger ones are tries with five bits of a
//! scrambled hash per level, lowest bits first; entries of equal hashes keep the order in which they were put in. The
//! scrambling and the hashes (`##`, which is equal for numbers that `==` calls equal) are those of the Scala 2.12
//! library.

/// The most entries that keep their order.
const MOST_IN_ORDER: usize = 4;

/// The order of a map's entries: indexes into their hashes, which are listed in the order in which they were put in.
///
/// ```
/// use chronon_sketches::scala_order::scala_order;
/// assert_eq!(scala_order(&[3, 2, 1, 0]), [0, 1, 2, 3]);
/// // (0L until 5L).map(_ -> 1).toMap
/// assert_eq!(scala_order(&[0, 1, 2, 3, 4]), [0, 1, 2, 3, 4]);
/// ```
pub fn scala_order(hashes: &[i32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..hashes.len()).collect();
    if hashes.len() > MOST_IN_ORDER {
        order.sort_by_cached_key(|index| path(hashes[*index]));
    }
    order
}

/// The way through the trie: five bits per level, of which the first level counts most.
fn path(hash: i32) -> u64 {
    let hash = hash as u32;
    let hash = hash.wrapping_add(!(hash << 9));
    let hash = hash ^ hash >> 14;
    let hash = hash.wrapping_add(hash << 4);
    let hash = hash ^ hash >> 10;
    (0..7).fold(0, |path, level| path << 5 | u64::from(hash >> (5 * level) & 31))
}

/// `##` of a long: that of the int of the same value, if there is one.
pub fn hash_of_long(value: i64) -> i32 {
    i32::try_from(value).unwrap_or((value ^ (value as u64 >> 32) as i64) as i32)
}

/// `##` of a double: that of the int, long or float of the same value, if there is one.
pub fn hash_of_double(value: f64) -> i32 {
    // Casts saturate, and make 0 of not-a-number, as they do on a JVM.
    if f64::from(value as i32) == value {
        value as i32
    } else if value as i64 as f64 == value {
        let long = value as i64;
        (long ^ (long as u64 >> 32) as i64) as i32
    } else if f64::from(value as f32) == value {
        (value as f32).to_bits() as i32
    } else {
        let bits = if value.is_nan() { 0x7FF8_0000_0000_0000 } else { value.to_bits() };
        (bits ^ bits >> 32) as i32
    }
}
