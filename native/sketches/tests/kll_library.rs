//! Quantile sketches beside another implementation of the same format, the crate `datasketches`: each reads what the
//! other wrote, and both keep as many values.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::kll::{KllSketch, Ranks};
use datasketches::common::SearchCriteria;
use datasketches::kll::{KllFloat, KllSketch as Library};
use proptest::prelude::*;

type Theirs = Library<KllFloat<f32>>;

fn both(k: u16, values: &[f32]) -> (KllSketch, Theirs) {
    let (mut ours, mut theirs) = (KllSketch::new(k).unwrap(), Theirs::new(k).unwrap());
    for value in values {
        ours.update(*value);
        theirs.update(KllFloat::<f32>::new(*value).unwrap());
    }
    (ours, theirs)
}

/// Their answers from our image are our answers, and the other way round.
fn check(ours: &KllSketch, theirs: &Theirs) {
    let read = Theirs::deserialize(&ours.to_bytes()).unwrap();
    assert_eq!(read.serialize(), ours.to_bytes());
    let image = theirs.serialize();
    let taken = KllSketch::from_bytes(&image).unwrap();
    assert_eq!(taken.to_bytes(), image);
    for (ours, theirs) in [(ours, &read), (&taken, theirs)] {
        assert_eq!((ours.count(), ours.retained()), (theirs.n(), theirs.num_retained()));
        for (value, _) in ours.weights() {
            let item = KllFloat::<f32>::new(value).unwrap();
            let rank = theirs.rank(&item, SearchCriteria::Exclusive);
            assert_eq!(ours.rank(value, Ranks::Exclusive), rank, "{value}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn images_go_both_ways(
        k in prop_oneof![Just(8u16), Just(20), Just(128), 8u16..500],
        count in prop_oneof![1usize..300, 1usize..20_000],
        seed in any::<u32>(),
    ) {
        let value = |at: usize| (at as u32).wrapping_mul(seed | 1).wrapping_mul(0x9e37_79b9) as f32 / 16.0 - 1e8;
        let values: Vec<f32> = (0..count).map(value).collect();
        let (ours, theirs) = both(k, &values);
        prop_assert_eq!(ours.retained(), theirs.num_retained(), "how much is kept depends on the count alone");
        check(&ours, &theirs);
    }

    #[test]
    fn merged_images_go_both_ways(k in 8u16..200, other_k in 8u16..200, counts in prop::collection::vec(0usize..3000, 1..8)) {
        let mut merged = KllSketch::new(k).unwrap();
        let mut seen = 0;
        for (part, count) in counts.into_iter().enumerate() {
            let values: Vec<f32> = (0..count).map(|value| (value * 7 % 1000 + part) as f32).collect();
            let (ours, theirs) = both(if part % 2 == 0 { k } else { other_k }, &values);
            merged.merge_image(&theirs.serialize()).unwrap();
            let mut twin = merged.clone();
            twin.merge(&ours);
            merged.merge_image(&ours.to_bytes()).unwrap();
            prop_assert_eq!(twin.to_bytes(), merged.to_bytes(), "merging images is merging sketches");
            seen += 2 * count as u64;
        }
        prop_assert_eq!(merged.count(), seen);
        if seen > 0 {
            let read = Theirs::deserialize(&merged.to_bytes()).unwrap();
            prop_assert_eq!(read.serialize(), merged.to_bytes());
            prop_assert_eq!(read.n(), seen);
        }
    }
}
