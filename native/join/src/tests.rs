//! The join against the window rule read aloud, however rows come in and wherever they wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use crate::record::Layout;
use crate::{JoinLayout, PartitionJoin, Side};
use arrow::array::ArrayRef;
use chronon_aggregate::{AggregationSpec, OperationKind, Resolution, TimeUnit, Value};
use chronon_codec::row::{Added, Row, RowColumns, RowExtender};
use chronon_testkit::naive;
use chronon_testkit::workload::Random;
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_types::{DataType, ErrorCode, Field};
use chronon_window::WindowPlan;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const KEYS: u64 = 7;

/// A row in Spark's layout.
pub(crate) fn row(values: &[(Value, DataType)]) -> Vec<u8> {
    let arrays: Vec<ArrayRef> = values.iter().map(|(value, t)| Value::column(&[value], t).unwrap()).collect();
    let mut bytes = Vec::new();
    let nothing = Row::new(&[], 0).unwrap();
    let added: Vec<_> = arrays.iter().map(Added::new).collect();
    RowExtender::new(0, vec![], arrays.len()).unwrap().append(&nothing, &added, 0, &mut bytes).unwrap();
    bytes
}

pub(crate) fn record(head: &[u8], row: &[u8]) -> Vec<u8> {
    let lengths = [head.len() as u32, row.len() as u32];
    lengths.iter().flat_map(|n| n.to_le_bytes()).chain(head.iter().copied()).chain(row.iter().copied()).collect()
}

pub(crate) fn text(text: String) -> Value {
    Value::Bytes(text.into_bytes().into())
}

/// Joins the records of both sides, left and right, put in any order and 97 at a time, `spills` of ten frames followed by a spill.
/// The columns of all rows that come out, read in pieces of `room` bytes or what one needs.
pub(crate) fn run(
    mut join: PartitionJoin,
    sides: [Vec<Vec<u8>>; 2],
    fields: &[Field],
    random: &mut Random,
    spills: u64,
    mut room: usize,
) -> Vec<ArrayRef> {
    for (side, mut records) in [Side::Left, Side::Right].into_iter().zip(sides) {
        for i in (1..records.len()).rev() {
            records.swap(i, random.below(i as u64 + 1) as usize);
        }
        for frame in records.chunks(97) {
            join.put(side, frame.concat()).unwrap();
            if random.below(10) < spills {
                let file = new_file();
                join.spill(&file).unwrap();
                assert!(!file.exists(), "nobody else sees the rows");
            }
        }
    }
    let mut columns = RowColumns::new(0, fields).unwrap();
    loop {
        match join.next(room).unwrap() {
            Ok([]) => return columns.finish(),
            Err(needed) => room = needed,
            Ok(mut rows) => {
                assert!(rows.len() <= room);
                while let Some((size, rest)) = rows.split_first_chunk::<8>() {
                    let (row, others) = rest.split_at(u64::from_le_bytes(*size) as usize);
                    columns.append(&Row::new(row, fields.len()).unwrap()).unwrap();
                    rows = others;
                }
            }
        }
    }
}

pub(crate) fn new_file() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("chronon-join-{}-{next}", std::process::id()))
}

/// A left row: its id, key and time.
type Left = (i64, u64, Millis);

#[derive(Clone)]
struct Right {
    key: u64,
    row: naive::Row,
}

struct Case {
    inputs: Vec<Field>,
    specs: Vec<AggregationSpec>,
    left: Vec<Left>,
    right: Vec<Right>,
    together: Option<usize>,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let inputs = vec![
            Field::new("amount", DataType::Long),
            Field::new("item", DataType::String),
            Field::new("list", DataType::List(Box::new(DataType::Long))),
        ];
        let specs = vec![
            AggregationSpec::new(OperationKind::Sum, 0).over(1, TimeUnit::Days),
            AggregationSpec::new(OperationKind::Count, 0).over(1, TimeUnit::Hours),
            AggregationSpec::new(OperationKind::Last, 1).over(7, TimeUnit::Days),
            AggregationSpec::new(OperationKind::Sum, 2).over(1, TimeUnit::Days),
            AggregationSpec::new(OperationKind::Count, 1),
        ];
        let time = |random: &mut Random| (random.below(400) as Millis) * HOUR / 4 - 20 * HOUR;
        let left = (0..300).map(|id| (id, random.below(KEYS + 2), time(random))).collect();
        let right = (0..900).map(|_| {
            let missing = |random: &mut Random, value| if random.below(9) == 0 { Value::Null } else { value };
            let amount = Value::Long(random.below(100) as i64 - 50);
            let item = text(["", "a", "longer than eight bytes"][random.below(3) as usize].to_owned());
            let list = Value::List((0..random.below(4)).map(|n| Value::Long(n as i64)).collect());
            let values = vec![missing(random, amount), missing(random, item), missing(random, list)];
            Right { key: random.below(KEYS), row: naive::Row { ts: time(random), values } }
        });
        Self { inputs, specs, left, right: right.collect(), together: None }
    }

    fn plan(&self) -> Arc<WindowPlan> {
        Arc::new(WindowPlan::new(self.inputs.clone(), self.specs.clone(), Resolution::FiveMinute).unwrap())
    }

    fn join(&self, colliding: bool) -> PartitionJoin {
        let layout = JoinLayout {
            variable_keys: vec![true, false],
            left_columns: 2,
            left_variable: vec![1],
            together: self.together,
        };
        let of = |inputs| {
            let mut layout = Layout::new(vec![true, false], inputs);
            layout.colliding = colliding;
            layout
        };
        let right = of(self.inputs.iter().map(|input| input.data_type.clone()).collect());
        PartitionJoin::of_events_as(self.plan(), &layout, of(vec![]), right).unwrap()
    }

    fn keys(key: u64) -> [(Value, DataType); 2] {
        [(text(format!("user-{}", key % 3)), DataType::String), (Value::Long((key / 3) as i64), DataType::Int)]
    }

    fn left_record(&self, (id, key, ts): &Left) -> Vec<u8> {
        let head: Vec<_> = Self::keys(*key).into_iter().chain([(Value::Long(*ts), DataType::Long)]).collect();
        let user = text(format!("row {id} of {key}"));
        record(&row(&head), &row(&[(Value::Long(*id), DataType::Long), (user, DataType::String)]))
    }

    fn right_record(&self, right: &Right) -> Vec<u8> {
        let inputs = right.row.values.iter().cloned().zip(self.inputs.iter().map(|input| input.data_type.clone()));
        let head = Self::keys(right.key).into_iter().chain([(Value::Long(right.row.ts), DataType::Long)]).chain(inputs);
        record(&row(&head.collect::<Vec<_>>()), &[])
    }

    /// Per left row: its two columns and its features, by id. `spills` of the frames are followed by a spill.
    fn run(&self, random: &mut Random, colliding: bool, spills: u64, room: usize) -> Vec<Vec<Value>> {
        let sides = [
            self.left.iter().map(|left| self.left_record(left)).collect(),
            self.right.iter().map(|right| self.right_record(right)).collect(),
        ];
        let names = [Field::new("id", DataType::Long), Field::new("user", DataType::String)];
        let fields: Vec<_> = names.iter().chain(self.plan().outputs()).cloned().collect();
        let arrays = run(self.join(colliding), sides, &fields, random, spills, room);
        let mut out: Vec<Vec<Value>> = (0..arrays[0].len())
            .map(|index| arrays.iter().map(|array| Value::read(array, index).unwrap()).collect())
            .collect();
        out.sort_by_key(|row| match row[0] {
            Value::Long(id) => id,
            _ => i64::MIN,
        });
        out
    }

    /// The same, from the window rule alone.
    fn expected(&self) -> Vec<Vec<Value>> {
        let inputs = &self.inputs;
        let order = |value: &Value| format!("{value:?}");
        let of_key = |key: u64| {
            let mut rows: Vec<_> = self.right.iter().filter(|r| r.key == key).map(|r| r.row.clone()).collect();
            // ties in the documented order: amounts by value, texts by their bytes, nulls first
            rows.sort_by_key(|row| {
                let amount = if let Value::Long(n) = row.values[0] { n } else { i64::MIN };
                let item = if let Value::Bytes(bytes) = &row.values[1] { Some(bytes.to_vec()) } else { None };
                (row.ts, amount, item, order(&row.values[2]))
            });
            rows
        };
        let by_key: Vec<_> = (0..KEYS + 2).map(of_key).collect();
        let features = |(id, key, ts): &Left| {
            let rows = &by_key[*key as usize];
            let aggregated = self
                .specs
                .iter()
                .map(|s| naive::aggregate(s, inputs, Resolution::FiveMinute, naive::End::Before, rows, *ts));
            [Value::Long(*id), text(format!("row {id} of {key}"))].into_iter().chain(aggregated).collect()
        };
        self.left.iter().map(features).collect()
    }
}

#[test]
fn rows_get_the_features_of_the_window_rule() {
    for seed in 0..4 {
        let mut random = Random(seed);
        let mut case = Case::random(&mut random);
        case.together = [None, Some(0), Some(1)][seed as usize % 3];
        let expected = case.expected();
        for (colliding, spills) in [(false, 0), (false, 5), (false, 10), (true, 0), (true, 5), (true, 10)] {
            let found = case.run(&mut random, colliding, spills, 1 << 12);
            assert_eq!(found, expected, "seed {seed}, colliding {colliding}, {spills} spills of 10 frames");
        }
    }
}

#[test]
fn rows_of_equal_value_come_out_side_by_side() {
    let mut case = Case::random(&mut Random(11));
    case.right.clear();
    // by the number, and by the text that says whose row it is; one row has neither
    for (together, values) in [(0, 5), (1, 7)] {
        case.together = Some(together);
        case.left = (0..3000).map(|n| (n % 5, (n % 7) as u64, DAY)).collect();
        let mut join = case.join(false);
        let mut records: Vec<u8> = case
            .left
            .iter()
            .flat_map(|(id, key, ts)| {
                let head: Vec<_> = Case::keys(*key).into_iter().chain([(Value::Long(*ts), DataType::Long)]).collect();
                let user = text(format!("user {key}"));
                record(&row(&head), &row(&[(Value::Long(*id), DataType::Long), (user, DataType::String)]))
            })
            .collect();
        let head = Case::keys(1).into_iter().chain([(Value::Long(DAY), DataType::Long)]).collect::<Vec<_>>();
        records.extend(record(&row(&head), &row(&[(Value::Null, DataType::Long), (Value::Null, DataType::String)])));
        join.put(Side::Left, records).unwrap();
        let mut seen = Vec::new();
        loop {
            let mut rows = join.next(1000).unwrap().unwrap();
            if rows.is_empty() {
                break;
            }
            while let Some((size, rest)) = rows.split_first_chunk::<8>() {
                let (bytes, others) = rest.split_at(u64::from_le_bytes(*size) as usize);
                let row = Row::new(bytes, 2 + case.plan().outputs().len()).unwrap();
                seen.push((
                    row.is_null(together),
                    [row.slot(0).to_le_bytes().to_vec(), row.variable(1).unwrap().to_vec()],
                ));
                rows = others;
            }
        }
        assert_eq!(seen.len(), 3001);
        let value = |row: &(bool, [Vec<u8>; 2])| (row.0, row.1[together].clone());
        let changes = seen.windows(2).filter(|pair| value(&pair[0]) != value(&pair[1])).count();
        // the null may lie among the zeros
        assert!(changes <= values - 1 + 2, "{changes} changes between {values} values and a null");
    }
}

#[test]
fn a_column_that_is_not_there_cannot_keep_rows_together() {
    let case = Case::random(&mut Random(1));
    let layout = JoinLayout { variable_keys: vec![true], left_columns: 2, left_variable: vec![], together: Some(2) };
    let error = PartitionJoin::new(case.plan(), layout).unwrap_err();
    assert!(error.message().contains("column 2"), "{error}");
}

#[test]
fn a_row_that_does_not_fit_says_what_it_needs() {
    let mut random = Random(3);
    let case = Case::random(&mut random);
    assert_eq!(case.run(&mut random, false, 0, 0), case.expected());
}

#[test]
fn days_and_groups_go_on_over_batches() {
    // one key, more queries than two batches hold, an event between each two of them
    let specs = vec![AggregationSpec::new(OperationKind::Count, 0).over(1, TimeUnit::Days)];
    let one = |index: i64, offset| (index, 1, 100 * DAY + index * 60_000 + offset);
    let case = Case {
        inputs: vec![Field::new("amount", DataType::Long)],
        specs,
        left: (0..20_000).map(|index| one(index, 1)).collect(),
        right: (0..20_000)
            .map(|index| Right { key: 1, row: naive::Row { ts: one(index, 0).2, values: vec![Value::Long(1)] } })
            .collect(),
        together: None,
    };
    let found = case.run(&mut Random(1), false, 2, 1 << 16);
    for (index, row) in found.iter().enumerate() {
        let query = one(index as i64, 1).2;
        let tail = (query - DAY) / HOUR * HOUR;
        let first = ((tail - 100 * DAY) as f64 / 60_000.0).ceil().max(0.0) as i64;
        assert_eq!(row[2], Value::Long(index as i64 - first + 1), "query {index}");
    }
}

#[test]
fn frames_that_lie_are_errors() {
    let mut random = Random(5);
    let case = Case::random(&mut random);
    let good = case.right_record(&case.right[0]);
    for broken in [vec![1], good[..good.len() - 8].to_vec(), vec![0; 8], vec![0xff; 64]] {
        let error = case.join(false).put(Side::Right, broken).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CorruptData, "{error}");
    }
    let timeless: Vec<_> = Case::keys(1).into_iter().chain([(Value::Null, DataType::Long)]).collect();
    let timeless = timeless.into_iter().chain(case.inputs.iter().map(|input| (Value::Null, input.data_type.clone())));
    let frame = record(&row(&timeless.collect::<Vec<_>>()), &[]);
    let error = case.join(false).put(Side::Right, frame).unwrap_err();
    assert!(error.code() == ErrorCode::InvalidArgument && error.message().contains("ts IS NOT NULL"), "{error}");
    let mut join = case.join(false);
    assert_eq!(join.next(100).unwrap().unwrap(), &[] as &[u8]);
    assert_eq!(join.put(Side::Right, good).unwrap_err().code(), ErrorCode::InvalidArgument);
    let error = case.join(false).spill(&PathBuf::from("/nonexistent/folder/rows"));
    assert_eq!(error, Ok(()), "nothing to write");
}
