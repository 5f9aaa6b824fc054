//! One accumulator per key and aggregation, stored as one record per key.

use super::Refusal;
use super::columns::{inputs, table};
use crate::case::{Answer, Case, Row, Step};
use crate::json::Records;
use crate::value::Value;
use chronon_aggregate::{GroupedColumn, grouped};
use chronon_plan::Plan;
use chronon_types::time::Millis;
use std::collections::BTreeSet;

/// The accumulators of all keys, one column per aggregation; a key is its own group.
struct Accumulators<'a> {
    case: &'a Case,
    plan: &'a Plan,
    columns: Vec<Box<dyn GroupedColumn>>,
    keys: BTreeSet<i32>,
}

impl<'a> Accumulators<'a> {
    fn new(case: &'a Case, plan: &'a Plan) -> Result<Self, Refusal> {
        let columns = plan.outputs().iter().map(|o| grouped(&o.definition)).collect::<Result<_, _>>()?;
        Ok(Self { case, plan, columns, keys: BTreeSet::new() })
    }

    fn fold(&mut self, rows: &[Row]) -> Result<(), Refusal> {
        for rows in rows.chunk_by(|a, b| a.before == b.before) {
            let columns = inputs(self.case, self.plan, rows)?;
            let groups: Vec<u32> = rows.iter().map(|r| r.key as u32).collect();
            let times: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
            self.keys.extend(rows.iter().map(|r| r.key));
            for column in &mut self.columns {
                if !rows[0].before {
                    column.update(&groups, &times, &columns)?;
                    continue;
                }
                column.load(&columns)?;
                for (i, group) in groups.iter().enumerate() {
                    column.delete(*group as usize, i..i + 1, &times)?;
                }
                column.unload();
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: &Self) -> Result<(), Refusal> {
        let into: Vec<u32> = (0..=later.keys.last().map_or(0, |key| *key as u32)).collect();
        self.keys.extend(&later.keys);
        for (column, later) in self.columns.iter_mut().zip(&later.columns) {
            column.merge(&**later, &into)?;
        }
        Ok(())
    }

    fn encode(&self) -> Result<Records, Refusal> {
        let record = |key: &i32| {
            let mut bytes = Vec::new();
            self.columns.iter().try_for_each(|column| column.encode(*key as usize, &mut bytes))?;
            Ok((format!("ir {key}"), bytes))
        };
        self.keys.iter().map(record).collect()
    }

    fn decode(&mut self, records: &Records) -> Result<(), Refusal> {
        for (name, bytes) in records {
            let key = name.strip_prefix("ir ").and_then(|key| key.parse().ok());
            let key: i32 = key.ok_or_else(|| format!("a record is called `{name}`"))?;
            let mut rest = bytes.as_slice();
            self.columns.iter_mut().try_for_each(|column| column.decode(key as usize, &mut rest))?;
            if !rest.is_empty() {
                return Err(Refusal::Error(format!("{} bytes follow the end of record `{name}`", rest.len())));
            }
            self.keys.insert(key);
        }
        Ok(())
    }

    fn values(&self) -> Result<Vec<Vec<Value>>, Refusal> {
        let keys = || self.case.queries.iter().map(|(key, _)| *key as usize);
        let groups = keys().max().map_or(0, |key| key + 1);
        let results = self.columns.iter().map(|column| column.finalize(groups)).collect::<Result<Vec<_>, _>>()?;
        let rows = table(self.plan, &results);
        Ok(keys().map(|key| rows[key].clone()).collect())
    }
}

/// The values of the keys that are asked for, through the stored record of every key. What cannot be stored is still
/// known.
pub(super) fn answer(case: &Case, plan: &Plan) -> Result<Answer, Refusal> {
    let mut all = Accumulators::new(case, plan)?;
    for (step, rows) in case.walk() {
        match step {
            Step::Update(_) => all.fold(rows)?,
            Step::Merge(_) => {
                let mut apart = Accumulators::new(case, plan)?;
                apart.fold(rows)?;
                all.merge(&apart)?;
            }
            Step::Recode => {
                let records = all.encode()?;
                all = Accumulators::new(case, plan)?;
                all.decode(&records)?;
            }
        }
    }
    match all.encode() {
        Ok(records) => Ok(Answer { values: values(case, plan, &records)?, records, ..Answer::default() }),
        Err(error @ Refusal::NotBuilt(_)) => Err(error),
        Err(error) => Ok(Answer { values: all.values()?, unstored: Some(error.to_string()), ..Answer::default() }),
    }
}

/// The values of the keys that are asked for, from records.
pub(super) fn values(case: &Case, plan: &Plan, records: &Records) -> Result<Vec<Vec<Value>>, Refusal> {
    let mut all = Accumulators::new(case, plan)?;
    all.decode(records)?;
    all.values()
}
