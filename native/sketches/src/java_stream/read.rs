//! Reading object streams.
//!
//! A reader is told which class must come next, so that it never recurses deeper than the classes it is told of, and
//! takes memory in proportion to what it has read: what has a number is kept by reference to the bytes.

use super::{
    BYTES, Class, DOUBLE, FIRST_HANDLE, HEADER, LONG, TC_ARRAY, TC_BLOCKDATA, TC_CLASS, TC_CLASSDESC, TC_ENDBLOCKDATA,
    TC_LONGSTRING, TC_NULL, TC_OBJECT, TC_REFERENCE, TC_STRING, text,
};
use chronon_types::{Error, Result};
use std::borrow::Cow;

/// A string or a number in a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boxed<'a> {
    /// A string in modified UTF-8.
    Text(&'a [u8]),
    /// A `java.lang.Long`.
    Long(i64),
    /// A `java.lang.Double`.
    Double(f64),
}

/// What a number in the stream stands for.
#[derive(Debug, Clone, Copy)]
enum Handle<'a> {
    Class(&'static Class),
    Boxed(Boxed<'a>),
    /// Something that nothing refers to.
    Other,
}

/// An object stream and the place in it.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
    handles: Vec<Handle<'a>>,
}

impl<'a> Reader<'a> {
    /// # Errors
    /// As all methods: `CorruptData` with the position, when the bytes are not what is asked for.
    pub(crate) fn new(stream: &'a [u8]) -> Result<Self> {
        let mut reader = Self { rest: stream, length: stream.len(), handles: Vec::new() };
        if reader.array::<4>()? != HEADER {
            return Err(reader.corrupt("it does not start as an object stream does"));
        }
        Ok(reader)
    }

    /// Fails unless everything has been read.
    pub(crate) fn finish(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.corrupt("more bytes follow the last object")) }
    }

    /// An error at this place.
    #[cold]
    pub(crate) fn corrupt(&self, message: impl std::fmt::Display) -> Error {
        Error::corrupt_data(format!("object stream, byte {}: {message}", self.length - self.rest.len()))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| self.corrupt("it ends in the middle of a value"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A primitive field of `N` bytes, in big-endian order.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) =
            self.rest.split_first_chunk::<N>().ok_or_else(|| self.corrupt("it ends in the middle of a number"))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A length of 32 bits.
    pub(crate) fn length(&mut self) -> Result<usize> {
        let length = i32::from_be_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.corrupt(format!("{length} is not a length")))
    }

    fn tag(&mut self, expected: u8, what: &str) -> Result<()> {
        match self.byte()? {
            tag if tag == expected => Ok(()),
            tag => Err(self.corrupt(format!("{what} should follow, but there is a tag of {tag:#04x}"))),
        }
    }

    /// What a reference refers to.
    fn referred(&mut self) -> Result<Handle<'a>> {
        let handle = u32::from_be_bytes(self.array()?);
        let index = handle.checked_sub(FIRST_HANDLE).map(|index| index as usize);
        let found = index.and_then(|index| self.handles.get(index)).copied();
        found.ok_or_else(|| self.corrupt(format!("nothing has the number {handle:#x}")))
    }

    fn name(&mut self) -> Result<Cow<'a, str>> {
        let length = u16::from_be_bytes(self.array()?);
        let bytes = self.take(length.into())?;
        self.decoded(bytes)
    }

    /// The text that modified UTF-8 stands for.
    pub(crate) fn decoded(&self, bytes: &'a [u8]) -> Result<Cow<'a, str>> {
        text::from_modified_utf8(bytes).ok_or_else(|| self.corrupt("a string is not text"))
    }

    fn new_text(&mut self, tag: u8) -> Result<&'a [u8]> {
        let length = match tag {
            TC_STRING => u16::from_be_bytes(self.array()?).into(),
            _ => u64::from_be_bytes(self.array()?),
        };
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.handles.push(Handle::Boxed(Boxed::Text(bytes)));
        Ok(bytes)
    }

    /// A class, which must be one of `expected`.
    pub(crate) fn class(&mut self, expected: &[&'static Class]) -> Result<&'static Class> {
        match self.byte()? {
            TC_REFERENCE => match self.referred()? {
                Handle::Class(class) if expected.iter().any(|of| std::ptr::eq(*of, class)) => Ok(class),
                other => Err(self.corrupt(format!("{} should be referred to, not {other:?}", expected[0].name))),
            },
            TC_CLASSDESC => self.new_class(expected),
            tag => Err(self.corrupt(format!("a class should follow, but there is a tag of {tag:#04x}"))),
        }
    }

    fn new_class(&mut self, expected: &[&'static Class]) -> Result<&'static Class> {
        let name = self.name()?;
        let uid = u64::from_be_bytes(self.array()?);
        let handle = self.handles.len();
        self.handles.push(Handle::Other);
        let flags = self.byte()?;
        let count = u16::from_be_bytes(self.array()?).into();
        if !expected.iter().any(|class| class.fields.len() == count) {
            return Err(self.corrupt(format!("class {name} with {count} fields is not {}", expected[0].name)));
        }
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let code = self.byte()?;
            let field = self.name()?;
            let signature = match code {
                b'L' | b'[' => self.signature()?,
                primitive => Cow::Owned(char::from(primitive).to_string()),
            };
            fields.push((field, signature));
        }
        self.tag(TC_ENDBLOCKDATA, "the end of a class")?;
        let same = |class: &&&'static Class| {
            class.name == name
                && (class.uid == uid || class.uid_varies)
                && class.flags == flags
                && class.fields.len() == fields.len()
                && class.fields.iter().zip(&fields).all(|(a, b)| *a.0 == *b.0 && *a.1 == *b.1)
        };
        let Some(class) = expected.iter().find(same) else {
            return Err(self.corrupt(format!("class {name} (id {uid:016x}) is not {}, as known", expected[0].name)));
        };
        self.handles[handle] = Handle::Class(class);
        match class.parent {
            Some(parent) => drop(self.class(&[parent])?),
            None => self.tag(TC_NULL, "no superclass")?,
        }
        Ok(class)
    }

    fn signature(&mut self) -> Result<Cow<'a, str>> {
        match self.byte()? {
            tag @ (TC_STRING | TC_LONGSTRING) => {
                let bytes = self.new_text(tag)?;
                self.decoded(bytes)
            }
            TC_REFERENCE => match self.referred()? {
                Handle::Boxed(Boxed::Text(bytes)) => self.decoded(bytes),
                other => Err(self.corrupt(format!("a type should be referred to, not {other:?}"))),
            },
            tag => Err(self.corrupt(format!("a type should follow, but there is a tag of {tag:#04x}"))),
        }
    }

    /// The start of an object of one of the `expected` classes; the caller reads its fields.
    pub(crate) fn object(&mut self, expected: &[&'static Class]) -> Result<&'static Class> {
        self.tag(TC_OBJECT, expected[0].name)?;
        self.new_object(expected)
    }

    fn new_object(&mut self, expected: &[&'static Class]) -> Result<&'static Class> {
        let class = self.class(expected)?;
        self.handles.push(Handle::Other);
        Ok(class)
    }

    /// An object that is the class `expected` itself.
    pub(crate) fn class_object(&mut self, expected: &'static Class) -> Result<()> {
        self.tag(TC_CLASS, "a class object")?;
        self.class(&[expected])?;
        self.handles.push(Handle::Other);
        Ok(())
    }

    /// `N` bytes of primitives that a class writes behind its fields.
    pub(crate) fn more<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.tag(TC_BLOCKDATA, "a block of data")?;
        match self.byte()? {
            length if usize::from(length) == N => self.array(),
            length => Err(self.corrupt(format!("a block of data has {length} bytes instead of {N}"))),
        }
    }

    /// The end of what a class writes behind its fields.
    pub(crate) fn end_of_more(&mut self) -> Result<()> {
        self.tag(TC_ENDBLOCKDATA, "the end of an object")
    }

    /// A string or a boxed number.
    pub(crate) fn boxed(&mut self) -> Result<Boxed<'a>> {
        match self.byte()? {
            tag @ (TC_STRING | TC_LONGSTRING) => self.new_text(tag).map(Boxed::Text),
            TC_REFERENCE => match self.referred()? {
                Handle::Boxed(value) => Ok(value),
                other => Err(self.corrupt(format!("a value should be referred to, not {other:?}"))),
            },
            TC_OBJECT => {
                let class = self.new_object(&[&LONG, &DOUBLE])?;
                let bits = self.array()?;
                let value = match std::ptr::eq(class, &LONG) {
                    true => Boxed::Long(i64::from_be_bytes(bits)),
                    false => Boxed::Double(f64::from_be_bytes(bits)),
                };
                if let Some(handle) = self.handles.last_mut() {
                    *handle = Handle::Boxed(value);
                }
                Ok(value)
            }
            tag => Err(self.corrupt(format!("a value should follow, but there is a tag of {tag:#04x}"))),
        }
    }

    /// An array of bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        self.tag(TC_ARRAY, "an array")?;
        self.class(&[&BYTES])?;
        self.handles.push(Handle::Other);
        let length = self.length()?;
        self.take(length)
    }
}
