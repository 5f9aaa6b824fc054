//! States of entities against sums over the rows that count, however rows come in and wherever they wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use crate::entity_states::EntityStates;
use crate::record::Layout;
use crate::tests::{record, row, run, text};
use crate::{JoinLayout, PartitionJoin, Side};
use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit, Value, Window};
use chronon_testkit::workload::Random;
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis};
use chronon_types::{DataType, ErrorCode, Field};
use chronon_window::online::{Base, OnlinePlan};
use std::collections::BTreeMap;
use std::sync::Arc;

const KEYS: u64 = 6;
const FIRST_DAY: Millis = 100;

/// Length of each window, and the step of its tail.
const WINDOWS: [Option<(Millis, Millis)>; 5] =
    [Some((HOUR, FIVE_MINUTES)), Some((DAY, HOUR)), Some((7 * DAY, HOUR)), Some((20 * DAY, DAY)), None];

/// A row of the right side: of the snapshot before a day, or a mutation on it.
#[derive(Clone, Debug)]
struct Right {
    key: u64,
    day: Millis,
    ts: Millis,
    value: Option<i64>,
    /// When it was changed, and whether it was added.
    change: Option<(Millis, bool)>,
}

/// A left row: its id, key and time.
type Left = (i64, u64, Millis);

struct Case {
    left: Vec<Left>,
    right: Vec<Right>,
}

fn plan() -> Arc<OnlinePlan> {
    let windows = vec![
        Some(Window::new(1, TimeUnit::Hours)),
        Some(Window::new(1, TimeUnit::Days)),
        Some(Window::new(7, TimeUnit::Days)),
        Some(Window::new(20, TimeUnit::Days)),
        None,
    ];
    let base = |kind| Base { spec: AggregationSpec::new(kind, 0), windows: windows.clone() };
    let bases = [OperationKind::Sum, OperationKind::Count, OperationKind::Max].map(base);
    Arc::new(OnlinePlan::new(vec![Field::new("amount", DataType::Long)], bases.to_vec()).unwrap())
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let day = |random: &mut Random| (FIRST_DAY + random.below(3) as Millis) * DAY;
        let within = |random: &mut Random| (random.below(24 * 12) as Millis) * FIVE_MINUTES + random.below(2) as Millis;
        let left = (0..250).map(|id| (id, random.below(KEYS + 1), day(random) + within(random))).collect();
        let right = (0..900).map(|_| {
            let (day, added) = (day(random), random.below(3) > 0);
            let change = (random.below(3) > 0).then(|| (day + within(random) - HOUR, added));
            // some on the edge of a window, some in the future of their snapshot or of their change
            let age = [0, HOUR, DAY, 7 * DAY, 20 * DAY][random.below(5) as usize];
            let ts = match random.below(3) {
                0 => day - age + random.below(3) as Millis - 1,
                1 => day + within(random),
                _ => day - age - within(random) % HOUR,
            };
            let value = (random.below(8) > 0).then(|| random.below(100) as i64 - 50);
            Right { key: random.below(KEYS), day, ts, value, change }
        });
        Self { left, right: right.collect() }
    }

    fn key(key: u64, day: Millis) -> Vec<(Value, DataType)> {
        vec![(text(format!("user-{key}")), DataType::String), (Value::Long(day), DataType::Long)]
    }

    fn left_record((id, key, ts): &Left) -> Vec<u8> {
        let mut head = Self::key(*key, ts / DAY * DAY);
        head.push((Value::Long(*ts), DataType::Long));
        record(&row(&head), &row(&[(Value::Long(*id), DataType::Long)]))
    }

    fn right_record(right: &Right) -> Vec<u8> {
        let long = |value: Option<i64>| (value.map_or(Value::Null, Value::Long), DataType::Long);
        let added = right.change.map_or(Value::Null, |(_, added)| Value::Long(added.into()));
        let mut head = Self::key(right.key, right.day);
        head.push(long(Some(right.change.map_or(right.ts, |(changed, _)| changed))));
        head.extend([(added, DataType::Boolean), long(Some(right.ts)), long(right.value)]);
        record(&row(&head), &[])
    }

    fn join(colliding: bool) -> PartitionJoin {
        let layout =
            JoinLayout { variable_keys: vec![true, false], left_columns: 1, left_variable: vec![], together: None };
        let of = |inputs| {
            let mut layout = Layout::new(vec![true, false], inputs);
            layout.colliding = colliding;
            layout
        };
        let right = of(EntityStates::head_columns(plan().inputs()));
        PartitionJoin::of_mutations_as(plan(), &layout, of(vec![]), right).unwrap()
    }

    /// The outputs of each left row by its id. `spills` of ten frames are followed by a spill.
    fn run(&self, random: &mut Random, colliding: bool, spills: u64) -> BTreeMap<i64, Vec<Value>> {
        let sides =
            [self.left.iter().map(Self::left_record).collect(), self.right.iter().map(Self::right_record).collect()];
        let fields: Vec<_> = [Field::new("id", DataType::Long)].iter().chain(plan().outputs()).cloned().collect();
        let arrays = run(Self::join(colliding), sides, &fields, random, spills, 1 << 14);
        let value = |column: usize, index| Value::read(&arrays[column], index).unwrap();
        let features = |index| (1..fields.len()).map(|column| value(column, index)).collect();
        let id = |index| if let Value::Long(id) = value(0, index) { id } else { i64::MIN };
        (0..arrays[0].len()).map(|index| (id(index), features(index))).collect()
    }

    /// The same, from what counts alone.
    fn expected(&self) -> BTreeMap<i64, Vec<Value>> {
        let answer = |(id, key, query): &Left| {
            let day = query / DAY * DAY;
            let mut outputs = [const { Vec::new() }; 3];
            for window in WINDOWS {
                let counts = |right: &&Right| {
                    let tail = window.map_or(Millis::MIN, |(length, step)| (query - length) / step * step);
                    let begin = window.map_or(Millis::MIN, |(length, _)| day - length);
                    let seen = match right.change {
                        None => right.ts < day && right.ts > begin,
                        Some((changed, _)) => (day..*query).contains(&changed) && right.ts < *query,
                    };
                    right.key == *key && right.day == day && seen && right.ts >= tail && right.value.is_some()
                };
                let rows: Vec<&Right> = self.right.iter().filter(counts).collect();
                let sign = |right: &Right| if right.change.is_some_and(|(_, added)| !added) { -1 } else { 1 };
                let value = |right: &Right| right.value.unwrap_or_default();
                let total = |of: &dyn Fn(&Right) -> i64| match rows.len() {
                    0 => Value::Null,
                    _ => Value::Long(rows.iter().map(|right| sign(right) * of(right)).sum()),
                };
                outputs[0].push(total(&value));
                outputs[1].push(total(&|_| 1));
                let added = rows.iter().filter(|right| sign(right) > 0);
                outputs[2].push(added.map(|right| value(right)).max().map_or(Value::Null, Value::Long));
            }
            (*id, outputs.concat())
        };
        self.left.iter().map(answer).collect()
    }
}

#[test]
fn rows_get_the_state_of_their_moment() {
    for seed in 0..4 {
        let mut random = Random(seed);
        let mut case = Case::random(&mut random);
        let again: Vec<Left> = case.left.iter().take(20).map(|(id, key, ts)| (id + 1000, *key, *ts)).collect();
        case.left.extend(again);
        let expected = case.expected();
        assert!(expected.values().flatten().filter(|value| !matches!(value, Value::Null)).count() > 1000);
        for (colliding, spills) in [(false, 0), (false, 5), (true, 0), (true, 10)] {
            let found = case.run(&mut random, colliding, spills);
            assert_eq!(found, expected, "seed {seed}, colliding {colliding}, {spills} spills of 10 frames");
        }
    }
}

#[test]
fn a_key_goes_on_over_batches_and_big_snapshots() {
    let day = FIRST_DAY * DAY;
    let minute = 60_000;
    let snapshot = (0..20_000).map(|n| Right { key: 1, day, ts: day - 1 - n * minute, value: Some(1), change: None });
    let mutations = (0..60).map(|n| {
        let changed = day + n * 20 * minute;
        Right { key: 1, day, ts: changed, value: Some(1000), change: Some((changed, true)) }
    });
    let case = Case {
        left: (0..20_000).map(|id| (id, 1, day + id * DAY / 20_000)).collect(),
        right: snapshot.chain(mutations).collect(),
    };
    let mut found = case.run(&mut Random(1), false, 1);
    assert_eq!(found.len(), 20_000);
    let some = |id: i64| id % 997 == 0 || (8_190..8_194).contains(&id);
    found.retain(|id, _| some(*id));
    let left = case.left.into_iter().filter(|(id, ..)| some(*id)).collect();
    assert_eq!(found, Case { left, right: case.right }.expected());
}

#[test]
fn a_state_that_has_no_stored_form_is_named() {
    let list = DataType::List(Box::new(DataType::Long));
    let base = Base {
        spec: AggregationSpec::new(OperationKind::Last, 0),
        windows: vec![Some(Window::new(7, TimeUnit::Days))],
    };
    let plan = Arc::new(OnlinePlan::new(vec![Field::new("path", list.clone())], vec![base]).unwrap());
    let layout =
        JoinLayout { variable_keys: vec![true, false], left_columns: 1, left_variable: vec![], together: None };
    for ts in [FIRST_DAY * DAY - HOUR, (FIRST_DAY - 6) * DAY] {
        let mut join = PartitionJoin::of_mutations(plan.clone(), layout.clone()).unwrap();
        let mut head = Case::key(1, FIRST_DAY * DAY);
        head.extend([(Value::Long(ts), DataType::Long), (Value::Null, DataType::Boolean)]);
        head.extend([(Value::Long(ts), DataType::Long), (Value::List(vec![Value::Null].into()), list.clone())]);
        join.put(Side::Right, record(&row(&head), &[])).unwrap();
        join.put(Side::Left, Case::left_record(&(1, 1, FIRST_DAY * DAY + 2))).unwrap();
        let error = join.next(1 << 10).unwrap_err();
        assert!(error.to_string().contains("path_last"), "{error}");
    }
}

#[test]
fn what_entities_with_mutations_need_is_said() {
    let layout = |variable_keys| JoinLayout { variable_keys, left_columns: 1, left_variable: vec![], together: None };
    for keys in [vec![], vec![false], vec![false, true]] {
        let error = PartitionJoin::of_mutations(plan(), layout(keys)).unwrap_err();
        assert!(error.code() == ErrorCode::InvalidArgument && error.message().contains("day"), "{error}");
    }
    let mut join = PartitionJoin::of_mutations(plan(), layout(vec![true, false])).unwrap();
    let mut head = Case::key(1, DAY);
    head.extend([(Value::Long(DAY + 1), DataType::Long), (Value::Long(1), DataType::Boolean)]);
    head.extend([(Value::Null, DataType::Long), (Value::Long(5), DataType::Long)]);
    join.put(Side::Right, record(&row(&head), &[])).unwrap();
    join.put(Side::Left, Case::left_record(&(1, 1, DAY + 2))).unwrap();
    let error = join.next(1 << 10).unwrap_err();
    assert!(error.code() == ErrorCode::InvalidArgument && error.message().contains("mutation"), "{error}");
}
