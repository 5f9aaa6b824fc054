//! BOUNDED_UNIQUE_COUNT: the exact number of distinct values up to `k`, and `k` when there are more.
//!
//! All numbers but `Byte`, strings and binaries. IR: a set of at most `k` values. A full set becomes *saturated* with
//! the next value, be it one that it holds, and a merge that fills a set saturates it too: this shows in stored bytes
//! alone, as a full set counts `k` either way. Floating numbers are told apart as Java's `equals` does, binaries by
//! content (the reference counts every row), strings by the MD5 of their Java serialization, which is also what is
//! kept of them. With `k` of zero the first value counts 1 and all others make it 0, as in the reference. Memory: at
//! most `k` values.

use crate::avro;
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::{Bytes, Doubles, Keyed, Longs};
use crate::sink::LongSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_sketches::java_stream::stream_of_string;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};
use hashbrown::HashSet;
use md5::{Digest, Md5};

/// What stands, alone, in the stored list of a saturated set of strings.
const SENTINEL: &[u8] = b"__SENTINEL__";

/// Widths whose values are told apart by what the set keeps of them.
pub trait Identified: Keyed + Stored {
    /// What the set keeps of `value`, declared as `data_type`.
    #[inline]
    fn identity(value: Self::Ref<'_>, _data_type: &DataType) -> Self::Key {
        Self::key(value)
    }
    /// Whether a key that was read is the sentinel.
    fn is_sentinel(_key: &Self::Key) -> bool {
        false
    }
}

impl Identified for Longs {}

impl Identified for Doubles {}

impl Identified for Bytes {
    fn identity(value: &[u8], data_type: &DataType) -> Box<[u8]> {
        match data_type {
            DataType::String => hashed(value).into(),
            _ => value.into(),
        }
    }
    fn is_sentinel(key: &Box<[u8]>) -> bool {
        **key == *SENTINEL
    }
}

/// The digest of a string, in hexadecimal digits.
fn hashed(text: &[u8]) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = Md5::digest(stream_of_string(&String::from_utf8_lossy(text)));
    let mut hex = [0; 32];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    hex
}

/// The operation BOUNDED_UNIQUE_COUNT.
#[derive(Debug, Clone)]
pub struct BoundedUniqueCount<P> {
    /// How far to count.
    pub k: usize,
    /// Type of the values.
    pub data_type: DataType,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

/// At most `k` distinct values.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundedSet<K: Eq + std::hash::Hash> {
    keys: HashSet<K>,
    saturated: bool,
}

impl<P: Identified> BoundedUniqueCount<P> {
    /// Whether a saturated set is stored as the sentinel, so that its keys need not be kept.
    fn has_sentinel(&self) -> bool {
        self.data_type == DataType::String
    }

    fn count(&self, ir: &BoundedSet<P::Key>) -> i64 {
        if ir.saturated { self.k as i64 } else { ir.keys.len() as i64 }
    }

    fn saturate(&self, ir: &mut BoundedSet<P::Key>) {
        ir.saturated = true;
        if self.has_sentinel() {
            ir.keys = HashSet::new();
        } else if ir.keys.len() > self.k {
            // The smallest ones stay, so that bytes do not depend on the order inside hash sets.
            let mut keys: Vec<P::Key> = ir.keys.drain().collect();
            keys.sort_unstable();
            ir.keys.extend(keys.into_iter().take(self.k));
        }
    }
}

impl<P: Identified> Operation for BoundedUniqueCount<P> {
    type Input = P;
    type Ir = BoundedSet<P::Key>;
    type Sink = LongSink;

    fn prepare(&self, value: P::Ref<'_>, _ts: Millis) -> Self::Ir {
        BoundedSet { keys: HashSet::from_iter([P::identity(value, &self.data_type)]), saturated: false }
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        if ir.saturated {
            return;
        }
        if ir.keys.len() >= self.k {
            self.saturate(ir);
        } else {
            ir.keys.insert(P::identity(value, &self.data_type));
        }
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        if ir.saturated {
            return;
        }
        for key in &later.keys {
            if !ir.keys.contains(key) {
                ir.keys.insert(key.clone());
            }
        }
        if later.saturated || ir.keys.len() >= self.k {
            self.saturate(ir);
        }
    }
    fn is_complete(&self, ir: &Self::Ir) -> bool {
        ir.saturated
    }
    fn sink(&self) -> LongSink {
        LongSink::new(ArrowType::Int64)
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut LongSink) {
        sink.push(self.count(ir));
    }
    /// Values in ascending order, where the reference writes its hash order; readers do not depend on it. A saturated
    /// set of other values than strings is written as a full one: the reference writes its sentinel there too, which
    /// no reader takes for a number.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        if ir.saturated && self.has_sentinel() {
            return avro::put_items(out, 1, |out| {
                avro::put_bytes(out, SENTINEL);
                Ok(())
            });
        }
        let mut keys: Vec<&P::Key> = ir.keys.iter().collect();
        keys.sort_unstable();
        avro::put_items(out, keys.len(), |out| {
            keys.iter().try_for_each(|key| P::encode(&P::value(key), &self.data_type, out))
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut ir = BoundedSet { keys: HashSet::new(), saturated: false };
        avro::get_items(bytes, |bytes| {
            let key = P::key(P::borrow(&P::decode(bytes, &self.data_type)?));
            if self.has_sentinel() && P::is_sentinel(&key) {
                ir.saturated = true;
            } else {
                ir.keys.insert(key);
            }
            Ok(())
        })?;
        Ok(ir)
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.keys.allocation_size() + ir.keys.iter().map(P::key_heap_size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation<P>(k: usize, data_type: DataType) -> BoundedUniqueCount<P> {
        BoundedUniqueCount { k, data_type, width: std::marker::PhantomData }
    }

    fn strings(k: usize, values: &[&str]) -> (i64, String) {
        let operation = operation::<Bytes>(k, DataType::String);
        let mut ir = operation.prepare(values[0].as_bytes(), 0);
        values[1..].iter().for_each(|value| operation.update(&mut ir, value.as_bytes(), 0));
        let mut out = Vec::new();
        operation.encode(&ir, &mut out).unwrap();
        assert_eq!(operation.decode(&mut out.as_slice()).unwrap(), ir);
        (operation.count(&ir), String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn strings_are_kept_as_the_digests_of_the_reference() {
        // aggregator sheet §6.8, and a run of the reference for what it leaves out
        for (text, digest) in [
            ("a", "e7af82d83793a6d12579476ab7f84867"),
            ("abc", "2a582c703dbdc724871fabe09e5bf210"),
            ("", "c4a70a8ea6ba44b8efd1bba8b6d6c8aa"),
            ("é", "a51538def762065643a2a40c08c21be0"),
            ("\0x", "4773bb6fec6bef8d1bd0b7453f6345b7"),
            ("\u{1F600}", "74594a9d76e01f65ef3bf1aafdf93f40"),
            (&"a".repeat(65_535), "770518321677c2966c2cd8aaf9d5f9e8"),
            (&"é".repeat(32_768), "610869566af0e4d28b9ccbb16d9992a9"),
        ] {
            assert_eq!(hashed(text.as_bytes()), *digest.as_bytes(), "{}", &text[..text.len().min(4)]);
        }
    }

    #[test]
    fn a_full_set_saturates_with_any_value() {
        // counts and stored lists of a run of the reference
        assert_eq!(strings(2, &["a", "a"]).0, 1);
        let (count, bytes) = strings(2, &["a", "b"]);
        assert_eq!((count, bytes.len()), (2, 1 + 2 * 33 + 1));
        let sentinel = "\u{2}\u{18}__SENTINEL__\0".to_owned();
        assert_eq!(strings(2, &["a", "b", "b"]), (2, sentinel.clone()));
        assert_eq!(strings(2, &["a", "b", "c"]), (2, sentinel.clone()));
        assert_eq!(strings(0, &["a"]).0, 1);
        assert_eq!(strings(0, &["a", "a"]), (0, sentinel));
    }

    #[test]
    fn a_merge_that_fills_a_set_saturates_it() {
        let operation = operation::<Longs>(2, DataType::Long);
        let mut ir = operation.prepare(1, 0);
        operation.merge(&mut ir, &operation.prepare(1, 0));
        assert_eq!((ir.saturated, operation.count(&ir)), (false, 1));
        operation.merge(&mut ir, &operation.prepare(2, 0));
        assert_eq!((ir.saturated, operation.count(&ir)), (true, 2));
    }

    #[test]
    fn saturated_numbers_are_stored_as_a_full_set() {
        let operation = operation::<Longs>(2, DataType::Long);
        let mut ir = operation.prepare(5, 0);
        [4, 3].iter().for_each(|value| operation.update(&mut ir, *value, 0));
        operation.merge(&mut ir, &operation.prepare(-1, 0));
        let mut out = Vec::new();
        operation.encode(&ir, &mut out).unwrap();
        assert_eq!(out, [4, 8, 10, 0], "two items, 4 and 5");
        let mut back = operation.decode(&mut out.as_slice()).unwrap();
        assert_eq!(operation.count(&back), 2);
        operation.update(&mut back, 4, 0);
        assert!(back.saturated);
    }

    #[test]
    fn values_are_equal_as_in_java() {
        let doubles = operation::<Doubles>(8, DataType::Double);
        let mut ir = doubles.prepare(0.0, 0);
        [-0.0, f64::NAN, -f64::NAN].iter().for_each(|value| doubles.update(&mut ir, *value, 0));
        assert_eq!(doubles.count(&ir), 3);
        let binaries = operation::<Bytes>(8, DataType::Binary);
        let mut ir = binaries.prepare(b"x", 0);
        binaries.update(&mut ir, b"x", 0);
        assert_eq!(binaries.count(&ir), 1);
    }
}
