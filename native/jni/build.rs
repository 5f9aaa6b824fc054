//! Linker arguments of the shared library.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    println!("cargo::rustc-env=CHRONON_PROFILE={}", std::env::var("PROFILE").unwrap_or_default());
    if target == "linux" {
        // A class loader that is collected must not unmap code that exiting threads still call (allocator, thread locals).
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
