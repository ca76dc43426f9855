//! A connection and a scripted peer, in virtual time: no sockets, no sleeps. One file a
//! topic; each test names the sections that it follows, and, where there is one, the vector
//! (`parser/tests/vectors/`).

mod answers;
mod closing;
mod deadlines;
mod errors;
mod expect;
mod keep_alive;
mod memory;
mod pipelining;
mod properties;

mod steps;
mod support;
mod upgrade;
mod vectors;
