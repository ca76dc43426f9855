//! Each request gets exactly one response, in order, and every connection ends.

#![no_main]

use h1events_fuzz::checks::{Instructed, connection};

libfuzzer_sys::fuzz_target!(|input: Instructed<'_>| connection::check(input.0));
