//! What crosses at a request: its message, and the records inside it.

use crate::{decoded, stored};
use arrow::array::Array;
use chronon_aggregate::{Value, avro};
use chronon_codec::RecordColumns;
use chronon_serve::client::{RequestWriter, read_answer};
use chronon_serve::{ServingPlan, fetch as answer};
use chronon_testkit::cases::columns;
use chronon_types::ErrorCode::{CorruptData, InvalidArgument};
use chronon_types::time::{DAY, Millis};
use chronon_types::{DataType, Error, Field};
use std::sync::{Arc, LazyLock};

const BATCH_END: Millis = 20_000 * DAY;

/// LAST of `n`, a long, and of `tags`, a list of texts, as in `hosts::seeds`.
fn group_by() -> Vec<u8> {
    let mut bytes = vec![12, 0, 1, 11, 0, 1, 0, 0, 0, 1, b't', 0];
    bytes.extend_from_slice(&[15, 0, 4, 12, 0, 0, 0, 2]);
    for column in ["n", "tags"] {
        bytes.extend_from_slice(&[11, 0, 1, 0, 0, 0, column.len() as u8]);
        bytes.extend_from_slice(column.as_bytes());
        bytes.extend_from_slice(&[8, 0, 2, 0, 0, 0, 3, 0]);
    }
    bytes.push(0);
    bytes
}

/// Plans of every kind, by the remainder of their handle.
static PLANS: LazyLock<Vec<Arc<ServingPlan>>> = LazyLock::new(|| {
    let kinds = ["temporal_events", "temporal_mutations", "temporal_tiles", "snapshot"];
    let plan = |kind: &&str| {
        let options = format!(
            r#"{{"dialect":"airbnb","kind":"{kind}","selected":[{{"name":"n","type":"long"}},{{"name":"tags","type":"list_string"}}]}}"#
        );
        Arc::new(ServingPlan::open(&group_by(), &options).expect("a plan that runs"))
    };
    kinds.iter().map(plan).collect()
});

pub(crate) fn fetch(bytes: &[u8]) {
    let plan = |handle: i64| match usize::try_from(handle) {
        Ok(handle) => Ok(PLANS[handle % PLANS.len()].clone()),
        Err(_) => Err(Error::invalid_argument("no plan")),
    };
    let Some(answer) = decoded(answer(bytes, plan), &[CorruptData]) else { return };
    read_answer(&answer).expect("an answer that can be read");
}

/// Members of every type that a row can have.
fn members() -> Vec<Field> {
    columns()
}

pub(crate) fn record(bytes: &[u8]) {
    let records = RecordColumns::new(members());
    // The same record beside a whole one and an empty one: three rows in any case.
    let whole = whole();
    let (columns, bad) = decoded(records.read(&[whole.as_slice(), bytes, &[]]), &[InvalidArgument]).expect("columns");
    for column in &columns {
        assert_eq!(column.len(), 3);
        column.to_data().validate_full().expect("columns in order");
    }
    assert!(bad.iter().all(|bad| bad.record > 0 && bad.error.code() == CorruptData));
}

/// A record with a value for every member.
fn whole() -> Vec<u8> {
    let mut out = Vec::new();
    for member in members() {
        avro::put_present(&mut out);
        // A map is stored from texts; the one that is not takes any number of them.
        let value = stored::value(&member.data_type, 3);
        value.encode(&member.data_type, &mut out).expect("a value without nulls");
    }
    out
}

fn requests() -> Vec<u8> {
    let mut row = Vec::new();
    avro::put_present(&mut row);
    avro::put_long(&mut row, 5);
    avro::put_present(&mut row);
    let tags = Value::List([Value::Bytes("é".as_bytes().into())].into());
    tags.encode(&DataType::List(Box::new(DataType::String)), &mut row).expect("a value without nulls");
    let mut mutation = row.clone();
    avro::put_present(&mut mutation);
    avro::put_long(&mut mutation, BATCH_END);
    avro::put_present(&mut mutation);
    mutation.push(0);
    let nothing = [2, 0, 0, 2, 6, 0, 0, 0, 0];
    let tile = [2, 0, 0, 2, 1];
    let mut request = RequestWriter::default();
    for (plan, streamed) in [(0, row.as_slice()), (1, &mutation), (2, &tile)] {
        request.add(plan, BATCH_END + 2, BATCH_END, None, Some(&nothing));
        request.add_streamed(BATCH_END, streamed);
        request.add_streamed(BATCH_END + 1, streamed);
    }
    request.add(3, BATCH_END, BATCH_END, None, Some(&row));
    request.finish(true)
}

pub(crate) fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("fetch", "every_kind", requests()),
        ("record", "whole", whole()),
        ("record", "nulls", vec![0; members().len()]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use chronon_serve::client::Outcome;

    #[test]
    fn seeds_are_accepted() {
        let answered = answer(&requests(), |handle| Ok(PLANS[handle as usize].clone())).expect("a request");
        for outcome in read_answer(&answered).expect("an answer") {
            assert!(matches!(outcome, Outcome::Values { skipped: 0, .. }), "{outcome:?}");
        }
        let (_, bad) = RecordColumns::new(members()).read(&[whole().as_slice()]).expect("columns");
        assert_eq!(bad, []);
    }
}
