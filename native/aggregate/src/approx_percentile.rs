//! APPROX_PERCENTILE: estimated quantiles, by a KLL sketch of size `k` (128 unless given).
//!
//! All numbers but `Byte`, narrowed to floats: whole numbers round to the nearest float, doubles beyond its range become
//! infinite. NaN is not counted; a sketch that saw nothing else gives null. Exact up to `k` values; beyond that the rank of
//! a result is off by about 1.6 % at k = 128. Output: one float per asked rank, in the order asked. The dialects read a rank
//! that falls between two values differently: see [`Ranks`].

use crate::avro;
use crate::operation::Operation;
use crate::physical::Physical;
use crate::sink::{DoubleSink, ListSink, Sink};
use arrow::datatypes::DataType as ArrowType;
use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::marker::PhantomData;

/// The operation APPROX_PERCENTILE.
#[derive(Debug, Clone)]
pub struct ApproxPercentile<P> {
    empty: KllSketch,
    asked: Box<[f64]>,
    ranks: Ranks,
    width: PhantomData<P>,
}

impl<P> ApproxPercentile<P> {
    /// The operation with sketches of size `k`, asked for the values at the ranks `asked`, each within 0..=1.
    ///
    /// # Errors
    /// `InvalidPlan` when `k` or a rank is out of range.
    pub fn new(k: i32, asked: Vec<f64>, ranks: Ranks) -> Result<Self> {
        let size = u16::try_from(k).unwrap_or_default();
        let empty = KllSketch::new(size).map_err(|_| {
            Error::invalid_plan(format!("argument k of APPROX_PERCENTILE is {k}; it is the sketch's size, 8 to 65535"))
        })?;
        if let Some(rank) = asked.iter().find(|rank| !(0.0..=1.0).contains(*rank)) {
            return Err(Error::invalid_plan(format!(
                "argument percentiles of APPROX_PERCENTILE holds {rank}; percentiles are within 0 to 1"
            )));
        }
        Ok(Self { empty, asked: asked.into(), ranks, width: PhantomData })
    }
}

impl<P: for<'a> Physical<Ref<'a> = f64>> Operation for ApproxPercentile<P> {
    type Input = P;
    type Ir = KllSketch;
    type Sink = ListSink<DoubleSink>;

    fn prepare(&self, value: f64, ts: Millis) -> KllSketch {
        let mut ir = self.empty.clone();
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut KllSketch, value: f64, _ts: Millis) {
        ir.update(value as f32);
    }
    fn merge(&self, ir: &mut KllSketch, later: &KllSketch) {
        ir.merge(later);
    }
    fn sink(&self) -> Self::Sink {
        ListSink::new(DoubleSink::new(ArrowType::Float32, false))
    }
    fn finalize(&self, ir: &KllSketch, sink: &mut Self::Sink) {
        // The ranks were checked when the plan was opened.
        match ir.quantiles(&self.asked, self.ranks).unwrap_or_default() {
            Some(values) => {
                values.iter().for_each(|value| sink.elements.push((*value).into()));
                sink.close(values.len());
            }
            None => sink.push_null(),
        }
    }
    fn encode(&self, ir: &KllSketch, out: &mut Vec<u8>) -> Result<()> {
        avro::put_bytes(out, &ir.to_bytes());
        Ok(())
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<KllSketch> {
        KllSketch::from_bytes(avro::get_bytes(bytes)?)
    }
    fn merge_encoded(&self, ir: &mut KllSketch, bytes: &mut &[u8]) -> Result<()> {
        ir.merge_image(avro::get_bytes(bytes)?)
    }
    fn heap_size(&self, ir: &KllSketch) -> usize {
        ir.heap_size()
    }
}
