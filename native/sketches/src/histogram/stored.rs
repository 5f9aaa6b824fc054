//! The stored form: a Java object stream of one class of the reference.
//!
//! ```text
//! ApproxHistogramIrSerializable
//!   isApprox   whether it is a sketch
//!   histogram  Some(HashMap of item to Long), or None
//!   sketch     None, or Some(array of bytes: type of the items, image of the sketch)
//! ```
//!
//! Written as the reference does when Scala 2.12 compiled it, down to which boxed numbers are shared; a map that has
//! been copied or read back may have another number of slots there. Read also as 2.11 and 2.13 write it: in 2.11 the
//! field of `Some` is called `x`, in 2.13 `None` is a proxy that names its class, and the id of the reference's own
//! class follows the compiler.

use super::Histogram;
use super::counts::Counts;
use super::item::HistogramItem;
use crate::frequent::FrequentItems;
use crate::java_stream::{Boxed, Class, Reader, SERIALIZABLE, WRITES_MORE, Writer};
use chronon_types::Result;

const LOAD_FACTOR: f32 = 0.75;

static HISTOGRAM: Class = Class {
    name: "ai.chronon.aggregator.base.ApproxHistogramIrSerializable",
    uid: 0x6421_CE63_B816_4AAE,
    uid_varies: true,
    flags: SERIALIZABLE,
    fields: &[("isApprox", "Z"), ("histogram", "Lscala/Option;"), ("sketch", "Lscala/Option;")],
    parent: None,
};
static OPTION: Class = Class::new("scala.Option", 0xFE69_37FD_DB0E_6674, &[]);
static NONE: Class = Class::new("scala.None$", 0x4650_24F6_53CA_94AC, &[]).below(&OPTION);
static SOME: Class = Class::new("scala.Some", 0x1122_F269_5EA1_8B74, &[("value", "Ljava/lang/Object;")]).below(&OPTION);
static SOME_OF_2_11: Class =
    Class::new("scala.Some", 0x1122_F269_5EA1_8B74, &[("x", "Ljava/lang/Object;")]).below(&OPTION);
static PROXY_OF_2_13: Class =
    Class::new("scala.runtime.ModuleSerializationProxy", 1, &[("moduleClass", "Ljava/lang/Class;")]);
static HASH_MAP: Class = Class {
    name: "java.util.HashMap",
    uid: 0x0507_DAC1_C316_60D1,
    uid_varies: false,
    flags: SERIALIZABLE | WRITES_MORE,
    fields: &[("loadFactor", "F"), ("threshold", "I")],
    parent: None,
};

impl<T: HistogramItem> Histogram<T> {
    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut stream = Writer::new();
        stream.object(&HISTOGRAM);
        stream.primitive(&[u8::from(!self.is_exact())]);
        match self {
            Self::Exact(counts) => {
                stream.object(&SOME);
                put_map(&mut stream, counts);
                stream.object(&NONE);
            }
            Self::Sketch(sketch) => {
                stream.object(&NONE);
                stream.object(&SOME);
                stream.bytes(&sketch.to_typed_bytes());
            }
        }
        stream.finish()
    }

    /// Reads the stored form back.
    ///
    /// # Errors
    /// `CorruptData` with the position, when the bytes are not the stored form of a histogram of such items.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).map_err(|error| error.within("the stored form of a histogram"))
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let stream = &mut Reader::new(bytes)?;
        stream.object(&[&HISTOGRAM])?;
        let [is_sketch] = stream.array()?;
        let counts = if is_some(stream)? { Some(get_map(stream)?) } else { None };
        let sketch = if is_some(stream)? { Some(FrequentItems::from_typed_bytes(stream.bytes()?)?) } else { None };
        stream.finish()?;
        match (is_sketch, counts, sketch) {
            (0, Some(counts), None) => Ok(Self::Exact(counts)),
            (1, None, Some(sketch)) => Ok(Self::Sketch(sketch)),
            (is_sketch, counts, sketch) => Err(stream.corrupt(format!(
                "isApprox is {is_sketch}, with {} and {}",
                if counts.is_some() { "a map" } else { "no map" },
                if sketch.is_some() { "a sketch" } else { "no sketch" },
            ))),
        }
    }
}

fn put_map<T: HistogramItem>(stream: &mut Writer, counts: &Counts<T>) {
    let (slots, size) = (counts.table().slots() as u32, counts.len() as u32);
    stream.object(&HASH_MAP);
    stream.primitive(&LOAD_FACTOR.to_be_bytes());
    stream.primitive(&(slots / 4 * 3).to_be_bytes());
    stream.more(&[slots.to_be_bytes(), size.to_be_bytes()].concat(), |stream| {
        for (item, count) in counts.in_java_order() {
            item.put(stream);
            stream.long(count);
        }
    });
}

/// Reads an option up to its value, if it has one.
fn is_some(stream: &mut Reader<'_>) -> Result<bool> {
    let class = stream.object(&[&SOME, &SOME_OF_2_11, &NONE, &PROXY_OF_2_13])?;
    if std::ptr::eq(class, &PROXY_OF_2_13) {
        stream.class_object(&NONE)?;
        return Ok(false);
    }
    Ok(!std::ptr::eq(class, &NONE))
}

fn get_map<T: HistogramItem>(stream: &mut Reader<'_>) -> Result<Counts<T>> {
    stream.object(&[&HASH_MAP])?;
    let load_factor = f32::from_be_bytes(stream.array()?);
    let _threshold: [u8; 4] = stream.array()?;
    if load_factor != LOAD_FACTOR {
        return Err(stream.corrupt(format!("{load_factor} is not the load factor of such a map")));
    }
    let [_, _, _, _, size @ ..] = stream.more::<8>()?;
    let size = u32::from_be_bytes(size) as usize;
    let mut counts = Counts::reread(size);
    for _ in 0..size {
        let item = T::get(stream)?;
        match stream.boxed()? {
            Boxed::Long(count) if !counts.add(item.borrow(), count) => {
                return Err(stream.corrupt("a key comes twice"));
            }
            Boxed::Long(_) => {}
            other => return Err(stream.corrupt(format!("a count should be a long, not {other:?}"))),
        }
    }
    stream.end_of_more()?;
    Ok(counts)
}
