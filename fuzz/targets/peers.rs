//! Other parsers understand each accepted request in the same way.

#![no_main]

use h1events_fuzz::checks::{Raw, peers};

libfuzzer_sys::fuzz_target!(|input: Raw<'_>| peers::check(input.0));
