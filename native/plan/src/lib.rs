//! From a definition to a plan: what is read, what is computed, and what the columns are called.
//!
//! A [`Plan`] is made once from the Thrift bytes of a GroupBy and a JSON object of options, checked as a whole, and
//! never changes. Every host asks it for columns and names; none derives them again.

mod avro_schema;
mod decode;
/// Feature definitions, generated from `api/thrift/api.thrift` by `scripts/generate`.
pub mod definitions;
mod options;
mod plan;
mod unpack;

pub use avro_schema::record_schema;
pub use decode::GroupBy;
pub use plan::{OnlineParts, Output, Plan, WindowParts};
