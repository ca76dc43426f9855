//! What comes of an input is what a naive parser makes of it.

#![no_main]

use h1events_fuzz::checks::{Raw, oracle};

libfuzzer_sys::fuzz_target!(|input: Raw<'_>| oracle::check(input.0));
