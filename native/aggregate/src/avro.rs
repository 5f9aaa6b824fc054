//! The pieces of Avro's binary encoding that stored intermediate results are made of.

use chronon_types::{DataType, Dialect, Error, Result};

#[cold]
fn truncated() -> Error {
    Error::corrupt_data("a stored intermediate result ends in the middle of a value")
}

/// Appends a variable-length integer (Avro `int` and `long` alike).
pub fn put_long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Reads what [`put_long`] wrote.
///
/// # Errors
/// `CorruptData` when the bytes end early or the number has more than 64 bits.
#[inline]
pub fn get_long(bytes: &mut &[u8]) -> Result<i64> {
    // Most are union indices, counts and lengths of one byte, or of two.
    match **bytes {
        [byte, ref rest @ ..] if byte < 0x80 => {
            *bytes = rest;
            Ok(unsigned_to_signed(byte.into()))
        }
        [low, high, ref rest @ ..] if high < 0x80 => {
            *bytes = rest;
            Ok(unsigned_to_signed(u64::from(low & 0x7f) | u64::from(high) << 7))
        }
        _ => get_longer(bytes),
    }
}

/// The bit of each byte that is not set in the last byte of a number.
const ENDS: u64 = 0x8080_8080_8080_8080;

/// Reads a number of any length: eight bytes in one step, as event times and large counts have six or more.
#[inline(never)]
fn get_longer(bytes: &mut &[u8]) -> Result<i64> {
    let Some((eight, behind)) = bytes.split_first_chunk() else { return get_last(bytes) };
    let word = u64::from_le_bytes(*eight);
    let ends = !word & ENDS;
    if ends == 0 {
        *bytes = behind;
        return get_tail(bytes, sevens(word), 56);
    }
    *bytes = bytes.get(ends.trailing_zeros() as usize / 8 + 1..).ok_or_else(truncated)?;
    // The lowest end and all below it.
    Ok(unsigned_to_signed(sevens(word & (ends ^ (ends - 1)))))
}

/// Reads a number that may stand at the end of the bytes.
#[cold]
fn get_last(bytes: &mut &[u8]) -> Result<i64> {
    get_tail(bytes, 0, 0)
}

/// Reads the bytes of a number whose first bits are known.
fn get_tail(bytes: &mut &[u8], known: u64, bits: usize) -> Result<i64> {
    let mut value = known;
    for shift in (bits..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or_else(truncated)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(unsigned_to_signed(value));
        }
    }
    Err(Error::corrupt_data("a stored number has more than 64 bits"))
}

/// The lower seven bits of each byte, put together.
fn sevens(word: u64) -> u64 {
    let pairs = word & 0x007f_007f_007f_007f | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4
}

/// The number that stands for numbers of both signs.
#[inline]
fn unsigned_to_signed(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Reads an `int`.
///
/// # Errors
/// `CorruptData` as for [`get_long`], and when the number has more than 32 bits.
#[inline]
pub fn get_int(bytes: &mut &[u8]) -> Result<i32> {
    let value = get_long(bytes)?;
    i32::try_from(value).map_err(|_| Error::corrupt_data(format!("{value} stands where a 32-bit number should")))
}

/// How a record holds a number of values: both widths are written alike, so they differ only in what fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredCount {
    /// As an `int`, held to its range: the airbnb dialect.
    Int,
    /// As a `long`: the zipline dialect.
    Long,
}

impl StoredCount {
    /// The form that `dialect` has.
    pub fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Airbnb => Self::Int,
            Dialect::Zipline => Self::Long,
        }
    }

    /// Appends `count`.
    pub fn put(self, out: &mut Vec<u8>, count: i64) {
        put_long(
            out,
            match self {
                Self::Int => count.clamp(i32::MIN.into(), i32::MAX.into()),
                Self::Long => count,
            },
        );
    }

    /// Reads what [`Self::put`] wrote.
    ///
    /// # Errors
    /// `CorruptData` when the bytes end early or the number does not fit.
    pub fn get(self, bytes: &mut &[u8]) -> Result<i64> {
        match self {
            Self::Int => get_int(bytes).map(i64::from),
            Self::Long => get_long(bytes),
        }
    }
}

/// The next `N` bytes.
///
/// # Errors
/// `CorruptData` when there are fewer.
#[inline]
pub fn get_fixed<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or_else(truncated)?;
    *bytes = rest;
    Ok(*head)
}

/// Appends a `double`.
pub fn put_double(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Reads a `double`.
///
/// # Errors
/// `CorruptData` when the bytes end early.
#[inline]
pub fn get_double(bytes: &mut &[u8]) -> Result<f64> {
    get_fixed(bytes).map(f64::from_le_bytes)
}

/// Appends a `string` or `bytes`.
pub fn put_bytes(out: &mut Vec<u8>, value: &[u8]) {
    put_long(out, value.len() as i64);
    out.extend_from_slice(value);
}

/// Reads a `string` or `bytes`.
///
/// # Errors
/// `CorruptData` when the bytes end early.
#[inline]
pub fn get_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = usize::try_from(get_long(bytes)?).map_err(|_| truncated())?;
    let (head, rest) = bytes.split_at_checked(length).ok_or_else(truncated)?;
    *bytes = rest;
    Ok(head)
}

/// Reads a `string`.
///
/// # Errors
/// `CorruptData` when the bytes end early or are not UTF-8.
pub fn get_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let text = get_bytes(bytes)?;
    std::str::from_utf8(text).map_err(|_| Error::corrupt_data("a stored string is not UTF-8"))?;
    Ok(text)
}

/// Appends a record field that is the union of null and something, when it is there.
pub fn put_present(out: &mut Vec<u8>) {
    out.push(2);
}

/// Appends a record field that is the union of null and something, when it is not there.
pub fn put_absent(out: &mut Vec<u8>) {
    out.push(0);
}

/// Reads the union index of a record field: whether its value follows.
///
/// # Errors
/// `CorruptData` when the index is neither 0 nor 1.
#[inline]
pub fn get_union(bytes: &mut &[u8]) -> Result<bool> {
    match **bytes {
        [2, ref rest @ ..] => {
            *bytes = rest;
            Ok(true)
        }
        [0, ref rest @ ..] => {
            *bytes = rest;
            Ok(false)
        }
        _ => get_longer_union(bytes),
    }
}

/// Reads an index that is written in more bytes than it needs, or is none.
#[cold]
fn get_longer_union(bytes: &mut &[u8]) -> Result<bool> {
    match get_long(bytes)? {
        0 => Ok(false),
        1 => Ok(true),
        index => Err(Error::corrupt_data(format!("{index} stands where a union index (0 or 1) should"))),
    }
}

/// Reads the union index of a record field that must not be null.
///
/// # Errors
/// `CorruptData` when it is null or the index is no union index.
#[inline]
pub fn get_present(bytes: &mut &[u8]) -> Result<()> {
    if get_union(bytes)? {
        return Ok(());
    }
    Err(Error::corrupt_data("a member of a stored intermediate result is null"))
}

/// Moves `bytes` behind a value of type `data_type`, which must be one that stored intermediate results are made of.
///
/// # Errors
/// `CorruptData` when the bytes end early.
#[inline]
pub fn skip(data_type: &DataType, bytes: &mut &[u8]) -> Result<()> {
    match data_type {
        DataType::Boolean => get_fixed::<1>(bytes).map(|_| ()),
        DataType::Byte | DataType::Short | DataType::Int | DataType::Long | DataType::Date | DataType::Timestamp => {
            skip_long(bytes)
        }
        DataType::Float => get_fixed::<4>(bytes).map(|_| ()),
        DataType::Double => get_fixed::<8>(bytes).map(|_| ()),
        DataType::String | DataType::Binary | DataType::Decimal(_, _) => get_bytes(bytes).map(|_| ()),
        DataType::List(_) | DataType::Map(_, _) | DataType::Struct(_, _) => skip_composite(data_type, bytes),
    }
}

/// Skips what has parts. Single values are skipped by [`skip`] without a call, as most of a stored record is passed over.
#[inline(never)]
fn skip_composite(data_type: &DataType, bytes: &mut &[u8]) -> Result<()> {
    match data_type {
        DataType::List(element) => get_items(bytes, |bytes| skip(element, bytes)),
        DataType::Map(key, value) => get_items(bytes, |bytes| {
            skip(key, bytes)?;
            skip(value, bytes)
        }),
        DataType::Struct(_, members) => members
            .iter()
            .try_for_each(|member| if get_union(bytes)? { skip(&member.data_type, bytes) } else { Ok(()) }),
        scalar => skip(scalar, bytes),
    }
}

/// Moves `bytes` behind a number.
#[inline]
fn skip_long(bytes: &mut &[u8]) -> Result<()> {
    if let Some(eight) = bytes.first_chunk() {
        let ends = !u64::from_le_bytes(*eight) & ENDS;
        if let Some(rest) = bytes.get(ends.trailing_zeros() as usize / 8 + 1..).filter(|_| ends != 0) {
            *bytes = rest;
            return Ok(());
        }
    }
    get_long(bytes).map(|_| ())
}

/// Appends an array or map of `length` items.
///
/// # Errors
/// Whatever `item` returns.
pub fn put_items(out: &mut Vec<u8>, length: usize, item: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    if length > 0 {
        put_long(out, length as i64);
        item(out)?;
    }
    out.push(0);
    Ok(())
}

/// Reads an array or map, calling `item` for each.
///
/// # Errors
/// `CorruptData` when the bytes end early, and whatever `item` returns.
pub fn get_items<'a>(bytes: &mut &'a [u8], mut item: impl FnMut(&mut &'a [u8]) -> Result<()>) -> Result<()> {
    // Every item takes a byte at least, so a larger count, of one block or of all, is a lie that would only cost time.
    let mut left = bytes.len() as i64;
    loop {
        let mut count = get_long(bytes)?;
        if count == 0 {
            return Ok(());
        }
        if count < 0 {
            // A negative count is followed by the block's size in bytes.
            get_long(bytes)?;
            count = count.checked_neg().ok_or_else(truncated)?;
        }
        if count > bytes.len() as i64 || count > left {
            return Err(truncated());
        }
        left -= count;
        for _ in 0..count {
            item(bytes)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_without_bytes_end() {
        // Ten blocks of three items each.
        let blocks = [6u8, 6].repeat(5);
        let mut items = 0;
        let read = get_items(&mut [&blocks[..], &[0]].concat().as_slice(), |_| {
            items += 1;
            Ok(())
        });
        assert!(read.is_err(), "30 items of 11 bytes");
        assert!(items <= 11, "{items} items were asked for");
    }

    #[test]
    fn numbers_round_trip() {
        let powers = (0..63).flat_map(|bit| [1 << bit, (1 << bit) - 1, -(1 << bit), (1i64 << bit).wrapping_mul(-0x55)]);
        for value in powers.chain([0, -1, i64::MAX, i64::MIN]) {
            // At the end of the bytes, and in the middle.
            for behind in [0, 1, 9] {
                let mut out = Vec::new();
                put_long(&mut out, value);
                out.extend(vec![0xff; behind]);
                let mut rest = out.as_slice();
                assert_eq!((get_long(&mut rest), rest.len()), (Ok(value), behind), "{value}");
            }
        }
        assert_eq!([0, 2].map(|index| get_union(&mut [index].as_slice())), [Ok(false), Ok(true)]);
        let long = [[0x80, 0], [0x82, 0]].map(|index| get_union(&mut index.as_slice()));
        assert_eq!(long, [Ok(false), Ok(true)], "in more bytes than it needs");
        assert!([1, 3, 4].iter().all(|index| get_union(&mut [*index].as_slice()).is_err()));
        assert!(get_long(&mut [0x80; 11].as_slice()).is_err());
        assert!(get_long(&mut [0x80].as_slice()).is_err());
        assert!(get_bytes(&mut [8, 1].as_slice()).is_err());
    }
}
