//! Every target over its corpus: each input as it is, cut short at every byte, and with every byte changed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use chronon_fuzz::TARGETS;
use std::path::Path;

#[test]
fn every_target_survives_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let mut inputs = 0;
        for entry in std::fs::read_dir(corpus.join(name)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            target(&bytes);
            // Large inputs are damaged at a few hundred places, spread evenly.
            let step = bytes.len().div_ceil(200).max(1);
            for at in (0..bytes.len()).step_by(step) {
                target(&bytes[..at]);
                let mut damaged = bytes.clone();
                damaged[at] ^= [0xff, 1, 0x80][at % 3];
                target(&damaged);
            }
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no corpus; run write-seeds");
    }
}
