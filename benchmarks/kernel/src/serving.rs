//! One request: the stored batch part of a key (30 columns, each over 1, 7, 30 and 90 days, 60 tail hops in all) and
//! streamed rows of the 12 hours after it become 120 values. In `30 columns with sketches` three of the columns estimate.

use crate::digest::Digest;
use crate::table::{START, Table};
use arrow::array::ArrayRef;
use chronon_aggregate::{AggregationSpec, OperationKind, TimeUnit, Window};
use chronon_types::time::{DAY, HOUR, Millis};
use chronon_types::{Error, Result};
use chronon_window::online::{Base, Events, Lambda, OnlinePlan, Request, Streamed};
use std::sync::Arc;

const END: Millis = START + 100 * DAY;
const QUERY: Millis = END + 12 * HOUR;
/// Where the reference's check program leaves the batch parts it stores.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../build/benchmarks/kernel");

/// A request, and the memory that serves one after the other.
#[derive(Debug)]
pub struct ServingRuns {
    plan: Arc<OnlinePlan>,
    batch: Vec<u8>,
    rows: Table,
    estimates: bool,
}

impl ServingRuns {
    /// The request that `work` names, with this many streamed rows.
    ///
    /// # Errors
    /// `Unsupported` when the kernel lacks an operation; `InvalidArgument` when the reference has stored nothing yet.
    pub fn new(work: &str, rows: usize) -> Result<Self> {
        let estimates = work.ends_with("sketches");
        let plan = Arc::new(OnlinePlan::new(Table::fields(), bases(estimates))?);
        let file = format!("{FOLDER}/{work}.avro");
        let batch = std::fs::read(&file).map_err(|error| {
            Error::invalid_argument(format!("{file}: {error}; scripts/bench kernel has the reference write it"))
        })?;
        Ok(Self { plan, batch, rows: Table::new(rows, 1, END, 12 * HOUR, 37, false), estimates })
    }

    /// Where requests are answered.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn lambda(&self) -> Result<Lambda> {
        Lambda::new(self.plan.clone())
    }

    /// The values of the request.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn serve(&self, lambda: &mut Lambda) -> Result<Vec<ArrayRef>> {
        lambda.answer(&Request {
            query: QUERY,
            batch_end: END,
            batch: Some(&self.batch),
            streamed: Streamed::Rows(Events { ts: &self.rows.ts, columns: &self.rows.columns, mutations: None }),
            streamed_from: None,
        })?;
        lambda.finish()
    }

    /// The check sum of the values.
    ///
    /// # Errors
    /// Whatever the kernel returns.
    pub fn check(&self) -> Result<Digest> {
        let mut digest = Digest::new(self.estimates);
        self.serve(&mut self.lambda()?)?.iter().for_each(|column| digest.add_all(column));
        Ok(digest)
    }
}

fn bases(sketches: bool) -> Vec<Base> {
    use OperationKind::*;
    let windows: Vec<_> = [1, 7, 30, 90].map(|days| Some(Window::new(days, TimeUnit::Days))).into();
    let input = |name| Table::fields().iter().position(|field| field.name == name).expect("a column of the table");
    let spec = |kind, name| AggregationSpec::new(kind, input(name));
    let ten = |kind, name| spec(kind, name).with_arg("k", "10");
    let mut specs = Vec::new();
    for name in ["double", "long"] {
        specs.extend([Sum, Count, Average, Min, Max, First, Last, Variance].map(|kind| spec(kind, name)));
    }
    for name in ["string", "tag"] {
        specs.extend([Count, Min, Max, First, Last].map(|kind| spec(kind, name)));
    }
    specs.push(ten(LastK, "double"));
    specs.extend(if sketches {
        let percentile = spec(ApproxPercentile, "double").with_arg("k", "128").with_arg("percentiles", "[0.5]");
        [spec(ApproxUniqueCount, "long"), spec(ApproxUniqueCount, "string"), percentile]
    } else {
        [ten(TopK, "long"), spec(Skew, "double"), spec(Histogram, "tag")]
    });
    specs.into_iter().map(|spec| Base { spec, windows: windows.clone() }).collect()
}
