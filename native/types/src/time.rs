//! Event time: epoch milliseconds, UTC, and the reference's rounding.

/// A point in event time: milliseconds since 1970-01-01 00:00 UTC.
pub type Millis = i64;

/// One minute in milliseconds.
pub const MINUTE: Millis = 60 * 1000;
/// Five minutes in milliseconds: the finest hop.
pub const FIVE_MINUTES: Millis = 5 * 60 * 1000;
/// One hour in milliseconds.
pub const HOUR: Millis = 60 * 60 * 1000;
/// One day in milliseconds.
pub const DAY: Millis = 24 * HOUR;

/// The start of the hop of size `hop` that `ts` falls into. Rounds toward **zero**, as the reference does, so a
/// negative time rounds up.
///
/// ```
/// use chronon_types::time::{round, FIVE_MINUTES};
/// assert_eq!(round(FIVE_MINUTES + 1, FIVE_MINUTES), FIVE_MINUTES);
/// assert_eq!(round(-1, FIVE_MINUTES), 0);
/// ```
#[inline]
pub fn round(ts: Millis, hop: Millis) -> Millis {
    ts / hop * hop
}
