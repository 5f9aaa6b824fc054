//! UNIQUE_COUNT: the exact number of distinct values.
//!
//! All numbers but `Byte`, strings and binaries. IR: a set of the values. Floating numbers are told apart as Java's
//! `equals` does: NaN equals NaN, 0.0 and −0.0 differ. Binaries are told apart by content, where the reference counts
//! every row. Memory grows with the distinct values.

use crate::avro;
use crate::byte_map::ByteMap;
use crate::decimal::Decimals;
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::{Bytes, Doubles, Keyed, Longs};
use crate::sink::LongSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};
use hashbrown::HashSet;

/// Widths whose distinct values can be kept.
pub trait Distinct: Keyed + Stored + Sized {
    /// A set of values.
    type Set: ValueSet<Self>;
}

impl Distinct for Longs {
    type Set = HashSet<i64>;
}

impl Distinct for Doubles {
    type Set = HashSet<u64>;
}

impl Distinct for Decimals {
    type Set = HashSet<i128>;
}

impl Distinct for Bytes {
    type Set = ByteMap<()>;
}

/// A set of values of width `P`.
pub trait ValueSet<P: Stored>: Clone + Default + Send + Sync + 'static {
    /// Adds a value, unless it is there.
    fn add(&mut self, value: P::Ref<'_>);
    /// Adds all values of another set.
    fn add_all(&mut self, later: &Self);
    /// How many values there are.
    fn count(&self) -> usize;
    /// Appends the values, declared as `data_type`, in ascending order.
    ///
    /// # Errors
    /// As for [`Stored::encode`].
    fn encode(&self, data_type: &DataType, out: &mut Vec<u8>) -> Result<()>;
    /// Bytes of heap it holds, by capacity.
    fn heap_size(&self) -> usize;
}

impl<P: Keyed + Stored> ValueSet<P> for HashSet<P::Key> {
    #[inline]
    fn add(&mut self, value: P::Ref<'_>) {
        self.insert(P::key(value));
    }
    fn add_all(&mut self, later: &Self) {
        for key in later {
            if !self.contains(key) {
                self.insert(key.clone());
            }
        }
    }
    fn count(&self) -> usize {
        self.len()
    }
    fn encode(&self, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        let mut keys: Vec<&P::Key> = self.iter().collect();
        keys.sort_unstable();
        keys.iter().try_for_each(|key| P::encode(&P::value(key), data_type, out))
    }
    fn heap_size(&self) -> usize {
        self.allocation_size() + self.iter().map(P::key_heap_size).sum::<usize>()
    }
}

impl ValueSet<Bytes> for ByteMap<()> {
    #[inline]
    fn add(&mut self, value: &[u8]) {
        self.get_or_insert(value, ());
    }
    fn add_all(&mut self, later: &Self) {
        later.iter().for_each(|(value, ())| self.add(value));
    }
    fn count(&self) -> usize {
        self.len()
    }
    fn encode(&self, _data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        let mut values: Vec<&[u8]> = self.iter().map(|(value, ())| value).collect();
        values.sort_unstable();
        values.iter().for_each(|value| avro::put_bytes(out, value));
        Ok(())
    }
    fn heap_size(&self) -> usize {
        self.heap_size()
    }
}

/// The operation UNIQUE_COUNT.
#[derive(Debug, Clone)]
pub struct UniqueCount<P> {
    /// Type of the values.
    pub data_type: DataType,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

impl<P: Distinct> Operation for UniqueCount<P> {
    type Input = P;
    type Ir = P::Set;
    type Sink = LongSink;

    fn prepare(&self, value: P::Ref<'_>, _ts: Millis) -> Self::Ir {
        let mut ir = P::Set::default();
        ir.add(value);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        ir.add(value);
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        ir.add_all(later);
    }
    const MERGES_AS_FOLDED: bool = true;
    fn sink(&self) -> LongSink {
        LongSink::new(ArrowType::Int64)
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut LongSink) {
        sink.push(ir.count() as i64);
    }
    /// Values in ascending order, where the reference writes its hash order; readers do not depend on it.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.count(), |out| ir.encode(&self.data_type, out))
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut ir = P::Set::default();
        self.merge_encoded(&mut ir, bytes)?;
        Ok(ir)
    }
    fn merge_encoded(&self, ir: &mut Self::Ir, bytes: &mut &[u8]) -> Result<()> {
        avro::get_items(bytes, |bytes| P::decode_to(bytes, &self.data_type, |value| ir.add(value)))
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_as_in_java() {
        let operation = UniqueCount::<Doubles> { data_type: DataType::Double, width: std::marker::PhantomData };
        let mut ir = operation.prepare(0.0, 0);
        for value in [-0.0, f64::NAN, -f64::NAN] {
            operation.update(&mut ir, value, 0);
        }
        assert_eq!(ir.len(), 3);
        let mut out = Vec::new();
        operation.encode(&ir, &mut out).unwrap();
        assert_eq!(operation.decode(&mut out.as_slice()).unwrap(), ir);
    }

    #[test]
    fn empty_strings_and_equal_binaries_count_once() {
        let operation = UniqueCount::<Bytes> { data_type: DataType::Binary, width: std::marker::PhantomData };
        let mut ir = operation.prepare(b"", 0);
        operation.update(&mut ir, b"x", 0);
        operation.update(&mut ir, b"x", 0);
        assert_eq!(ir.len(), 2);
    }
}
