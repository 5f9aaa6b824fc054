//! The estimators behind the approximate operations, byte for byte as the sketch library of the reference writes them.
//!
//! Distinct counting lives in [`cpc`], quantiles in [`kll`], counts of frequent items in [`frequent`], and of few or
//! frequent ones in [`histogram`]. [`java_order`], [`java_double`], [`java_stream`] and [`scala_order`] say how the
//! reference's own collections behave.

pub mod cpc;
pub mod frequent;
pub mod histogram;
pub mod java_double;
pub mod java_order;
pub mod java_stream;
pub mod kll;
mod murmur;
pub mod scala_order;
