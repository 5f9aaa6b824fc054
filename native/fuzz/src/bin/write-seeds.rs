//! Writes valid bytes of every kind into `native/fuzz/corpus`, for when a format has changed.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, name, bytes) in chronon_fuzz::seeds() {
        std::fs::create_dir_all(corpus.join(target))?;
        std::fs::write(corpus.join(target).join(name), bytes)?;
    }
    Ok(())
}
