#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| onset_fuzz::run_target("shard", bytes));
