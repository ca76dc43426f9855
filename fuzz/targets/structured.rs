//! A valid request is accepted as it was built, and a request with a flaw is refused.

#![no_main]

use h1events_fuzz::checks::structured::{Built, check};

libfuzzer_sys::fuzz_target!(|built: Built| check(&built));
