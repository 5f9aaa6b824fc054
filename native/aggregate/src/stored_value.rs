//! The stored form of values that are carried whole: Avro's, as inside every stored record.
//!
//! Members of structs are unions with null; elements of lists and values of maps are never null, and have no form for it.

use crate::avro;
use crate::decimal::Decimals;
use crate::min_max::Stored;
use crate::physical::{Doubles, Longs};
use crate::value::Value;
use chronon_types::{DataType, Error, Field, Result};

impl Value {
    /// Appends the stored form.
    ///
    /// # Errors
    /// `InvalidArgument` when a list or map holds a null; `Internal` when the value is not a `data_type`.
    ///
    /// ```
    /// use chronon_aggregate::Value;
    /// use chronon_types::DataType;
    /// let mut out = Vec::new();
    /// Value::Bytes(b"u1"[..].into()).encode(&DataType::String, &mut out).unwrap();
    /// assert_eq!(out, [4, b'u', b'1']);
    /// ```
    pub fn encode(&self, data_type: &DataType, out: &mut Vec<u8>) -> Result<()> {
        match (self, data_type) {
            (Self::Long(value), _) => Longs::encode(value, data_type, out),
            (Self::Double(value), _) => Doubles::encode(value, data_type, out),
            (Self::Decimal(value), _) => Decimals::encode(value, data_type, out),
            (Self::Bytes(value), _) => {
                avro::put_bytes(out, value);
                Ok(())
            }
            (Self::List(members), DataType::Struct(_, fields)) => {
                members.iter().zip(fields).try_for_each(|(member, field)| {
                    if *member == Self::Null {
                        avro::put_absent(out);
                        return Ok(());
                    }
                    avro::put_present(out);
                    member.encode(&field.data_type, out)
                })
            }
            (Self::List(members), DataType::List(element)) => avro::put_items(out, members.len(), |out| {
                members.iter().try_for_each(|member| member.encode(element, out))
            }),
            (Self::Map(entries), DataType::Map(key_type, value_type)) => avro::put_items(out, entries.len(), |out| {
                entries.iter().try_for_each(|(key, value)| {
                    key.encode(key_type, out)?;
                    value.encode(value_type, out)
                })
            }),
            (Self::Null, _) => Err(Error::invalid_argument(
                "a list or map that is kept whole holds a null, which the stored form cannot hold; take nulls out in the selects",
            )),
            _ => Err(Error::internal(format!("a value that is not a {data_type} in a column of that type"))),
        }
    }

    /// Reads a value of type `data_type` in the stored form from the front of `bytes` and moves `bytes` behind it.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are no such value.
    ///
    /// ```
    /// use chronon_aggregate::Value;
    /// use chronon_types::DataType;
    /// let mut bytes = [4u8, 2, 4, 0].as_slice();
    /// let list = Value::decode(&DataType::List(Box::new(DataType::Long)), &mut bytes).unwrap();
    /// assert_eq!(list, Value::List([Value::Long(1), Value::Long(2)].into()));
    /// assert!(bytes.is_empty());
    /// ```
    pub fn decode(data_type: &DataType, bytes: &mut &[u8]) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Self::Long(avro::get_fixed::<1>(bytes)?[0].into()),
            DataType::Float => Self::Double(f32::from_le_bytes(avro::get_fixed(bytes)?).into()),
            DataType::Double => Self::Double(avro::get_double(bytes)?),
            DataType::String => Self::Bytes(avro::get_text(bytes)?.into()),
            DataType::Binary => Self::Bytes(avro::get_bytes(bytes)?.into()),
            DataType::List(element) => {
                let mut members = Vec::new();
                avro::get_items(bytes, |bytes| {
                    members.push(Self::decode(element, bytes)?);
                    Ok(())
                })?;
                Self::List(members.into())
            }
            DataType::Map(key, value) => {
                let mut entries = Vec::new();
                avro::get_items(bytes, |bytes| {
                    entries.push((Self::decode(key, bytes)?, Self::decode(value, bytes)?));
                    Ok(())
                })?;
                Self::Map(entries.into())
            }
            DataType::Struct(_, fields) => {
                let member = |field: &Field| {
                    if avro::get_union(bytes)? { Self::decode(&field.data_type, bytes) } else { Ok(Self::Null) }
                };
                Self::List(fields.iter().map(member).collect::<Result<_>>()?)
            }
            DataType::Decimal(_, _) => Self::Decimal(Box::new(Decimals::decode(bytes, data_type)?)),
            DataType::Byte | DataType::Short | DataType::Int | DataType::Date => {
                Self::Long(avro::get_int(bytes)?.into())
            }
            DataType::Long | DataType::Timestamp => Self::Long(avro::get_long(bytes)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_of_any_type_round_trip() {
        let fields = vec![Field::new("a", DataType::Int), Field::new("b", DataType::String)];
        let of_struct = DataType::Struct("s".into(), fields);
        let data_type = DataType::List(Box::new(of_struct));
        let member = |a, b| Value::List(vec![a, b].into());
        let value = Value::List(
            vec![member(Value::Long(-3), Value::Null), member(Value::Null, Value::Bytes(b"x"[..].into()))].into(),
        );
        let mut out = Vec::new();
        value.encode(&data_type, &mut out).unwrap();
        assert_eq!(Value::decode(&data_type, &mut out.as_slice()).unwrap(), value);
    }
}
