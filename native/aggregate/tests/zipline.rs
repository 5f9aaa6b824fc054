//! Accumulators and results of the fork's own operations as the fork gave them (`tests/golden/ZiplineVectors.scala`).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use arrow::array::ArrayRef;
use chronon_aggregate::shape::{Shape, ShapeVisitor, dispatch};
use chronon_aggregate::sink::Sink;
use chronon_aggregate::{AggregationSpec, Definition, OperationKind, Value, avro};
use chronon_types::{DataType, Dialect, Field, Result};
use md5::{Digest, Md5};

const VECTORS: &str = include_str!("../../../tests/golden/zipline-vectors.txt");

/// The number generator of `ZiplineVectors.scala`.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as i64
    }
}

fn text(text: String) -> Value {
    Value::Bytes(text.into_bytes().into())
}

fn drawn(kind: &str, lcg: &mut Lcg) -> Value {
    let v = lcg.next();
    let z = (v % 40) * (v % 40) / (1 + v % 37);
    match kind {
        "str" => {
            let head = ["Aa", "BB", "key", "key"][(z % 4) as usize];
            text(format!("{head}{}{}", z / 3, if z % 5 == 0 { "é😀" } else { "" }))
        }
        "long" => Value::Long(z * if z % 3 == 0 { -1 } else { 1 << 33 }),
        "dbl" => Value::Double(z as f64 / 8.0),
        "struct" => Value::List([Value::Long(z), text(format!("k{}", lcg.next() % 30))].into()),
        other => panic!("unknown kind {other}"),
    }
}

fn data_type(kind: &str) -> DataType {
    match kind {
        "str" => DataType::String,
        "long" => DataType::Long,
        "dbl" => DataType::Double,
        _ => {
            let members = vec![Field::new("unique_id", DataType::Long), Field::new("sort_key", DataType::String)];
            DataType::Struct("s".into(), members)
        }
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Long(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Bytes(text) => String::from_utf8_lossy(text).into_owned(),
        Value::List(members) => members.iter().map(show).collect::<Vec<_>>().join("/"),
        Value::Decimal(_) | Value::Map(_) => panic!("no case has one in a list"),
    }
}

/// Folds columns one after the other, merges what they give, and returns the stored form and the result.
struct History<'a>(&'a [ArrayRef]);

impl ShapeVisitor for History<'_> {
    type Output = (Vec<u8>, Value);

    fn visit<S: Shape>(self, shape: S) -> Result<(Vec<u8>, Value)> {
        let mut whole: Option<S::Ir> = None;
        for column in self.0 {
            let batch = shape.load(std::slice::from_ref(column))?;
            let mut ir = None;
            shape.fold(&mut ir, &batch, 0..column.len(), &vec![0; column.len()])?;
            match &mut whole {
                None => whole = ir,
                some => shape.merge(some, &ir.unwrap())?,
            }
        }
        let mut bytes = Vec::new();
        shape.encode(whole.as_ref().unwrap(), &mut bytes)?;
        let mut sink = shape.sink();
        shape.finalize(whole.as_ref(), &mut sink);
        Ok((bytes, Value::read(&sink.finish()?, 0)?))
    }
}

/// The stored list as the vectors show it.
fn stored_list(mut bytes: &[u8], kind: &str) -> String {
    fn string(bytes: &mut &[u8]) -> Result<String> {
        Ok(String::from_utf8_lossy(avro::get_bytes(bytes)?).into_owned())
    }
    let mut items = Vec::new();
    avro::get_items(&mut bytes, |bytes| {
        items.push(match kind {
            "long" => avro::get_long(bytes)?.to_string(),
            "str" => string(bytes)?,
            _ => {
                avro::get_present(bytes)?;
                let id = avro::get_long(bytes)?;
                avro::get_present(bytes)?;
                format!("{id}/{}", string(bytes)?)
            }
        });
        Ok(())
    })
    .unwrap();
    items.join(";")
}

#[test]
fn operations_are_those_of_the_fork() {
    let mut lcg = Lcg(0);
    for line in VECTORS.lines() {
        let [operation, kind, k, n, history, stored, result] = line.splitn(7, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let operation = match operation {
            "top" => OperationKind::UniqueTopK,
            "frequent" => OperationKind::ApproxFrequentK,
            _ => OperationKind::ApproxHeavyHittersK,
        };
        let columns = [Field::new("x", data_type(kind))];
        let definition =
            Definition::new(&AggregationSpec::new(operation, 0).of(Dialect::Zipline).with_arg("k", k), &columns)
                .unwrap();
        let size: usize = n.parse().unwrap();
        let sizes = match history {
            "fold" => {
                lcg = Lcg((31 * k.parse::<i64>().unwrap() + size as i64) as u64);
                vec![size]
            }
            _ => vec![size, size / 2 + 1],
        };
        let arrays: Vec<ArrayRef> = sizes
            .into_iter()
            .map(|size| {
                let values: Vec<Value> = (0..size).map(|_| drawn(kind, &mut lcg)).collect();
                Value::column(&values.iter().collect::<Vec<_>>(), &data_type(kind)).unwrap()
            })
            .collect();
        let (bytes, found) = dispatch(&definition, History(&arrays)).unwrap();
        if let Value::Map(entries) = &found {
            let mut image = bytes.as_slice();
            let digest: String =
                Md5::digest(avro::get_bytes(&mut image).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(digest, stored, "{line}");
            let mut counts: Vec<i64> = entries.iter().map(|(_, count)| show(count).parse().unwrap()).collect();
            counts.sort_unstable();
            assert_eq!(counts.iter().map(i64::to_string).collect::<Vec<_>>().join(";"), result, "{line}");
        } else {
            let Value::List(items) = &found else { panic!("{found:?}") };
            assert_eq!(stored_list(&bytes, kind), stored, "{line}");
            assert_eq!(items.iter().map(show).collect::<Vec<_>>().join(";"), result, "{line}");
        }
    }
    assert_eq!(VECTORS.lines().count(), 390);
}
