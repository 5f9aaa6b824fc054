//! Laws that every aggregation obeys under a session, over random cases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use chronon_aggregate::{OperationKind, Resolution};
use chronon_testkit::cases::{Case, case, columns};
use chronon_testkit::naive::{self, End, Row};
use chronon_types::Dialect;
use common::{bits, plan, run, values};
use proptest::prelude::*;

const WHOLE: &[usize] = &[usize::MAX];

fn bit_table(results: &[Vec<chronon_aggregate::Value>]) -> Vec<Vec<String>> {
    results.iter().map(|column| column.iter().map(bits).collect()).collect()
}

fn run_bits(case: &Case, query_sizes: &[usize], event_sizes: &[usize]) -> Vec<Vec<String>> {
    bit_table(&values(&run(case, query_sizes, event_sizes)))
}

fn rows_of(table: &[Vec<String>], rows: &[usize]) -> Vec<Vec<String>> {
    table.iter().map(|column| rows.iter().map(|row| column[*row].clone()).collect()).collect()
}

/// Whether the K forms are determined: no two events of a key share a time.
fn distinct_times(rows: &[Row]) -> bool {
    rows.windows(2).all(|pair| pair[0].ts < pair[1].ts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_naive_aggregator(case in case(60, 16)) {
        let results = values(&run(&case, WHOLE, WHOLE));
        let end = match plan(&case) {
            plan if plan.is_timeless() => End::Timeless,
            _ if case.specs[0].dialect == Dialect::Zipline && case.resolution == Resolution::FiveMinute => End::Behind,
            _ => End::Before,
        };
        for (spec, column) in case.specs.iter().zip(&results) {
            for ((group, ts), found) in case.queries.iter().zip(column) {
                let rows: Vec<Row> =
                    case.events.iter().filter(|(of, _)| of == group).map(|(_, row)| row.clone()).collect();
                let k_form = matches!(spec.operation, OperationKind::FirstK | OperationKind::LastK);
                if k_form && !distinct_times(&rows) {
                    continue;
                }
                let expected = naive::aggregate(spec, &columns(), case.resolution, end, &rows, *ts);
                prop_assert!(
                    naive::accepts(spec, &expected, found, &rows),
                    "{spec:?} at ({group}, {ts}): expected {expected:?}, found {found:?}"
                );
            }
        }
    }

    #[test]
    fn batch_sizes_do_not_show(
        case in case(60, 16),
        query_sizes in prop::collection::vec(1usize..5, 1..4),
        event_sizes in prop::collection::vec(1usize..9, 1..4),
    ) {
        prop_assume!(!plan(&case).is_timeless());
        let whole = run_bits(&case, WHOLE, WHOLE);
        prop_assert_eq!(&run_bits(&case, WHOLE, &event_sizes), &whole);
        prop_assert_eq!(&run_bits(&case, &query_sizes, &event_sizes), &whole);
    }

    #[test]
    fn other_keys_and_queries_do_not_show(case in case(60, 16), keep in prop::collection::vec(any::<bool>(), 16)) {
        let whole = run_bits(&case, WHOLE, WHOLE);
        let kept: Vec<usize> = (0..case.queries.len()).filter(|index| keep[*index]).collect();
        prop_assume!(!kept.is_empty());
        let mut fewer = case.clone();
        fewer.queries = kept.iter().map(|index| case.queries[*index]).collect();
        let expected = rows_of(&whole, &kept);
        prop_assert_eq!(run_bits(&fewer, WHOLE, WHOLE), expected);

        let group = fewer.queries[0].0;
        let mut alone = fewer.clone();
        alone.events.retain(|(of, _)| *of == group);
        alone.queries.retain(|(of, _)| *of == group);
        let of_group: Vec<usize> = kept.iter().copied().filter(|index| case.queries[*index].0 == group).collect();
        let expected = rows_of(&whole, &of_group);
        prop_assert_eq!(run_bits(&alone, WHOLE, WHOLE), expected);
    }
}
