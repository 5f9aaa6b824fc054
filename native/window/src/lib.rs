//! Windows that slide over sorted events: features as they were at given points in time.
//!
//! [`WindowPlan`] says what to compute, [`PointInTimeSession`] computes it. Inside, the session cuts the events of a key
//! into runs between queries and into hops, and hands them to columns of sliding state: `difference` (counts, whole
//! sums), `doubles` (floating sums, averages), `extremes`, `last`, `distinct`, and `folded` for everything else.
//!
//! [`online`] is the other use of windows: a batch part and a stream part of a key, merged at a request.

mod difference;
mod distinct;
mod doubles;
mod extremes;
mod folded;
mod last;
pub mod online;
mod plan;
mod session;
mod sliding;
mod timeline;
mod tree;

pub use plan::WindowPlan;
pub use session::PointInTimeSession;
