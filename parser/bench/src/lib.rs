//! The parser of h1events timed against its peers: see README.md.
//!
//! Criterion and divan time one function after the other, so that on a busy machine a ratio between
//! two parsers says more about the minute than about the parsers. This harness interleaves them, a
//! millisecond or two each, and compares only what was measured side by side.

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
