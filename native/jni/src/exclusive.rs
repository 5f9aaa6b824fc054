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
    fn failed(&self) -> Option<&Error> {
        None
    }
}

/// Work on rows in steps. When one fails, rows may be missing, so nothing may follow.
pub(crate) struct Steps<W> {
    work: W,
    /// What every error is said to be within.
    context: Option<String>,
    failed: Option<Error>,
}

impl<W: Held> Held for Steps<W> {
    fn bytes_held(&self) -> u64 {
        self.work.bytes_held()
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }
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

impl<W: Held> Exclusive<Steps<W>> {
    /// Work that was not begun, of no definition.
    pub(crate) fn steps(work: W) -> Self {
        Self::new(Steps { work, context: None, failed: None })
    }

    /// Work that was not begun, if it can be; the definition is named in every error.
    ///
    /// # Errors
    /// That of `work`.
    pub(crate) fn steps_of(definition: &str, work: Result<W>) -> Result<Self> {
        let context = format!("definition {definition}");
        let work = work.map_err(|error| error.within(&context))?;
        Ok(Self::new(Steps { work, context: Some(context), failed: None }))
    }

    /// One step.
    ///
    /// # Errors
    /// As for [`Self::with`]. After an error of `step` every later call gets it again.
    pub(crate) fn step<R>(&self, step: impl FnOnce(&mut W) -> Result<R>) -> Result<R> {
        self.with(|state| {
            step(&mut state.work).map_err(|error| {
                let error = match &state.context {
                    Some(context) => error.within(context),
                    None => error,
                };
                state.failed = Some(error.clone());
                error
            })
        })
    }
}
