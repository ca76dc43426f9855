//! The tests of every transport, on this one.

#[path = "../../suite/mod.rs"]
mod suite;
mod support;
#[path = "../examples/thread_tls.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod tls;
