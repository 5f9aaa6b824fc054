//! The contract every operation fulfils.

use crate::physical::Physical;
use crate::shape::add;
use crate::sink::Sink;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};

/// One aggregation operation, set up with its arguments.
///
/// The life of an accumulator, called *intermediate result* (IR):
///
/// ```text
///   value ──prepare──▶ IR ──update(value)*──▶ IR ──merge(later IR)*──▶ IR ──finalize──▶ a row of the sink
///                      ▲                       │
///                      └──decode── bytes ◀──encode
/// ```
///
/// There is no empty IR: its absence (`None`) stands for "no value yet", and callers never pass a missing value in.
/// `merge` takes the IR of values that come after its own, leaves the other usable, and together with `update` fixes
/// the fold order that floating results and ties depend on. An operation holds no accumulators itself, so one serves
/// any number of groups, hops and threads.
///
/// Hosts reach operations through [`crate::Grouped`] and through the sliding engine of the window crate, both
/// compiled per operation: nothing here is called through a pointer per row.
pub trait Operation: Send + Sync + 'static {
    /// The width of its values.
    type Input: Physical;
    /// The accumulator.
    type Ir: Clone + Send + Sync + 'static;
    /// The output column.
    type Sink: Sink + 'static;

    /// The IR of one value at event time `ts`.
    fn prepare(&self, value: <Self::Input as Physical>::Ref<'_>, ts: Millis) -> Self::Ir;

    /// Folds one more value in.
    fn update(&self, ir: &mut Self::Ir, value: <Self::Input as Physical>::Ref<'_>, ts: Millis);

    /// Folds in the IR of later values.
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir);

    /// Folds one value into each of several IRs, some of them absent.
    #[inline]
    fn update_all(&self, irs: &mut [Option<Self::Ir>], value: <Self::Input as Physical>::Ref<'_>, ts: Millis) {
        irs.iter_mut().for_each(|ir| add(self, ir, value, ts));
    }

    /// Whether the IR of some values, merged into another one, always gives the result that folding these values into it
    /// one by one gives, so that values for several IRs need folding only once. Sums of floats do not.
    const MERGES_AS_FOLDED: bool = false;

    /// Whether [`Self::pass`] ever lets values go by.
    const PASSES: bool = false;

    /// Of `count` values whose times rise strictly from `first` on: how many of the first ones need not be folded in. Values
    /// that later ones of them replace are such, and values that no longer count. The IR is then as if these had been folded
    /// in as soon as the others are.
    #[inline]
    fn pass(&self, _ir: &mut Self::Ir, _first: Millis, _count: usize) -> usize {
        0
    }

    /// Whether the reference's copy of an IR gives other results than the IR; [`Self::mark_copied`] makes the difference.
    const COPIES_DIFFER: bool = false;

    /// Whether a copy of the reference's copy differs from it in turn.
    const COPIES_OF_COPIES_DIFFER: bool = false;

    /// Makes a clone of an IR into what the reference's copy of it is. Wherever the reference copies (merging into
    /// nothing, answering from stored state), so do callers here.
    #[inline]
    fn mark_copied(&self, _ir: &mut Self::Ir) {}

    /// Makes an IR into what the reference's bulk merge of it is, be it with others or alone: every answer to a request
    /// ends in one.
    #[inline]
    fn mark_bulk_merged(&self, _ir: &mut Self::Ir) {}

    /// Whether values later than all of this IR's cannot change it, so that a fold may stop.
    #[inline]
    fn is_complete(&self, _ir: &Self::Ir) -> bool {
        false
    }

    /// Whether [`Self::delete`] takes values out again. Other operations keep the old value.
    const DELETABLE: bool = false;

    /// Takes one value out again; nothing happens unless the operation is deletable.
    fn delete(&self, _ir: &mut Self::Ir, _value: <Self::Input as Physical>::Ref<'_>, _ts: Millis) {}

    /// The IR that remains when a value is taken out of nothing, if the operation is deletable.
    fn inverse_prepare(&self, value: <Self::Input as Physical>::Ref<'_>, ts: Millis) -> Option<Self::Ir> {
        Self::DELETABLE.then(|| {
            let mut ir = self.prepare(value, ts);
            self.delete(&mut ir, value, ts);
            self.delete(&mut ir, value, ts);
            ir
        })
    }

    /// A new output column.
    fn sink(&self) -> Self::Sink;

    /// Appends the result to an output column; leaves the IR as it is.
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink);

    /// Appends the IR in the stored form (Avro binary of the reference's normalized value, without the field union).
    ///
    /// # Errors
    /// `Internal` when the IR has no stored form.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()>;

    /// Reads an IR in the stored form from the front of `bytes` and moves `bytes` behind it.
    ///
    /// # Errors
    /// `CorruptData` when the bytes are not a stored IR.
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir>;

    /// Reads an IR in the stored form from the front of `bytes`, folds it in as later values, and moves `bytes` behind it.
    /// After an error the IR may hold a part of it.
    ///
    /// # Errors
    /// As for [`Self::decode`].
    fn merge_encoded(&self, ir: &mut Self::Ir, bytes: &mut &[u8]) -> Result<()> {
        let later = self.decode(bytes)?;
        self.merge(ir, &later);
        Ok(())
    }

    /// Whether [`Self::decode_union`] costs less than reading one IR after the other. Then it does not matter which of some
    /// IRs are merged with each other first.
    const UNITES: bool = false;

    /// Reads IRs in the stored form, each the whole of its bytes, and merges them; only where the operation
    /// [unites](Self::UNITES).
    ///
    /// # Errors
    /// As for [`Self::decode`]; `Internal` where it does not unite.
    fn decode_union(&self, _stored: &[&[u8]]) -> Result<Self::Ir> {
        Err(Error::internal("stored accumulators of this operation are not united"))
    }

    /// Bytes of heap the IR holds, by capacity.
    #[inline]
    fn heap_size(&self, _ir: &Self::Ir) -> usize {
        0
    }
}
