//! The estimators behind the approximate operations, byte for byte as the sketch library of the reference writes them.
//!
//! Distinct counting lives in [`cpc`].

pub mod cpc;
pub mod frequent;
pub mod java_order;
pub mod java_stream;
pub mod kll;
mod murmur;
