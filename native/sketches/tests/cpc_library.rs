//! Distinct counts beside another implementation of the same format, the crate `datasketches`: bytes and estimates of
//! the same values are equal, and each reads what the other wrote.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::cpc::CpcSketch;
use datasketches::cpc::{CpcSketch as Theirs, CpcUnion};
use proptest::prelude::*;

const SEED: u64 = 9001;

struct Both {
    ours: CpcSketch,
    theirs: Theirs,
}

impl Both {
    fn new(lg_k: u8) -> Self {
        Self { ours: CpcSketch::new(lg_k).unwrap(), theirs: Theirs::with_seed(lg_k, SEED).unwrap() }
    }

    fn update(&mut self, value: i64) {
        self.ours.update_long(value);
        self.theirs.update(value);
    }

    fn check(&self, name: &str) {
        let (ours, theirs) = (self.ours.to_bytes(), self.theirs.serialize());
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(self.ours.estimate().to_bits(), self.theirs.estimate().to_bits(), "{name}");
        assert_eq!(CpcSketch::from_bytes(&theirs).unwrap().to_bytes(), theirs, "{name}, theirs read by us");
        let read = Theirs::deserialize_with_seed(&ours, SEED).unwrap();
        assert_eq!(read.serialize(), ours, "{name}, ours read by them");
    }

    /// Both after a union with nothing else, which must not differ even where their histories would.
    fn check_merged(&self, name: &str) {
        let mut union = CpcUnion::with_seed(self.ours.lg_k(), SEED).unwrap();
        union.update(&self.theirs).unwrap();
        let merged = Both { ours: self.ours.merged_copy(), theirs: union.to_sketch() };
        if !merged.ours.is_empty() {
            merged.check(&format!("{name}, merged")); // an empty union of theirs forgets that it is merged
        }
    }
}

/// Every flavor of image, and the counts where one becomes the next.
#[test]
fn growing_sketches() {
    for lg_k in 4..=12u8 {
        let rows = 1i64 << lg_k;
        let mut both = Both::new(lg_k);
        let mut next_check = 0;
        // Eight coupons a row: the first fresh sum, in which the two differ on purpose, comes at more.
        for value in 0..rows * 300 {
            if value == next_check {
                let name = format!("lg_k {lg_k}, {value} values");
                both.check(&name);
                both.check_merged(&name);
                next_check += 1 + value * i64::from(lg_k - 3) / 50;
            }
            if 8 * i64::from(both.ours.coupons()) >= 83 * rows {
                break;
            }
            both.update(value * 7919);
        }
    }
}

/// Past the first fresh sum histories part, coupons do not.
#[test]
fn large_sketches() {
    for lg_k in [4, 5, 8] {
        let mut both = Both::new(lg_k);
        for value in 0..1i64 << (lg_k + 12) {
            both.update(value);
            if value.count_ones() == 1 {
                both.check_merged(&format!("lg_k {lg_k}, {value} values"));
            }
        }
        let moved = 8 * u64::from(both.ours.coupons()) > 83 << lg_k;
        assert!(moved, "lg_k {lg_k} has {} coupons only", both.ours.coupons());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Unions of any sketches, by images and by sketches, in the rows of the smallest.
    #[test]
    fn unions(
        lg_k in 4u8..=12,
        parts in prop::collection::vec((4u8..=12, any::<u16>(), prop_oneof![0i64..40, 0i64..4000, 0i64..40_000]), 0..6),
    ) {
        let mut theirs = CpcUnion::with_seed(lg_k, SEED).unwrap();
        let mut merged = CpcSketch::union(lg_k, []).unwrap();
        let (mut folded, mut together, mut images) = (merged.clone(), merged.clone(), Vec::new());
        for (lg_k, from, count) in parts {
            let mut part = Both::new(lg_k);
            (0..count).for_each(|value| part.update(value + i64::from(from)));
            theirs.update(&part.theirs).unwrap();
            merged.merge(&part.ours);
            images.push(part.theirs.serialize());
            folded.merge_image(&part.theirs.serialize()).unwrap();
        }
        together.merge_images(&images.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!(merged.to_bytes(), folded.to_bytes());
        prop_assert_eq!(merged.to_bytes(), together.to_bytes());
        let theirs = theirs.to_sketch();
        if !theirs.is_empty() {
            let mut both = Both { ours: merged, theirs };
            both.check("union");
            (0..1000).for_each(|value| both.update(-value));
            both.check("updated union");
        }
    }
}
