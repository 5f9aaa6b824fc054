//! What the host sends: rows with their keys and times.
//!
//! A record is the length of its head and of its row (4 bytes each), then head and row. The head is a row that begins with the
//! keys and the time; on the right the inputs follow, and there is no second row. Lengths are whole words.

use chronon_codec::row::Row;
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Result};
use std::cmp::Ordering;

/// Bytes before head and row.
const PREFIX: usize = 8;

/// What a null puts into the hash of keys; any number will do.
const NULL: u64 = 0x6e75_6c6c;

/// A record inside memory that holds many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) head: Row<'a>,
    /// Empty on the right.
    pub(crate) row: &'a [u8],
}

/// How long the record is whose first bytes these are.
pub(crate) fn length(bytes: &[u8]) -> Result<usize> {
    let (head, row) = lengths(bytes)?;
    Ok(PREFIX + head + row)
}

/// Where the head of the record lies whose first bytes these are, and behind it the next record. There is no second row.
///
/// # Errors
/// `CorruptData` when the bytes are too few, or there is a second row.
pub(crate) fn only_head(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let (head, row) = lengths(bytes)?;
    match bytes[PREFIX..].split_at_checked(head) {
        Some(parts) if row == 0 => Ok(parts),
        _ => Err(Error::corrupt_data(format!("a record of {head} and {row} bytes among {} bytes", bytes.len()))),
    }
}

fn lengths(bytes: &[u8]) -> Result<(usize, usize)> {
    let Some(([h0, h1, h2, h3, r0, r1, r2, r3], _)) = bytes.split_first_chunk::<PREFIX>() else {
        return Err(Error::corrupt_data(format!("a record of {} bytes has no lengths", bytes.len())));
    };
    Ok((u32::from_le_bytes([*h0, *h1, *h2, *h3]) as usize, u32::from_le_bytes([*r0, *r1, *r2, *r3]) as usize))
}

/// What the heads of a side are made of: keys, time, inputs.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// For each key, whether its value lies in the variable part.
    keys: Vec<bool>,
    inputs: Vec<DataType>,
    /// Whether a key that is null is a value like others.
    null_keys: bool,
    /// Makes unequal keys share a hash.
    #[cfg(test)]
    pub(crate) colliding: bool,
}

impl Layout {
    /// Heads of keys, time and inputs. `keys` says of each key whether its value lies in the variable part.
    pub(crate) fn new(keys: Vec<bool>, inputs: Vec<DataType>) -> Self {
        Self {
            keys,
            inputs,
            null_keys: false,
            #[cfg(test)]
            colliding: false,
        }
    }

    /// The same, where nulls are keys like others: rows that have them are kept, and match each other.
    pub(crate) fn with_null_keys(self) -> Self {
        Self { null_keys: true, ..self }
    }

    /// Position of the time among the columns of the head.
    pub(crate) fn time(&self) -> usize {
        self.keys.len()
    }

    /// The record that `bytes` begin with.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are too few for its lengths, or its head for its columns.
    #[inline]
    pub(crate) fn record<'a>(&self, bytes: &'a [u8]) -> Result<Record<'a>> {
        let (head, row) = lengths(bytes)?;
        let body = bytes.get(PREFIX..PREFIX + head + row).ok_or_else(|| {
            Error::corrupt_data(format!("a record of {head} and {row} bytes among {} bytes", bytes.len()))
        })?;
        let (head, row) = body.split_at(head);
        Ok(Record { head: Row::new(head, self.keys.len() + 1 + self.inputs.len())?, row })
    }

    /// Whether a key is null, and therefore nothing can match.
    #[inline]
    pub(crate) fn matches_nothing(&self, head: &Row<'_>) -> bool {
        !self.null_keys && (0..self.keys.len()).any(|key| head.is_null(key))
    }

    /// The time; none when it is null.
    #[inline]
    pub(crate) fn millis(&self, head: &Row<'_>) -> Option<Millis> {
        (!head.is_null(self.time())).then(|| head.slot(self.time()) as Millis)
    }

    /// A number that equal keys share, and that others do with a chance of 2⁻⁶⁴. The same on every machine and in every run:
    /// rows are in the order of these numbers.
    ///
    /// # Errors
    /// `CorruptData` when a key lies outside its row.
    #[inline]
    pub(crate) fn hash(&self, head: &Row<'_>) -> Result<u64> {
        let mut hash = 0;
        for (key, variable) in self.keys.iter().enumerate() {
            if self.null_keys && head.is_null(key) {
                hash = mix(hash ^ NULL);
            } else if *variable {
                let bytes = head.variable(key)?;
                hash = mix(hash ^ bytes.len() as u64);
                for chunk in bytes.chunks(8) {
                    let mut word = [0; 8];
                    word[..chunk.len()].copy_from_slice(chunk);
                    hash = mix(hash ^ u64::from_le_bytes(word));
                }
            } else {
                hash = mix(hash ^ head.slot(key));
            }
        }
        #[cfg(test)]
        if self.colliding {
            hash &= 1;
        }
        Ok(hash)
    }

    /// Compares the keys of heads whose hashes are equal. The order itself means nothing.
    #[inline]
    pub(crate) fn compare_keys(&self, a: &Row<'_>, b: &Row<'_>) -> Ordering {
        for (key, variable) in self.keys.iter().enumerate() {
            if self.null_keys && (a.is_null(key) || b.is_null(key)) {
                match b.is_null(key).cmp(&a.is_null(key)) {
                    Ordering::Equal => continue,
                    order => return order,
                }
            }
            let order = match variable {
                false => a.slot(key).cmp(&b.slot(key)),
                true => place(a, key).cmp(place(b, key)),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }

    /// Compares the inputs of heads that agree in key and time, so that the order in which they are folded does not depend on
    /// the way by which they came: column by column, nulls first, numbers by value (`-0.0` before `0.0`, NaN last), everything
    /// else by its bytes.
    pub(crate) fn compare_inputs(&self, a: &Row<'_>, b: &Row<'_>) -> Ordering {
        for (input, data_type) in self.inputs.iter().enumerate() {
            let column = self.time() + 1 + input;
            let order = match (a.is_null(column), b.is_null(column)) {
                (false, false) => compare(data_type, a, b, column),
                (a, b) => b.cmp(&a),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn compare(data_type: &DataType, a: &Row<'_>, b: &Row<'_>, column: usize) -> Ordering {
    let (x, y) = (a.slot(column), b.slot(column));
    match data_type {
        DataType::Boolean => (x as u8).cmp(&(y as u8)),
        DataType::Byte => (x as i8).cmp(&(y as i8)),
        DataType::Short => (x as i16).cmp(&(y as i16)),
        DataType::Int | DataType::Date => (x as i32).cmp(&(y as i32)),
        DataType::Long | DataType::Timestamp => (x as i64).cmp(&(y as i64)),
        DataType::Float => f32::from_bits(x as u32).total_cmp(&f32::from_bits(y as u32)),
        DataType::Double => f64::from_bits(x).total_cmp(&f64::from_bits(y)),
        _ => place(a, column).cmp(place(b, column)),
    }
}

/// The bytes of a value; of one that lies outside its row none, which its reader will refuse.
fn place<'a>(row: &Row<'a>, column: usize) -> &'a [u8] {
    row.variable(column).unwrap_or_default()
}

/// The finalizer of 64-bit MurmurHash3 (Austin Appleby, public domain), after one addition that moves zero.
#[inline]
fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ x >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ x >> 33
}
