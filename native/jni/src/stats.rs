//! Counters of this copy of the library.

use crate::handles::{HANDLES, Kind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters that calls raise.
pub(crate) static STATS: Stats = Stats {
    calls: AtomicU64::new(0),
    errors: AtomicU64::new(0),
    panics: AtomicU64::new(0),
    opened: AtomicU64::new(0),
    closed: AtomicU64::new(0),
};

/// Totals since the library was loaded.
pub(crate) struct Stats {
    calls: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    opened: AtomicU64,
    closed: AtomicU64,
}

#[derive(Serialize)]
struct Report {
    /// Open handles by kind.
    open: BTreeMap<&'static str, u64>,
    opened: u64,
    closed: u64,
    /// Bytes held by open sessions, joins, files and serving plans, as of their last call.
    bytes_held: u64,
    calls: u64,
    errors: u64,
    panics: u64,
}

impl Stats {
    pub(crate) fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn open(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn close(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters as JSON.
    pub(crate) fn report(&self) -> Vec<u8> {
        let mut report = Report {
            open: Kind::ALL.iter().map(|kind| (kind.name(), 0)).collect(),
            opened: self.opened.load(Ordering::Relaxed),
            closed: self.closed.load(Ordering::Relaxed),
            bytes_held: 0,
            calls: self.calls.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
        };
        HANDLES.each(|kind, held| {
            *report.open.entry(kind.name()).or_default() += 1;
            report.bytes_held += held;
        });
        serde_json::to_vec(&report).unwrap_or_default()
    }
}
