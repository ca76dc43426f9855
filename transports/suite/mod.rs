//! Tests that every transport passes.
//!
//! The tests of each transport include this folder. Its own `support` module has the server:
//! `bind`, `bind_single`, `start`, `start_with`, `start_listening`,
//! `start_streaming`, `start_streaming_listening`, `echo`, `say_goodbye`, `ECHO_GOES_ON`, and its own names for the
//! shared types. It includes `client.rs`, too. Beside it is the module `tls`, the transport's
//! example with TLS: `self_signed` and `TlsListener`.

mod addresses;
mod answers;
mod deadlines;
mod eviction;
mod gone;
mod listeners;
mod memory;
mod panics;
mod refusals;
mod relay;
mod shutdown;
mod slow;
mod streaming;
mod tls;
mod turns;
#[cfg(unix)]
mod unix;
mod upgrade;
#[cfg(unix)]
mod urgent;
