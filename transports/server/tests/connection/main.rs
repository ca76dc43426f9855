#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests have clocks")]

//! A connection and a scripted client, in virtual time: no sockets, no sleeps. One file a
//! topic; each test names its RFC sections and, if there is one, the vector
//! (`parser/tests/vectors/`).

mod activity;
mod allowance;
mod answers;
mod closing;
mod deadlines;
mod errors;
mod expect;
mod heads;
mod keep_alive;
mod memory;
mod pipelining;
mod properties;
mod proxies;
mod request_bodies;
mod steps;
mod streamed_answers;
mod streamed_deadlines;
mod streamed_echo;
mod streamed_refusals;
mod streamed_stages;
mod streaming_properties;
mod support;
mod upgrade;
mod vectors;
