//! A map from byte strings to small values that allocates per map, not per key.
//!
//! A key of up to 15 bytes stands in its table entry, and is hashed and compared as a number. Longer ones stand one after
//! the other in a buffer of the map, each behind its length; their entry holds the hash and the place. Hashing has a fixed
//! seed, so the order of a map depends on its keys alone, but it is not an order that anything may show.
//! Memory: 16 bytes and a value per entry in a table that is at most seven eighths full, and the buffer, of which at
//! most half is left over from removed keys.

use hashbrown::HashTable;

/// The longest key that stands in its entry.
const SHORT: usize = 15;
/// Stands in place of a length: the key is in the buffer.
const LONG: u8 = u8::MAX;
/// How many entries small tables have room for, each size many times the one before: to move entries costs more than to
/// add them. Larger tables double.
const STEPS: [usize; 2] = [7, 56];
/// Bytes before a key in the buffer, which hold its length.
const PREFIX: usize = size_of::<u64>();

/// The bytes of a key and, in the last place, their number; or a hash, a place in the buffer and [`LONG`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key([u8; 16]);

impl Key {
    /// The key of bytes of this hash that stand at `place`.
    fn long(hash: u64, place: usize) -> Self {
        Self((u128::from(hash) | (place as u128) << 64 | u128::from(LONG) << (8 * SHORT)).to_le_bytes())
    }

    #[inline]
    fn is_long(&self) -> bool {
        self.0[SHORT] == LONG
    }

    fn place(&self) -> usize {
        (u128::from_le_bytes(self.0) << 8 >> 72) as usize
    }

    #[inline]
    fn hash(&self) -> u64 {
        let word = u128::from_le_bytes(self.0);
        if self.is_long() { word as u64 } else { fold(word) }
    }
}

/// Short bytes as the number that their key is.
#[inline]
fn short(bytes: &[u8]) -> u128 {
    // Two reads, which overlap and agree where they do, take any number of bytes without a loop.
    let len = bytes.len();
    let word = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (len - 8))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (len - 4))
    } else {
        bytes.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte))
    };
    word | (len as u128) << (8 * SHORT)
}

/// The hash of a number: the product of its halves, folded.
#[inline]
fn fold(word: u128) -> u64 {
    let (low, high) = (word as u64, (word >> 64) as u64);
    let product = u128::from(low ^ 0x9e37_79b9_7f4a_7c15) * u128::from(high ^ 0xd1b5_4a32_d192_ed03);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of bytes.
#[inline]
fn hash(bytes: &[u8]) -> u64 {
    if bytes.len() <= SHORT {
        return fold(short(bytes));
    }
    let add = |hash: u64, chunk: &[u8; 16]| fold(u128::from_le_bytes(*chunk) ^ u128::from(hash));
    let whole = bytes.as_chunks().0.iter().fold(bytes.len() as u64, add);
    bytes.last_chunk().map_or(whole, |last| add(whole, last))
}

/// The bytes at `place` of a buffer.
fn read(buffer: &[u8], place: usize) -> &[u8] {
    let (prefix, rest) = buffer[place..].split_first_chunk::<PREFIX>().expect("a place is that of a length");
    &rest[..u64::from_le_bytes(*prefix) as usize]
}

/// A map from byte strings to values that are copied freely.
///
/// ```
/// use chronon_aggregate::byte_map::ByteMap;
/// let mut lengths = ByteMap::default();
/// *lengths.get_or_insert(b"a key", 0) = 5;
/// assert_eq!(lengths.iter().collect::<Vec<_>>(), [(&b"a key"[..], 5)]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ByteMap<V> {
    table: HashTable<(Key, V)>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that belong to no key any more.
    unused: usize,
}

impl<V: Copy> ByteMap<V> {
    /// How many keys there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The value of `key`, which becomes `new` where there is none.
    #[inline]
    pub fn get_or_insert(&mut self, key: &[u8], new: V) -> &mut V {
        if self.table.len() == self.table.capacity() {
            self.grow();
        }
        if key.len() > SHORT {
            return self.get_or_insert_long(key, new);
        }
        let word = short(key);
        let is = |(kept, _): &(Key, V)| u128::from_le_bytes(kept.0) == word;
        let entry = self.table.entry(fold(word), is, |(kept, _)| kept.hash());
        &mut entry.or_insert((Key(word.to_le_bytes()), new)).into_mut().1
    }

    #[inline(never)]
    fn get_or_insert_long(&mut self, key: &[u8], new: V) -> &mut V {
        let Self { table, buffer, .. } = self;
        let hash = hash(key);
        let is = |(kept, _): &(Key, V)| kept.is_long() && kept.hash() == hash && read(buffer, kept.place()) == key;
        let entry = table.entry(hash, is, |(kept, _)| kept.hash());
        let entry = entry.or_insert_with(|| {
            let place = buffer.len();
            buffer.extend_from_slice(&(key.len() as u64).to_le_bytes());
            buffer.extend_from_slice(key);
            (Key::long(hash, place), new)
        });
        &mut entry.into_mut().1
    }

    #[cold]
    fn grow(&mut self) {
        let len = self.table.len();
        let room = STEPS.into_iter().find(|step| *step > len).unwrap_or(2 * len);
        self.table.reserve(room - len, |(kept, _)| kept.hash());
    }

    /// Takes `key` and its value out, if it is there.
    pub fn remove(&mut self, key: &[u8]) {
        let buffer = &self.buffer;
        let found = self.table.find_entry(hash(key), |(kept, _)| bytes(kept, buffer) == key);
        let Ok(entry) = found else { return };
        if entry.remove().0.0.is_long() {
            self.unused += PREFIX + key.len();
            if self.unused > self.buffer.len() / 2 {
                self.compact();
            }
        }
    }

    /// Leaves unused bytes out of the buffer.
    fn compact(&mut self) {
        let old = std::mem::take(&mut self.buffer);
        for (key, _) in self.table.iter_mut().filter(|(key, _)| key.is_long()) {
            let (from, to) = (key.place(), self.buffer.len());
            self.buffer.extend_from_slice(&old[from..from + PREFIX + read(&old, from).len()]);
            *key = Key::long(key.hash(), to);
        }
        self.unused = 0;
    }

    /// All keys and values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], V)> {
        self.table.iter().map(|(key, value)| (bytes(key, &self.buffer), *value))
    }

    /// Bytes of heap it holds, by capacity.
    pub fn heap_size(&self) -> usize {
        self.table.allocation_size() + self.buffer.capacity()
    }
}

/// The bytes that `key` stands for.
#[inline]
fn bytes<'a>(key: &'a Key, buffer: &'a [u8]) -> &'a [u8] {
    if key.is_long() { read(buffer, key.place()) } else { &key.0[..usize::from(key.0[SHORT])] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Keys of every length around the limits of reads and entries, many of them prefixes of others.
    fn keys() -> impl Iterator<Item = Vec<u8>> {
        (0..70).flat_map(|len| [0, 1, 0xFF].map(|byte| [vec![byte; len / 2], vec![0; len - len / 2]].concat()))
    }

    fn sorted(map: &ByteMap<i32>) -> BTreeMap<Vec<u8>, i32> {
        map.iter().map(|(key, value)| (key.to_vec(), value)).collect()
    }

    #[test]
    fn it_does_what_a_sorted_map_does() {
        let (mut map, mut expected) = (ByteMap::default(), BTreeMap::new());
        for round in 0..3 {
            for (number, key) in keys().enumerate() {
                *map.get_or_insert(&key, 0) += round;
                *expected.entry(key.clone()).or_insert(0) += round;
                if number % 3 == 1 {
                    map.remove(&key);
                    expected.remove(&key);
                }
            }
            assert_eq!(sorted(&map), expected, "round {round}");
            assert_eq!(map.len(), expected.len());
        }
        keys().for_each(|key| map.remove(&key));
        assert!(map.is_empty());
    }

    #[test]
    fn removed_keys_leave_the_buffer() {
        let mut map = ByteMap::default();
        for number in 0..10_000 {
            let key = format!("a key that is too long for an entry: {number}");
            map.get_or_insert(key.as_bytes(), ());
            if number >= 10 {
                map.remove(format!("a key that is too long for an entry: {}", number - 10).as_bytes());
            }
        }
        assert_eq!(map.len(), 10);
        assert!(map.heap_size() < 4096, "{}", map.heap_size());
    }

    #[test]
    fn hashes_spread_over_low_and_high_bits() {
        let count = |bits: fn(u64) -> u64, prefix: &str| {
            (0..1 << 12)
                .map(|number| bits(hash(format!("{prefix}{number}").as_bytes())))
                .collect::<std::collections::BTreeSet<_>>()
                .len()
        };
        for prefix in ["", "item_", "a prefix of some length "] {
            // Of 4096 balls in 4096 bins, random ones leave 63 % taken.
            for bits in [|hash| hash & 0xFFF, |hash| hash >> 52] {
                assert!(count(bits, prefix) > 2400, "{prefix}: {}", count(bits, prefix));
            }
        }
    }
}
