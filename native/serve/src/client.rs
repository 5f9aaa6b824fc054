//! The other side of the messages: requests written and answers read in Rust. The JVM's is `FetchCall` and `FetchAnswer`.

use crate::message::{self, Kind, RequestPart};
use chronon_aggregate::Value;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use flatbuffers::FlatBufferBuilder;

/// A request in the making.
#[derive(Debug, Default)]
pub struct RequestWriter {
    parts: Vec<RequestPart>,
    millis: Vec<Millis>,
    lengths: Vec<u32>,
    bytes: Vec<u8>,
}

impl RequestWriter {
    /// Begins a part of the plan behind `plan`.
    pub fn add(
        &mut self,
        plan: i64,
        query: Millis,
        batch_end: Millis,
        streamed_from: Option<Millis>,
        batch: Option<&[u8]>,
    ) {
        self.bytes.extend_from_slice(batch.unwrap_or_default());
        let batch = batch.map_or(-1, |batch| batch.len() as i32);
        self.parts.push(RequestPart::new(plan, query, batch_end, streamed_from.unwrap_or(Millis::MIN), batch, 0));
    }

    /// Appends a streamed value to the part begun last, if there is one.
    pub fn add_streamed(&mut self, millis: Millis, value: &[u8]) {
        let Some(part) = self.parts.last_mut() else { return };
        part.set_streamed(part.streamed() + 1);
        self.millis.push(millis);
        self.lengths.push(value.len() as u32);
        self.bytes.extend_from_slice(value);
    }

    /// The message.
    pub fn finish(self, skip_undecodable: bool) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let request = message::RequestArgs {
            parts: Some(builder.create_vector(&self.parts)),
            millis: Some(builder.create_vector(&self.millis)),
            lengths: Some(builder.create_vector(&self.lengths)),
            bytes: Some(builder.create_vector(&self.bytes)),
            skip_undecodable,
        };
        let request = message::Request::create(&mut builder, &request);
        builder.finish_minimal(request);
        builder.finished_data().to_vec()
    }
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The values of its slots, widened as [`Value`] does.
    Values {
        /// One per output of its plan.
        slots: Vec<Value>,
        /// How many streamed values were skipped.
        skipped: u32,
    },
    /// Number of the error's code, and its text.
    Failed(i32, String),
}

/// Reads an answer.
///
/// # Errors
/// `CorruptData` when the bytes are none.
pub fn read_answer(bytes: &[u8]) -> Result<Vec<Outcome>> {
    let answer = flatbuffers::root::<message::Answer<'_>>(bytes).map_err(|error| corrupt(&error.to_string()))?;
    let outcome = |part: &message::AnswerPart| {
        if let Ok(error) = usize::try_from(part.error()) {
            let error = (error < answer.errors().len()).then(|| answer.errors().get(error));
            let error = error.ok_or_else(|| corrupt("a part names an error that is not there"))?;
            return Ok(Outcome::Failed(error.code(), error.message().to_owned()));
        }
        let first = part.first_slot() as usize;
        let slot = |slot: usize| {
            if slot >= answer.kinds().len() || slot >= answer.slots().len() {
                return Err(corrupt("a part names slots that are not there"));
            }
            value_of_slot(&answer, slot)
        };
        let slots = (first..first + part.slots() as usize).map(slot).collect::<Result<_>>()?;
        Ok(Outcome::Values { slots, skipped: part.skipped() })
    };
    answer.parts().iter().map(outcome).collect()
}

fn value_of_slot(answer: &message::Answer<'_>, slot: usize) -> Result<Value> {
    let (kind, word) = (Kind(answer.kinds().get(slot)), answer.slots().get(slot));
    Ok(match kind {
        Kind::Null => Value::Null,
        Kind::False => Value::Long(0),
        Kind::True => Value::Long(1),
        Kind::Byte | Kind::Short | Kind::Int | Kind::Long | Kind::Date | Kind::Timestamp => Value::Long(word),
        Kind::Float => Value::Double(f32::from_bits(word as u32).into()),
        Kind::Double => Value::Double(f64::from_bits(word as u64)),
        nested => {
            let values = answer.values().bytes();
            let rest = usize::try_from(word).ok().and_then(|at| values.get(at..));
            read(nested, &mut rest.ok_or_else(|| corrupt("a slot points behind the values"))?)?
        }
    })
}

fn read(kind: Kind, bytes: &mut &[u8]) -> Result<Value> {
    Ok(match kind {
        Kind::Null => Value::Null,
        Kind::False => Value::Long(0),
        Kind::True => Value::Long(1),
        Kind::Byte => Value::Long(i8::from_le_bytes(take(bytes)?).into()),
        Kind::Short => Value::Long(i16::from_le_bytes(take(bytes)?).into()),
        Kind::Int | Kind::Date => Value::Long(i32::from_le_bytes(take(bytes)?).into()),
        Kind::Long | Kind::Timestamp => Value::Long(i64::from_le_bytes(take(bytes)?)),
        Kind::Float => Value::Double(f32::from_le_bytes(take(bytes)?).into()),
        Kind::Double => Value::Double(f64::from_le_bytes(take(bytes)?)),
        Kind::String | Kind::Binary => {
            let length = count(bytes)?;
            let (head, rest) = bytes.split_at_checked(length).ok_or_else(|| corrupt("a text ends early"))?;
            *bytes = rest;
            Value::Bytes(head.into())
        }
        Kind::List | Kind::Struct => Value::List((0..count(bytes)?).map(|_| next(bytes)).collect::<Result<_>>()?),
        Kind::Map => Value::Map((0..count(bytes)?).map(|_| Ok((next(bytes)?, next(bytes)?))).collect::<Result<_>>()?),
        Kind::Decimal => {
            take::<1>(bytes)?;
            Value::Decimal(Box::new(i128::from_be_bytes(take(bytes)?)))
        }
        other => return Err(corrupt(&format!("there is no kind {}", other.0))),
    })
}

fn next(bytes: &mut &[u8]) -> Result<Value> {
    let [kind] = take(bytes)?;
    read(Kind(kind), bytes)
}

fn count(bytes: &mut &[u8]) -> Result<usize> {
    Ok(u32::from_le_bytes(take(bytes)?) as usize)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk().ok_or_else(|| corrupt("a value ends early"))?;
    *bytes = rest;
    Ok(*head)
}

#[cold]
fn corrupt(problem: &str) -> Error {
    Error::corrupt_data(format!("the bytes are no answer: {problem}"))
}
