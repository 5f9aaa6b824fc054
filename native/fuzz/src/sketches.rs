//! Images of sketches.

use crate::decoded;
use chronon_sketches::cpc::CpcSketch;
use chronon_sketches::frequent::{ErrorType, FrequentItem, FrequentItems};
use chronon_sketches::histogram::{Histogram, HistogramItem, HistogramSettings};
use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_types::ErrorCode::CorruptData;

pub(crate) fn cpc(bytes: &[u8]) {
    let mut folded = CpcSketch::new(6).expect("a size");
    (0..100).for_each(|value| folded.update_long(value));
    decoded(folded.merge_image(bytes), &[CorruptData]);
    CpcSketch::from_bytes(&folded.to_bytes()).expect("what was merged, or not, is a sketch");
    decoded(folded.merge_images(&[bytes, &folded.to_bytes(), bytes, bytes]), &[CorruptData]);
    CpcSketch::from_bytes(&folded.to_bytes()).expect("what was merged together, or not, is a sketch");
    let Some(mut sketch) = decoded(CpcSketch::from_bytes(bytes), &[CorruptData]) else { return };
    (0..100).for_each(|value| sketch.update_long(value));
    folded.merge(&sketch);
    CpcSketch::from_bytes(&folded.to_bytes()).expect("a merged sketch");
}

pub(crate) fn kll(bytes: &[u8]) {
    let Some(mut sketch) = decoded(KllSketch::from_bytes(bytes), &[CorruptData]) else { return };
    sketch.quantiles(&[0.0, 0.5, 1.0], Ranks::Exclusive).expect("fractions");
    (0..100).for_each(|value| sketch.update(value as f32));
    let mut folded = KllSketch::new(8).expect("a size");
    folded.merge(&sketch);
    folded.merge_image(&sketch.to_bytes()).expect("an image of ours");
}

pub(crate) fn frequent_items(bytes: &[u8]) {
    fn of<T: FrequentItem>(bytes: &[u8]) {
        let Some(items) = decoded(FrequentItems::<T>::from_bytes(bytes), &[CorruptData]) else { return };
        items.rows(ErrorType::NoFalseNegatives);
        FrequentItems::<T>::from_bytes(&items.to_bytes()).expect("an image of ours");
    }
    of::<String>(bytes);
    of::<i64>(bytes);
    of::<f64>(bytes);
}

pub(crate) fn histogram(bytes: &[u8]) {
    fn of<T: HistogramItem>(bytes: &[u8]) {
        let Some(mut histogram) = decoded(Histogram::<T>::from_bytes(bytes), &[CorruptData]) else { return };
        let settings = HistogramSettings::<T>::new(8).expect("a size");
        let later = histogram.clone();
        settings.merge(&mut histogram, &later);
        Histogram::<T>::from_bytes(&histogram.to_bytes()).expect("an image of ours");
    }
    of::<String>(bytes);
    of::<i64>(bytes);
    of::<f64>(bytes);
}

pub(crate) fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, values) in [("empty", 0), ("sparse", 10), ("hybrid", 100), ("pinned", 600), ("sliding", 5000)] {
        let mut sketch = CpcSketch::new(8).expect("a size");
        (0..values).for_each(|value| sketch.update_long(value));
        seeds.push(("cpc", name, sketch.to_bytes()));
    }
    for (name, values) in [("empty", 0), ("single", 1), ("exact", 100), ("estimated", 5000)] {
        let mut sketch = KllSketch::new(128).expect("a size");
        (0..values).for_each(|value| sketch.update(value as f32));
        seeds.push(("kll", name, sketch.to_bytes()));
    }
    let mut items = FrequentItems::<String>::new(8).expect("a size");
    (0..20).for_each(|value: i64| items.update(&format!("é{}", value % 9), value + 1));
    seeds.push(("frequent_items", "strings", items.to_bytes()));
    let mut items = FrequentItems::<i64>::new(16).expect("a size");
    (0..9).for_each(|value| items.update(&value, value + 1));
    seeds.push(("frequent_items", "longs", items.to_bytes()));
    for (name, distinct) in [("exact", 3), ("sketch", 20)] {
        let settings = HistogramSettings::<String>::new(8).expect("a size");
        let mut histogram = settings.prepare("v0");
        (0..40).for_each(|value| settings.update(&mut histogram, &format!("v{}", value % distinct)));
        seeds.push(("histogram", name, histogram.to_bytes()));
    }
    seeds
}
