//! What comes of an input is what a naive parser makes of it.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| h1events_fuzz::checks::oracle::check(octets));
