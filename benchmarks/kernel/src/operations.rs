//! One operation over the table: a group per hundred rows, or a single group.

use crate::digest::Digest;
use crate::table::{START, Table};
use crate::workloads::OperationWork;
use arrow::array::ArrayRef;
use chronon_aggregate::{Definition, GroupedColumn, grouped};
use chronon_types::{DataType, Result};

const SEED: u64 = 11;
const GROUP_SIZE: usize = 100;

/// An operation with its rows, and the accumulators that they make.
pub struct OperationRuns {
    table: Table,
    definition: Definition,
    groups: usize,
    one: Vec<u32>,
    irs: Box<dyn GroupedColumn>,
    images: Vec<u8>,
    estimates: bool,
}

impl OperationRuns {
    /// `work` over this many rows.
    ///
    /// # Errors
    /// `Unsupported` when the kernel does not have the operation.
    pub fn new(work: &OperationWork, rows: usize) -> Result<Self> {
        let definition = Definition::new(&work.spec, &Table::fields())?;
        let groups = (rows / GROUP_SIZE).max(1);
        let nested = matches!(definition.input.data_type, DataType::List(_) | DataType::Map(_, _));
        let table = Table::new(rows, groups, START, 1000 * rows as i64, SEED, nested);
        let mut irs = grouped(&definition)?;
        irs.update(&table.groups, &table.ts, &table.columns)?;
        let (one, estimates) = (vec![0; rows], work.estimates);
        let mut runs = Self { table, definition, groups, one, irs, images: Vec::new(), estimates };
        runs.images = runs.encode()?;
        Ok(runs)
    }

    /// The rows into new accumulators, one per group.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn update(&self) -> Result<Box<dyn GroupedColumn>> {
        let mut fresh = grouped(&self.definition)?;
        fresh.update(&self.table.groups, &self.table.ts, &self.table.columns)?;
        Ok(fresh)
    }

    /// The rows into one new accumulator.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn update_one(&self) -> Result<Box<dyn GroupedColumn>> {
        let mut fresh = grouped(&self.definition)?;
        fresh.update(&self.one, &self.table.ts, &self.table.columns)?;
        Ok(fresh)
    }

    /// The accumulators of all groups into one; a single one into its copy.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn merge(&self) -> Result<Box<dyn GroupedColumn>> {
        let mut merged = grouped(&self.definition)?;
        merged.merge(self.irs.as_ref(), &self.one[..self.groups])?;
        if self.groups == 1 {
            merged.merge(self.irs.as_ref(), &self.one[..1])?;
        }
        Ok(merged)
    }

    /// The result of every group.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn finish(&self) -> Result<ArrayRef> {
        self.irs.finalize(self.groups)
    }

    /// The stored form of every accumulator, one after the other.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut images = Vec::new();
        for group in 0..self.groups {
            self.irs.encode(group, &mut images)?;
        }
        Ok(images)
    }

    /// The accumulators of the stored forms.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn decode(&self) -> Result<Box<dyn GroupedColumn>> {
        let mut decoded = grouped(&self.definition)?;
        let mut rest = self.images.as_slice();
        for group in 0..self.groups {
            decoded.decode(group, &mut rest)?;
        }
        Ok(decoded)
    }

    /// The check sum of the rows.
    pub fn data(&self) -> Digest {
        self.table.digest()
    }

    /// Results of all groups, of one group, of all groups merged, and of all through their stored form, under the names
    /// of their phases.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn checks(&self) -> Result<Vec<(&'static str, Digest)>> {
        let digest = |column: ArrayRef| {
            let mut digest = Digest::new(self.estimates);
            digest.add_all(&column);
            digest
        };
        Ok(vec![
            ("update", digest(self.finish()?)),
            ("updateOne", digest(self.update_one()?.finalize(1)?)),
            ("merge", digest(self.merge()?.finalize(1)?)),
            ("decode", digest(self.decode()?.finalize(self.groups)?)),
        ])
    }
}
