//! UNIQUE_COUNT: the exact number of distinct values.
//!
//! All numbers but `Byte`, strings and binaries. IR: a set of the values. Floating numbers are told apart as Java's
//! `equals` does: NaN equals NaN, 0.0 and −0.0 differ. Binaries are told apart by content, where the reference counts
//! every row. Memory grows with the distinct values.

use crate::avro;
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::Keyed;
use crate::sink::LongSink;
use arrow::datatypes::DataType as ArrowType;
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};
use hashbrown::HashSet;

/// The operation UNIQUE_COUNT.
#[derive(Debug, Clone)]
pub struct UniqueCount<P> {
    /// Type of the values.
    pub data_type: DataType,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

impl<P: Keyed + Stored> Operation for UniqueCount<P> {
    type Input = P;
    type Ir = HashSet<P::Key>;
    type Sink = LongSink;

    fn prepare(&self, value: P::Ref<'_>, _ts: Millis) -> Self::Ir {
        HashSet::from_iter([P::key(value)])
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        ir.insert(P::key(value));
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        for key in later {
            if !ir.contains(key) {
                ir.insert(key.clone());
            }
        }
    }
    fn sink(&self) -> LongSink {
        LongSink::new(ArrowType::Int64)
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut LongSink) {
        sink.push(ir.len() as i64);
    }
    /// Values in ascending order, where the reference writes its hash order; readers do not depend on it.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        let mut keys: Vec<&P::Key> = ir.iter().collect();
        keys.sort_unstable();
        avro::put_items(out, keys.len(), |out| {
            keys.iter().try_for_each(|key| P::encode(&P::value(key), &self.data_type, out))
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut keys = HashSet::new();
        avro::get_items(bytes, |bytes| {
            keys.insert(P::key(P::borrow(&P::decode(bytes, &self.data_type)?)));
            Ok(())
        })?;
        Ok(keys)
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.allocation_size() + ir.iter().map(P::key_heap_size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::{Bytes, Doubles};

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
