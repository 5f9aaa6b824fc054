//! What a sketch's values say: quantiles, ranks and shares.

use super::levels::{Levels, value};
use super::merge::merge;

/// Which of two neighbouring answers a rank gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranks {
    /// A value's rank is the share of values smaller than it. The quantile for `r` is the value at position
    /// floor(r · count) of the sorted values, with the extremes at 0 and 1. The rule of sketches-core 0.13.4.
    Exclusive,
    /// A value's rank is the share of values not larger than it. The quantile for `r` is the smallest value whose rank
    /// is at least `r`. The rule of datasketches-java 6.1.1, which counts the extremes among the values it keeps.
    Inclusive,
}

/// Products of rank and count are rounded to this part before they are rounded up, up to as many values.
const ROUNDING: f64 = 1e7;

/// The kept values in order, with how many of all values are not larger.
pub(super) struct View {
    points: Vec<(f32, u64)>,
    seen: u64,
}

impl View {
    /// What `levels` of at least one value keep.
    pub(super) fn new(levels: &Levels, seen: u64, (min, max): (f32, f32), ranks: Ranks) -> Self {
        // Values and levels sort as the halves of one integer.
        let ordered = |level: usize| move |kept: &u32| u64::from(!kept) << 32 | level as u64;
        let mut weighted: Vec<u64> = levels.level(0).iter().map(ordered(0)).collect();
        weighted.sort_unstable();
        if levels.count() > 1 {
            // All other levels are sorted already, backwards.
            let (mut level_items, mut merged) = (Vec::new(), Vec::with_capacity(levels.kept().len()));
            for level in 1..levels.count() {
                level_items.clear();
                level_items.extend(levels.level(level).iter().rev().map(ordered(level)));
                merged.clear();
                merge(&weighted, &level_items, &mut merged);
                std::mem::swap(&mut weighted, &mut merged);
            }
            // But the reference leaves both zeros in either order.
            if !weighted.is_sorted() {
                weighted.sort_unstable();
            }
        }
        let mut upto = 0;
        let mut points: Vec<(f32, u64)> = Vec::with_capacity(weighted.len() + 2);
        for item in weighted {
            upto += 1 << (item & 63);
            points.push((value(!((item >> 32) as u32)), upto));
        }
        if ranks == Ranks::Inclusive {
            // Halving may have lost the extremes. Each then takes one of the count from its neighbour.
            if points.first().is_some_and(|(first, _)| *first != min) {
                points.insert(0, (min, 1));
            }
            if let Some((last, upto)) = points.last_mut()
                && *last != max
            {
                let all = std::mem::replace(upto, seen - 1);
                points.push((max, all));
            }
        }
        Self { points, seen }
    }
}

/// Of so many sorted values, the place of the one at `rank`, which is within 0..=1.
pub(super) fn place(rank: f64, seen: u64, ranks: Ranks) -> u64 {
    let position = rank * seen as f64;
    match ranks {
        Ranks::Exclusive => (position as u64).min(seen - 1),
        Ranks::Inclusive if seen as f64 <= ROUNDING => {
            let rounded = (position * ROUNDING + 0.5).floor() / ROUNDING;
            (rounded.ceil() as u64).saturating_sub(1)
        }
        Ranks::Inclusive => (position.ceil() as u64).saturating_sub(1),
    }
}

/// The smallest or the largest value seen, if that is what the rank asks for, whether or not it is kept.
pub(super) fn extreme(rank: f64, (min, max): (f32, f32), ranks: Ranks) -> Option<f32> {
    match ranks {
        Ranks::Exclusive if rank == 0.0 => Some(min),
        Ranks::Exclusive if rank == 1.0 => Some(max),
        _ => None,
    }
}

impl View {
    /// The value at `rank`, which is within 0..=1.
    pub(super) fn quantile(&self, rank: f64, extremes: (f32, f32), ranks: Ranks) -> f32 {
        let place = place(rank, self.seen, ranks);
        let index = self.points.partition_point(|(_, upto)| *upto <= place);
        extreme(rank, extremes, ranks).unwrap_or(self.points.get(index).map_or(extremes.1, |(value, _)| *value))
    }

    /// How many values are smaller than `value`, or not larger.
    fn below(&self, value: f32, ranks: Ranks) -> u64 {
        let points = self.points.partition_point(|(point, _)| match ranks {
            Ranks::Exclusive => *point < value,
            Ranks::Inclusive => *point <= value,
        });
        points.checked_sub(1).map_or(0, |last| self.points[last].1)
    }

    /// The rank of `value`.
    pub(super) fn rank(&self, value: f32, ranks: Ranks) -> f64 {
        self.below(value, ranks) as f64 / self.seen as f64
    }

    /// The ranks of `splits`, and 1.
    pub(super) fn cumulative(&self, splits: &[f32], ranks: Ranks) -> Vec<f64> {
        splits.iter().map(|split| self.rank(*split, ranks)).chain([1.0]).collect()
    }

    /// The shares of values before, between and after `splits`.
    pub(super) fn shares(&self, splits: &[f32], ranks: Ranks) -> Vec<f64> {
        match ranks {
            Ranks::Exclusive => {
                let ends = splits.iter().map(|split| self.below(*split, ranks)).chain([self.seen]);
                let starts = std::iter::once(0).chain(ends.clone());
                ends.zip(starts).map(|(end, start)| (end - start) as f64 / self.seen as f64).collect()
            }
            Ranks::Inclusive => {
                let mut shares = self.cumulative(splits, ranks);
                (1..shares.len()).rev().for_each(|at| shares[at] -= shares[at - 1]);
                shares
            }
        }
    }

    /// The values and how many each stands for, ascending.
    pub(super) fn weights(&self) -> impl Iterator<Item = (f32, u64)> {
        let before = std::iter::once(0).chain(self.points.iter().map(|(_, upto)| *upto));
        self.points.iter().zip(before).map(|((value, upto), before)| (*value, upto - before))
    }
}
