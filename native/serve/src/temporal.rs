//! A batch IR with what was streamed since.

use crate::answer::{Outcome, Row, Slots};
use crate::idle::Idle;
use crate::plan::Kind;
use crate::request::Part;
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Int64Type;
use chronon_codec::RecordColumns;
use chronon_plan::Plan;
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Field, Result};
use chronon_window::online::{Base, Events, Lambda, Mutations, OnlinePlan, Request, Streamed, Tile};
use std::sync::Arc;

/// How much memory a [`Lambda`] may hold to be kept for the next request: what common requests need, but not what a huge key
/// once took.
const MOST_KEPT: usize = 1 << 20;

/// Answers parts that have a batch IR.
#[derive(Debug)]
pub(crate) struct Temporal {
    plan: Arc<OnlinePlan>,
    /// `None` when tiles are streamed.
    rows: Option<Rows>,
    idle: Idle<Lambda>,
}

impl Temporal {
    pub(crate) fn new(plan: &Plan, kind: Kind) -> Result<Self> {
        let rows = match kind {
            Kind::TemporalTiles => None,
            _ => Some(Rows::new(plan, kind == Kind::TemporalMutations)?),
        };
        let parts = plan.online_plan();
        let bases = parts.bases.into_iter().map(|(spec, windows)| Base { spec, windows }).collect();
        let plan = Arc::new(OnlinePlan::new(parts.inputs, bases)?);
        let idle = Idle::new(Lambda::new(plan.clone())?);
        Ok(Self { plan, rows, idle })
    }

    /// The members of a streamed row.
    pub(crate) fn row_members(&self) -> Option<&[Field]> {
        self.rows.as_ref().map(|rows| rows.records.members())
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.idle.size(Lambda::heap_size)
    }

    /// The outcome of every part; slots are put for those that did not fail.
    pub(crate) fn answer(&self, parts: &[&Part<'_>], skip_undecodable: bool, slots: &mut Slots) -> Vec<Outcome> {
        let mut lambda = match self.idle.take().map_or_else(|| Lambda::new(self.plan.clone()), Ok) {
            Ok(lambda) => lambda,
            Err(error) => return parts.iter().map(|_| Err(error.clone())).collect(),
        };
        let outcomes = parts.iter().map(|part| {
            let mark = slots.mark();
            match self.put(&mut lambda, part, skip_undecodable, slots) {
                Ok(skipped) => Ok((slots.since(mark), skipped)),
                Err(error) => {
                    slots.back_to(mark);
                    Err(error)
                }
            }
        });
        let outcomes = outcomes.collect();
        if lambda.heap_size() <= MOST_KEPT {
            self.idle.give(lambda);
        }
        outcomes
    }

    /// Puts the slots of a part; how many streamed values were skipped.
    fn put(&self, lambda: &mut Lambda, part: &Part<'_>, skip_undecodable: bool, slots: &mut Slots) -> Result<u32> {
        let Part { query, batch_end, batch, streamed_from, .. } = *part;
        let request = Request { query, batch_end, batch, streamed: Streamed::Nothing, streamed_from };
        if part.streamed.len() == 0 {
            lambda.put(&request, &mut Row::new(slots))?;
            return Ok(0);
        }
        match &self.rows {
            Some(rows) => {
                let earliest = streamed_from.map_or(batch_end, |from| from.max(batch_end));
                // What does not count is not decoded either.
                let counts = |(millis, _): &(Millis, &[u8])| (earliest..query).contains(millis);
                let decoded =
                    rows.decode(part.streamed.iter().filter(counts), part.streamed.len(), skip_undecodable)?;
                lambda.put(&Request { streamed: Streamed::Rows(decoded.events()), ..request }, &mut Row::new(slots))?;
                Ok(decoded.skipped)
            }
            None => {
                let mut tiles: Vec<_> = part.streamed.iter().collect();
                match lambda.put(&Request { streamed: Streamed::Tiles(&tiles), ..request }, &mut Row::new(slots)) {
                    Err(error) if skip_undecodable => {
                        self.keep_sound(&mut tiles, part)?;
                        if tiles.len() == part.streamed.len() {
                            return Err(error);
                        }
                        lambda.put(&Request { streamed: Streamed::Tiles(&tiles), ..request }, &mut Row::new(slots))?;
                        Ok((part.streamed.len() - tiles.len()) as u32)
                    }
                    answered => answered.map(|()| 0),
                }
            }
        }
    }

    /// Drops the tiles of a part that count and cannot be decoded.
    fn keep_sound(&self, tiles: &mut Vec<(Millis, &[u8])>, part: &Part<'_>) -> Result<()> {
        let mut tile = Tile::new(self.plan.clone())?;
        tiles.retain(|(millis, bytes)| {
            tile.clear();
            !(part.batch_end..part.query).contains(millis) || tile.merge(bytes).is_ok()
        });
        Ok(())
    }
}

/// How streamed rows decode.
#[derive(Debug)]
struct Rows {
    records: RecordColumns,
    /// Of every input of the plan, the member of a row that holds it.
    members: Vec<usize>,
    /// Whether rows say behind the inputs when they happened, and whether they are taken out.
    mutations: bool,
}

/// Rows as columns.
struct Decoded {
    ts: Vec<Millis>,
    columns: Vec<ArrayRef>,
    /// For mutations: when each happened, and whether it is taken out.
    mutations: Option<(Vec<Millis>, Vec<bool>)>,
    skipped: u32,
}

impl Decoded {
    fn events(&self) -> Events<'_> {
        let mutations = self.mutations.as_ref().map(|(ts, is_before)| Mutations { is_before, ts });
        Events { ts: &self.ts, columns: &self.columns, mutations }
    }
}

impl Rows {
    fn new(plan: &Plan, mutations: bool) -> Result<Self> {
        let inputs = plan.row_members();
        let member = |input: &Field| inputs.iter().position(|member| *member == input);
        let members = plan.inputs().iter().map(member).collect::<Option<Vec<usize>>>();
        let members = members.ok_or_else(|| Error::internal("an input of the plan is no member of its rows"))?;
        let mut record: Vec<Field> = inputs.into_iter().cloned().collect();
        if mutations {
            record.push(Field::new("ts", DataType::Long));
            record.push(Field::new("is_before", DataType::Boolean));
        }
        Ok(Self { records: RecordColumns::new(record), members, mutations })
    }

    /// Decodes `rows`, which are `most` at most.
    ///
    /// # Errors
    /// `CorruptData` naming the row, when rows that cannot be decoded are not skipped.
    fn decode<'a>(
        &self,
        rows: impl Iterator<Item = (Millis, &'a [u8])>,
        most: usize,
        skip_undecodable: bool,
    ) -> Result<Decoded> {
        let (mut millis, mut records) = (Vec::with_capacity(most), Vec::with_capacity(most));
        for (ts, record) in rows {
            millis.push(ts);
            records.push(record);
        }
        let (mut columns, bad) = self.records.read(&records)?;
        if let Some(first) = bad.first() {
            if !skip_undecodable {
                return Err(first.error.clone().within(format!("the row at {}", millis[first.record])));
            }
            for bad in bad.iter().rev() {
                millis.remove(bad.record);
                records.remove(bad.record);
            }
            (columns, _) = self.records.read(&records)?;
        }
        let skipped = bad.len() as u32;
        let inputs = self.members.iter().map(|member| columns[*member].clone()).collect();
        if !self.mutations {
            return Ok(Decoded { ts: millis, columns: inputs, mutations: None, skipped });
        }
        let is_before = columns.pop().ok_or_else(no_column)?;
        let ts = columns.pop().ok_or_else(no_column)?;
        // A time that is missing is 0, as in the reference, and a row that does not say what it is is a new one: so
        // stand nulls in these columns.
        let ts = ts.as_primitive::<Int64Type>().values().to_vec();
        let is_before = is_before.as_boolean().values().iter().collect();
        Ok(Decoded { ts, columns: inputs, mutations: Some((millis, is_before)), skipped })
    }
}

#[cold]
fn no_column() -> Error {
    Error::internal("mutations were read without the columns that they have behind their inputs")
}
