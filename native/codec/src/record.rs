//! Avro records of one schema, read straight into columns.
//!
//! Every member of a record is a union with null. Columns are read one after the other over all records, with a cursor into each,
//! so that a type is looked at once per column; no row is ever built. What follows the last member is not looked at: writers append
//! members before readers know of them.

use arrow::array::{ArrayRef, BinaryArray, BooleanArray, NullBufferBuilder, PrimitiveArray, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use chronon_aggregate::{Value, avro};
use chronon_types::{DataType, Error, Field, Result};
use std::sync::Arc;

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRecord {
    /// Its index.
    pub record: usize,
    /// `CorruptData` with column and byte.
    pub error: Error,
}

/// Reads records with these members into columns.
///
/// ```
/// use arrow::array::AsArray;
/// use arrow::datatypes::Int64Type;
/// use chronon_codec::RecordColumns;
/// use chronon_types::{DataType, Field};
/// let records = RecordColumns::new(vec![Field::new("n", DataType::Long)]);
/// let (columns, bad) = records.read(&[&[2, 6], &[0], &[9]]).unwrap();
/// assert_eq!(columns[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(3), None, None]);
/// assert_eq!(bad[0].record, 2);
/// ```
#[derive(Debug, Clone)]
pub struct RecordColumns {
    members: Vec<Field>,
}

impl RecordColumns {
    /// Reads records with these members.
    pub fn new(members: Vec<Field>) -> Self {
        Self { members }
    }

    /// The members.
    pub fn members(&self) -> &[Field] {
        &self.members
    }

    /// One column per member, with a row per record; and the records that cannot be read, whose values are null from the member
    /// on that is not what it should be.
    ///
    /// # Errors
    /// `OutOfBudget` for more than 2 GiB of records with text.
    pub fn read(&self, records: &[&[u8]]) -> Result<(Vec<ArrayRef>, Vec<BadRecord>)> {
        let mut cursors = Cursors {
            member: "",
            rests: records.to_vec(),
            records,
            bad: Vec::new(),
            is_bad: vec![false; records.len()],
        };
        let columns = self.members.iter().map(|member| cursors.column(member)).collect::<Result<_>>()?;
        cursors.bad.sort_by_key(|bad| bad.record);
        Ok((columns, cursors.bad))
    }
}

/// Where the next member of every record stands.
struct Cursors<'a> {
    member: &'a str,
    records: &'a [&'a [u8]],
    rests: Vec<&'a [u8]>,
    bad: Vec<BadRecord>,
    is_bad: Vec<bool>,
}

impl<'a> Cursors<'a> {
    fn column(&mut self, member: &'a Field) -> Result<ArrayRef> {
        self.member = &member.name;
        Ok(match &member.data_type {
            DataType::Boolean => {
                let (values, nulls) = self.values(|bytes| Ok(avro::get_fixed::<1>(bytes)?[0] != 0));
                Arc::new(BooleanArray::new(values.into(), nulls))
            }
            DataType::Byte => self.primitive::<Int8Type>(|bytes| narrow(avro::get_long(bytes)?)),
            DataType::Short => self.primitive::<Int16Type>(|bytes| narrow(avro::get_long(bytes)?)),
            DataType::Int => self.primitive::<Int32Type>(avro::get_int),
            DataType::Date => self.primitive::<Date32Type>(avro::get_int),
            DataType::Long | DataType::Timestamp => self.primitive::<Int64Type>(avro::get_long),
            DataType::Float => self.primitive::<Float32Type>(|bytes| Ok(f32::from_le_bytes(avro::get_fixed(bytes)?))),
            DataType::Double => self.primitive::<Float64Type>(avro::get_double),
            DataType::String | DataType::Binary => self.bytes(&member.data_type)?,
            nested => self.nested(nested)?,
        })
    }

    /// Reads one member of every record: `read` the value, `none` where there is none.
    fn each<T>(&mut self, read: impl Fn(&mut &'a [u8]) -> Result<T>, mut push: impl FnMut(Option<T>)) {
        let mut failed = Vec::new();
        for (record, rest) in self.rests.iter_mut().enumerate() {
            let value = match avro::get_union(rest) {
                Ok(true) => read(rest).map(Some),
                Ok(false) => Ok(None),
                Err(error) => Err(error),
            };
            match value {
                Ok(value) => push(value),
                Err(error) => {
                    push(None);
                    failed.push((record, error));
                }
            }
        }
        failed.into_iter().for_each(|(record, error)| self.mark_bad(record, error));
    }

    /// Notes that the member of a record, up to which it has been read, is not what it should be.
    #[cold]
    fn mark_bad(&mut self, record: usize, error: Error) {
        if !std::mem::replace(&mut self.is_bad[record], true) {
            let whole = self.records[record].len();
            let at = format!("`{}`, at byte {} of {whole}", self.member, whole - self.rests[record].len());
            self.bad.push(BadRecord { record, error: error.within(at) });
        }
        // Nothing behind this member can be told apart: the members that follow end here, too.
        self.rests[record] = &[];
    }

    /// Values of a fixed size, and which are there.
    fn values<T: Copy + Default>(&mut self, read: impl Fn(&mut &'a [u8]) -> Result<T>) -> (Vec<T>, Option<NullBuffer>) {
        let mut values = Vec::with_capacity(self.records.len());
        let mut nulls = NullBufferBuilder::new(self.records.len());
        self.each(read, |value| {
            nulls.append(value.is_some());
            values.push(value.unwrap_or_default());
        });
        (values, nulls.finish())
    }

    fn primitive<T: ArrowPrimitiveType>(&mut self, read: impl Fn(&mut &'a [u8]) -> Result<T::Native>) -> ArrayRef {
        let (values, nulls) = self.values(read);
        Arc::new(PrimitiveArray::<T>::new(values.into(), nulls))
    }

    fn bytes(&mut self, data_type: &DataType) -> Result<ArrayRef> {
        // What is left of the records is the most that the column can take.
        let most: usize = self.rests.iter().map(|rest| rest.len()).sum();
        if i32::try_from(most).is_err() {
            return Err(Error::out_of_budget("more than 2 GiB of records at once").within(self.member));
        }
        let mut bytes = Vec::with_capacity(most);
        let mut offsets = Vec::with_capacity(self.records.len() + 1);
        offsets.push(0);
        let mut nulls = NullBufferBuilder::new(self.records.len());
        self.each(avro::get_bytes, |value| {
            nulls.append(value.is_some());
            bytes.extend_from_slice(value.unwrap_or_default());
            offsets.push(bytes.len() as i32);
        });
        let binary = BinaryArray::new(OffsetBuffer::new(offsets.into()), bytes.into(), nulls.finish());
        if *data_type != DataType::String {
            return Ok(Arc::new(binary));
        }
        // All texts are checked in one go, and one by one only to find out which of them are none.
        let (offsets, values, nulls) = binary.clone().into_parts();
        if let Ok(texts) = StringArray::try_new(offsets, values, nulls) {
            return Ok(Arc::new(texts));
        }
        let mut texts: Vec<Option<&str>> = Vec::with_capacity(self.records.len());
        for (record, value) in binary.iter().enumerate() {
            let text = value.map(std::str::from_utf8).transpose();
            if text.is_err() {
                self.mark_bad(record, Error::corrupt_data("a stored string is not UTF-8"));
            }
            texts.push(text.ok().flatten());
        }
        Ok(Arc::new(StringArray::from(texts)))
    }

    fn nested(&mut self, data_type: &DataType) -> Result<ArrayRef> {
        let mut values = Vec::with_capacity(self.records.len());
        self.each(|bytes| Value::decode(data_type, bytes), |value| values.push(value.unwrap_or(Value::Null)));
        let values: Vec<&Value> = values.iter().collect();
        Value::column(&values, data_type)
    }
}

fn narrow<T: TryFrom<i64>>(value: i64) -> Result<T> {
    T::try_from(value).map_err(|_| {
        let bits = 8 * size_of::<T>();
        Error::corrupt_data(format!("{value} stands where a {bits}-bit number should"))
    })
}
