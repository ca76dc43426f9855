#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests have clocks")]

//! All connections of a server and simulated clients, in virtual time: no sockets, no sleeps, no
//! bytes. One file a topic.

mod budget;
mod busy;
mod choice;
mod deadlines;
mod draining;
mod newcomers;
mod persistent;
mod properties;
mod reports;
mod shortage;
mod support;
