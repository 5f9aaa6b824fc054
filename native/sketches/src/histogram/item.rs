//! What a histogram can count.

use crate::frequent::FrequentItem;
use crate::java_stream::{Boxed, Reader, Writer};
use crate::scala_order::{hash_of_double, hash_of_long};
use chronon_types::Result;

/// A countable item with what Scala and Java object streams make of it. Implemented for `String`, `i64` and `f64`.
pub trait HistogramItem: FrequentItem + sealed::InStreams {
    /// `##` of the Scala value.
    fn scala_hash(item: &Self::Borrowed) -> i32;
}

/// Items in object streams, which are this crate's business alone.
pub(super) mod sealed {
    use super::{Reader, Result, Writer};

    pub trait InStreams: Sized {
        /// Appends the boxed item.
        fn put(&self, stream: &mut Writer);
        /// Reads a boxed item.
        fn get(stream: &mut Reader<'_>) -> Result<Self>;
    }
}

#[cold]
fn not_a(what: &str, stream: &Reader<'_>, found: Boxed<'_>) -> chronon_types::Error {
    stream.corrupt(format!("a key should be a {what}, not {found:?}"))
}

impl sealed::InStreams for String {
    fn put(&self, stream: &mut Writer) {
        stream.text(self);
    }
    fn get(stream: &mut Reader<'_>) -> Result<Self> {
        match stream.boxed()? {
            Boxed::Text(bytes) => stream.decoded(bytes).map(std::borrow::Cow::into_owned),
            other => Err(not_a("string", stream, other)),
        }
    }
}

impl HistogramItem for String {
    fn scala_hash(item: &str) -> i32 {
        Self::java_hash(item)
    }
}

impl sealed::InStreams for i64 {
    fn put(&self, stream: &mut Writer) {
        stream.long(*self);
    }
    fn get(stream: &mut Reader<'_>) -> Result<Self> {
        match stream.boxed()? {
            Boxed::Long(value) => Ok(value),
            other => Err(not_a("long", stream, other)),
        }
    }
}

impl HistogramItem for i64 {
    fn scala_hash(item: &i64) -> i32 {
        hash_of_long(*item)
    }
}

impl sealed::InStreams for f64 {
    fn put(&self, stream: &mut Writer) {
        stream.double(*self);
    }
    fn get(stream: &mut Reader<'_>) -> Result<Self> {
        match stream.boxed()? {
            Boxed::Double(value) => Ok(value),
            other => Err(not_a("double", stream, other)),
        }
    }
}

impl HistogramItem for f64 {
    fn scala_hash(item: &f64) -> i32 {
        hash_of_double(*item)
    }
}
