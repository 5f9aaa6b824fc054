//! The union of many stored sketches.
//!
//! Reading an image is mostly waiting for look-ups, each for the one before. So images are read side by side, a few words of
//! each in turn: tables as they come, and windows in the order of their coupons. Those of one phase then stand together; they
//! share look-ups, too big to keep those of many phases at hand, and mostly begin at the same column.

use super::image::Image;
use super::rounds::{self, Reading};
use super::set::CouponSet;
use super::window;
use chronon_types::Result;

/// Takes the coupons of all images into a set, which gets no more rows than any of them has. When an image turns out to be
/// damaged, some coupons may have been taken.
///
/// # Errors
/// `CorruptData` when bytes are not the image of a sketch.
pub(super) fn fold(images: &[&[u8]], set: &mut CouponSet) -> Result<()> {
    let (mut windows, mut tables) = (Vec::new(), Vec::with_capacity(rounds::TOGETHER));
    for image in images {
        let image = Image::parse(image)?;
        if image.has_window() {
            windows.push(image);
        } else if image.coupons > 0 {
            set.shrink(image.lg_k);
            let table = image.surprises();
            if !Reading::suits(&table) {
                set.extend_table(table)?;
                continue;
            }
            let reading = Reading::new(table);
            if tables.len() == rounds::TOGETHER || tables.first().is_some_and(|first| !reading.is_alike(first)) {
                set.extend_tables(&mut tables)?;
                tables.clear();
            }
            tables.push(reading);
        }
    }
    set.extend_tables(&mut tables)?;
    windows.sort_unstable_by_key(|image| image.coupons);
    let mut buffer = Vec::new();
    for alike in windows.chunk_by(|a, b| (a.lg_k, a.phase()) == (b.lg_k, b.phase())) {
        let (together, rest) = alike.as_chunks();
        together.iter().try_for_each(|images| fold_windows(images, set, &mut buffer))?;
        rest.iter().try_for_each(|image| image.fold_into(set))?;
    }
    Ok(())
}

/// Takes in images of as many rows and windows of one phase.
fn fold_windows(images: &[Image<'_>; window::PARTS], set: &mut CouponSet, buffer: &mut Vec<u8>) -> Result<()> {
    let (lg_k, phase) = (images[0].lg_k, images[0].phase());
    set.shrink(lg_k);
    if set.lg_k() < lg_k {
        return images.iter().try_for_each(|image| image.fold_into(set));
    }
    let rows = 1 << lg_k;
    buffer.resize(window::PARTS * window::buffer_length(rows), 0);
    let bytes = window::read_together(images.each_ref().map(Image::window), phase, rows, buffer)?;
    images.iter().zip(bytes).try_for_each(|(image, bytes)| image.fold_bytes(bytes, set))
}

#[cfg(test)]
mod tests {
    use crate::cpc::CpcSketch;
    use chronon_types::ErrorCode;

    /// Images of sketches with so many rows and values, other values each time.
    fn images(lg_k: u8, values: i64, count: i64) -> impl Iterator<Item = Vec<u8>> {
        (0..count).map(move |seed| {
            let mut sketch = CpcSketch::new(lg_k).unwrap();
            (0..values).for_each(|value| sketch.update_long(seed << 32 ^ value << 8 ^ values));
            sketch.to_bytes()
        })
    }

    /// Tables that are read together and those that are not, windows in one phase and in several, of more rows and fewer.
    #[test]
    fn many_images_are_one_after_the_other() {
        for (lg_k, others) in [(8, [8, 8]), (11, [11, 11]), (11, [8, 11]), (6, [8, 11]), (4, [4, 5])] {
            let values = [0, 1, 10, 11, 12, 30, 60, 100, 130, 200, 900, 4000, 10_000];
            let mut all: Vec<Vec<u8>> = others
                .into_iter()
                .flat_map(|image_k| values.into_iter().flat_map(move |values| images(image_k, values, 7)))
                .collect();
            for round in 0..3 {
                all.sort_by_key(|image| image.iter().map(|byte| u64::from(*byte)).sum::<u64>() % (5 + round));
                for held in [0, 5, 300] {
                    let mut together = CpcSketch::new(lg_k).unwrap();
                    (0..held).for_each(|value| together.update_long(value));
                    let mut one_by_one = together.clone();
                    for part in all.chunks(29) {
                        let part: Vec<&[u8]> = part.iter().map(Vec::as_slice).collect();
                        together.merge_images(&part).unwrap();
                        part.iter().for_each(|image| one_by_one.merge_image(image).unwrap());
                        let name = format!("{lg_k} and {others:?}, {held} held, {} images", part.len());
                        assert!(together.to_bytes() == one_by_one.to_bytes(), "{name}");
                        assert_eq!(together.estimate().to_bits(), one_by_one.estimate().to_bits(), "{name}");
                    }
                    together.update_long(-1);
                    one_by_one.update_long(-1);
                    assert!(together.to_bytes() == one_by_one.to_bytes(), "{lg_k} and {others:?}, one more");
                }
            }
        }
    }

    /// Whichever image is damaged is found out, and what was taken of the others is a sketch.
    #[test]
    fn damaged_images_among_others_are_refused() {
        for (lg_k, values) in [(8, 10), (8, 100), (8, 10_000), (11, 10), (11, 100), (14, 3)] {
            let whole: Vec<Vec<u8>> = images(lg_k, values, 6).collect();
            let places = |image: usize| (0..whole[image].len()).map(move |at| (image, at));
            for (damaged, at) in (0..whole.len()).flat_map(places) {
                let mut images = whole.clone();
                images[damaged][at] ^= 1 << (at % 8);
                let alone = CpcSketch::new(lg_k).unwrap().merge_image(&images[damaged]);
                let mut union = CpcSketch::new(lg_k).unwrap();
                let images: Vec<&[u8]> = images.iter().map(Vec::as_slice).collect();
                let together = union.merge_images(&images);
                let name = format!("{lg_k} {values}, byte {at} of image {damaged}");
                assert_eq!(together.map_err(|error| error.code()), alone.map_err(|_| ErrorCode::CorruptData), "{name}");
                union.update_long(-1);
                assert!(CpcSketch::from_bytes(&union.to_bytes()).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn no_images_leave_a_sketch_merged() {
        let mut sketch = CpcSketch::new(8).unwrap();
        sketch.update_long(1);
        sketch.merge_images(&[]).unwrap();
        assert_eq!(sketch.to_bytes(), sketch.merged_copy().to_bytes());
    }
}
