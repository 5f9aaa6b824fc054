//! Working memory between requests.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are kept: more than a host has threads at work in one plan.
const MOST_IDLE: usize = 64;
/// After so many returns, what was not lent once meanwhile is let go of.
const PERIOD: u32 = 256;

/// What is lent to one request at a time. How many are kept follows how many are needed at once, so that a crowd of requests
/// leaves nothing behind for longer than it takes others to come by.
#[derive(Debug)]
pub(crate) struct Idle<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    items: Vec<T>,
    /// The fewest that were idle at once in this period.
    fewest: usize,
    /// Returns in this period.
    returns: u32,
}

impl<T> Idle<T> {
    /// One to begin with.
    pub(crate) fn new(first: T) -> Self {
        Self(Mutex::new(State { items: vec![first], fewest: 1, returns: 0 }))
    }

    /// The one that was given back last.
    pub(crate) fn take(&self) -> Option<T> {
        let mut state = self.state();
        let item = state.items.pop();
        state.fewest = state.fewest.min(state.items.len());
        item
    }

    /// Gives back what was taken, or made because there was none.
    pub(crate) fn give(&self, item: T) {
        let mut state = self.state();
        if state.items.len() < MOST_IDLE {
            state.items.push(item);
        }
        state.returns += 1;
        if state.returns == PERIOD {
            let unused = state.fewest;
            state.items.drain(..unused);
            state.fewest = state.items.len();
            state.returns = 0;
        }
    }

    /// The sum of their sizes.
    pub(crate) fn size(&self, of: impl Fn(&T) -> usize) -> usize {
        self.state().items.iter().map(of).sum()
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing between lock and unlock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_kept_as_are_needed_at_once() {
        let idle = Idle::new(0);
        let at_once = |count: usize| {
            let taken: Vec<i32> = (0..count).map(|_| idle.take().unwrap_or(1)).collect();
            taken.into_iter().for_each(|item| idle.give(item));
        };
        let kept = || idle.size(|_| 1);
        at_once(100);
        assert_eq!(kept(), MOST_IDLE);
        for needed in [8, 3, 1] {
            (0..2 * PERIOD).for_each(|_| at_once(needed));
            assert_eq!(kept(), needed);
        }
        at_once(8);
        assert_eq!(kept(), 8);
    }
}
