//! Random definitions and random data through the reference implementation and through the kernel.
//!
//! A [`case::Case`] is a schema, aggregations, rows and queries; it travels as one line of JSON. Three parties
//! answer it: the reference in a JVM of its own ([`oracle::Oracle`]), the kernel ([`ours`]), and a plain
//! evaluation of the window rule ([`naive`]) which says what *any* correct answer looks like: exactly one value
//! where the reference is deterministic, a bound where floats are folded in another order, a choice where equal
//! timestamps compete for the last place of a K form.

pub mod case;
pub mod generate;
pub mod json;
pub mod judge;
pub mod naive;
pub mod oracle;
pub mod ours;
pub mod run;
pub mod shrink;
pub mod value;
