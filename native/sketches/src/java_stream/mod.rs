//! Java's object streams, as far as stored aggregates hold them.
//!
//! The format is chapter 6 of the Java Object Serialization Specification. Not a general serializer: [`Writer`] and
//! [`Reader`] know the classes that they are given, and refuse everything else. A stream numbers its classes, strings
//! and objects as they come; what has a number already is written as a reference to it.

mod read;
mod text;
mod write;

pub(crate) use read::{Boxed, Reader};
pub use text::stream_of_string;
pub(crate) use write::Writer;

/// What every stream starts with: a magic number and a version.
const HEADER: [u8; 4] = [0xAC, 0xED, 0, 5];
/// The number of the first thing that has one.
const FIRST_HANDLE: u32 = 0x7E_0000;

const TC_NULL: u8 = 0x70;
const TC_REFERENCE: u8 = 0x71;
const TC_CLASSDESC: u8 = 0x72;
const TC_OBJECT: u8 = 0x73;
const TC_STRING: u8 = 0x74;
const TC_ARRAY: u8 = 0x75;
const TC_CLASS: u8 = 0x76;
const TC_BLOCKDATA: u8 = 0x77;
const TC_ENDBLOCKDATA: u8 = 0x78;
const TC_LONGSTRING: u8 = 0x7C;

/// Flag of a class whose fields alone are written.
pub(crate) const SERIALIZABLE: u8 = 2;
/// Flag of a class that writes more behind its fields.
pub(crate) const WRITES_MORE: u8 = 1;

/// A class as streams describe it.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// The `serialVersionUID`.
    pub(crate) uid: u64,
    /// Whether other compilers give the class other ids, so that readers must not insist on this one.
    pub(crate) uid_varies: bool,
    pub(crate) flags: u8,
    /// Names and type signatures, primitive types first, each kind by name.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    pub(crate) parent: Option<&'static Class>,
}

impl Class {
    /// A class that writes its fields, under an id that never changes.
    pub(crate) const fn new(name: &'static str, uid: u64, fields: &'static [(&'static str, &'static str)]) -> Self {
        Self { name, uid, uid_varies: false, flags: SERIALIZABLE, fields, parent: None }
    }

    /// The same with a superclass.
    pub(crate) const fn below(self, parent: &'static Self) -> Self {
        Self { parent: Some(parent), ..self }
    }
}

static NUMBER: Class = Class::new("java.lang.Number", 0x86AC_951D_0B94_E08B, &[]);
static LONG: Class = Class::new("java.lang.Long", 0x3B8B_E490_CC8F_23DF, &[("value", "J")]).below(&NUMBER);
static DOUBLE: Class = Class::new("java.lang.Double", 0x80B3_C24A_296B_FB04, &[("value", "D")]).below(&NUMBER);
static BYTES: Class = Class::new("[B", 0xACF3_17F8_0608_54E0, &[]);
