//! What tests and benchmarks of other crates share: [`naive`], an aggregator that is slow and obviously right,
//! [`cases`], random input for it, and [`workload`], what the sliding engine is measured on.
#![allow(clippy::expect_used, clippy::panic, reason = "test code says what it expects")]

pub mod cases;
pub mod naive;
pub mod workload;
