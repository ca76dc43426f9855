//! What the fuzz targets check.
//!
//! The checks are functions of a library, so that a finding can be tried again on stable, and
//! all seeds be run through all of them as a test.

pub mod checks;

#[path = "../../parser/tests/support/grammar.rs"]
mod grammar;
#[path = "../../parser/tests/support/naive.rs"]
mod naive;
#[path = "../../parser/tests/support/oracle.rs"]
mod oracle;
#[path = "../../parser/tests/support/mod.rs"]
mod support;
