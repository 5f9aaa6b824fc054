//! Distinct counting by compressed probabilistic counting (CPC).
//!
//! A value becomes a *coupon*, a cell of a matrix with 2^`lg_k` rows and 64 columns; a sketch is a set of coupons.
//! The merged estimate depends on nothing but how many coupons there are, which is why sliding windows can keep
//! coupons ([`coupon_of_long`] and its siblings) and look the number up ([`IconEstimates`]).

mod bits;
mod codes;
mod coupon;
mod icon;
mod image;
mod many;
mod matrix;
mod rounds;
mod set;
mod sketch;
mod slots;
mod table;
mod window;

pub use coupon::{coupon_of_bytes, coupon_of_double, coupon_of_long};
pub use icon::IconEstimates;
pub use sketch::CpcSketch;

/// The smallest `lg_k` a sketch may have.
pub const MIN_LG_K: u8 = 4;
/// The largest `lg_k` a sketch may have.
pub const MAX_LG_K: u8 = 26;

/// Refuses an `lg_k` that no sketch can have.
fn check_lg_k(lg_k: u8) -> chronon_types::Result<()> {
    if (MIN_LG_K..=MAX_LG_K).contains(&lg_k) {
        return Ok(());
    }
    Err(chronon_types::Error::invalid_plan(format!(
        "APPROX_UNIQUE_COUNT cannot use k = {lg_k}; use a value from {MIN_LG_K} to {MAX_LG_K}"
    )))
}

/// An image that is not a sketch.
fn corrupt(message: impl std::fmt::Display) -> chronon_types::Error {
    chronon_types::Error::corrupt_data(format!("distinct-counting sketch: {message}"))
}
