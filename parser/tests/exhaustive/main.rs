//! Every short input over a small alphabet, for each construct of a request: what comes of
//! it is what the naive parser makes of it, however it is cut.
//!
//! Random inputs find what they are lucky to find. Here nothing that is short escapes.

#[path = "../support/grammar.rs"]
mod grammar;
#[path = "../support/naive.rs"]
mod naive;
#[path = "../support/oracle.rs"]
mod oracle;
#[path = "../support/mod.rs"]
mod support;

mod chunked;
mod compare;
mod every;
mod fields;
mod head;
mod host;
mod limits;
mod messages;
mod pairs;
mod request_line;
