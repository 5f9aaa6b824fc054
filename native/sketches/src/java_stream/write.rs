//! Writing object streams.

use super::{
    BYTES, Class, DOUBLE, FIRST_HANDLE, HEADER, LONG, TC_ARRAY, TC_BLOCKDATA, TC_CLASSDESC, TC_ENDBLOCKDATA, TC_NULL,
    TC_OBJECT, TC_REFERENCE, text,
};

/// `Long.valueOf` gives one object for each of these values, and so they are written once.
const CACHED_LONGS: std::ops::RangeInclusive<i64> = -128..=127;

/// An object stream under construction.
#[derive(Debug)]
pub struct Writer {
    stream: Vec<u8>,
    next_handle: u32,
    /// Classes and signatures that have a number.
    names: Vec<(&'static str, u32)>,
    cached_longs: [Option<u32>; 256],
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { stream: HEADER.to_vec(), next_handle: FIRST_HANDLE, names: Vec::new(), cached_longs: [None; 256] }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.stream
    }

    fn new_handle(&mut self) -> u32 {
        self.next_handle += 1;
        self.next_handle - 1
    }

    fn reference(&mut self, handle: u32) {
        self.stream.push(TC_REFERENCE);
        self.stream.extend(handle.to_be_bytes());
    }

    /// Appends the bytes of a primitive field, in big-endian order.
    pub(crate) fn primitive(&mut self, bytes: &[u8]) {
        self.stream.extend_from_slice(bytes);
    }

    fn name(&mut self, name: &str) {
        self.stream.extend((name.len() as u16).to_be_bytes());
        self.stream.extend_from_slice(name.as_bytes());
    }

    /// Writes a reference if `name` has a number, else gives it the next one.
    fn is_known(&mut self, name: &'static str) -> bool {
        if let Some((_, handle)) = self.names.iter().find(|(known, _)| *known == name) {
            self.reference(*handle);
            return true;
        }
        let handle = self.new_handle();
        self.names.push((name, handle));
        false
    }

    fn class(&mut self, class: &'static Class) {
        if self.is_known(class.name) {
            return;
        }
        self.stream.push(TC_CLASSDESC);
        self.name(class.name);
        self.stream.extend(class.uid.to_be_bytes());
        self.stream.push(class.flags);
        self.stream.extend((class.fields.len() as u16).to_be_bytes());
        for (name, signature) in class.fields {
            self.stream.push(signature.as_bytes()[0]);
            self.name(name);
            if signature.len() > 1 && !self.is_known(signature) {
                text::put_string(&mut self.stream, signature);
            }
        }
        self.stream.push(TC_ENDBLOCKDATA);
        match class.parent {
            Some(parent) => self.class(parent),
            None => self.stream.push(TC_NULL),
        }
    }

    /// Starts an object; the caller appends its fields.
    pub(crate) fn object(&mut self, class: &'static Class) {
        self.stream.push(TC_OBJECT);
        self.class(class);
        self.new_handle();
    }

    /// What a class writes behind its fields: primitives, and objects by `objects`.
    pub(crate) fn more(&mut self, primitives: &[u8], objects: impl FnOnce(&mut Self)) {
        self.stream.extend([TC_BLOCKDATA, primitives.len() as u8]);
        self.primitive(primitives);
        objects(self);
        self.stream.push(TC_ENDBLOCKDATA);
    }

    /// A string that is not in the stream yet.
    pub(crate) fn text(&mut self, value: &str) {
        self.new_handle();
        text::put_string(&mut self.stream, value);
    }

    /// A boxed long.
    pub(crate) fn long(&mut self, value: i64) {
        let cached = CACHED_LONGS.contains(&value).then(|| (value + 128) as usize);
        if let Some(handle) = cached.and_then(|cached| self.cached_longs[cached]) {
            return self.reference(handle);
        }
        self.object(&LONG);
        if let Some(cached) = cached {
            self.cached_longs[cached] = Some(self.next_handle - 1);
        }
        self.primitive(&value.to_be_bytes());
    }

    /// A boxed double.
    pub(crate) fn double(&mut self, value: f64) {
        self.object(&DOUBLE);
        self.primitive(&value.to_be_bytes());
    }

    /// An array of bytes.
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.stream.push(TC_ARRAY);
        self.class(&BYTES);
        self.new_handle();
        self.primitive(&(value.len() as u32).to_be_bytes());
        self.primitive(value);
    }
}
