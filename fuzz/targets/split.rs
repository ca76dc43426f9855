//! Events and error of an input are the same, however it is cut.

#![no_main]

use h1events_fuzz::checks::{Instructed, split};

libfuzzer_sys::fuzz_target!(|input: Instructed<'_>| split::check(input.0));
