//! What can be counted: strings, longs and doubles, each with the equality, hash and bytes of its Java class.

use super::corrupt;
use chronon_types::Result;

/// A countable item. Implemented for `String`, `i64` and `f64`.
pub trait FrequentItem: Sized + Clone {
    /// The form in which the item is offered, so that a string already counted is not copied.
    type Borrowed: ?Sized;

    /// The fewest bytes an item takes when stored.
    const MIN_BYTES: usize;

    /// The byte that stands for the type in front of a stored sketch.
    const TYPE: u8;

    /// `hashCode` of the Java class.
    fn java_hash(item: &Self::Borrowed) -> i32;

    /// Whether the item is `other`, as `equals` of the Java class says.
    fn is(&self, other: &Self::Borrowed) -> bool;

    /// The item to keep.
    fn to_item(item: &Self::Borrowed) -> Self;

    /// The item as it would be offered.
    fn borrow(&self) -> &Self::Borrowed;

    /// Appends the stored form.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Takes one stored item off the front of `bytes`.
    ///
    /// # Errors
    /// `CorruptData` when there is none.
    fn read(bytes: &mut &[u8]) -> Result<Self>;

    /// Bytes of heap that the item holds.
    #[inline]
    fn heap_size(&self) -> usize {
        0
    }
}

/// Takes `count` bytes off the front.
pub(super) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) =
        bytes.split_at_checked(count).ok_or_else(|| corrupt("the image ends in the middle of a value"))?;
    *bytes = rest;
    Ok(taken)
}

/// Takes a little-endian number of `N` bytes off the front.
pub(super) fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    take(bytes, N)?.try_into().map_err(|_| corrupt("the image ends in the middle of a number"))
}

/// Java's hash of a 64-bit pattern: high word xor low word.
fn hash_of_bits(bits: u64) -> i32 {
    (bits ^ bits >> 32) as i32
}

/// `Double.doubleToLongBits`: every NaN is one, the zeros are two.
fn java_bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }
}

impl FrequentItem for String {
    type Borrowed = str;
    const MIN_BYTES: usize = 4;
    const TYPE: u8 = 0;

    fn java_hash(item: &str) -> i32 {
        let step = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
        if item.is_ascii() {
            item.bytes().fold(0, |hash, byte| step(hash, u16::from(byte)))
        } else {
            item.encode_utf16().fold(0, step)
        }
    }

    fn is(&self, other: &str) -> bool {
        self == other
    }

    fn to_item(item: &str) -> Self {
        item.to_owned()
    }

    fn borrow(&self) -> &str {
        self
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.len() as u32).to_le_bytes());
        bytes.extend(self.as_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Result<Self> {
        let length = u32::from_le_bytes(take_array(bytes)?) as usize;
        let text = take(bytes, length)?;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| corrupt("a string is not UTF-8"))
    }

    fn heap_size(&self) -> usize {
        self.capacity()
    }
}

impl FrequentItem for i64 {
    type Borrowed = i64;
    const MIN_BYTES: usize = 8;
    const TYPE: u8 = 1;

    fn java_hash(item: &i64) -> i32 {
        hash_of_bits(*item as u64)
    }

    fn is(&self, other: &i64) -> bool {
        self == other
    }

    fn to_item(item: &i64) -> Self {
        *item
    }

    fn borrow(&self) -> &i64 {
        self
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Result<Self> {
        Ok(i64::from_le_bytes(take_array(bytes)?))
    }
}

impl FrequentItem for f64 {
    type Borrowed = f64;
    const MIN_BYTES: usize = 8;
    const TYPE: u8 = 2;

    fn java_hash(item: &f64) -> i32 {
        hash_of_bits(java_bits(*item))
    }

    fn is(&self, other: &f64) -> bool {
        java_bits(*self) == java_bits(*other)
    }

    fn to_item(item: &f64) -> Self {
        *item
    }

    fn borrow(&self) -> &f64 {
        self
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Result<Self> {
        Ok(f64::from_le_bytes(take_array(bytes)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of the formulas in the Java documentation of each `hashCode`.
    #[test]
    fn hashes_are_those_of_java() {
        for (text, hash) in [("", 0), ("a", 97), ("Aa", 2112), ("BB", 2112), ("é", 233), ("😀", 1_772_899)] {
            assert_eq!(String::java_hash(text), hash, "{text}");
        }
        assert_eq!(String::java_hash("hello, frequent world"), java_hash_slow("hello, frequent world"));
        assert_eq!((i64::java_hash(&1), i64::java_hash(&-1), i64::java_hash(&(1 << 32))), (1, 0, 1));
        assert_eq!((f64::java_hash(&1.0), f64::java_hash(&0.0), f64::java_hash(&-0.0)), (1_072_693_248, 0, i32::MIN));
    }

    fn java_hash_slow(text: &str) -> i32 {
        text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
    }

    #[test]
    fn doubles_equal_as_java_objects_do() {
        assert!(f64::NAN.is(&f64::from_bits(0x7ff8_0000_0000_0001)));
        assert!(!0.0.is(&-0.0));
    }
}
