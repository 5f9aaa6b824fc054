//! Laws that every operation obeys, over the whole registry.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use arrow::array::{Array, ArrayRef};
use chronon_aggregate::ir_column::{ir_column, merge_ir_column};
use chronon_aggregate::registry::result_type;
use chronon_aggregate::shape::{Shape, ShapeVisitor, dispatch};
use chronon_aggregate::sink::Sink;
use chronon_aggregate::{Definition, OperationKind, Value, arrow_type, avro, grouped, same_layout};
use chronon_testkit::cases::{columns, every_aggregation, value};
use chronon_testkit::naive::{near, rounding, same};
use chronon_types::{DataType, Error, ErrorCode, Field, Result};
use proptest::prelude::*;

/// Operations whose results depend on the order of merging unless `k` is large enough for all values, with that `k`.
const MERGED_EXACTLY_FROM: &[(OperationKind, i32)] = &[
    (OperationKind::ApproxHistogramK, 100),
    (OperationKind::ApproxFrequentK, 100),
    (OperationKind::ApproxHeavyHittersK, 100),
];

fn every_definition() -> Vec<Definition> {
    let columns = columns();
    let bucketed = every_aggregation().into_iter().map(|spec| spec.by(0));
    let bucketed = bucketed.filter_map(|spec| Definition::new(&spec, &columns).ok());
    let plain = every_aggregation();
    plain.into_iter().map(|spec| Definition::new(&spec, &columns).unwrap()).chain(bucketed).collect()
}

#[test]
fn accepted_types_are_those_of_the_reference() {
    use DataType::*;
    use OperationKind as K;
    let scalars = [Boolean, Byte, Short, Int, Long, Float, Double, String, Binary];
    let numbers = vec![Short, Int, Long, Float, Double];
    let with = |more: &[DataType]| [numbers.as_slice(), more].concat();
    let table = [
        (with(&[String]), vec![K::Min, K::Max, K::TopK, K::BottomK]),
        (scalars.to_vec(), vec![K::Count, K::First, K::Last, K::FirstK, K::LastK]),
        (with(&[Boolean]), vec![K::Sum]),
        (numbers.clone(), vec![K::Average, K::Variance, K::Skew, K::Kurtosis, K::ApproxPercentile]),
        (with(&[String, Binary]), vec![K::UniqueCount, K::ApproxUniqueCount, K::BoundedUniqueCount]),
        (vec![String], vec![K::Histogram]),
        (with(&[String]), vec![K::ApproxHistogramK, K::ApproxFrequentK, K::ApproxHeavyHittersK]),
        (vec![Int, Long, String], vec![K::UniqueTopK]),
    ];
    let mut seen = Vec::new();
    for (accepted, kinds) in table {
        for kind in kinds {
            seen.push(kind);
            for data_type in &scalars {
                let found = result_type(kind, data_type);
                assert_eq!(found.is_ok(), accepted.contains(data_type), "{kind} of {data_type}: {found:?}");
            }
        }
    }
    seen.sort();
    assert_eq!(seen, OperationKind::ALL, "the table must have every operation once");
}

#[test]
fn results_have_the_declared_type() {
    for definition in every_definition() {
        let found = grouped(&definition).unwrap().finalize(2).unwrap();
        let expected = arrow_type(&definition.output.data_type);
        let name = &definition.output.name;
        assert!(same_layout(found.data_type(), &expected), "{name}: {} for {expected}", found.data_type());
        assert_eq!((found.len(), found.logical_null_count()), (2, 2), "{name}");
    }
}

/// Folds a column of values at times 0, 1, 2, …, and returns the accumulator.
fn fold<S: Shape>(shape: &S, columns: &[ArrayRef], rows: std::ops::Range<usize>) -> Option<S::Ir> {
    let batch = shape.load(columns).unwrap();
    let ts: Vec<i64> = (0..columns[0].len() as i64).collect();
    let mut ir = None;
    shape.fold(&mut ir, &batch, rows, &ts).unwrap();
    ir
}

fn result<S: Shape>(shape: &S, ir: Option<&S::Ir>) -> Value {
    let mut sink = shape.sink();
    shape.finalize(ir, &mut sink);
    Value::read(&sink.finish().unwrap(), 0).unwrap()
}

/// Checks the laws for one operation over one column.
struct Laws<'a> {
    definition: &'a Definition,
    columns: &'a [ArrayRef],
    split: usize,
}

impl Laws<'_> {
    fn rounding(&self) -> f64 {
        let column = &self.columns[self.definition.spec.input];
        let values: Vec<Value> = (0..column.len()).map(|row| Value::read(column, row).unwrap()).collect();
        rounding(values.iter())
    }

    fn merge<S: Shape>(&self, shape: &S) -> Result<()> {
        let exact = |(kind, k): &(OperationKind, i32)| *kind != self.definition.kind() || *k <= self.definition.k;
        if !MERGED_EXACTLY_FROM.iter().all(exact) {
            return Ok(());
        }
        let rows = self.columns[0].len();
        let mut whole = fold(shape, self.columns, 0..rows);
        let later = fold(shape, self.columns, self.split..rows);
        let mut merged = fold(shape, self.columns, 0..self.split);
        let before = result(shape, later.as_ref());
        if let Some(later) = &later {
            shape.merge(&mut merged, later)?;
        }
        // Where copies and merges tell by their results, both sides do.
        [&mut whole, &mut merged].into_iter().flatten().for_each(|ir| shape.mark_copied(ir));
        let (expected, found) = (result(shape, whole.as_ref()), result(shape, merged.as_ref()));
        let name = &self.definition.output.name;
        if !near(&expected, &found, self.rounding()) {
            return Err(Error::internal(format!("{name}: merged {found:?}, folded {expected:?}")));
        }
        if format!("{before:?}") != format!("{:?}", result(shape, later.as_ref())) {
            return Err(Error::internal(format!("{name}: merging changed the other accumulator")));
        }
        Ok(())
    }

    /// Folding into several accumulators at once, one of them absent, is folding into one after the other.
    fn fold_all<S: Shape>(&self, shape: &S) {
        let rows = self.columns[0].len();
        // Many share a time, and later rows may have an earlier one.
        let ts: Vec<i64> = (0..rows as i64).map(|row| row * 5 % 7).collect();
        let batch = shape.load(self.columns).unwrap();
        let fold = |rows| {
            let mut ir = None;
            shape.fold(&mut ir, &batch, rows, &ts).unwrap();
            ir
        };
        let mut irs = vec![fold(0..self.split), None, None];
        shape.fold_all(&mut irs, &batch, self.split..rows, &ts).unwrap();
        let apart = fold(self.split..rows);
        let mut whole = fold(0..self.split);
        shape.fold(&mut whole, &batch, self.split..rows, &ts).unwrap();
        for (found, expected) in irs.iter().zip([&whole, &apart, &apart]) {
            let (found, expected) = (result(shape, found.as_ref()), result(shape, expected.as_ref()));
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{}", self.definition.output.name);
        }
    }
}

impl ShapeVisitor for Laws<'_> {
    type Output = ();

    fn visit<S: Shape>(self, shape: S) -> Result<()> {
        self.merge(&shape)?;
        self.fold_all(&shape);
        let Some(ir) = fold(&shape, self.columns, 0..self.columns[0].len()) else { return Ok(()) };
        let mut bytes = Vec::new();
        match shape.encode(&ir, &mut bytes) {
            Err(error) if error.code() == ErrorCode::InvalidArgument => {
                assert!(has_inner_null(&result(&shape, Some(&ir))), "{error}");
                return Ok(());
            }
            other => other?,
        }
        let mut rest = bytes.as_slice();
        let back = shape.decode(&mut rest)?;
        let (expected, found) = (result(&shape, Some(&ir)), result(&shape, Some(&back)));
        if !rest.is_empty() || !same(&expected, &found) {
            return Err(Error::internal(format!(
                "{}: {expected:?} came back as {found:?}",
                self.definition.output.name
            )));
        }
        let mut skipped = bytes.as_slice();
        avro::skip(&self.definition.ir_type(), &mut skipped)?;
        assert!(skipped.is_empty(), "{}: the stored type has another length", self.definition.output.name);
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
            // Any error will do, or another value; never a panic.
            let _ = shape.decode(&mut &bytes[..cut]);
        }
        Ok(())
    }
}

/// Whether `after` is `before`, but for what remains of groups that were not there, or that infinities went through.
fn undone(before: &Value, after: &Value, rounding: f64) -> bool {
    match (before, after) {
        // nothing, or the remainder of a sum over nothing
        (Value::Null, Value::Map(entries)) => entries.iter().all(|(_, value)| undone(&Value::Null, value, rounding)),
        (Value::Null, Value::List(items)) => items.iter().all(|value| undone(&Value::Null, value, rounding)),
        (Value::Null, Value::Long(value)) => *value == 0,
        (Value::Null, Value::Decimal(value)) => **value == 0,
        (_, Value::Double(value)) if !value.is_finite() => true,
        (Value::Double(_), Value::Null) | (Value::Null, Value::Null) => true,
        (Value::Null, Value::Double(value)) => value.abs() <= rounding,
        (Value::Map(before), Value::Map(after)) => {
            let of =
                |key: &Value| before.iter().find(|(known, _)| known == key).map_or(&Value::Null, |(_, value)| value);
            let kept = before.iter().all(|(key, _)| after.iter().any(|(left, _)| left == key));
            kept && after.iter().all(|(key, value)| undone(of(key), value, rounding))
        }
        (Value::List(before), Value::List(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(a, b)| undone(a, b, rounding))
        }
        _ => near(before, after, rounding),
    }
}

/// Whether a list or map somewhere in the value holds a null, which has no stored form.
fn has_inner_null(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| *item == Value::Null || has_inner_null(item)),
        Value::Map(entries) => entries.iter().any(|(_, value)| *value == Value::Null || has_inner_null(value)),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn merging_and_storing_change_nothing(
        rows in prop::collection::vec(columns().iter().map(value).collect::<Vec<_>>(), 1..12),
        split in any::<prop::sample::Index>(),
    ) {
        let fields: Vec<Field> = columns();
        let arrays: Vec<ArrayRef> = (0..fields.len()).map(|index| {
            let values: Vec<&Value> = rows.iter().map(|row| &row[index]).collect();
            Value::column(&values, &fields[index].data_type).unwrap()
        }).collect();
        let split = split.index(rows.len());
        for definition in every_definition() {
            let laws = Laws { definition: &definition, columns: &arrays, split };
            let outcome = dispatch(&definition, laws);
            prop_assert!(outcome.is_ok(), "{:?}", outcome);
        }
    }

    #[test]
    fn deleting_undoes_updating(
        rows in prop::collection::vec(columns().iter().map(value).collect::<Vec<_>>(), 1..12),
        split in any::<prop::sample::Index>(),
    ) {
        let fields = columns();
        let arrays: Vec<ArrayRef> = (0..fields.len()).map(|index| {
            let values: Vec<&Value> = rows.iter().map(|row| &row[index]).collect();
            Value::column(&values, &fields[index].data_type).unwrap()
        }).collect();
        let (split, ts) = (split.index(rows.len()), vec![0; rows.len()]);
        for definition in every_definition() {
            let mut column = grouped(&definition).unwrap();
            column.load(&arrays).unwrap();
            column.fold(0..1, 0..split, &ts).unwrap();
            let before = Value::read(&column.finalize(1).unwrap(), 0).unwrap();
            column.fold(0..1, split..rows.len(), &ts).unwrap();
            let between = Value::read(&column.finalize(1).unwrap(), 0).unwrap();
            column.delete(0, split..rows.len(), &ts).unwrap();
            let after = Value::read(&column.finalize(1).unwrap(), 0).unwrap();
            let rounding = rounding(rows.iter().map(|row| &row[definition.spec.input]));
            let holds = match definition.kind() {
                OperationKind::Count | OperationKind::Sum | OperationKind::Average | OperationKind::Histogram => {
                    undone(&before, &after, rounding)
                }
                _ => format!("{between:?}") == format!("{after:?}"),
            };
            let name = &definition.output.name;
            prop_assert!(holds, "{}: {:?}, with more {:?}, without it {:?}", name, before, between, after);
        }
    }

    #[test]
    fn columns_of_accumulators_hold_what_they_are_made_of(
        rows in prop::collection::vec((0u32..3, columns().iter().map(value).collect::<Vec<_>>()), 1..16),
    ) {
        let fields = columns();
        let groups: Vec<u32> = rows.iter().map(|(group, _)| *group).collect();
        let ts: Vec<i64> = (0..rows.len() as i64).collect();
        let arrays: Vec<ArrayRef> = (0..fields.len()).map(|index| {
            let values: Vec<&Value> = rows.iter().map(|(_, row)| &row[index]).collect();
            Value::column(&values, &fields[index].data_type).unwrap()
        }).collect();
        for definition in every_definition() {
            let mut folded = grouped(&definition).unwrap();
            folded.update(&groups, &ts, &arrays).unwrap();
            // a group more than there are: its accumulator is null
            let stored = match ir_column(&*folded, &definition, 4) {
                Err(error) if error.code() == ErrorCode::InvalidArgument => continue,
                stored => stored.unwrap(),
            };
            let expected = arrow_type(&definition.ir_type());
            prop_assert!(same_layout(stored.data_type(), &expected), "{}: {}", definition.output.name, stored.data_type());
            // read back from columns, and from records
            let (mut columns, mut records) = (grouped(&definition).unwrap(), grouped(&definition).unwrap());
            merge_ir_column(&mut *columns, &definition, &stored, &[0, 1, 2, 3]).unwrap();
            for group in 0..4 {
                let mut record = Vec::new();
                folded.encode(group, &mut record).unwrap();
                records.merge_encoded(&[group], &mut record.as_slice()).unwrap();
            }
            let (found, expected) = (columns.finalize(4).unwrap(), records.finalize(4).unwrap());
            prop_assert_eq!(found.to_data(), expected.to_data(), "{}", definition.output.name);
        }
    }

    #[test]
    fn grouping_equals_folding_alone(
        rows in prop::collection::vec((0u32..3, columns().iter().map(value).collect::<Vec<_>>()), 1..16),
        batch in 1usize..8,
    ) {
        let fields = columns();
        for definition in every_definition() {
            let mut together = grouped(&definition).unwrap();
            let mut alone: Vec<_> = (0..3).map(|_| grouped(&definition).unwrap()).collect();
            for (number, chunk) in rows.chunks(batch).enumerate() {
                let ts: Vec<i64> = (0..chunk.len()).map(|row| (number * batch + row) as i64).collect();
                let arrays = |rows: &[&(u32, Vec<Value>)]| -> Vec<ArrayRef> {
                    (0..fields.len()).map(|index| {
                        let values: Vec<&Value> = rows.iter().map(|(_, row)| &row[index]).collect();
                        Value::column(&values, &fields[index].data_type).unwrap()
                    }).collect()
                };
                let all: Vec<&(u32, Vec<Value>)> = chunk.iter().collect();
                let groups: Vec<u32> = chunk.iter().map(|(group, _)| *group).collect();
                together.update(&groups, &ts, &arrays(&all)).unwrap();
                for (group, alone) in alone.iter_mut().enumerate() {
                    let own: Vec<usize> = (0..chunk.len()).filter(|row| chunk[*row].0 == group as u32).collect();
                    let rows: Vec<_> = own.iter().map(|row| &chunk[*row]).collect();
                    let ts: Vec<i64> = own.iter().map(|row| ts[*row]).collect();
                    alone.update(&vec![0; rows.len()], &ts, &arrays(&rows)).unwrap();
                }
            }
            let found = together.finalize(3).unwrap();
            for (group, alone) in alone.iter().enumerate() {
                let expected = format!("{:?}", Value::read(&alone.finalize(1).unwrap(), 0).unwrap());
                let found = format!("{:?}", Value::read(&found, group).unwrap());
                prop_assert_eq!(found, expected, "{}", definition.output.name);
            }
        }
    }
}
