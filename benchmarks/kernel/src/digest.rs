//! A check sum of finalized values, equal to that of the reference's side (benchmarks/jmh, `Digest.java`).

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType as ArrowType, Float32Type, Float64Type, Int32Type, Int64Type};

/// Whole numbers and strings go into one number, exactly; floating numbers are added up or, where estimates are compared,
/// listed. Entries of maps count in any order.
#[derive(Debug, Clone, Default)]
pub struct Digest {
    exact: i64,
    sum: f64,
    listed: bool,
    estimates: Vec<f64>,
}

impl Digest {
    /// Nothing yet.
    pub fn new(listed: bool) -> Self {
        Self { listed, ..Self::default() }
    }

    /// One more value of a column.
    pub fn add(&mut self, column: &ArrayRef, row: usize) {
        let value = self.of(column, row);
        self.add_long(value);
    }

    /// One more whole number.
    pub fn add_long(&mut self, value: i64) {
        self.exact = self.exact.wrapping_mul(31).wrapping_add(value);
    }

    /// What another check sum has, as one value.
    pub fn add_digest(&mut self, other: &Self) {
        self.add_long(other.exact);
        self.sum += other.sum;
    }

    /// A list of floats as one value.
    pub fn add_list(&mut self, values: &[f32]) {
        let next = |list: i64, value: &f32| list.wrapping_mul(31).wrapping_add(self.of_double(f64::from(*value)));
        let list = values.iter().fold(3, next);
        self.add_long(list);
    }

    /// All values of a column.
    pub fn add_all(&mut self, column: &ArrayRef) {
        (0..column.len()).for_each(|row| self.add(column, row));
    }

    fn of(&mut self, column: &ArrayRef, row: usize) -> i64 {
        if column.is_null(row) {
            return 1;
        }
        match column.data_type() {
            ArrowType::Float64 => self.of_double(column.as_primitive::<Float64Type>().value(row)),
            ArrowType::Float32 => self.of_double(f64::from(column.as_primitive::<Float32Type>().value(row))),
            ArrowType::Int64 => column.as_primitive::<Int64Type>().value(row),
            ArrowType::Int32 => i64::from(column.as_primitive::<Int32Type>().value(row)),
            ArrowType::Utf8 => hash(column.as_string::<i32>().value(row).as_bytes()),
            ArrowType::List(_) => {
                let elements = column.as_list::<i32>().value(row);
                let next = |list: i64, value: i64| list.wrapping_mul(31).wrapping_add(value);
                (0..elements.len()).fold(3, |list, element| next(list, self.of(&elements, element)))
            }
            ArrowType::Map(_, _) => {
                let entries = column.as_map().value(row);
                let (keys, values) = (entries.column(0), entries.column(1));
                (0..entries.len()).fold(4i64, |map, entry| {
                    let key = self.of(keys, entry).wrapping_mul(31);
                    map.wrapping_add(key.wrapping_add(self.of(values, entry)))
                })
            }
            other => panic!("no check sum of a column of {other}"),
        }
    }

    fn of_double(&mut self, value: f64) -> i64 {
        self.sum += value;
        if self.listed {
            self.estimates.push(value);
        }
        2
    }

    /// The line that the driver compares with the reference's.
    pub fn line(&self, id: &str) -> String {
        let doubles = if self.listed { &self.estimates[..] } else { &[self.sum] };
        format!("{{\"id\": \"{id}\", \"exact\": \"{:016x}\", \"doubles\": {doubles:?}}}", self.exact)
    }
}

/// FNV-1a.
pub fn hash(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
        as i64
}
