//! Aggregation operations: what they accept, how they fold, what they store.
//!
//! One file per operation family ([`count`], [`sum`], [`average`], [`variance`], [`moments`], [`min_max`],
//! [`first_last`], [`first_last_k`], [`top_bottom_k`], [`unique_count`], [`bounded_unique_count`],
//! [`approx_unique_count`], [`approx_percentile`], [`histogram`], [`approx_histogram_k`], [`approx_frequent_k`],
//! [`unique_top_k`]; [`decimal`] for all that keep decimals), each with its accepted types, accumulator, fold order and stored form. [`Operation`] is what
//! they all implement, [`registry`] the one list of them. [`shape`] brings rows to them, [`mod@grouped`] runs them per
//! group, [`mod@ir_column`] makes tables of what they have so far; the window crate slides them over time.

mod arrow_types;
mod bounded_heap;
mod definition;
mod operation;
mod spec;
mod stored_value;
mod value;

pub mod approx_frequent_k;
pub mod approx_histogram_k;
pub mod approx_percentile;
pub mod approx_unique_count;
pub mod average;
pub mod avro;
pub mod bounded_unique_count;
pub mod byte_map;
pub mod count;
pub mod counted;
pub mod decimal;
pub mod first_last;
pub mod first_last_k;
pub mod grouped;
pub mod histogram;
pub mod ir_column;
pub mod min_max;
pub mod moments;
pub mod physical;
pub mod registry;
pub mod shape;
pub mod sink;
pub mod sum;
pub mod top_bottom_k;
pub mod unique_count;
pub mod unique_top_k;
pub mod variance;

pub use arrow_types::{arrow_field, arrow_type, same_layout};
pub use definition::{Definition, Layout, Width};
pub use grouped::{Copies, GroupedColumn, grouped};
pub use operation::Operation;
pub use physical::compare_utf16;
pub use spec::{AggregationSpec, OperationKind, Resolution, TimeUnit, Window};
pub use value::{AnySink, Value};
