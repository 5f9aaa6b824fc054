//! The order in which a `java.util.HashMap` or `HashSet` hands its keys out.
//!
//! It shows wherever the reference walks through one: in stored bytes, and in what a sketch that is fed from a map
//! throws away. A table has a power of two of slots; a key's slot follows from its hash. A new key goes to the end of
//! its slot, and a table that doubles splits every slot without changing the order inside. So the order of a map is
//! that of the slots, and inside a slot the order of insertion: nothing but the keys in that order and the number of
//! slots need be known. Removing a key leaves the number of slots as it is.
//!
//! A slot that gets its ninth key doubles a table of fewer than 64 slots, which is followed here. In larger tables
//! Java turns such a slot into a tree and hands its keys out in an order that rotations have left; here they stay in
//! the order of insertion. Keys spread over their slots by chance never get there; whole numbers as doubles can, from
//! some hundred keys on, as their hashes differ in few bits.

/// The slots of a map that was made without arguments.
const INITIAL_SLOTS: usize = 16;
/// The most slots of a table.
const MOST_SLOTS: usize = 1 << 30;
/// A slot with as many keys makes a small table double when another one comes.
const CROWDED_SLOT: usize = 8;
/// From as many slots on, a crowded slot no longer doubles the table.
const SLOTS_FOR_TREES: usize = 64;

/// The table of a `HashMap`, as far as it decides the order of the keys: how many slots it has.
///
/// ```
/// use chronon_sketches::java_order::JavaTable;
/// // the hashes of "apple" and "banana", in this order, in a new map
/// let hashes = [93_029_210, -1_396_355_227];
/// assert_eq!(JavaTable::of(&hashes).order(&hashes), [1, 0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JavaTable {
    slots: usize,
}

impl Default for JavaTable {
    fn default() -> Self {
        Self { slots: INITIAL_SLOTS }
    }
}

impl JavaTable {
    /// The table of `new HashMap(size)`.
    pub fn sized(size: usize) -> Self {
        Self { slots: size.clamp(1, MOST_SLOTS).next_power_of_two() }
    }

    /// The table of `new HashMap(map)` and of `map.clone()`, given the size of `map`, before its keys are put in.
    pub fn copied(size: usize) -> Self {
        if size == 0 { Self::default() } else { Self::sized(Self::room_for(size)) }
    }

    /// The table of a map of `size` keys that is read from an object stream, and that of `new HashSet(collection)`,
    /// before the keys are put in.
    pub fn reread(size: usize) -> Self {
        Self::sized(Self::room_for(size).max(INITIAL_SLOTS))
    }

    /// What Java 8 to 17 ask for to hold `size` keys, computed in single precision as they do.
    fn room_for(size: usize) -> usize {
        (size as f32 / 0.75 + 1.0) as usize
    }

    /// The table of a new map into which keys with these hashes were put.
    pub fn of(hashes: &[i32]) -> Self {
        Self::default().filled(hashes)
    }

    /// The table after keys with these hashes were put into it, when it was empty.
    #[must_use]
    pub fn filled(mut self, hashes: &[i32]) -> Self {
        (0..hashes.len()).for_each(|size| self.put(&hashes[..size], hashes[size]));
        self
    }

    /// Notes that a key with hash `new` joined those with hashes `present`.
    pub fn put(&mut self, present: &[i32], new: i32) {
        if self.slots < SLOTS_FOR_TREES {
            let crowd = present.iter().filter(|hash| self.slot(**hash) == self.slot(new)).count();
            if crowd >= CROWDED_SLOT {
                self.slots *= 2;
            }
        }
        if present.len() + 1 > self.slots * 3 / 4 && self.slots < MOST_SLOTS {
            self.slots *= 2;
        }
    }

    /// How many slots there are.
    pub fn slots(self) -> usize {
        self.slots
    }

    fn slot(self, hash: i32) -> usize {
        let hash = hash as u32;
        (hash ^ hash >> 16) as usize & (self.slots - 1)
    }

    /// The order of iteration over keys with these hashes, which are listed in the order of insertion: indexes into
    /// `hashes`.
    pub fn order(self, hashes: &[i32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..hashes.len()).collect();
        order.sort_by_key(|index| self.slot(hashes[*index]));
        order
    }
}
