//! Placeholder while the crate is written.

/// Feature definitions, generated from `api/thrift/api.thrift` by `scripts/generate`.
pub mod definitions;
