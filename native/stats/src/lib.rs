//! Statistics of tables: which metrics a column has, how they are computed, and how far two days of a column are apart.
//!
//! [`metrics`] lists what is computed of which column and how it is called, [`StatsPlan`] turns columns into the inputs of
//! those aggregations, [`Bins`] and the functions of [`distance`] compare the sketches that come out.

pub mod distance;
mod grid;
mod metric;
mod plan;

pub use distance::Bins;
pub use grid::{MERGED_GRID, SERIES_GRID, series_value};
pub use metric::{Expression, IGNORED, LOW_CARDINALITY, Metric, TOTAL, enhanced_metrics, metrics, numeric_metrics};
pub use plan::{StatsPlan, null_rate};
