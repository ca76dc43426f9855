//! The parser keeps its promises at every call, whatever the input.

#![no_main]

use h1events_fuzz::checks::{Raw, parse};

libfuzzer_sys::fuzz_target!(|input: Raw<'_>| parse::check(input.0));
