//! Whatever comes, the parser keeps its promises, call by call.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| h1events_fuzz::checks::parse::check(octets));
