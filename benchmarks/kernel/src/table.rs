//! Rows of six input columns, and the group of each. The reference's side is benchmarks/jmh, `Table.java`.

use crate::digest::Digest;
use arrow::array::builder::{Float64Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType as ArrowType, Field as ArrowField};
use chronon_testkit::workload::Random;
use chronon_types::time::{DAY, Millis};
use chronon_types::{DataType, Field};
use std::sync::Arc;

/// When the first row may happen.
pub const START: Millis = 20_000 * DAY;

/// A batch of rows in order of time, in groups of one size.
#[derive(Debug)]
pub struct Table {
    /// The group of each row.
    pub groups: Vec<u32>,
    /// The time of each row.
    pub ts: Vec<Millis>,
    /// The input columns, as in [`Table::fields`].
    pub columns: Vec<ArrayRef>,
}

impl Table {
    /// `rows` rows, one after the other in time over `span` milliseconds, in `groups` equal groups in random order.
    /// Lists and maps are null unless `nested`.
    pub fn new(rows: usize, groups: usize, from: Millis, span: Millis, seed: u64, nested: bool) -> Self {
        let mut random = Random(seed);
        let step = span / rows.max(1) as i64;
        let mut ts = Vec::with_capacity(rows);
        let (mut longs, mut doubles) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let (mut strings, mut tags) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut lists =
            ListBuilder::new(Float64Builder::new()).with_field(ArrowField::new("element", ArrowType::Float64, true));
        let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
        let mut maps = MapBuilder::new(Some(names), StringBuilder::new(), Float64Builder::new());
        for row in 0..rows as i64 {
            ts.push(from + row * step + random.below(step as u64) as i64);
            longs.push(random.below(1_000_000) as i64);
            doubles.push(random.unit() * 1000.0);
            strings.push(format!("item_{}", random.below(10_000)));
            let tag = random.below(50);
            tags.push(format!("tag_{tag}"));
            if nested {
                (0..3).for_each(|_| lists.values().append_value(random.unit()));
                let mut put = |tag: u64, value: f64| {
                    maps.keys().append_value(format!("tag_{tag}"));
                    maps.values().append_value(value);
                };
                put(tag, random.unit());
                let other = (tag + 1 + random.below(49)) % 50;
                put(other, random.unit());
            }
            lists.append(nested);
            maps.append(nested).expect("as many values as keys");
        }
        let mut group_of: Vec<u32> = (0..rows).map(|row| (row % groups) as u32).collect();
        for row in (1..rows).rev() {
            group_of.swap(row, random.below(row as u64 + 1) as usize);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(longs)),
            Arc::new(Float64Array::from(doubles)),
            Arc::new(StringArray::from(strings)),
            Arc::new(StringArray::from(tags)),
            Arc::new(lists.finish()),
            Arc::new(maps.finish()),
        ];
        Self { groups: group_of, ts, columns }
    }

    /// The columns.
    pub fn fields() -> Vec<Field> {
        let doubles = || Box::new(DataType::Double);
        vec![
            Field::new("long", DataType::Long),
            Field::new("double", DataType::Double),
            Field::new("string", DataType::String),
            Field::new("tag", DataType::String),
            Field::new("list", DataType::List(doubles())),
            Field::new("map", DataType::Map(Box::new(DataType::String), doubles())),
        ]
    }

    /// The check sum of the data itself.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::new(false);
        for row in 0..self.ts.len() {
            digest.add_long(i64::from(self.groups[row]));
            digest.add_long(self.ts[row]);
            let present = self.columns.iter().filter(|column| column.is_valid(row));
            present.for_each(|column| digest.add(column, row));
        }
        digest
    }
}
