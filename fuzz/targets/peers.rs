//! What is accepted here, other parsers understand in the same way.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| h1events_fuzz::checks::peers::check(octets));
