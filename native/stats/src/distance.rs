//! How far two distributions are apart.
//!
//! Two sketches are compared on common [`Bins`]: their quantiles at fixed ranks, both sketches' together, cut the line into
//! intervals, and each sketch has a share of its values in every interval. [`l_infinity`] and [`population_stability`] are
//! the reference's (aggregator sheet §16); [`jensen_shannon`] and [`squared_hellinger`] take the same shares, and no
//! correction of empty bins. All are `None` where a sketch saw no value; the reference fails there.

use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_types::Result;

/// What is put into an empty bin, unless said otherwise.
pub const EPSILON: f64 = 1e-6;

/// The ranks whose quantiles cut two sketches into common bins, and the rule for ranks.
///
/// With sketches of k = 128, whose ranks are off by some 1.7 %, more than some 20 bins measure mostly noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    fractions: Vec<f64>,
    ranks: Ranks,
}

impl Bins {
    /// Those of the airbnb dialect: 128 ranks from 0 to 1, evenly spaced; exclusive, so that a bin holds its left end.
    pub fn airbnb() -> Self {
        let step = 1.0 / 127.0;
        let mut fractions: Vec<f64> = (0..127).map(|index| f64::from(index) * step).collect();
        fractions.push(1.0);
        Self { fractions, ranks: Ranks::Exclusive }
    }

    /// Those of the fork: 21 ranks from 0 to 1, evenly spaced; inclusive, so that a bin holds its right end.
    pub fn zipline() -> Self {
        Self { fractions: (0..=20).map(|index| f64::from(index) / 20.0).collect(), ranks: Ranks::Inclusive }
    }

    /// The values that cut both sketches, ascending and distinct; `None` when one is empty.
    fn cuts(&self, a: &KllSketch, b: &KllSketch) -> Result<Option<Vec<f32>>> {
        let (of_a, of_b) = (a.quantiles(&self.fractions, self.ranks)?, b.quantiles(&self.fractions, self.ranks)?);
        Ok(of_a.zip(of_b).map(|(mut cuts, more)| {
            cuts.extend(more);
            cuts.sort_by(f32::total_cmp);
            cuts.dedup();
            cuts
        }))
    }

    /// The shares of both sketches' values in every bin.
    fn shares(&self, a: &KllSketch, b: &KllSketch) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
        let Some(cuts) = self.cuts(a, b)? else { return Ok(None) };
        Ok(a.shares(&cuts, self.ranks)?.zip(b.shares(&cuts, self.ranks)?))
    }
}

/// The largest difference between the ranks of a value in both sketches (the statistic of Kolmogorov and Smirnov), over
/// the quantiles of both. Between 0 (equal) and 1 (one distribution lies wholly above the other).
///
/// # Errors
/// None in practice: the ranks of [`Bins`] lie within 0..=1 and their quantiles ascend.
///
/// ```
/// use chronon_sketches::kll::KllSketch;
/// use chronon_stats::{Bins, distance::l_infinity};
/// let of = |values: &[f32]| {
///     let mut sketch = KllSketch::new(128).unwrap();
///     values.iter().for_each(|value| sketch.update(*value));
///     sketch
/// };
/// let (a, b) = (of(&[1.0, 2.0, 3.0, 4.0]), of(&[3.0, 4.0, 5.0, 6.0]));
/// assert_eq!(l_infinity(&a, &b, &Bins::airbnb()).unwrap(), Some(0.5));
/// ```
pub fn l_infinity(a: &KllSketch, b: &KllSketch, bins: &Bins) -> Result<Option<f64>> {
    let Some(cuts) = bins.cuts(a, b)? else { return Ok(None) };
    let ranks = a.cumulative_shares(&cuts, bins.ranks).zip(b.cumulative_shares(&cuts, bins.ranks));
    Ok(ranks.map(|(a, b)| a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)))
}

/// The population stability index Σ (r − c) · ln(r / c) of the shares of a reference and of a comparison: 0 for equal
/// ones, without upper bound. Below 0.1 nothing moved, above 0.25 much did.
///
/// Empty bins get `epsilon` · non-empty / empty, which is taken off the others evenly. With more bins than values that
/// correction dominates: two samples of a hundred values from one distribution are 18 apart on the reference's bins.
///
/// # Errors
/// As for [`l_infinity`].
pub fn population_stability(
    reference: &KllSketch,
    compared: &KllSketch,
    bins: &Bins,
    epsilon: f64,
) -> Result<Option<f64>> {
    Ok(bins.shares(reference, compared)?.map(|(reference, compared)| {
        let pairs = filled(reference, epsilon).into_iter().zip(filled(compared, epsilon));
        pairs.map(|(r, c)| (r - c) * (r / c).ln()).sum()
    }))
}

/// Shares without zeros: each becomes `epsilon` · non-zero / zero, and the others give it up evenly.
fn filled(mut shares: Vec<f64>, epsilon: f64) -> Vec<f64> {
    let empty = shares.iter().filter(|share| **share == 0.0).count();
    if empty > 0 {
        let share_of_empty = epsilon * (shares.len() - empty) as f64 / empty as f64;
        shares.iter_mut().for_each(|share| *share = if *share == 0.0 { share_of_empty } else { *share - epsilon });
    }
    shares
}

/// The Jensen-Shannon divergence of two sketches, ½ Σ p ln(p/m) + ½ Σ q ln(q/m) with m = (p + q)/2 (Lin, *Divergence
/// measures based on the Shannon entropy*, 1991), in natural logarithms: 0 for equal shares, ln 2 for shares that have no
/// bin in common. A bin that is empty in one sketch counts with the other's share · ln 2; one that is empty in both with
/// nothing. The divergence, not its square root: so does the fork's drift metric of that name.
///
/// # Errors
/// As for [`l_infinity`].
pub fn jensen_shannon(a: &KllSketch, b: &KllSketch, bins: &Bins) -> Result<Option<f64>> {
    Ok(bins.shares(a, b)?.map(|(p, q)| jensen_shannon_of(&p, &q)))
}

/// [`jensen_shannon`] of the shares of two distributions over the same bins, each of which adds up to 1.
///
/// ```
/// use chronon_stats::distance::jensen_shannon_of;
/// assert_eq!(jensen_shannon_of(&[1.0, 0.0], &[0.0, 1.0]), 2f64.ln());
/// ```
pub fn jensen_shannon_of(p: &[f64], q: &[f64]) -> f64 {
    let term = |share: f64, middle: f64| if share > 0.0 { share * (share / middle).ln() } else { 0.0 };
    let bin = |(p, q): (&f64, &f64)| {
        let middle = (p + q) / 2.0;
        (term(*p, middle) + term(*q, middle)) / 2.0
    };
    p.iter().zip(q).map(bin).sum()
}

/// The square of the Hellinger distance of two sketches, 1 − Σ √(p · q) (Hellinger, 1909; the sum is Bhattacharyya's
/// coefficient): 0 for equal shares, 1 for shares that have no bin in common. An empty bin adds nothing to the sum. The
/// fork's drift metric of that name is the square too; the distance is its root.
///
/// # Errors
/// As for [`l_infinity`].
pub fn squared_hellinger(a: &KllSketch, b: &KllSketch, bins: &Bins) -> Result<Option<f64>> {
    Ok(bins.shares(a, b)?.map(|(p, q)| squared_hellinger_of(&p, &q)))
}

/// [`squared_hellinger`] of the shares of two distributions over the same bins, each of which adds up to 1.
///
/// ```
/// use chronon_stats::distance::squared_hellinger_of;
/// assert_eq!(squared_hellinger_of(&[1.0, 0.0], &[0.0, 1.0]), 1.0);
/// ```
pub fn squared_hellinger_of(p: &[f64], q: &[f64]) -> f64 {
    let common: f64 = p.iter().zip(q).map(|(p, q)| (p * q).sqrt()).sum();
    (1.0 - common).max(0.0)
}
