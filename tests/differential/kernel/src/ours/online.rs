//! Batch intermediate results and tiles as bytes, and requests that merge them with streamed rows.

use super::Refusal;
use super::columns::{inputs, table};
use super::serving;
use crate::case::{Case, Mode, Row, Step};
use crate::json::Records;
use crate::value::Value;
use chronon_plan::Plan;
use chronon_types::time::{Millis, round};
use chronon_window::online::{Base, BatchIr, Events, Lambda, Mutations, OnlinePlan, Request, Streamed, Tile};
use std::collections::BTreeMap;
use std::sync::Arc;

fn online_plan(plan: &Plan) -> Result<Arc<OnlinePlan>, Refusal> {
    let parts = plan.online_plan();
    let bases = parts.bases.into_iter().map(|(spec, windows)| Base { spec, windows }).collect();
    Ok(Arc::new(OnlinePlan::new(parts.inputs, bases)?))
}

pub(super) fn batch_end(case: &Case) -> Millis {
    match case.mode {
        Mode::Online { batch_end, .. } | Mode::Tiled { batch_end, .. } | Mode::Many { batch_end, .. } => batch_end,
        Mode::Row { .. } | Mode::Sawtooth(_) => 0,
    }
}

/// The stored batch IR of every key that has batch rows, and its tiles if that is how its stream is stored.
pub(super) fn records(case: &Case, plan: &Plan) -> Result<Records, Refusal> {
    let serving = online_plan(plan)?;
    let mut batches: BTreeMap<i32, BatchIr> = BTreeMap::new();
    for (step, rows) in case.walk() {
        let mut keys: BTreeMap<i32, Vec<Row>> = BTreeMap::new();
        rows.iter().for_each(|row| keys.entry(row.key).or_default().push(row.clone()));
        for (key, rows) in keys {
            let columns = inputs(case, plan, &rows)?;
            let times: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
            let fresh = || BatchIr::new(serving.clone(), batch_end(case));
            let mut apart = match batches.remove(&key) {
                Some(batch) if step_folds_in(step) => batch,
                Some(batch) => {
                    batches.insert(key, batch);
                    fresh()?
                }
                None => fresh()?,
            };
            apart.update(&times, &columns)?;
            match batches.get_mut(&key) {
                Some(batch) => batch.merge(&apart)?,
                None => drop(batches.insert(key, apart)),
            }
        }
    }
    let mut records = Records::new();
    for (key, batch) in batches {
        let mut bytes = Vec::new();
        batch.encode(&mut bytes)?;
        records.insert(format!("batch {key}"), bytes);
    }
    if let Mode::Tiled { tile, .. } = case.mode {
        let mut tiles: BTreeMap<(i32, Millis), Vec<Row>> = BTreeMap::new();
        case.stream.iter().for_each(|row| tiles.entry((row.key, round(row.ts, tile))).or_default().push(row.clone()));
        for (i, ((key, start), rows)) in tiles.into_iter().enumerate() {
            let times: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
            let mut tile = Tile::new(serving.clone())?;
            tile.update(&times, &inputs(case, plan, &rows)?, 0..rows.len())?;
            let mut bytes = Vec::new();
            tile.encode(i % 2 == 0, &mut bytes)?;
            records.insert(format!("tile {key} {start}"), bytes);
        }
    }
    Ok(records)
}

fn step_folds_in(step: Step) -> bool {
    matches!(step, Step::Update(_))
}

/// The answers to the requests.
pub(super) fn values(case: &Case, plan: &Plan, records: &Records) -> Result<Vec<Vec<Value>>, Refusal> {
    let mut lambda = Lambda::new(online_plan(plan)?)?;
    for (key, query) in &case.queries {
        let rows: Vec<Row> = case.stream.iter().filter(|r| r.key == *key).cloned().collect();
        let ts: Vec<Millis> = rows.iter().map(|r| r.ts).collect();
        let mutated: Vec<Millis> = rows.iter().map(|r| r.mutated).collect();
        let is_before: Vec<bool> = rows.iter().map(|r| r.before).collect();
        let columns = inputs(case, plan, &rows)?;
        let tiles: Vec<(Millis, &[u8])> = tiles(records, *key)?;
        let (reversals, streamed_from) = match &case.mode {
            Mode::Online { reversals, newest_batch, .. } => (*reversals, *newest_batch),
            mode => (matches!(mode, Mode::Many { .. }), None),
        };
        let mutations = reversals.then_some(Mutations { is_before: &is_before, ts: &mutated });
        let streamed = match &case.mode {
            Mode::Tiled { .. } => Streamed::Tiles(&tiles),
            _ if rows.is_empty() => Streamed::Nothing,
            _ => Streamed::Rows(Events { ts: &ts, columns: &columns, mutations }),
        };
        let batch = records.get(&format!("batch {key}")).map(Vec::as_slice);
        lambda.answer(&Request { query: *query, batch_end: batch_end(case), batch, streamed, streamed_from })?;
    }
    let values = table(plan, &lambda.finish()?);
    serving::check(case, plan, records, &values)?;
    Ok(values)
}

/// Start and bytes of the tiles of a key, in order of time.
pub(super) fn tiles(records: &Records, key: i32) -> Result<Vec<(Millis, &[u8])>, Refusal> {
    let prefix = format!("tile {key} ");
    let mut tiles = Vec::new();
    for (name, bytes) in records {
        let Some(start) = name.strip_prefix(&prefix) else { continue };
        tiles.push((start.parse().map_err(|_| format!("a record is called `{name}`"))?, bytes.as_slice()));
    }
    tiles.sort_by_key(|(start, _)| *start);
    Ok(tiles)
}
