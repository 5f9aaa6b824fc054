//! The 447 known answers of the reference's sketch library (`tests/golden`), each compared.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::cpc::CpcSketch;
use chronon_sketches::frequent::{ErrorType, FrequentItem, FrequentItems};
use chronon_sketches::kll::{KllSketch, Ranks};
use std::collections::HashMap;

const VECTORS: &str = include_str!("../../../tests/golden/sketch-vectors.txt");
const LG_K: u8 = 8;

/// Lines whose first word is `kind`, as their other words.
fn lines(kind: &str) -> impl Iterator<Item = Vec<&'static str>> {
    VECTORS.lines().filter_map(move |line| {
        let mut words = line.split(' ');
        (words.next() == Some(kind)).then(|| words.collect())
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The number generator of `SketchVectors.java`.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as i64
    }
}

#[test]
fn the_file_is_complete() {
    let counts = ["cpc", "kll", "fi"].map(|kind| lines(kind).count());
    assert_eq!((counts, VECTORS.lines().count()), ([219, 12, 216], 447));
}

fn longs(range: std::ops::Range<i64>) -> CpcSketch {
    let mut sketch = CpcSketch::new(LG_K).unwrap();
    range.for_each(|value| sketch.update_long(value));
    sketch
}

fn fifty_more(mut sketch: CpcSketch) -> CpcSketch {
    (0..50).for_each(|i| sketch.update_long(1_000_000_000 + i));
    sketch
}

fn cpc_of(kind: &str, n: i64) -> CpcSketch {
    let empty = || CpcSketch::new(LG_K).unwrap();
    let mut sketch = empty();
    match kind {
        "long" => return longs(0..n),
        "str" => (0..n).for_each(|i| sketch.update_bytes(format!("key-{i}-é").as_bytes())),
        "dbl" => (0..n).for_each(|i| sketch.update_double(i as f64 * 0.1 - 5.0)),
        "bin" => (0..n).for_each(|i| sketch.update_bytes(format!("b{i}").as_bytes())),
        "union" => return CpcSketch::union(LG_K, [&longs(0..n), &longs(n / 2..n + n / 2)]).unwrap(),
        "clone" => return longs(0..n).merged_copy(),
        "cloneupd" => return fifty_more(longs(0..n).merged_copy()),
        "heapupd" => return fifty_more(CpcSketch::from_bytes(&longs(0..n).to_bytes()).unwrap()),
        "special" => {
            for value in [0.0, -0.0, f64::NAN, f64::from_bits(0x7ff8_0000_0000_0001)] {
                sketch.update_double(value);
            }
            sketch.update_bytes(b"");
        }
        "emptyunion" => return CpcSketch::union(LG_K, [&empty()]).unwrap(),
        "emptyunionupd" => {
            sketch = CpcSketch::union(LG_K, [&empty()]).unwrap();
            (0..20).for_each(|i| sketch.update_long(i));
        }
        other => panic!("unknown kind {other}"),
    }
    sketch
}

#[test]
fn distinct_counts() {
    let checked = lines("cpc").map(|words| {
        let (kind, n) = words[0].split_once(':').unwrap();
        let sketch = cpc_of(kind, n.parse().unwrap());
        let found = format!("{:x} {}", sketch.estimate().to_bits(), hex(&sketch.to_bytes()));
        assert_eq!(found, words[1..].join(" "), "{}", words[0]);
        let back = CpcSketch::from_bytes(&sketch.to_bytes()).unwrap();
        assert_eq!(hex(&back.to_bytes()), words[2], "{} read back", words[0]);
    });
    assert_eq!(checked.count(), 219);
}

const RANKS: [f64; 11] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];
/// Ranks of one sketch stray by less than this with k = 128, by a wide margin (the usual error is 0.02).
const RANK_ERROR: f64 = 0.06;

fn quantiles_text(sketch: &KllSketch) -> String {
    let values = sketch.quantiles(&RANKS, Ranks::Exclusive).unwrap().unwrap();
    values.iter().map(|value| format!("{:x},", value.to_bits())).collect()
}

/// How far `value` is from standing at `rank` of the sorted values; ties may stand at any place they take.
fn distance(sorted: &[f32], value: f32, rank: f64) -> f64 {
    let share = |count: usize| count as f64 / sorted.len() as f64;
    let below = share(sorted.partition_point(|v| *v < value));
    let upto = share(sorted.partition_point(|v| *v <= value));
    (below - rank).max(rank - upto).max(0.0)
}

#[test]
fn quantiles() {
    for words in lines("kll") {
        let [name, image, quantiles, queried] = words[..] else { panic!("{words:?}") };
        let n: usize = name.strip_prefix("n:").unwrap().parse().unwrap();
        let mut lcg = Lcg(n as u64);
        let values: Vec<f32> = (0..n).map(|_| (lcg.next() % 100_000) as f32 / 7.0).collect();
        let mut sketch = KllSketch::new(128).unwrap();
        values.iter().for_each(|value| sketch.update(*value));

        // The reference's own image, whatever its coins said, is read, queried and written to the byte.
        let mut theirs = KllSketch::from_bytes(&unhex(image)).unwrap();
        assert_eq!(hex(&theirs.to_bytes()), image, "{name} read back");
        assert_eq!(quantiles_text(&theirs), quantiles, "{name}, quantiles of their image");
        theirs.sort_newest();
        assert_eq!(hex(&theirs.to_bytes()), queried, "{name}, their image after the query");

        if n <= 128 {
            assert_eq!(hex(&sketch.to_bytes()), image, "{name}");
            assert_eq!(quantiles_text(&sketch), quantiles, "{name}");
            sketch.sort_newest();
            assert_eq!(hex(&sketch.to_bytes()), queried, "{name} after the query");
            continue;
        }
        // The reference compacts at random: only ranks compare.
        assert_eq!(sketch.retained(), theirs.retained(), "{name}: how much is kept depends on the count alone");
        let mut sorted = values;
        sorted.sort_by(f32::total_cmp);
        for (rank, value) in RANKS.into_iter().zip(sketch.quantiles(&RANKS, Ranks::Exclusive).unwrap().unwrap()) {
            let off = distance(&sorted, value, rank);
            assert!(off < RANK_ERROR, "{name}: the value for rank {rank} is {off} away");
        }
    }
}

/// A sketch's line without its name, as `SketchVectors.java` prints it.
fn described<T: FrequentItem>(sketch: &FrequentItems<T>, print: impl Fn(&T) -> String) -> String {
    let rows = sketch.rows(ErrorType::NoFalsePositives);
    let rows: String = rows.iter().map(|row| format!("{}={};", print(&row.item), row.estimate)).collect();
    format!("off={} act={} {} {rows}", sketch.maximum_error(), sketch.active(), hex(&sketch.to_bytes()))
}

fn check_frequent<T: FrequentItem>(
    answers: &HashMap<&str, String>,
    name: &str,
    sketch: &FrequentItems<T>,
    print: impl Fn(&T) -> String,
) -> usize {
    assert_eq!(described(sketch, &print), answers[name], "{name}");
    let back = FrequentItems::<T>::from_bytes(&sketch.to_bytes()).unwrap();
    // An image without counters says nothing but its size: the totals of a sketch that purged everything are lost.
    let weight = if sketch.is_empty() { 0 } else { sketch.stream_weight() };
    assert_eq!((back.active(), back.stream_weight()), (sketch.active(), weight), "{name} read back");
    1
}

#[test]
fn frequent_items() {
    let answers: HashMap<&str, String> = lines("fi").map(|words| (words[0], words[1..].join(" "))).collect();
    let mut checked = 0;
    for size in [2, 8, 16, 32, 64, 128, 1024, 2048, 4096] {
        for n in [1, 5, 20, 100, 1000, 20_000] {
            let mut lcg = Lcg((n + size) as u64);
            let mut strings = FrequentItems::<String>::new(size).unwrap();
            let mut longs = FrequentItems::<i64>::new(size).unwrap();
            let mut doubles = FrequentItems::<f64>::new(size).unwrap();
            let mut others = FrequentItems::<String>::new(size).unwrap();
            for i in 0..n {
                let v = lcg.next();
                let z = (v % 1000) * (v % 1000) / (1 + v % 97);
                strings.update(&format!("it{z}"), 1);
                longs.update(&z, 1);
                doubles.update(&(z as f64 / 4.0), 1);
                if i % 3 == 0 {
                    others.update(&format!("it{}", z / 2), 1);
                }
            }
            let name = |kind: &str| format!("{kind}:{size}:{n}");
            checked += check_frequent(&answers, &name("str"), &strings, String::clone);
            checked += check_frequent(&answers, &name("long"), &longs, i64::to_string);
            // Java prints whole doubles with one decimal, as `{:?}` does; all of these are quarters below 10^7.
            checked += check_frequent(&answers, &name("dbl"), &doubles, |item| format!("{item:?}"));
            strings.merge(&others);
            checked += check_frequent(&answers, &name("strmerge"), &strings, String::clone);
        }
    }
    assert_eq!(checked, 216);
}

const QUERIES: &str = include_str!("../../../tests/golden/kll-queries.txt");

/// Both readings of a rank, as the two libraries answer from the images of [`quantiles`].
#[test]
fn quantile_queries() {
    const FRACTIONS: [f64; 15] =
        [0.0, 1e-9, 0.001, 0.01, 0.05, 0.1, 0.25, 1.0 / 3.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.9999, 1.0];
    let images: HashMap<&str, &str> = lines("kll").map(|words| (words[0], words[1])).collect();
    let bits = |values: &[f64]| -> String { values.iter().map(|value| format!("{:x},", value.to_bits())).collect() };
    for line in QUERIES.lines() {
        let [kind, name, quantiles, splits, ranks, cumulative, shares] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let kind = if kind == "exclusive" { Ranks::Exclusive } else { Ranks::Inclusive };
        let sketch = KllSketch::from_bytes(&unhex(images[name])).unwrap();
        let splits: Vec<f32> = (splits.split_terminator(','))
            .map(|split| f32::from_bits(u32::from_str_radix(split, 16).unwrap()))
            .collect();
        let found: Vec<f64> = splits.iter().map(|split| sketch.rank(*split, kind).unwrap()).collect();
        assert_eq!(bits(&found), ranks, "{kind:?} {name} ranks");
        assert_eq!(bits(&sketch.cumulative_shares(&splits, kind).unwrap()), cumulative, "{kind:?} {name} cumulative");
        assert_eq!(bits(&sketch.shares(&splits, kind).unwrap().unwrap()), shares, "{kind:?} {name} shares");
        let found = sketch.quantiles(&FRACTIONS, kind).unwrap().unwrap();
        let found: String = found.iter().map(|value| format!("{:x},", value.to_bits())).collect();
        assert_eq!(found, quantiles, "{kind:?} {name} quantiles");
    }
    assert_eq!(QUERIES.lines().count(), 24);
}
