//! Texts of doubles as a JVM printed them (`tests/golden/JavaDouble.java`).

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::java_double::java_double;

const VECTORS: &str = include_str!("../../../tests/golden/java-double-vectors.txt");

#[test]
fn texts_are_those_of_a_jvm() {
    for line in VECTORS.lines() {
        let (bits, text) = line.split_once(' ').unwrap();
        let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        assert_eq!(java_double(value), text, "{bits}");
        assert!(value.is_nan() || text.parse() == Ok(value), "{text} reads as the number it was");
    }
    assert_eq!(VECTORS.lines().count(), 778);
}
