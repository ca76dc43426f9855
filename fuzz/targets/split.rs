//! However an input is cut, its events and its error are the same.

#![no_main]

use h1events_fuzz::checks::{Instructed, split};

libfuzzer_sys::fuzz_target!(|input: Instructed<'_>| split::check(input.0));
