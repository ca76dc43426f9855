//! What every transport does, whatever it is made of.
//!
//! The tests of each transport include this folder. Its own `support` module has the server:
//! `bind`, `start`, `start_with`, `start_listening`, `echo`, and its own names for the shared types.

mod addresses;
mod answers;
mod deadlines;
mod panics;
mod refusals;
mod shutdown;
mod silent;
mod tls;
mod upgrade;
