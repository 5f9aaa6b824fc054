//! Options of `init`.

use chronon_types::{Error, Result};
use serde::Deserialize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What `init` understands. Each call sets all of them; what is left out gets its default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Which log lines are kept for `drainLogs`.
    #[serde(default)]
    log_level: LogLevel,
    /// Bytes that one session may hold before it fails with `OutOfBudget`; no bound when left out.
    max_session_bytes: Option<u64>,
    /// For tests of the boundary: the next call of this method panics, once.
    test_panic_in: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LogLevel {
    Off,
    Error,
    #[default]
    Warn,
    Info,
    Debug,
}

static MAX_SESSION_BYTES: AtomicU64 = AtomicU64::new(u64::MAX);
static PANIC_ARMED: AtomicBool = AtomicBool::new(false);
static PANIC_IN: Mutex<String> = Mutex::new(String::new());

/// Applies the options.
///
/// # Errors
/// `InvalidArgument` when they are not a JSON object of known options; nothing is changed then.
pub(crate) fn apply(json: &[u8]) -> Result<()> {
    let options: Options = serde_json::from_slice(json).map_err(|e| {
        Error::invalid_argument(format!(
            "init options: {e}; known are log_level (off, error, warn, info, debug) and max_session_bytes"
        ))
    })?;
    log::set_max_level(match options.log_level {
        LogLevel::Off => log::LevelFilter::Off,
        LogLevel::Error => log::LevelFilter::Error,
        LogLevel::Warn => log::LevelFilter::Warn,
        LogLevel::Info => log::LevelFilter::Info,
        LogLevel::Debug => log::LevelFilter::Debug,
    });
    MAX_SESSION_BYTES.store(options.max_session_bytes.unwrap_or(u64::MAX), Ordering::Relaxed);
    let mut panic_in = PANIC_IN.lock().unwrap_or_else(PoisonError::into_inner);
    *panic_in = options.test_panic_in.unwrap_or_default();
    PANIC_ARMED.store(!panic_in.is_empty(), Ordering::Release);
    Ok(())
}

/// Bytes that a session opened now may hold.
pub(crate) fn max_session_bytes() -> u64 {
    MAX_SESSION_BYTES.load(Ordering::Relaxed)
}

/// Fails when what holds `held` bytes may not take `more`.
///
/// # Errors
/// `OutOfBudget` naming the three numbers.
pub(crate) fn check_budget(what: &str, held: u64, more: usize) -> Result<()> {
    let bound = max_session_bytes();
    if held.saturating_add(more as u64) > bound {
        return Err(Error::out_of_budget(format!(
            "{what} holds {held} bytes, {more} more are needed, and {bound} are allowed; spill first, or raise \
             max_session_bytes"
        )));
    }
    Ok(())
}

/// Panics when `init` asked for it by this method's name. One relaxed load otherwise.
pub(crate) fn panic_if_asked(method: &str) {
    if PANIC_ARMED.load(Ordering::Relaxed) && *PANIC_IN.lock().unwrap_or_else(PoisonError::into_inner) == method {
        PANIC_ARMED.store(false, Ordering::Release);
        deliberate(method);
    }
}

#[cold]
#[allow(clippy::panic, reason = "the purpose of the option")]
fn deliberate(method: &str) -> ! {
    panic!("deliberate panic in {method}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_options_are_refused_by_name() {
        let error = apply(br#"{"max_sesion_bytes": 1}"#).unwrap_err();
        assert!(error.message().contains("max_sesion_bytes"), "{error}");
        assert!(apply(b"not json").is_err());
    }
}
