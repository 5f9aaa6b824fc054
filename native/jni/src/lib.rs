//! The JNI line: what the JVM can call.
//!
//! Every export is made by the `entry!` macro of [`mod@entry`] and listed in [`exports`]; a test holds the sources against that.

#![allow(unsafe_code, reason = "JNI needs it: exported symbols, and memory that Java owns")]

mod blocks;
mod buffers;
mod entry;
mod exclusive;
mod exports;
mod file;
mod handles;
mod join;
mod logs;
mod session;
mod settings;
mod stats;
mod upload;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(test)]
mod scan;
