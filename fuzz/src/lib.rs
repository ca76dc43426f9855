//! The checks of the fuzz targets.
//!
//! They are functions of a library, so that a finding can be tried again on stable Rust, and a test
//! can run all of them on all seeds.

pub mod checks;

#[path = "../../parser/tests/support/grammar.rs"]
mod grammar;
#[path = "../../parser/tests/support/naive.rs"]
mod naive;
#[path = "../../parser/tests/support/oracle.rs"]
mod oracle;
#[path = "../../parser/tests/support/mod.rs"]
mod support;
