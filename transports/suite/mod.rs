//! Tests that every transport passes.
//!
//! The tests of each transport include this folder. Its own `support` module has the server:
//! `bind`, `bind_single`, `start`, `start_with`, `start_listening`,
//! `start_streaming`, `echo`, `say_goodbye`, and its own names for the
//! shared types.

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
