//! The parser gives the same result as a naive parser.

#![no_main]

use h1events_fuzz::checks::{Raw, oracle};

libfuzzer_sys::fuzz_target!(|input: Raw<'_>| oracle::check(input.0));
