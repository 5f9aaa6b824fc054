//! The order of hash maps as a JVM printed it (`tests/golden/JavaOrder.java`), for maps with various histories.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_sketches::frequent::FrequentItem;
use chronon_sketches::java_order::JavaTable;

const VECTORS: &str = include_str!("../../../tests/golden/java-order-vectors.txt");

/// The number generator of `JavaOrder.java`.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as i64
    }
}

/// The hash of the `i`-th key of a kind, and a text that tells the key from others.
fn key(kind: &str, i: usize, lcg: &mut Lcg) -> (i32, String) {
    let v = lcg.next();
    let long = |key: i64| (i64::java_hash(&key), key.to_string());
    match kind {
        "str" => {
            let key = format!("key-{}{}", v % 100_000, if v % 5 == 0 { "-é😀" } else { "" });
            (String::java_hash(&key), key)
        }
        "long" => long(v % 1_000_000 * (v % 3 - 1) * if v % 7 == 0 { 1 << 33 } else { 1 }),
        "even" => long(16 * i as i64),
        "dbl" => {
            let key = (v % 1_000_000) as f64 / 64.0 - 5000.0;
            (f64::java_hash(&key), key.to_string())
        }
        other => panic!("unknown kind {other}"),
    }
}

fn picked(hashes: &[i32], numbers: &[usize]) -> Vec<i32> {
    numbers.iter().map(|number| hashes[*number]).collect()
}

/// The order of `table` over keys whose numbers are given in the order of insertion.
fn walk(table: JavaTable, hashes: &[i32], inserted: &[usize]) -> Vec<usize> {
    table.order(&picked(hashes, inserted)).into_iter().map(|index| inserted[index]).collect()
}

#[test]
fn orders_are_those_of_a_jvm() {
    let mut checked = 0;
    for line in VECTORS.lines() {
        let [history, kind, n, answer] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let n: usize = n.parse().unwrap();
        let mut lcg = Lcg(n as u64);
        let mut keys: Vec<(i32, String)> = Vec::new();
        for i in 0..n {
            let key = key(kind, i, &mut lcg);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let hashes: Vec<i32> = keys.into_iter().map(|(hash, _)| hash).collect();
        let all: Vec<usize> = (0..hashes.len()).collect();
        let table = JavaTable::of(&hashes);
        let order = table.order(&hashes);
        let again = |empty: JavaTable| walk(empty.filled(&picked(&hashes, &order)), &hashes, &order);
        let rest: Vec<usize> = all.iter().copied().filter(|number| number % 3 != 0).collect();
        let found = match history {
            "put" => order,
            "sized" => again(JavaTable::sized(all.len())),
            "copied" | "cloned" => again(JavaTable::copied(all.len())),
            "set" | "reread" => again(JavaTable::reread(all.len())),
            "removed" => walk(table, &hashes, &rest),
            "returned" => {
                let mut inserted = rest;
                inserted.extend(all.iter().filter(|number| *number % 6 == 0));
                walk(table, &hashes, &inserted)
            }
            other => panic!("unknown history {other}"),
        };
        let found: String = found.iter().map(|number| format!("{number},")).collect();
        assert_eq!(found, answer, "{history} {kind} {n}");
        checked += 1;
    }
    assert_eq!(checked, 448);
}
