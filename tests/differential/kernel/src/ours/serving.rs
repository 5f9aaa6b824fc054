//! The same requests by way of the messages that hosts send.

use super::Refusal;
use super::columns::{inputs, table};
use super::definition;
use super::online::{batch_end, tiles};
use crate::case::{Case, Mode, Row};
use crate::json::Records;
use crate::value::Value;
use chronon_aggregate::{Value as KernelValue, avro};
use chronon_plan::Plan;
use chronon_serve::client::{Outcome, RequestWriter, read_answer};
use chronon_serve::fetch;
use chronon_types::time::Millis;
use std::sync::Arc;

/// Fails when the answers to the case's requests differ from `expected` once they come in messages. Rows with nulls inside lists and
/// maps have no stored form; their cases are left out.
pub(super) fn check(case: &Case, plan: &Plan, records: &Records, expected: &[Vec<Value>]) -> Result<(), Refusal> {
    let (kind, streamed_from) = match &case.mode {
        Mode::Tiled { .. } => ("temporal_tiles", None),
        Mode::Online { reversals: false, newest_batch, .. } => ("temporal_events", *newest_batch),
        Mode::Online { newest_batch, .. } => ("temporal_mutations", *newest_batch),
        _ => ("temporal_mutations", None),
    };
    let serving = Arc::new(definition::serving(case, kind)?);
    let mut request = RequestWriter::default();
    for (key, query) in &case.queries {
        let batch = records.get(&format!("batch {key}")).map(Vec::as_slice);
        request.add(1, *query, batch_end(case), streamed_from, batch);
        if kind == "temporal_tiles" {
            tiles(records, *key)?.iter().for_each(|(start, tile)| request.add_streamed(*start, tile));
            continue;
        }
        let rows: Vec<Row> = case.stream.iter().filter(|row| row.key == *key).cloned().collect();
        let Some(rows) = encoded(case, plan, &rows, kind == "temporal_mutations")? else { return Ok(()) };
        rows.iter().for_each(|(millis, row)| request.add_streamed(*millis, row));
    }
    let answer = fetch(&request.finish(false), |_| Ok(serving.clone()))?;
    let mut answers: Vec<Vec<KernelValue>> = Vec::new();
    for outcome in read_answer(&answer)? {
        match outcome {
            Outcome::Values { slots, .. } => answers.push(slots),
            Outcome::Failed(_, text) => return Err(Refusal::Error(format!("only as a message: {text}"))),
        }
    }
    let column = |slot: usize| {
        let values: Vec<&KernelValue> = answers.iter().map(|answer| &answer[slot]).collect();
        KernelValue::column(&values, &plan.outputs()[slot].field().data_type)
    };
    let columns = (0..plan.outputs().len()).map(column).collect::<Result<Vec<_>, _>>()?;
    let found = table(plan, &columns);
    match format!("{found:?}") == format!("{expected:?}") {
        true => Ok(()),
        false => Err(Refusal::Error(format!("as a message: {found:?}, else {expected:?}"))),
    }
}

/// Time and bytes of a streamed row.
type Record = (Millis, Vec<u8>);

/// The records of rows, unless one has no stored form.
fn encoded(case: &Case, plan: &Plan, rows: &[Row], mutations: bool) -> Result<Option<Vec<Record>>, Refusal> {
    let columns = inputs(case, plan, rows)?;
    let mut records = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let mut out = Vec::new();
        for member in plan.row_members() {
            let column = plan.inputs().iter().position(|input| input == member);
            let column = column.ok_or_else(|| format!("`{}` is no input of the plan", member.name))?;
            let value = KernelValue::read(&columns[column], index)?;
            if value == KernelValue::Null {
                avro::put_absent(&mut out);
                continue;
            }
            avro::put_present(&mut out);
            if value.encode(&member.data_type, &mut out).is_err() {
                return Ok(None);
            }
        }
        if mutations {
            avro::put_present(&mut out);
            avro::put_long(&mut out, row.ts);
            avro::put_present(&mut out);
            out.push(row.before.into());
        }
        records.push((if mutations { row.mutated } else { row.ts }, out));
    }
    Ok(Some(records))
}
