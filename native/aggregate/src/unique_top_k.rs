//! UNIQUE_TOP_K: the `k` greatest distinct values.
//!
//! Ints, longs, strings, and structs with a string `sort_key` and a long `unique_id`. What tells values apart is the
//! number itself, the Java hash of a string, or the id (a missing one is 0); what ranks them is the number, the string
//! by UTF-16 code units, or the sort key (a missing one is the least; the reference fails there). Strings of equal
//! hashes, such as `Aa` and `BB`, are therefore one value, as in the reference.
//!
//! IR: up to 2`k` values in the order in which they came, their ids, and which is the least. Of equal ids the first to
//! come stays. Below `k` values every new one is added, then those above the least; when there are more than 2`k`, the
//! `k` greatest stay, equal ones in their order. An id that was dropped may come again. For numbers the result depends
//! on the values alone; for structs, and strings of equal hashes, on the order of folding. Output: a list, greatest
//! first. Cost: O(log k) amortized for a value that gets in, O(1) for others.

use crate::avro;
use crate::min_max::Stored;
use crate::operation::Operation;
use crate::physical::{Anything, Bytes, Longs, Ordered, Physical, compare_utf16};
use crate::sink::ListSink;
use crate::value::Value;
use chronon_sketches::frequent::FrequentItem;
use chronon_types::time::Millis;
use chronon_types::{DataType, Error, Result};
use hashbrown::HashSet;
use std::cmp::Ordering;

/// Where a struct has what tells values apart and what ranks them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Members {
    sort_key: usize,
    unique_id: usize,
}

impl Members {
    /// The members of a struct; nothing needs to be found in other types.
    ///
    /// # Errors
    /// `InvalidPlan` naming the member that is missing or of another type.
    pub fn of(data_type: &DataType) -> Result<Self> {
        let DataType::Struct(name, fields) = data_type else { return Ok(Self::default()) };
        let find = |member: &str, of: DataType| {
            fields.iter().position(|field| field.name == member && field.data_type == of).ok_or_else(|| {
                Error::invalid_plan(format!(
                    "UNIQUE_TOP_K of structs needs a member {member} of type {of}, which {name} has not"
                ))
            })
        };
        Ok(Self { sort_key: find("sort_key", DataType::String)?, unique_id: find("unique_id", DataType::Long)? })
    }
}

/// Widths whose values can be told apart and ranked.
pub trait Unique: Physical + Stored {
    /// What tells the value apart.
    fn id(value: &Self::Owned, members: &Members) -> i64;
    /// How two values rank.
    fn rank(a: &Self::Owned, b: &Self::Owned, members: &Members) -> Ordering;
    /// Whether a value of a column certainly ranks no higher than `least`.
    #[inline]
    fn is_low(_value: Self::Ref<'_>, _least: &Self::Owned) -> bool {
        false
    }
}

impl Unique for Longs {
    #[inline]
    fn id(value: &i64, _members: &Members) -> i64 {
        *value
    }
    #[inline]
    fn rank(a: &i64, b: &i64, _members: &Members) -> Ordering {
        a.cmp(b)
    }
    #[inline]
    fn is_low(value: i64, least: &i64) -> bool {
        value <= *least
    }
}

impl Unique for Bytes {
    fn id(value: &Vec<u8>, _members: &Members) -> i64 {
        String::java_hash(&String::from_utf8_lossy(value)).into()
    }
    fn rank(a: &Vec<u8>, b: &Vec<u8>, _members: &Members) -> Ordering {
        compare_utf16(a, b)
    }
    fn is_low(value: &[u8], least: &Vec<u8>) -> bool {
        Self::compare(value, least).is_le()
    }
}

impl Unique for Anything {
    fn id(value: &Value, members: &Members) -> i64 {
        match member(value, members.unique_id) {
            Some(Value::Long(id)) => *id,
            _ => 0,
        }
    }
    fn rank(a: &Value, b: &Value, members: &Members) -> Ordering {
        let key = |value| match member(value, members.sort_key) {
            Some(Value::Bytes(key)) => Some(key.as_ref()),
            _ => None,
        };
        match (key(a), key(b)) {
            (Some(a), Some(b)) => compare_utf16(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}

fn member(value: &Value, index: usize) -> Option<&Value> {
    match value {
        Value::List(members) => members.get(index),
        _ => None,
    }
}

/// The greatest values so far.
#[derive(Debug, Clone)]
pub struct Top<V> {
    /// In the order in which they came.
    kept: Vec<V>,
    ids: HashSet<i64>,
    /// Place of the least value.
    least: usize,
}

/// The operation UNIQUE_TOP_K.
#[derive(Debug, Clone)]
pub struct UniqueTopK<P> {
    /// How many values to put out.
    pub k: usize,
    /// Type of the values.
    pub data_type: DataType,
    /// Where structs have id and key.
    pub members: Members,
    /// The width.
    pub width: std::marker::PhantomData<P>,
}

impl<P: Unique> UniqueTopK<P> {
    fn add(&self, top: &mut Top<P::Owned>, value: P::Owned) {
        let rank = |a: &P::Owned, b: &P::Owned| P::rank(a, b, &self.members);
        let full = top.kept.len() >= self.k;
        let lowest = top.kept.get(top.least).map(|least| rank(&value, least));
        if full && lowest.is_some_and(Ordering::is_le) || !top.ids.insert(P::id(&value, &self.members)) {
            return;
        }
        if lowest.is_some_and(Ordering::is_lt) {
            top.least = top.kept.len();
        }
        top.kept.push(value);
        if top.kept.len() > 2 * self.k {
            self.prune(top);
        }
    }

    /// Leaves the `k` greatest values, greatest first.
    fn prune(&self, top: &mut Top<P::Owned>) {
        top.kept.sort_by(|a, b| P::rank(b, a, &self.members));
        top.kept.truncate(self.k);
        top.ids = top.kept.iter().map(|value| P::id(value, &self.members)).collect();
        top.least = top.kept.len().saturating_sub(1);
    }
}

impl<P: Unique> Operation for UniqueTopK<P> {
    type Input = P;
    type Ir = Top<P::Owned>;
    type Sink = ListSink<P::Sink>;

    fn prepare(&self, value: P::Ref<'_>, ts: Millis) -> Self::Ir {
        let mut ir = Top { kept: Vec::new(), ids: HashSet::new(), least: 0 };
        self.update(&mut ir, value, ts);
        ir
    }
    #[inline]
    fn update(&self, ir: &mut Self::Ir, value: P::Ref<'_>, _ts: Millis) {
        // Most values that do not get in are turned away here, before they are copied.
        let low = |least: &P::Owned| P::is_low(value, least);
        if ir.kept.len() < self.k || !ir.kept.get(ir.least).is_some_and(low) {
            self.add(ir, P::own(value));
        }
    }
    fn merge(&self, ir: &mut Self::Ir, later: &Self::Ir) {
        later.kept.iter().for_each(|value| self.add(ir, value.clone()));
    }
    fn sink(&self) -> Self::Sink {
        ListSink::new(P::sink(&self.data_type, true))
    }
    fn finalize(&self, ir: &Self::Ir, sink: &mut Self::Sink) {
        let mut values: Vec<&P::Owned> = ir.kept.iter().collect();
        values.sort_by(|a, b| P::rank(b, a, &self.members));
        values.truncate(self.k);
        values.iter().for_each(|value| P::push(&mut sink.elements, value));
        sink.close(values.len());
    }
    /// Values in the order of the IR.
    fn encode(&self, ir: &Self::Ir, out: &mut Vec<u8>) -> Result<()> {
        avro::put_items(out, ir.kept.len(), |out| {
            ir.kept.iter().try_for_each(|value| P::encode(value, &self.data_type, out))
        })
    }
    fn decode(&self, bytes: &mut &[u8]) -> Result<Self::Ir> {
        let mut kept = Vec::new();
        avro::get_items(bytes, |bytes| {
            kept.push(P::decode(bytes, &self.data_type)?);
            Ok(())
        })?;
        let ids = kept.iter().map(|value| P::id(value, &self.members)).collect();
        let places = 0..kept.len();
        let least = places.min_by(|a, b| P::rank(&kept[*a], &kept[*b], &self.members)).unwrap_or(0);
        Ok(Top { kept, ids, least })
    }
    fn heap_size(&self, ir: &Self::Ir) -> usize {
        ir.kept.capacity() * size_of::<P::Owned>()
            + ir.ids.allocation_size()
            + ir.kept.iter().map(P::heap_size).sum::<usize>()
    }
}
