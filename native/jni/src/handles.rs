//! Numbers for native objects.
//!
//! A handle is kind (7 bits), generation (32 bits) and slot (24 bits), never an address. Closing a slot raises its generation,
//! so an old number is recognised for what it was; a slot whose generations are used up is never used again. The lock is held
//! to find an object, not to use it: a call in flight keeps its object alive when another thread closes the handle.

use crate::blocks::Blocks;
use crate::file::File;
use crate::join::Join;
use crate::session::Session;
use crate::upload::Upload;
use chronon_plan::Plan;
use chronon_serve::ServingPlan;
use chronon_types::{Error, Result};
use jni::sys::jlong;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All handles of this copy of the library.
pub(crate) static HANDLES: Handles = Handles::new();

const SLOT_BITS: u32 = 24;
const GENERATION_BITS: u32 = 32;

/// What a handle can stand for, given once: the rest of this file knows no kind by name.
macro_rules! kinds {
    ($($kind:ident = $code:literal, $name:literal, held: $held:expr;)*) => {
        /// What a handle stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Kind {
            $($kind = $code,)*
        }

        impl Kind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        #[derive(Clone)]
        pub(crate) enum Entry {
            $($kind(Arc<$kind>),)*
        }

        impl Entry {
            fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            fn bytes_held(&self) -> u64 {
                match self {
                    $(Self::$kind(object) => {
                        let held: fn(&$kind) -> u64 = $held;
                        held(object)
                    })*
                }
            }
        }

        $(impl Object for $kind {
            const KIND: Kind = Kind::$kind;

            fn entry(self) -> Entry {
                Entry::$kind(Arc::new(self))
            }

            fn of(entry: Entry) -> Option<Arc<Self>> {
                match entry {
                    Entry::$kind(object) => Some(object),
                    _ => None,
                }
            }
        })*
    };
}

kinds! {
    Plan = 1, "plan", held: |_| 0;
    Session = 2, "session", held: Session::bytes_held;
    Join = 3, "join", held: Join::bytes_held;
    File = 4, "file", held: File::bytes_held;
    ServingPlan = 5, "serving plan", held: ServingPlan::bytes_held;
    Upload = 6, "upload", held: Upload::bytes_held;
    Blocks = 7, "blocks", held: Blocks::bytes_held;
}

/// What can lie behind a handle.
pub(crate) trait Object: Sized {
    const KIND: Kind;
    fn entry(self) -> Entry;
    fn of(entry: Entry) -> Option<Arc<Self>>;
}

struct Slot {
    /// Of the entry that is here, or of the next one to come.
    generation: u32,
    entry: Option<Entry>,
    /// A call on the entry panicked.
    poisoned: bool,
}

#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

/// A table of open objects.
pub(crate) struct Handles {
    slots: Mutex<Slots>,
}

/// What a number says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    kind: Kind,
    generation: u32,
    slot: u32,
}

impl Parts {
    fn pack(self) -> jlong {
        let kind = (self.kind as jlong) << (GENERATION_BITS + SLOT_BITS);
        kind | jlong::from(self.generation) << SLOT_BITS | jlong::from(self.slot)
    }

    fn unpack(handle: jlong) -> Option<Self> {
        let kind = handle >> (GENERATION_BITS + SLOT_BITS);
        Some(Self {
            kind: Kind::ALL.iter().copied().find(|k| *k as jlong == kind)?,
            generation: (handle >> SLOT_BITS) as u32,
            slot: (handle & ((1 << SLOT_BITS) - 1)) as u32,
        })
    }
}

impl Handles {
    const fn new() -> Self {
        Self { slots: Mutex::new(Slots { slots: Vec::new(), free: Vec::new() }) }
    }

    /// A handle for an object.
    ///
    /// # Errors
    /// `OutOfBudget` when 16 million handles are open.
    pub(crate) fn open(&self, object: impl Object) -> Result<jlong> {
        let entry = object.entry();
        let kind = entry.kind();
        let mut slots = self.lock();
        let slot = match slots.free.pop() {
            Some(slot) => slot,
            None => {
                let next = slots.slots.len();
                if next >= 1 << SLOT_BITS {
                    return Err(Error::out_of_budget(format!("{next} handles are open; close those no longer used")));
                }
                slots.slots.push(Slot { generation: 1, entry: None, poisoned: false });
                next as u32
            }
        };
        let target = &mut slots.slots[slot as usize];
        target.entry = Some(entry);
        Ok(Parts { kind, generation: target.generation, slot }.pack())
    }

    /// The object behind a handle.
    ///
    /// # Errors
    /// `Closed`, `InvalidArgument` for a number that is no handle of this kind, `Internal` after a panic.
    pub(crate) fn get<T: Object>(&self, handle: jlong) -> Result<Arc<T>> {
        T::of(self.entry(handle, T::KIND)?).ok_or_else(|| unknown(handle))
    }

    /// Forgets the object; false when that was done before.
    ///
    /// # Errors
    /// `InvalidArgument` for a number that never was a handle.
    pub(crate) fn close(&self, handle: jlong) -> Result<bool> {
        let parts = Parts::unpack(handle).ok_or_else(|| unknown(handle))?;
        let mut slots = self.lock();
        let slot = slots.slots.get_mut(parts.slot as usize).ok_or_else(|| unknown(handle))?;
        let entry = match &slot.entry {
            Some(entry) if slot.generation == parts.generation && entry.kind() == parts.kind => slot.entry.take(),
            _ if parts.generation < slot.generation => return Ok(false),
            _ => return Err(unknown(handle)),
        };
        slot.poisoned = false;
        if slot.generation < u32::MAX {
            slot.generation += 1;
            slots.free.push(parts.slot);
        }
        drop(slots);
        // Outside the lock: freeing a large session takes a while.
        drop(entry);
        Ok(true)
    }

    /// After a panic: the object may be half changed, and nothing but closing it is safe.
    pub(crate) fn poison(&self, handle: jlong) {
        let Some(parts) = Parts::unpack(handle) else { return };
        if let Some(slot) = self.lock().slots.get_mut(parts.slot as usize)
            && slot.generation == parts.generation
        {
            slot.poisoned = true;
        }
    }

    /// Calls `visit` for the kind of every open object, with the bytes it holds.
    pub(crate) fn each(&self, mut visit: impl FnMut(Kind, u64)) {
        for entry in self.lock().slots.iter().filter_map(|slot| slot.entry.as_ref()) {
            visit(entry.kind(), entry.bytes_held());
        }
    }

    fn entry(&self, handle: jlong, wanted: Kind) -> Result<Entry> {
        let parts = Parts::unpack(handle).ok_or_else(|| unknown(handle))?;
        if parts.kind != wanted {
            return Err(Error::invalid_argument(format!(
                "{} was given where a {} is needed",
                describe(handle),
                wanted.name()
            )));
        }
        let slots = self.lock();
        let slot = slots.slots.get(parts.slot as usize).ok_or_else(|| unknown(handle))?;
        match &slot.entry {
            Some(_) if slot.poisoned && slot.generation == parts.generation => Err(Error::internal(format!(
                "an earlier call on {} panicked; close it and open another",
                describe(handle)
            ))),
            Some(entry) if slot.generation == parts.generation && entry.kind() == wanted => Ok(entry.clone()),
            _ if parts.generation < slot.generation => Err(Error::closed(format!("{} was closed", describe(handle)))),
            _ => Err(unknown(handle)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing between lock and unlock can panic half-way through a change.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle in words, for messages.
pub(crate) fn describe(handle: jlong) -> String {
    match Parts::unpack(handle) {
        Some(parts) => format!("{} handle {}.{}", parts.kind.name(), parts.slot, parts.generation),
        None => format!("{handle:#x}"),
    }
}

#[cold]
fn unknown(handle: jlong) -> Error {
    Error::invalid_argument(format!("{handle:#x} is no handle that this library gave out"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::echo;
    use chronon_types::ErrorCode;

    #[test]
    fn a_number_unpacks_to_what_was_packed() {
        for &kind in Kind::ALL {
            for (generation, slot) in [(1, 0), (u32::MAX, (1 << SLOT_BITS) - 1), (0x8000_0000, 5)] {
                let parts = Parts { kind, generation, slot };
                assert!(parts.pack() > 0);
                assert_eq!(Parts::unpack(parts.pack()), Some(parts));
            }
        }
        for stranger in [0, -1, 42, jlong::MAX, jlong::MIN] {
            assert_eq!(Parts::unpack(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn a_closed_handle_is_closed_even_when_its_slot_is_used_again() {
        let handles = Handles::new();
        let first = handles.open(echo()).unwrap();
        assert_eq!(handles.close(first), Ok(true));
        let second = handles.open(echo()).unwrap();
        assert_ne!(first, second);
        assert_eq!(handles.get::<Session>(first).err().map(|e| e.code()), Some(ErrorCode::Closed));
        assert_eq!(handles.close(first), Ok(false));
        assert!(handles.get::<Session>(second).is_ok());
    }

    #[test]
    fn a_wrong_kind_and_a_stranger_are_invalid_arguments() {
        let handles = Handles::new();
        let session = handles.open(echo()).unwrap();
        let forged = Parts { kind: Kind::Plan, ..Parts::unpack(session).unwrap() }.pack();
        let future = Parts { generation: 9, ..Parts::unpack(session).unwrap() }.pack();
        for (handle, name) in [(session, "a session"), (forged, "a forged kind"), (future, "a future one"), (77, "77")]
        {
            assert_eq!(handles.get::<Plan>(handle).err().map(|e| e.code()), Some(ErrorCode::InvalidArgument), "{name}");
        }
        for handle in [forged, future, 77, 0] {
            assert_eq!(handles.close(handle).err().map(|e| e.code()), Some(ErrorCode::InvalidArgument), "{handle}");
        }
    }

    #[test]
    fn a_poisoned_handle_can_only_be_closed() {
        let handles = Handles::new();
        let session = handles.open(echo()).unwrap();
        handles.poison(session);
        assert_eq!(handles.get::<Session>(session).err().map(|e| e.code()), Some(ErrorCode::Internal));
        assert_eq!(handles.close(session), Ok(true));
        assert!(handles.get::<Session>(handles.open(echo()).unwrap()).is_ok(), "the slot is sound again");
    }

    #[test]
    fn a_slot_out_of_generations_is_retired() {
        let handles = Handles::new();
        let first = handles.open(echo()).unwrap();
        handles.lock().slots[0].generation = u32::MAX;
        let last = Parts { generation: u32::MAX, ..Parts::unpack(first).unwrap() }.pack();
        assert_eq!(handles.close(last), Ok(true));
        let next = handles.open(echo()).unwrap();
        assert_eq!(Parts::unpack(next).map(|p| p.slot), Some(1));
        assert_eq!(handles.get::<Session>(last).err().map(|e| e.code()), Some(ErrorCode::InvalidArgument));
    }

    #[test]
    fn a_session_in_use_outlives_its_handle() {
        let handles = Handles::new();
        let handle = handles.open(echo()).unwrap();
        let used = handles.get::<Session>(handle).unwrap();
        handles.close(handle).unwrap();
        assert_eq!(Arc::strong_count(&used), 1);
    }
}
