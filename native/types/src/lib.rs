//! The vocabulary every other crate shares: column types, dialects, time constants and the one error type.
//!
//! Nothing here knows about arrow, thrift, JNI or any host.

mod data_type;
mod dialect;
mod error;
pub mod time;

pub use data_type::{DataType, Field};
pub use dialect::Dialect;
pub use error::{Error, ErrorCode, Result};
