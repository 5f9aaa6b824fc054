//! The ranks at which distributions are shown.

use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_types::Result;

/// Ranks of the percentiles of a merged sketch (aggregator sheet §16): both ends at 1 %, twentieths between.
pub const MERGED_GRID: [f64; 21] = [
    0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99,
];

/// Ranks of the percentiles of each point of a series over time (aggregator sheet §16).
pub const SERIES_GRID: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// How a stored sketch of the metric `name` is shown in a series: for names that end in `percentile`, its values at
/// [`SERIES_GRID`], by the rule of `ranks`. `None` for other names, whose stored values are shown as they are, and for a sketch that saw
/// nothing but NaN.
///
/// # Errors
/// `CorruptData` when the bytes are not the image of a sketch.
///
/// ```
/// use chronon_sketches::kll::Ranks::Exclusive;
/// use chronon_stats::series_value;
/// let image = [2, 2, 15, 4, 128, 0, 8, 0, 0, 0, 128, 63]; // one value, 1.0
/// assert_eq!(series_value("price_approx_percentile", &image, Exclusive).unwrap(), Some(vec![1.0; 5]));
/// assert_eq!(series_value("item_approx_unique_count", &image, Exclusive).unwrap(), None);
/// ```
pub fn series_value(name: &str, image: &[u8], ranks: Ranks) -> Result<Option<Vec<f32>>> {
    if !name.ends_with("percentile") {
        return Ok(None);
    }
    KllSketch::from_bytes(image)?.quantiles(&SERIES_GRID, ranks)
}
