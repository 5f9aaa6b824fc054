//! Rows that an operation lets go by leave what folding them in one by one leaves, to the byte.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use arrow::array::{ArrayRef, Int64Array, StringArray};
use chronon_aggregate::{AggregationSpec, Definition, OperationKind, grouped};
use chronon_types::time::Millis;
use chronon_types::{DataType, Field};
use std::sync::Arc;

/// Times with runs that rise, of many lengths, between ties and steps back.
fn times() -> Vec<Millis> {
    let mut ts: Vec<Millis> = vec![0];
    for (run, length) in [3, 40, 1, 200, 33, 7, 500, 2, 90, 31, 32, 64].into_iter().enumerate() {
        let last = ts[ts.len() - 1];
        let start = match run % 3 {
            0 => last,
            1 => last - 25,
            _ => last + 1,
        };
        ts.extend((0..length).map(|step| start + 2 * step));
    }
    ts
}

#[test]
fn rows_that_go_by_leave_what_folding_them_leaves() {
    let ts = times();
    let rows = ts.len();
    let fields = [Field::new("n", DataType::Long), Field::new("s", DataType::String)];
    let sparse = |row: usize| (!row.is_multiple_of(11)).then_some(row as i64);
    let columns: [[ArrayRef; 2]; 2] = [
        [
            Arc::new(Int64Array::from_iter_values(0..rows as i64)),
            Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("s{row}")))),
        ],
        [
            Arc::new((0..rows).map(sparse).collect::<Int64Array>()),
            Arc::new((0..rows).map(|row| sparse(row).map(|n| n.to_string())).collect::<StringArray>()),
        ],
    ];
    for operation in [OperationKind::First, OperationKind::Last, OperationKind::FirstK, OperationKind::LastK] {
        for k in [0, 1, 2, 3, 10, 16, 17, 60] {
            for input in 0..fields.len() {
                let mut spec = AggregationSpec::new(operation, input);
                spec.args.insert("k".to_owned(), k.to_string());
                let mut column = grouped(&Definition::new(&spec, &fields).unwrap()).unwrap();
                for columns in &columns {
                    column.clear();
                    column.load(columns).unwrap();
                    for split in [0, 1, 25, 300, rows - 40] {
                        // A stored accumulator, which the rest is folded into.
                        column.fold(0..1, 0..split, &ts).unwrap();
                        let mut stored = Vec::new();
                        column.encode(0, &mut stored).unwrap();
                        column.clear();
                        column.merge_encoded(&[0, 1, 2], &mut stored.as_slice()).unwrap();
                        column.load(columns).unwrap();
                        (split..rows).for_each(|row| column.fold(0..1, row..row + 1, &ts).unwrap());
                        column.fold(1..3, split..rows, &ts).unwrap();
                        let bytes: Vec<Vec<u8>> = (0..3)
                            .map(|group| {
                                let mut bytes = Vec::new();
                                column.encode(group, &mut bytes).unwrap();
                                bytes
                            })
                            .collect();
                        let what = format!("{operation} of {}, k = {k}, split at {split}", fields[input].name);
                        assert_eq!(bytes[1], bytes[0], "{what}");
                        assert_eq!(bytes[2], bytes[0], "{what}");
                        column.clear();
                        column.load(columns).unwrap();
                    }
                }
            }
        }
    }
}
