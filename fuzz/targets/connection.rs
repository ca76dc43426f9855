//! Each request has its one answer, in order, and every connection ends.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| h1events_fuzz::checks::connection::check(octets));
