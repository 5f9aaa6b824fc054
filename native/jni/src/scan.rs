//! Holds the sources against the rule that every export goes through `entry!`, and against the Java class.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What only the macro may write. Spelled in two halves, so that this file does not match itself.
const MARKS: [&str; 4] = [
    concat!("no_", "mangle"),
    concat!("export_", "name"),
    concat!("extern ", "\"system\""),
    concat!("extern ", "\"C\""),
];

fn rust_sources() -> Vec<PathBuf> {
    let native = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut pending = vec![native.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn only_the_macro_exports_symbols() {
    for path in rust_sources() {
        let text = fs::read_to_string(&path).unwrap();
        for mark in MARKS {
            let allowed = usize::from(path.ends_with("jni/src/entry.rs") && (mark == MARKS[0] || mark == MARKS[2]));
            assert_eq!(text.matches(mark).count(), allowed, "`{mark}` in {}", path.display());
        }
    }
}

#[test]
fn exports_and_java_natives_are_the_same() {
    let exports = include_str!("exports.rs");
    let ours: BTreeSet<_> = exports
        .lines()
        .filter_map(|line| line.trim().strip_prefix("fn Java_ai_chronon_jni_NativeCalls_"))
        .map(|rest| {
            let (symbol, rest) = rest.split_once(" as \"").unwrap();
            assert_eq!(Some(symbol), rest.split('"').next(), "symbol and name");
            symbol.to_owned()
        })
        .collect();
    let java = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../jvm/native-jni/src/main/java/ai/chronon/jni/NativeCalls.java");
    let java = fs::read_to_string(java).unwrap();
    let theirs: BTreeSet<_> = java
        .lines()
        .filter(|line| line.trim().starts_with("static native "))
        .map(|line| line.split('(').next().unwrap().rsplit(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(ours, theirs);
    assert_eq!(exports.matches("entry! {").count(), ours.len());
    let version = format!("ABI_VERSION = {};", crate::exports::ABI_VERSION);
    assert!(java.contains(&version), "NativeCalls.java lacks `{version}`");
}
