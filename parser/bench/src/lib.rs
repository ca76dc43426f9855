//! The parser of h1events timed against its peers: see README.md.
//!
//! Criterion and divan time one function after another, so that on a busy machine a ratio between
//! two parsers depends more on the other load than on the parsers. This harness interleaves them, a
//! millisecond or two each, and compares only times that were measured side by side.

mod bodies;
pub mod check;
pub mod cli;
mod comparison;
mod incremental;
mod instructions;
mod peers;
mod table;
mod timing;
mod workloads;
