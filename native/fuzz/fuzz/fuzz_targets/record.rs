#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chronon_fuzz::run("record", bytes));
