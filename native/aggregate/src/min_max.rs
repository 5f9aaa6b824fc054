//! MIN and MAX: the smallest and the largest value, in the input's own type.
//!
//! All numbers but `Byte`, and strings by UTF-16 code units. IR: the value. Ties keep the older value. For floating
//! numbers NaN wins both (and comes out as null outside a map) and −0.0 is below 0.0, as Java's `Math.min` and `max`.

use crate::avro;
use crate::operation::Operation;
use crate::physical::{Bytes, Doubles, Longs, Ordered, Physical};
use chronon_types::time::Millis;
use chronon_types::{DataType, Result};

/// Widths whose single values have a stored form.
pub trait Stored: Physical {
    /// Appends `value`, declared as `data_type`, in Avro binary.
    ///
    /// # Errors
    /// `InvalidArgument` for a list or map that holds a null: the format has none.
    fn encode(value: &Self::Owned, data_type: &DataType, out: &mut Vec<u8>) -> Result<()>;
    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not such a value.
    fn decode(bytes: &mut &[u8], data_type: &DataType) -> Result<Self::Owned>;
    /// Reads what [`Self::encode`] wrote and hands it to `take`, without a copy where it stands in the bytes as it is.
    ///
    /// # Errors
    /// As for [`Self::decode`].
    #[inline]
    fn decode_to(bytes: &mut &[u8], data_type: &DataType, take: impl FnOnce(Self::Ref<'_>)) -> Result<()> {
        take(Self::borrow(&Self::decode(bytes, data_type)?));
        Ok(())
    }
}

impl Stored for Longs {
    fn encode(value: &i64, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        if matches!(data_type, DataType::Boolean) {
            out.push(*value as u8)
        } else {
            avro::put_long(out, *value)
        }
        Ok(())
    }
    fn decode(bytes: &mut &[u8], data_type: &DataType) -> Result<i64> {
        if matches!(data_type, DataType::Boolean) {
            return avro::get_fixed::<1>(bytes).map(|[value]| value.into());
        }
        avro::get_long(bytes)
    }
}

impl Stored for Doubles {
    fn encode(value: &f64, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        match data_type {
            DataType::Float => out.extend_from_slice(&(*value as f32).to_le_bytes()),
            _ => avro::put_double(out, *value),
        }
        Ok(())
    }
    fn decode(bytes: &mut &[u8], data_type: &DataType) -> Result<f64> {
        match data_type {
            DataType::Float => avro::get_fixed(bytes).map(|bytes| f32::from_le_bytes(bytes).into()),
            _ => avro::get_double(bytes),
        }
    }
}

/// The bytes of a value.
fn get<'a>(bytes: &mut &'a [u8], data_type: &DataType) -> Result<&'a [u8]> {
    if matches!(data_type, DataType::String) { avro::get_text(bytes) } else { avro::get_bytes(bytes) }
}

impl Stored for Bytes {
    fn encode(value: &Vec<u8>, _data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        avro::put_bytes(out, value);
        Ok(())
    }
    fn decode(bytes: &mut &[u8], data_type: &DataType) -> Result<Vec<u8>> {
        get(bytes, data_type).map(<[u8]>::to_vec)
    }
    #[inline]
    fn decode_to(bytes: &mut &[u8], data_type: &DataType, take: impl FnOnce(&[u8])) -> Result<()> {
        get(bytes, data_type).map(take)
    }
}

/// The operation MIN or MAX.
#[derive(Debug, Clone)]
pub struct Extreme<P> {
    /// Whether the largest value is wanted.
    pub largest: bool,
    /// Type of the values.
    pub data_type: DataType,
    /// Whether results stand inside a map.
    pub nested: bool,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

impl<P: Ordered + Stored> Operation for Extreme<P> {
    type Input = P;
    type Ir = P::Owned;
    type Sink = P::Sink;

    #[inline]
    fn prepare(&self, value: P::Ref<'_>, _ts: Millis) -> P::Owned {
        P::own(value)
    }
    #[inline]
    fn update(&self, ir: &mut P::Owned, value: P::Ref<'_>, _ts: Millis) {
        if P::beats(value, P::borrow(ir), self.largest) {
            P::assign(ir, value);
        }
    }
    #[inline]
    fn merge(&self, ir: &mut P::Owned, later: &P::Owned) {
        self.update(ir, P::borrow(later), 0);
    }
    const MERGES_AS_FOLDED: bool = true;
    fn sink(&self) -> P::Sink {
        P::sink(&self.data_type, self.nested)
    }
    #[inline]
    fn finalize(&self, ir: &P::Owned, sink: &mut P::Sink) {
        P::push(sink, ir);
    }
    fn encode(&self, ir: &P::Owned, out: &mut Vec<u8>) -> Result<()> {
        P::encode(ir, &self.data_type, out)
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<P::Owned> {
        P::decode(bytes, &self.data_type)
    }
    fn merge_encoded(&self, ir: &mut P::Owned, bytes: &mut &[u8]) -> Result<()> {
        P::decode_to(bytes, &self.data_type, |later| self.update(ir, later, 0))
    }
    fn heap_size(&self, ir: &P::Owned) -> usize {
        P::heap_size(ir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(largest: bool, values: &[f64]) -> f64 {
        let width = std::marker::PhantomData;
        let operation = Extreme::<Doubles> { largest, data_type: DataType::Double, nested: false, width };
        let mut ir = operation.prepare(values[0], 0);
        values[1..].iter().for_each(|value| operation.update(&mut ir, *value, 0));
        ir
    }

    #[test]
    fn zeros_are_ordered_and_not_a_number_wins() {
        assert!(fold(false, &[0.0, -0.0]).is_sign_negative());
        assert!(fold(true, &[-0.0, 0.0]).is_sign_positive());
        assert!(fold(false, &[1.0, f64::NAN, 2.0]).is_nan());
        assert!(fold(true, &[f64::INFINITY, f64::NAN]).is_nan());
        assert_eq!(fold(true, &[3.0, 7.0, 5.0]), 7.0);
    }
}
