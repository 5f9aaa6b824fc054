//! Log lines wait here until the JVM fetches them: the library never calls up into Java and prints nothing.

use log::{Log, Metadata, Record};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

/// Lines kept; the oldest go first.
const MOST_LINES: usize = 1_000;
/// Bytes kept of one line.
const LONGEST_LINE: usize = 4_096;

static LOGS: Logs = Logs { kept: Mutex::new(Kept { lines: VecDeque::new(), dropped: 0 }) };

struct Logs {
    kept: Mutex<Kept>,
}

#[derive(Default, Serialize)]
struct Kept {
    /// Lines lost since the last fetch.
    dropped: u64,
    lines: VecDeque<Line>,
}

#[derive(Serialize)]
struct Line {
    level: &'static str,
    target: String,
    message: String,
}

thread_local! {
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Takes over logging and panic messages of this library, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if log::set_logger(&LOGS).is_ok() {
            log::set_max_level(log::LevelFilter::Warn);
        }
        // The hook belongs to this library's own copy of the standard library, not to the process.
        std::panic::set_hook(Box::new(remember));
    });
}

/// Where the last panic of this thread happened; forgets it.
pub(crate) fn last_panic() -> Option<String> {
    LAST_PANIC.with(|last| last.borrow_mut().take())
}

/// Everything since the last call, as JSON: `{"dropped":0,"lines":[{"level","target","message"}]}`.
pub(crate) fn drain() -> Vec<u8> {
    let kept = std::mem::take(&mut *LOGS.kept.lock().unwrap_or_else(PoisonError::into_inner));
    serde_json::to_vec(&kept).unwrap_or_default()
}

fn remember(info: &PanicHookInfo<'_>) {
    let place =
        info.location().map_or_else(|| "an unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    log::error!("panic at {place}: {info}");
    LAST_PANIC.with(|last| *last.borrow_mut() = Some(place));
}

impl Log for Logs {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut message = record.args().to_string();
        let end = (0..=LONGEST_LINE.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
        message.truncate(end.unwrap_or(0));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.lines.len() == MOST_LINES {
            kept.lines.pop_front();
            kept.dropped += 1;
        }
        kept.lines.push_back(Line { level: record.level().as_str(), target: record.target().to_owned(), message });
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_the_lost_ones_counted() {
        let logs = Logs { kept: Mutex::default() };
        log::set_max_level(log::LevelFilter::Warn);
        for i in 0..MOST_LINES + 5 {
            logs.log(&Record::builder().level(log::Level::Warn).args(format_args!("line {i}")).build());
        }
        logs.log(&Record::builder().level(log::Level::Debug).args(format_args!("too fine")).build());
        let kept = logs.kept.lock().unwrap();
        assert_eq!((kept.dropped, kept.lines.len()), (5, MOST_LINES));
        assert_eq!(kept.lines.back().map(|l| l.message.as_str()), Some("line 1004"));
    }
}
