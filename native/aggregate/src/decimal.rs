//! Decimal numbers, which the zipline dialect has: what SUM, MIN, MAX, the K operations and UNIQUE_COUNT keep whole.
//!
//! A value is the whole number of units of its column's last digit, in 128 bits: 1.50 of `decimal_10_2` is 150. All
//! values of a column have one scale, so equal numbers are equal values, where the fork, whose decimals carry a scale each,
//! tells 1.5 from 1.50. Stored form: the bytes of that whole number, most significant first, in two's complement and as
//! few as will do (Avro's logical type `decimal`).

use crate::avro;
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::{Doubles, Keyed, Ordered, Physical, unreadable};
use crate::sink::{Cells, DoubleSink, Sink, Validity};
use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{Decimal128Type, i256};
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Result};
use std::cmp::Ordering;
use std::sync::Arc;

/// Decimal numbers of one scale.
#[derive(Debug, Clone, Copy)]
pub struct Decimals;

impl Physical for Decimals {
    type Ref<'a> = i128;
    type Owned = i128;
    type Array = ScalarBuffer<i128>;
    type Sink = DecimalSink;

    fn read(array: &ArrayRef) -> Result<Self::Array> {
        let decimals = array.as_primitive_opt::<Decimal128Type>();
        decimals.map(|decimals| decimals.values().clone()).ok_or_else(|| unreadable(array, "decimals"))
    }
    #[inline]
    fn get(array: &Self::Array, row: usize) -> i128 {
        array[row]
    }
    #[inline]
    fn values(array: &Self::Array, rows: usize) -> impl Iterator<Item = i128> {
        array[..rows].iter().copied()
    }
    #[inline]
    fn own(value: i128) -> i128 {
        value
    }
    #[inline]
    fn borrow(kept: &i128) -> i128 {
        *kept
    }
    fn sink(to: &DataType, _nested: bool) -> DecimalSink {
        DecimalSink::new(to)
    }
    #[inline]
    fn push(sink: &mut DecimalSink, value: &i128) {
        sink.push(*value);
    }
}

impl Ordered for Decimals {
    #[inline]
    fn beats(a: i128, b: i128, largest: bool) -> bool {
        if largest { a > b } else { a < b }
    }
    #[inline]
    fn compare(a: i128, b: i128) -> Ordering {
        a.cmp(&b)
    }
}

impl Keyed for Decimals {
    type Key = i128;
    #[inline]
    fn key(value: i128) -> i128 {
        value
    }
    fn value(key: &i128) -> i128 {
        *key
    }
}

impl Stored for Decimals {
    fn encode(value: &i128, _data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        put(out, i256::from_i128(*value));
        Ok(())
    }
    fn decode(bytes: &mut &[u8], _data_type: &DataType) -> Result<i128> {
        let value = get(bytes)?;
        value
            .to_i128()
            .ok_or_else(|| Error::corrupt_data(format!("the stored decimal {value} has more than 38 digits")))
    }
}

/// Numbers rounded to single precision straight from their decimal digits: by way of a double, some would round twice.
#[derive(Debug, Clone, Copy)]
pub struct Singles;

impl Physical for Singles {
    type Ref<'a> = f64;
    type Owned = f64;
    type Array = ScalarBuffer<f64>;
    type Sink = DoubleSink;

    fn read(array: &ArrayRef) -> Result<Self::Array> {
        rounded(array, to_single)
    }
    #[inline]
    fn get(array: &Self::Array, row: usize) -> f64 {
        array[row]
    }
    #[inline]
    fn values(array: &Self::Array, rows: usize) -> impl Iterator<Item = f64> {
        array[..rows].iter().copied()
    }
    #[inline]
    fn own(value: f64) -> f64 {
        value
    }
    #[inline]
    fn borrow(kept: &f64) -> f64 {
        *kept
    }
    fn sink(to: &DataType, nested: bool) -> DoubleSink {
        Doubles::sink(to, nested)
    }
    #[inline]
    fn push(sink: &mut DoubleSink, value: &f64) {
        sink.push(*value);
    }
}

/// A column of decimals as the doubles nearest to them.
///
/// # Errors
/// `SchemaMismatch` when the column does not hold decimals.
pub(crate) fn to_doubles(array: &ArrayRef) -> Result<ScalarBuffer<f64>> {
    rounded(array, to_double)
}

fn rounded(array: &ArrayRef, round: impl Fn(i128, u8) -> f64) -> Result<ScalarBuffer<f64>> {
    let decimals = array.as_primitive_opt::<Decimal128Type>().ok_or_else(|| unreadable(array, "decimals"))?;
    let scale = u8::try_from(decimals.scale()).map_err(|_| unreadable(array, "decimals without a negative scale"))?;
    let value = |row| if decimals.is_null(row) { 0.0 } else { round(decimals.value(row), scale) };
    Ok((0..decimals.len()).map(value).collect())
}

/// The powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The double nearest to `units` of the last of `scale` digits behind the point.
fn to_double(units: i128, scale: u8) -> f64 {
    match POWERS.get(usize::from(scale)) {
        // both are exact, so the quotient is rounded once
        Some(power) if units.unsigned_abs() < 1 << 53 => units as f64 / power,
        _ => format!("{units}e-{scale}").parse().unwrap_or(f64::NAN),
    }
}

/// The float nearest to `units` of the last of `scale` digits behind the point.
fn to_single(units: i128, scale: u8) -> f64 {
    format!("{units}e-{scale}").parse::<f32>().unwrap_or(f32::NAN).into()
}

fn put(out: &mut Vec<u8>, value: i256) {
    let bytes = value.to_be_bytes();
    let fill = if value.is_negative() { 0xff } else { 0 };
    // leading bytes that only repeat the sign say nothing
    let spare = bytes.windows(2).take_while(|pair| pair[0] == fill && (pair[1] ^ fill) < 0x80).count();
    avro::put_bytes(out, &bytes[spare..]);
}

fn get(bytes: &mut &[u8]) -> Result<i256> {
    let stored = avro::get_bytes(bytes)?;
    let fill = if stored.first().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
    let mut wide = [fill; 32];
    match wide.len().checked_sub(stored.len()) {
        Some(start) if !stored.is_empty() => wide[start..].copy_from_slice(stored),
        _ => return Err(Error::corrupt_data(format!("a stored decimal has {} bytes; 1 to 32 can be", stored.len()))),
    }
    Ok(i256::from_be_bytes(wide))
}

/// Decimal numbers.
#[derive(Debug)]
pub struct DecimalSink {
    precision: u8,
    scale: u8,
    values: Vec<i128>,
    validity: Validity,
}

impl DecimalSink {
    /// A sink whose column has type `to`, a decimal.
    pub fn new(to: &DataType) -> Self {
        let (precision, scale) = match to {
            DataType::Decimal(precision, scale) => (*precision, *scale),
            _ => (DataType::MOST_DIGITS, 0),
        };
        Self { precision, scale, values: Vec::new(), validity: Validity::default() }
    }

    /// Appends `value`, or null when it has more digits than the column.
    #[inline]
    pub fn push(&mut self, value: i128) {
        let fits = value.unsigned_abs() < 10u128.pow(self.precision.into());
        self.values.push(if fits { value } else { 0 });
        self.validity.push(fits);
    }
}

impl Sink for DecimalSink {
    fn push_null(&mut self) {
        self.values.push(0);
        self.validity.push(false);
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = std::mem::take(&mut self.values);
        let array = Decimal128Array::new(values.into(), self.validity.finish());
        // a scale of a column type is at most its digits, so it fits
        let typed = array.with_precision_and_scale(self.precision, self.scale as i8);
        Ok(Arc::new(typed.map_err(|error| Error::internal(format!("a column of decimals: {error}")))?))
    }

    fn put(&self, row: usize, cells: &mut dyn Cells) -> Result<()> {
        if self.validity.is_valid(row) {
            cells.decimal(self.scale, self.values[row])
        } else {
            cells.null()
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.values.clear();
        self.validity.clear();
    }

    fn heap_size(&self) -> usize {
        self.values.capacity() * size_of::<i128>() + self.validity.heap_size()
    }
}

/// The operation SUM over decimals: exact. IR: the sum, with room for more additions than there can be. Deletable. A sum
/// with more digits than the column's type comes out as null, as Spark writes it; the fork, when it serves, gives the number.
#[derive(Debug, Clone)]
pub struct DecimalSum {
    /// Type of the values and of the sum.
    pub data_type: DataType,
}

impl Operation for DecimalSum {
    type Input = Decimals;
    type Ir = i256;
    type Sink = DecimalSink;

    #[inline]
    fn prepare(&self, value: i128, _ts: Millis) -> i256 {
        i256::from_i128(value)
    }
    #[inline]
    fn update(&self, ir: &mut i256, value: i128, _ts: Millis) {
        *ir = ir.wrapping_add(i256::from_i128(value));
    }
    #[inline]
    fn merge(&self, ir: &mut i256, later: &i256) {
        *ir = ir.wrapping_add(*later);
    }

    const DELETABLE: bool = true;

    fn delete(&self, ir: &mut i256, value: i128, _ts: Millis) {
        *ir = ir.wrapping_sub(i256::from_i128(value));
    }
    fn sink(&self) -> DecimalSink {
        DecimalSink::new(&self.data_type)
    }
    fn finalize(&self, ir: &i256, sink: &mut DecimalSink) {
        match ir.to_i128() {
            Some(sum) => sink.push(sum),
            None => sink.push_null(),
        }
    }
    fn encode(&self, ir: &i256, out: &mut Vec<u8>) -> Result<()> {
        put(out, *ir);
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<i256> {
        get(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(value: i128) -> Vec<u8> {
        let mut out = Vec::new();
        Decimals::encode(&value, &DataType::Decimal(38, 0), &mut out).unwrap();
        out
    }

    /// Bytes that the fork's codec writes for 1.50, 2.25, −3.00 and 3.00 of `decimal_10_2`.
    #[test]
    fn bytes_are_those_of_the_fork() {
        assert_eq!(stored(150), [4, 0x00, 0x96]);
        assert_eq!(stored(225), [4, 0x00, 0xe1]);
        assert_eq!(stored(-300), [4, 0xfe, 0xd4]);
        assert_eq!(stored(300), [4, 0x01, 0x2c]);
        for value in [0, 1, -1, 127, 128, -128, -129, i128::MAX, i128::MIN] {
            assert_eq!(Decimals::decode(&mut stored(value).as_slice(), &DataType::Decimal(38, 0)), Ok(value));
        }
        assert_eq!((stored(0), stored(-1), stored(-128)), (vec![2, 0], vec![2, 0xff], vec![2, 0x80]));
        assert!(get(&mut [0].as_slice()).is_err());
        assert!(get(&mut [vec![66], vec![1; 33]].concat().as_slice()).is_err());
    }

    #[test]
    fn sums_that_do_not_fit_are_null_and_come_back() {
        let sum = DecimalSum { data_type: DataType::Decimal(38, 0) };
        let most = 10i128.pow(38) - 1;
        let mut ir = sum.prepare(most, 0);
        sum.update(&mut ir, most, 0);
        let mut sink = sum.sink();
        sum.finalize(&ir, &mut sink);
        let mut bytes = Vec::new();
        sum.encode(&ir, &mut bytes).unwrap();
        assert_eq!(sum.decode(&mut bytes.as_slice()), Ok(ir));
        sum.delete(&mut ir, most, 0);
        sum.finalize(&ir, &mut sink);
        let column = sink.finish().unwrap();
        let column = column.as_primitive::<Decimal128Type>();
        assert_eq!(column.iter().collect::<Vec<_>>(), [None, Some(most)]);
    }

    #[test]
    fn doubles_and_floats_are_the_nearest_ones() {
        assert_eq!(to_double(150, 2), 1.5);
        assert_eq!(to_double(1, 1), 0.1);
        assert_eq!(to_double(12_345_678_901_234_567_890_123_456_789, 10), 1_234_567_890_123_456_789.012_345_678_9);
        // halfway between two floats but for a digit that a double cannot hold
        assert_eq!(to_single(16_777_217_000_000_000_000_001, 15), 16_777_218.0);
        assert_eq!(to_single(16_777_217_000_000_000_000_000, 15), 16_777_216.0);
    }
}
