//! What the kernel's benches run, and the check sums that tell whether it is what the reference runs.
//!
//! [`workloads`] is the list that both sides read; [`operations`], [`tiles`], [`serving`] and [`one_key`] have a twin of the same
//! name in benchmarks/jmh; [`table`] and [`digest`] make the same data and check sums there. [`many_keys`] and the join
//! are measured on this side alone.

/// The allocator of the native library, so that what is measured is what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod digest;
pub mod many_keys;
pub mod one_key;
pub mod operations;
pub mod serving;
pub mod table;
pub mod tiles;
pub mod workloads;
