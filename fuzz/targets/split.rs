//! However an input is cut, its events and its error are the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| h1events_fuzz::checks::split::check(octets));
