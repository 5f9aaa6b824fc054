//! A tile: what a stream job keeps of one key over a short span.

use super::batch::check_rows;
use super::plan::OnlinePlan;
use super::{at_byte, check_end};
use arrow::array::ArrayRef;
use chronon_aggregate::{GroupedColumn, avro};
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use std::ops::Range;
use std::sync::Arc;

const RECORD: &str = "a tile";

/// One accumulator per base, windows left aside (aggregator sheet §8.4).
pub struct Tile {
    plan: Arc<OnlinePlan>,
    columns: Vec<Box<dyn GroupedColumn>>,
}

impl Tile {
    /// A tile without rows.
    ///
    /// # Errors
    /// `Internal` when the plan names an operation that nothing computes.
    pub fn new(plan: Arc<OnlinePlan>) -> Result<Self> {
        Ok(Self { columns: plan.columns()?, plan })
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(|column| column.clear());
    }

    /// Folds rows in, one after the other; `columns` are the plan's inputs. Which tile a row belongs to is the caller's
    /// business.
    ///
    /// # Errors
    /// `InvalidArgument` when lengths differ, or a list of an element-wise aggregation has another length than those
    /// before; `SchemaMismatch` when a column is not what the plan declares.
    pub fn update(&mut self, ts: &[Millis], columns: &[ArrayRef], rows: Range<usize>) -> Result<()> {
        check_rows(&self.plan, ts, columns)?;
        self.columns.iter_mut().try_for_each(|column| {
            column.load(columns)?;
            column.fold(0..1, rows.clone(), ts)?;
            column.unload();
            Ok(())
        })
    }

    /// Folds the stored form of a tile of later rows in. After an error the tile may hold a part of it and must be cleared.
    ///
    /// # Errors
    /// `CorruptData` naming column and byte when the bytes are not a tile of this plan.
    pub fn merge(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        self.merge_from(&mut rest).map_err(|error| at_byte(error, RECORD, bytes, rest))
    }

    fn merge_from(&mut self, bytes: &mut &[u8]) -> Result<()> {
        avro::get_present(bytes)?;
        for (column, base) in self.columns.iter_mut().zip(self.plan.bases()) {
            let read = if column.is_present(0) { column.merge_encoded(&[0], bytes) } else { column.decode(0, bytes) };
            read.map_err(|error| error.within(base.name()))?;
        }
        get_is_complete(bytes)?;
        check_end(RECORD, bytes)
    }

    /// Appends the stored form, and whether the span of the tile is over.
    ///
    /// # Errors
    /// `Internal` when an accumulator has no stored form.
    ///
    /// ```
    /// use arrow::array::{ArrayRef, Int64Array};
    /// use chronon_aggregate::{AggregationSpec, OperationKind};
    /// use chronon_types::{DataType, Field};
    /// use chronon_window::online::{Base, OnlinePlan, Tile};
    /// use std::sync::Arc;
    /// let base = Base { spec: AggregationSpec::new(OperationKind::Sum, 0), windows: vec![None] };
    /// let plan = Arc::new(OnlinePlan::new(vec![Field::new("n", DataType::Long)], vec![base]).unwrap());
    /// let mut tile = Tile::new(plan).unwrap();
    /// let n: ArrayRef = Arc::new(Int64Array::from(vec![3, 4]));
    /// tile.update(&[0, 1], &[n], 0..2).unwrap();
    /// let mut bytes = Vec::new();
    /// tile.encode(false, &mut bytes).unwrap();
    /// assert_eq!(bytes, [2, 2, 14, 2, 0]);
    /// ```
    pub fn encode(&self, is_complete: bool, out: &mut Vec<u8>) -> Result<()> {
        avro::put_present(out);
        self.columns.iter().try_for_each(|column| column.encode(0, out))?;
        avro::put_present(out);
        out.push(is_complete.into());
        Ok(())
    }

    /// Bytes of heap held, by capacity.
    pub fn heap_size(&self) -> usize {
        self.columns.iter().map(|column| column.heap_size()).sum()
    }
}

impl std::fmt::Debug for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tile").field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// Reads whether the span of a tile is over, which may be missing.
pub(super) fn get_is_complete(bytes: &mut &[u8]) -> Result<bool> {
    if !avro::get_union(bytes)? {
        return Ok(false);
    }
    match avro::get_fixed::<1>(bytes)? {
        [0] => Ok(false),
        [1] => Ok(true),
        [other] => Err(Error::corrupt_data(format!("{other} stands where true (1) or false (0) should"))),
    }
}
