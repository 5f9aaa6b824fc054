//! State that one thread at a time may use.
//!
//! A second thread gets `InvalidArgument`, it never waits. After an error inside the engine the state is not what the caller
//! thinks it is, so every later call but closing repeats that error.

use chronon_types::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};

/// What lies behind the lock.
pub(crate) trait Held {
    /// Bytes of heap held.
    fn bytes_held(&self) -> u64;

    /// The error after which nothing more can be asked.
    fn failed(&self) -> Option<&Error>;
}

/// State and the lock that keeps a second thread out.
pub(crate) struct Exclusive<S> {
    state: Mutex<S>,
    /// As of the last call, so that `stats` needs no lock.
    held: AtomicU64,
}

impl<S: Held> Exclusive<S> {
    pub(crate) fn new(state: S) -> Self {
        Self { state: Mutex::new(state), held: AtomicU64::new(0) }
    }

    /// Lets `work` use the state. No other thread is inside meanwhile.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; the error of an earlier call; what `work` returns.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut S) -> Result<R>) -> Result<R> {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => {
                return Err(Error::invalid_argument(
                    "another thread is inside this session; use a session from one thread at a time",
                ));
            }
            Err(TryLockError::Poisoned(_)) => {
                return Err(Error::internal("an earlier call on this session panicked; close it and open another"));
            }
        };
        if let Some(error) = state.failed() {
            return Err(error.clone().within("an earlier call, after which the session can only be closed"));
        }
        let done = work(&mut state);
        self.held.store(state.bytes_held(), Ordering::Relaxed);
        done
    }

    /// Bytes held after the last call.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// For tests: holds the lock while `work` runs.
    #[cfg(test)]
    pub(crate) fn locked(&self, work: impl FnOnce()) {
        let _inside = self.state.lock();
        work();
    }
}
