//! Every short input over a small alphabet, for each construct of a request: the parser gives
//! the same result as the naive parser, however the input is cut.
//!
//! Random inputs may miss a case. These miss no short one.

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
