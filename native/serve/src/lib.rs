//! Serving: one request for features of many GroupBys, answered from what stores keep of each.
//!
//! ```text
//!   Request ──▶ per part: batch value, streamed values ──▶ decode, merge, finalize ──▶ slots ──▶ Answer
//! ```
//!
//! A [`ServingPlan`] knows one GroupBy, [`fetch`] answers a request with the plans of its parts. Both messages are
//! FlatBuffers of `api/flatbuffers/fetch.fbs`. Which values of a store a part has, and under which names slots come out, is the
//! caller's business.

mod answer;
pub mod client;
mod envelope;
mod fetch;
mod idle;
mod plan;
mod request;
mod stored;
mod temporal;

pub use fetch::fetch;
pub use plan::{Kind, ServingPlan};

/// The messages as FlatBuffers wrote them.
pub mod message {
    pub use crate::envelope::ai::chronon::jni::envelope::*;
}
