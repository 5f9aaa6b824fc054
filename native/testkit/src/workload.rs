//! The workload that the sliding engine is measured on: events and queries over 14 days, 15 features.

use arrow::array::{ArrayRef, Float64Array, Int64Array};
use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit};
use chronon_types::time::{DAY, Millis};
use chronon_types::{DataType, Field};
use std::sync::Arc;

/// A seeded generator (SplitMix64), so that runs can be repeated everywhere.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Which key an event or query belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skew {
    /// Every key is as likely as any other.
    Uniform,
    /// A quarter belongs to one key, the rest is spread evenly.
    OneHotKey,
}

/// Sorted events and queries.
#[derive(Debug, Clone, Default)]
pub struct Workload {
    /// Group of each event, ascending.
    pub event_groups: Vec<i32>,
    /// Time of each event, ascending inside a group.
    pub event_times: Vec<Millis>,
    /// A double per event.
    pub amounts: Vec<f64>,
    /// A long per event.
    pub items: Vec<i64>,
    /// Group of each query, ascending.
    pub query_groups: Vec<i32>,
    /// Time of each query, ascending inside a group.
    pub query_times: Vec<Millis>,
}

impl Workload {
    /// `events` events and `queries` queries of `keys` keys over 14 days.
    pub fn new(events: usize, queries: usize, keys: u64, skew: Skew, seed: u64) -> Self {
        let mut random = Random(seed);
        let start = 20_000 * DAY;
        let place = |random: &mut Random| {
            let group = match skew {
                Skew::OneHotKey if random.below(4) == 0 => keys / 2,
                _ => random.below(keys),
            };
            (group as i32, start + random.below(14 * DAY as u64) as Millis)
        };
        let mut event_places: Vec<_> = (0..events).map(|_| place(&mut random)).collect();
        let mut query_places: Vec<_> = (0..queries).map(|_| place(&mut random)).collect();
        event_places.sort_unstable();
        query_places.sort_unstable();
        let mut workload = Self {
            amounts: (0..events).map(|_| random.unit() * 100.0).collect(),
            items: (0..events).map(|_| random.below(10_000) as i64).collect(),
            ..Self::default()
        };
        (workload.event_groups, workload.event_times) = event_places.into_iter().unzip();
        (workload.query_groups, workload.query_times) = query_places.into_iter().unzip();
        workload
    }

    /// The input columns: a double and a long.
    pub fn inputs() -> Vec<Field> {
        vec![Field::new("amount", DataType::Double), Field::new("item", DataType::Long)]
    }

    /// Sum, count, average and last of the double and the estimated distinct longs, over an hour, a day and a week.
    pub fn specs() -> Vec<AggregationSpec> {
        use OperationKind::*;
        let mut specs = Vec::new();
        for (kind, input) in [(Sum, 0), (Count, 0), (Average, 0), (Last, 0), (ApproxUniqueCount, 1)] {
            for (length, unit) in [(1, TimeUnit::Hours), (1, TimeUnit::Days), (7, TimeUnit::Days)] {
                specs.push(AggregationSpec::new(kind, input).over(length, unit));
            }
        }
        specs
    }

    /// The events cut into batches of `size`, as (groups, times, columns).
    pub fn batches(&self, size: usize) -> Vec<(Vec<i32>, Vec<Millis>, Vec<ArrayRef>)> {
        let cut = |from: usize| {
            let rows = from..(from + size).min(self.event_groups.len());
            let amounts: ArrayRef = Arc::new(Float64Array::from(self.amounts[rows.clone()].to_vec()));
            let items: ArrayRef = Arc::new(Int64Array::from(self.items[rows.clone()].to_vec()));
            (self.event_groups[rows.clone()].to_vec(), self.event_times[rows].to_vec(), vec![amounts, items])
        };
        (0..self.event_groups.len()).step_by(size).map(cut).collect()
    }
}
