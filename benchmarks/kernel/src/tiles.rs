//! Ninety stored sketches of some values each, read, united and asked: `CPC lgK 8`, `KLL k 128`.

use crate::digest::{Digest, hash};
use chronon_sketches::cpc::CpcSketch;
use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_testkit::workload::Random;
use chronon_types::Result;

/// How many sketches are united.
pub const TILES: u64 = 90;
const SEED: u64 = 23;
const PERCENTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The stored sketches.
#[derive(Debug)]
pub enum TileRuns {
    /// Distinct counting.
    Cpc {
        /// The images.
        tiles: Vec<Vec<u8>>,
    },
    /// Quantiles.
    Kll {
        /// The size of the sketch.
        k: u16,
        /// The images.
        tiles: Vec<Vec<u8>>,
    },
}

impl TileRuns {
    /// Tiles of `n` values.
    ///
    /// # Errors
    /// Whatever the sketches return.
    pub fn new(work: &str, n: usize) -> Result<Self> {
        let size = work.rsplit(' ').next().and_then(|word| word.parse::<u16>().ok()).expect("a size");
        let seeds = SEED..SEED + TILES;
        if work.starts_with("CPC") {
            let lg_k = size as u8;
            let tile = |seed| {
                let (mut random, mut sketch) = (Random(seed), CpcSketch::new(lg_k)?);
                (0..n).for_each(|_| sketch.update_long(random.bits() as i64));
                Ok(sketch.to_bytes())
            };
            return Ok(Self::Cpc { tiles: seeds.map(tile).collect::<Result<_>>()? });
        }
        let tile = |seed| {
            let (mut random, mut sketch) = (Random(seed), KllSketch::new(size)?);
            (0..n).for_each(|_| sketch.update(random.unit() as f32));
            Ok(sketch.to_bytes())
        };
        Ok(Self::Kll { k: size, tiles: seeds.map(tile).collect::<Result<_>>()? })
    }

    /// The estimate, or the percentiles, of all tiles together.
    ///
    /// # Errors
    /// Whatever the sketches return.
    pub fn answer(&self) -> Result<Answer> {
        match self {
            Self::Cpc { tiles } => {
                let tiles: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
                Ok(Answer::Estimate(CpcSketch::union_of_images(&tiles)?.estimate()))
            }
            Self::Kll { k, tiles } => {
                let mut merged = KllSketch::new(*k)?;
                tiles.iter().try_for_each(|tile| merged.merge_image(tile))?;
                Ok(Answer::Quantiles(merged.quantiles(&PERCENTILES, Ranks::Exclusive)?.unwrap_or_default()))
            }
        }
    }

    /// The check sum of the answer and of what is stored, where it does not depend on chance.
    ///
    /// # Errors
    /// Whatever the sketches return.
    pub fn check(&self) -> Result<Digest> {
        let mut digest = Digest::new(true);
        match self.answer()? {
            Answer::Estimate(estimate) => digest.add_long(estimate as i64),
            Answer::Quantiles(quantiles) => digest.add_list(&quantiles),
        }
        if let Self::Cpc { tiles } = self {
            tiles.iter().for_each(|tile| digest.add_long(hash(tile)));
        }
        Ok(digest)
    }
}

/// What all tiles together say.
#[derive(Debug)]
pub enum Answer {
    /// How many distinct values there were.
    Estimate(f64),
    /// The values at five ranks.
    Quantiles(Vec<f32>),
}
