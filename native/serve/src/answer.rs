//! An answer in the making: slots, what did not fit into them, and errors.

use crate::message::{self, AnswerPart, Kind};
use arrow::datatypes::DataType as ArrowType;
use chronon_aggregate::sink::{Cells, Composite};
use chronon_types::{Error, Result};
use flatbuffers::FlatBufferBuilder;
use std::ops::Range;

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The next slot.
    Slot,
    /// Inside the value begun before.
    Inside,
}

/// Slots and the values that do not fit into them, laid out as `fetch.fbs` says.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    kinds: Vec<u8>,
    words: Vec<i64>,
    values: Vec<u8>,
}

/// How far slots were filled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    slots: usize,
    values: usize,
}

impl Slots {
    /// How far they are filled.
    pub(crate) fn mark(&self) -> Mark {
        Mark { slots: self.kinds.len(), values: self.values.len() }
    }

    /// Forgets what was put since.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.kinds.truncate(mark.slots);
        self.words.truncate(mark.slots);
        self.values.truncate(mark.values);
    }

    /// The slots put since.
    pub(crate) fn since(&self, mark: Mark) -> Range<usize> {
        mark.slots..self.kinds.len()
    }

    pub(crate) fn null(&mut self, place: Place) {
        self.put(place, Kind::Null, 0, &[]);
    }

    pub(crate) fn boolean(&mut self, place: Place, value: bool) {
        self.put(place, if value { Kind::True } else { Kind::False }, 0, &[]);
    }

    pub(crate) fn byte(&mut self, place: Place, value: i8) {
        self.put(place, Kind::Byte, value.into(), &value.to_le_bytes());
    }

    pub(crate) fn short(&mut self, place: Place, value: i16) {
        self.put(place, Kind::Short, value.into(), &value.to_le_bytes());
    }

    pub(crate) fn int(&mut self, place: Place, value: i32) {
        self.put(place, Kind::Int, value.into(), &value.to_le_bytes());
    }

    pub(crate) fn long(&mut self, place: Place, value: i64) {
        self.put(place, Kind::Long, value, &value.to_le_bytes());
    }

    pub(crate) fn float(&mut self, place: Place, value: f32) {
        self.put(place, Kind::Float, value.to_bits().into(), &value.to_le_bytes());
    }

    pub(crate) fn double(&mut self, place: Place, value: f64) {
        self.put(place, Kind::Double, value.to_bits() as i64, &value.to_le_bytes());
    }

    pub(crate) fn date(&mut self, place: Place, days: i32) {
        self.put(place, Kind::Date, days.into(), &days.to_le_bytes());
    }

    pub(crate) fn timestamp(&mut self, place: Place, millis: i64) {
        self.put(place, Kind::Timestamp, millis, &millis.to_le_bytes());
    }

    pub(crate) fn decimal(&mut self, place: Place, scale: u8, units: i128) {
        self.begin(place, Kind::Decimal);
        self.values.push(scale);
        self.values.extend_from_slice(&units.to_be_bytes());
    }

    pub(crate) fn text(&mut self, place: Place, value: &[u8]) {
        self.bytes(place, Kind::String, value);
    }

    pub(crate) fn binary(&mut self, place: Place, value: &[u8]) {
        self.bytes(place, Kind::Binary, value);
    }

    /// Begins a list, a struct or a map; `fill` puts its values [`Place::Inside`] and says how many items that are.
    pub(crate) fn composite(
        &mut self,
        place: Place,
        kind: Kind,
        fill: impl FnOnce(&mut Self) -> Result<usize>,
    ) -> Result<()> {
        self.begin(place, kind);
        let at = self.values.len();
        self.values.extend_from_slice(&[0; 4]);
        let count = fill(self)?;
        self.values[at..at + 4].copy_from_slice(&(count as u32).to_le_bytes());
        Ok(())
    }

    /// Begins a list, a struct or a map of `count` items, which are put [`Place::Inside`].
    pub(crate) fn begin_composite(&mut self, place: Place, kind: Kind, count: usize) {
        self.begin(place, kind);
        self.values.extend_from_slice(&(count as u32).to_le_bytes());
    }

    fn bytes(&mut self, place: Place, kind: Kind, value: &[u8]) {
        self.begin(place, kind);
        self.values.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.values.extend_from_slice(value);
    }

    /// Puts a value that fits into a slot: there as `word`, inside another as `bytes`.
    #[inline]
    fn put(&mut self, place: Place, kind: Kind, word: i64, bytes: &[u8]) {
        match place {
            Place::Slot => {
                self.kinds.push(kind.0);
                self.words.push(word);
            }
            Place::Inside => {
                self.values.push(kind.0);
                self.values.extend_from_slice(bytes);
            }
        }
    }

    /// Puts the kind of a value whose bytes follow.
    fn begin(&mut self, place: Place, kind: Kind) {
        let at = self.values.len() as i64;
        self.put(place, kind, at, &[]);
    }
}

/// A row of results on its way into slots, one after the other.
pub(crate) struct Row<'a> {
    slots: &'a mut Slots,
    /// How many composites are open.
    depth: usize,
}

impl<'a> Row<'a> {
    pub(crate) fn new(slots: &'a mut Slots) -> Self {
        Self { slots, depth: 0 }
    }

    fn place(&self) -> Place {
        if self.depth == 0 { Place::Slot } else { Place::Inside }
    }
}

impl Cells for Row<'_> {
    fn null(&mut self) {
        self.slots.null(self.place());
    }

    fn whole(&mut self, to: &ArrowType, value: i64) -> Result<()> {
        let place = self.place();
        match to {
            ArrowType::Boolean => self.slots.boolean(place, value != 0),
            ArrowType::Int8 => self.slots.byte(place, value as i8),
            ArrowType::Int16 => self.slots.short(place, value as i16),
            ArrowType::Int32 => self.slots.int(place, value as i32),
            ArrowType::Int64 => self.slots.long(place, value),
            ArrowType::Date32 => self.slots.date(place, value as i32),
            other => return Err(no_slot(other)),
        }
        Ok(())
    }

    fn floating(&mut self, to: &ArrowType, value: f64) -> Result<()> {
        let place = self.place();
        match to {
            ArrowType::Float32 => self.slots.float(place, value as f32),
            ArrowType::Float64 => self.slots.double(place, value),
            other => return Err(no_slot(other)),
        }
        Ok(())
    }

    fn decimal(&mut self, scale: u8, units: i128) {
        self.slots.decimal(self.place(), scale, units);
    }

    fn bytes(&mut self, to: &ArrowType, value: &[u8]) -> Result<()> {
        let place = self.place();
        match to {
            ArrowType::Utf8 if std::str::from_utf8(value).is_ok() => self.slots.text(place, value),
            ArrowType::Utf8 => return Err(Error::internal("a result of text is not UTF-8")),
            ArrowType::Binary => self.slots.binary(place, value),
            other => return Err(no_slot(other)),
        }
        Ok(())
    }

    fn begin(&mut self, kind: Composite, count: usize) {
        let kind = match kind {
            Composite::List => Kind::List,
            Composite::Map => Kind::Map,
            Composite::Struct => Kind::Struct,
        };
        self.slots.begin_composite(self.place(), kind, count);
        self.depth += 1;
    }

    fn end(&mut self) {
        self.depth -= 1;
    }
}

#[cold]
fn no_slot(of: &ArrowType) -> Error {
    Error::internal(format!("a result of arrow type {of} has no slot"))
}

/// What became of a part: its slots and how many streamed values were skipped.
pub(crate) type Outcome = Result<(Range<usize>, u32)>;

/// The most bytes of a message: places are signed 32-bit numbers.
const MOST_BYTES: usize = 1 << 31;

/// The message for the outcomes of all parts.
///
/// # Errors
/// `OutOfBudget` when it would exceed 2 GiB.
pub(crate) fn message(outcomes: &[Outcome], slots: &Slots) -> Result<Vec<u8>> {
    let errors: usize = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(|e| text(e).len() + 64).sum();
    let size = slots.values.len() + 9 * slots.kinds.len() + size_of::<AnswerPart>() * outcomes.len() + errors + 256;
    if size >= MOST_BYTES {
        return Err(Error::out_of_budget("an answer of more than 2 GiB; ask for fewer keys at once"));
    }
    let mut builder = FlatBufferBuilder::with_capacity(size);
    let mut failures = Vec::new();
    let mut parts = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        parts.push(match outcome {
            Ok((range, skipped)) => AnswerPart::new(range.start as u32, range.len() as u32, *skipped, -1),
            Err(error) => {
                let message = builder.create_string(&text(error));
                let failure = message::FailureArgs { code: error.code() as i32, message: Some(message) };
                failures.push(message::Failure::create(&mut builder, &failure));
                AnswerPart::new(0, 0, 0, failures.len() as i32 - 1)
            }
        });
    }
    let answer = message::AnswerArgs {
        parts: Some(builder.create_vector(&parts)),
        kinds: Some(builder.create_vector(&slots.kinds)),
        slots: Some(builder.create_vector(&slots.words)),
        values: Some(builder.create_vector(&slots.values)),
        errors: Some(builder.create_vector(&failures)),
    };
    let answer = message::Answer::create(&mut builder, &answer);
    builder.finish_minimal(answer);
    let (mut bytes, unused) = builder.collapse();
    bytes.drain(..unused);
    Ok(bytes)
}

fn text(error: &Error) -> String {
    error.to_string()
}
