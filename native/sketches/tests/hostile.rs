//! Bytes that nobody wrote: decoders refuse them or give something usable, and never panic.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::cpc::CpcSketch;
use chronon_sketches::frequent::{ErrorType, FrequentItem, FrequentItems};
use chronon_sketches::histogram::{Histogram, HistogramItem, HistogramSettings};
use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_types::{ErrorCode, Result};
use proptest::collection::vec;
use proptest::prelude::*;

/// An image with some bytes replaced and some cut off.
fn damaged(image: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damage = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (image, damage, 0usize..40).prop_map(|(mut image, damage, cut)| {
        for (index, byte) in damage {
            let at = index.index(image.len());
            image[at] = byte;
        }
        image.truncate(image.len().saturating_sub(cut.saturating_sub(30)));
        image
    })
}

/// The decoded value, if the bytes are one; refusals must be typed.
fn decoded<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(|error| assert_eq!(error.code(), ErrorCode::CorruptData, "{error}")).ok()
}

fn use_cpc(bytes: &[u8]) {
    for (lg_k, held) in [(4, 0), (6, 200), (9, 50)] {
        let mut folded = CpcSketch::new(lg_k).unwrap();
        (0..held).for_each(|value| folded.update_long(value));
        // Refused or not, what is there afterwards is a sketch.
        decoded(folded.merge_image(bytes));
        folded.update_long(-1);
        CpcSketch::from_bytes(&folded.to_bytes()).unwrap();
        decoded(folded.merge_images(&[bytes, &folded.to_bytes(), bytes, bytes]));
        folded.update_long(-2);
        CpcSketch::from_bytes(&folded.to_bytes()).unwrap();
    }
    let Some(mut sketch) = decoded(CpcSketch::from_bytes(bytes)) else { return };
    (0..200).for_each(|value| sketch.update_long(value));
    let mut other = CpcSketch::new(6).unwrap();
    (0..200).for_each(|value| other.update_long(value));
    other.merge(&sketch);
    // Damaged registers may overflow later, which makes the next image unreadable.
    decoded(CpcSketch::from_bytes(&sketch.to_bytes()));
    CpcSketch::from_bytes(&other.to_bytes()).unwrap();
}

fn use_kll(bytes: &[u8]) {
    let Some(mut sketch) = decoded(KllSketch::from_bytes(bytes)) else { return };
    sketch.quantiles(&[0.0, 0.3, 1.0], Ranks::Exclusive).unwrap();
    (0..300).for_each(|value| sketch.update(value as f32));
    let mut other = KllSketch::new(8).unwrap();
    other.merge(&sketch);
    other.quantiles(&[0.5], Ranks::Inclusive).unwrap();
    other.merge_image(&sketch.to_bytes()).unwrap();
    KllSketch::from_bytes(&other.to_bytes()).unwrap();
    KllSketch::from_bytes(&sketch.to_bytes()).unwrap();
}

fn use_frequent<T: FrequentItem>(bytes: &[u8], item: &T::Borrowed) {
    let Some(mut sketch) = decoded(FrequentItems::<T>::from_bytes(bytes)) else { return };
    sketch.update(item, 3);
    let copy = sketch.clone();
    sketch.merge(&copy);
    sketch.rows(ErrorType::NoFalseNegatives);
    FrequentItems::<T>::from_bytes(&sketch.to_bytes()).unwrap();
}

fn use_histogram<T: HistogramItem>(bytes: &[u8], item: &T::Borrowed) {
    let Some(mut histogram) = decoded(Histogram::<T>::from_bytes(bytes)) else { return };
    let settings = HistogramSettings::new(4).unwrap();
    settings.update(&mut histogram, item);
    let copy = histogram.clone();
    settings.merge(&mut histogram, &copy);
    histogram.entries();
    Histogram::<T>::from_bytes(&histogram.to_bytes()).unwrap();
}

fn cpc_image() -> impl Strategy<Value = Vec<u8>> {
    (4u8..10, 0i64..9000, any::<bool>()).prop_map(|(lg_k, count, merged)| {
        let mut sketch = CpcSketch::new(lg_k).unwrap();
        (0..count).for_each(|value| sketch.update_long(value));
        if merged { sketch.merged_copy().to_bytes() } else { sketch.to_bytes() }
    })
}

fn kll_image() -> impl Strategy<Value = Vec<u8>> {
    (8u16..200, vec(any::<f32>(), 0..500), any::<bool>()).prop_map(|(k, values, queried)| {
        let mut sketch = KllSketch::new(k).unwrap();
        values.into_iter().for_each(|value| sketch.update(value));
        if queried {
            sketch.sort_newest();
        }
        sketch.to_bytes()
    })
}

fn frequent_image() -> impl Strategy<Value = Vec<u8>> {
    (0i64..200, vec((".{0,4}", 1i64..i64::MAX), 0..100)).prop_map(|(size, items)| {
        let mut sketch = FrequentItems::<String>::new(size).unwrap();
        items.iter().for_each(|(item, count)| sketch.update(item, *count));
        sketch.to_bytes()
    })
}

fn histogram_image() -> impl Strategy<Value = Vec<u8>> {
    (1i32..40, "[a-z\\PC]", vec(".{0,2}", 0..60)).prop_map(|(k, first, items)| {
        let settings = HistogramSettings::<String>::new(k).unwrap();
        let mut histogram = settings.prepare(&first);
        items.iter().for_each(|item| settings.update(&mut histogram, item));
        histogram.to_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        use_cpc(&bytes);
        use_kll(&bytes);
        use_frequent::<String>(&bytes, "x");
        use_frequent::<i64>(&bytes, &1);
        use_frequent::<f64>(&bytes, &f64::NAN);
        use_histogram::<String>(&bytes, "x");
    }

    #[test]
    fn damaged_cpc(bytes in damaged(cpc_image())) {
        use_cpc(&bytes);
    }

    #[test]
    fn damaged_kll(bytes in damaged(kll_image())) {
        use_kll(&bytes);
    }

    #[test]
    fn damaged_frequent(bytes in damaged(frequent_image())) {
        use_frequent::<String>(&bytes, "x");
        use_frequent::<i64>(&bytes, &1);
    }

    #[test]
    fn damaged_histograms(bytes in damaged(histogram_image())) {
        use_histogram::<String>(&bytes, "x");
        use_histogram::<i64>(&bytes, &1);
        use_histogram::<f64>(&bytes, &0.5);
    }

    /// Undamaged images come back to the byte.
    #[test]
    fn whole_images(cpc in cpc_image(), kll in kll_image(), frequent in frequent_image()) {
        prop_assert_eq!(CpcSketch::from_bytes(&cpc).unwrap().to_bytes(), cpc);
        prop_assert_eq!(KllSketch::from_bytes(&kll).unwrap().to_bytes(), kll);
        FrequentItems::<String>::from_bytes(&frequent).unwrap();
    }
}
