//! Stored forms and results of histograms as the reference gave them (`tests/golden/HistogramVectors.scala`).

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::histogram::{Histogram, HistogramItem, HistogramSettings};
use chronon_sketches::java_double::java_double;
use chronon_types::ErrorCode;
use md5::{Digest, Md5};

const VECTORS: &str = include_str!("../../../tests/golden/histogram-vectors.txt");

/// The number generator of `HistogramVectors.scala`.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as i64
    }
}

trait Drawn: HistogramItem {
    /// The item that stands for a number in the vectors.
    fn drawn(z: i64) -> Self;
    /// The item as Java prints it.
    fn text(&self) -> String;
}

impl Drawn for String {
    fn drawn(z: i64) -> Self {
        format!("key-{z}{}", if z % 5 == 0 { "-é😀" } else { "" })
    }
    fn text(&self) -> String {
        self.clone()
    }
}

impl Drawn for i64 {
    fn drawn(z: i64) -> Self {
        z * if z % 3 == 0 { -1 } else { 1 } * if z % 7 == 0 { 1 << 32 } else { 1 }
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Drawn for f64 {
    fn drawn(z: i64) -> Self {
        z as f64 / if z % 2 == 0 { 1.0 } else { 1024.0 } * if z % 11 == 0 { 1e12 } else { 1.0 } + 1.0
    }
    fn text(&self) -> String {
        java_double(*self)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn settings<T: HistogramItem>(k: i32) -> HistogramSettings<T> {
    HistogramSettings::new(k).unwrap()
}

fn fold<T: Drawn>(settings: &HistogramSettings<T>, lcg: &mut Lcg, size: i64, distinct: i64) -> Histogram<T> {
    let mut histogram: Option<Histogram<T>> = None;
    for _ in 0..size {
        let v = lcg.next();
        let item = T::drawn((v % distinct) * (v % distinct) / (1 + v % 7));
        match &mut histogram {
            None => histogram = Some(settings.prepare(item.borrow())),
            Some(histogram) => settings.update(histogram, item.borrow()),
        }
    }
    histogram.unwrap()
}

/// The entries that the reference puts out, in the order of their texts' UTF-16 units.
fn shown<T: Drawn>(histogram: &Histogram<T>, k: i32) -> String {
    let mut entries = histogram.entries();
    if !histogram.is_exact() {
        entries.truncate(k.max(0) as usize);
    }
    let mut entries: Vec<_> = entries.iter().map(|(item, count)| (item.text(), count)).collect();
    entries.sort_by_cached_key(|(text, _)| text.encode_utf16().collect::<Vec<_>>());
    entries.iter().map(|(text, count)| format!("{text}={count}")).collect::<Vec<_>>().join(";")
}

fn check<T: Drawn>(lines: &[Vec<&str>]) {
    let mut lcg = Lcg(0);
    for words in lines {
        let [kind, k, n, name, stored, result] = words[..] else { panic!("{words:?}") };
        let (k, n): (i32, i64) = (k.parse().unwrap(), n.parse().unwrap());
        let settings = settings::<T>(k);
        let (few, many) = (i64::from(k / 2).max(2), 40);
        let mut merged = |first: (i64, i64), later: (i64, i64)| {
            let mut histogram = fold(&settings, &mut lcg, first.0, first.1);
            let later = fold(&settings, &mut lcg, later.0, later.1);
            let before = later.to_bytes();
            settings.merge(&mut histogram, &later);
            assert_eq!(later.to_bytes(), before, "the other side of a merge stays as it is");
            histogram
        };
        let histogram = match name {
            "fold" => {
                lcg = Lcg((31 * i64::from(k) + n) as u64);
                fold(&settings, &mut lcg, n, if n % 2 == 0 { many } else { few })
            }
            "merge" => merged((n, few), (n, few)),
            "grow" => merged((n, many), (n / 2 + 1, few)),
            "late" => merged((n / 2 + 1, few), (n, many)),
            other => panic!("unknown history {other}"),
        };
        let case = format!("{kind} {k} {n} {name}");
        assert_eq!(shown(&histogram, k), result, "{case}");
        let bytes = histogram.to_bytes();
        let found = if stored.len() == 32 { hex(&Md5::digest(&bytes)) } else { hex(&bytes) };
        assert_eq!(found, stored, "{case}");

        // without the cut: rows of equal counts may change places when a sketch is read
        let back = Histogram::<T>::from_bytes(&bytes).unwrap();
        assert_eq!(shown(&back, i32::MAX), shown(&histogram, i32::MAX), "{case} read back");
    }
}

#[test]
fn histograms_are_those_of_the_reference() {
    let lines: Vec<Vec<&str>> = VECTORS.lines().map(|line| line.splitn(6, ' ').collect()).collect();
    let of = |kind: &str| -> Vec<Vec<&str>> { lines.iter().filter(|words| words[0] == kind).cloned().collect() };
    check::<String>(&of("str"));
    check::<i64>(&of("long"));
    check::<f64>(&of("dbl"));
    assert_eq!(lines.len(), 384);
}

/// The bytes of some digits.
fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// What a class of this shape and name, compiled by Scala 2.13.8, writes for {a: 2, b: 1}.
const EXACT_2_13: &str = "aced00057372003861692e6368726f6e6f6e2e61676772656761746f722e626173652e417070726f78486973746f6772616d\
    497253657269616c697a61626c65b7fa3ffab225c10f0200035a00086973417070726f784c0009686973746f6772616d74000e4c7363616c612f4f7074\
    696f6e3b4c0006736b6574636871007e00017870007372000a7363616c612e536f6d651122f2695ea18b740200014c000576616c75657400124c6a6176\
    612f6c616e672f4f626a6563743b7872000c7363616c612e4f7074696f6efe6937fddb0e66740200007870737200116a6176612e7574696c2e48617368\
    4d61700507dac1c31660d103000246000a6c6f6164466163746f724900097468726573686f6c6478703f4000000000000c770800000010000000027400\
    01617372000e6a6176612e6c616e672e4c6f6e673b8be490cc8f23df0200014a000576616c7565787200106a6176612e6c616e672e4e756d62657286ac\
    951d0b94e08b02000078700000000000000002740001627371007e000a000000000000000178737200267363616c612e72756e74696d652e4d6f64756c\
    6553657269616c697a6174696f6e50726f787900000000000000010200014c000b6d6f64756c65436c6173737400114c6a6176612f6c616e672f436c61\
    73733b78707672000b7363616c612e4e6f6e6524465024f653ca94ac0200007871007e0005";

/// The same for a sketch of a, three times, and b.
const SKETCH_2_13: &str = "aced00057372003861692e6368726f6e6f6e2e61676772656761746f722e626173652e417070726f78486973746f6772616d\
    497253657269616c697a61626c65b7fa3ffab225c10f0200035a00086973417070726f784c0009686973746f6772616d74000e4c7363616c612f4f7074\
    696f6e3b4c0006736b6574636871007e0001787001737200267363616c612e72756e74696d652e4d6f64756c6553657269616c697a6174696f6e50726f\
    787900000000000000010200014c000b6d6f64756c65436c6173737400114c6a6176612f6c616e672f436c6173733b78707672000b7363616c612e4e6f\
    6e6524465024f653ca94ac0200007872000c7363616c612e4f7074696f6efe6937fddb0e667402000078707372000a7363616c612e536f6d651122f269\
    5ea18b740200014c000576616c75657400124c6a6176612f6c616e672f4f626a6563743b7871007e0007757200025b42acf317f8060854e00200007870\
    0000003b0004010a030300000002000000000000000400000000000000000000000000000001000000000000000300000000000000010000006201000000\
    61";

#[test]
fn streams_of_other_compilers_are_read() {
    let entries = |bytes: &[u8]| Histogram::<String>::from_bytes(bytes).unwrap().entries();
    let named = |a: i64, b: i64| vec![("a".to_owned(), a), ("b".to_owned(), b)];
    assert_eq!(entries(&unhex(EXACT_2_13)), named(2, 1));
    assert_eq!(entries(&unhex(SKETCH_2_13)), named(3, 1));
    // In 2.11 the field of `Some` is called x.
    let settings = settings::<String>(2);
    let mut histogram = settings.prepare("a");
    ["b", "a"].iter().for_each(|item| settings.update(&mut histogram, item));
    let in_2_11 = hex(&histogram.to_bytes()).replace("4c000576616c7565", "4c000178");
    assert_eq!(entries(&unhex(&in_2_11)), named(2, 1));
}

#[test]
fn what_is_no_histogram_is_refused() {
    let exact = unhex(EXACT_2_13);
    for length in 0..exact.len() {
        let error = Histogram::<String>::from_bytes(&exact[..length]).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CorruptData, "cut to {length}");
    }
    let message = |bytes: &[u8]| Histogram::<String>::from_bytes(bytes).unwrap_err().to_string();
    let changed = |from: &str, to: &str| unhex(&EXACT_2_13.replace(from, to));
    let cases = [
        ("more bytes follow", [exact.as_slice(), b"x"].concat()),
        ("is not java.util.HashMap, as known", changed("0507dac1c31660d1", "0507dac1c31660d2")),
        ("a key comes twice", changed("74000162", "74000161")),
        ("is not the load factor", changed("3f400000", "3f400001")),
        ("isApprox is 1, with a map and no sketch", changed("7870007372000a", "7870017372000a")),
        ("nothing has the number", changed("7371007e000a", "7371007f000a")),
    ];
    for (expected, bytes) in cases {
        let found = message(&bytes);
        assert!(found.contains(expected) && found.contains("byte "), "{found}");
    }
    assert!(Histogram::<i64>::from_bytes(&exact).unwrap_err().message().contains("a key should be a long"));
    assert!(Histogram::<f64>::from_bytes(&unhex(SKETCH_2_13)).unwrap_err().message().contains("of type 0"));
}

#[test]
fn both_zeros_are_counted() {
    let settings = settings::<f64>(2);
    let mut histogram = settings.prepare(&0.0);
    [-0.0, 0.0, 7.0].iter().for_each(|item| settings.update(&mut histogram, item));
    assert!(!histogram.is_exact());
    let mut entries: Vec<_> = histogram.entries().iter().map(|(item, count)| (item.text(), *count)).collect();
    entries.sort();
    // the reference loses one of the zeros when a map becomes a sketch
    assert_eq!(entries, [("-0.0".to_owned(), 1), ("0.0".to_owned(), 2), ("7.0".to_owned(), 1)]);
}

#[test]
fn sizes_are_bounded() {
    assert!(HistogramSettings::<i64>::new(1 << 20).is_ok());
    assert_eq!(HistogramSettings::<i64>::new((1 << 20) + 1).unwrap_err().code(), ErrorCode::InvalidPlan);
}
