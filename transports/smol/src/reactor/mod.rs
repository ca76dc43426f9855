//! Sockets that are ready, for the executor of one thread.
//!
//! async-io has one reactor for all threads: whichever thread polls it wakes the tasks of the
//! others, and each wait for a socket is a system call. With an executor per core whose
//! connections stay on it, each thread can do both for itself, and on Linux it does, by an
//! epoll instance of its own. Elsewhere sockets are those of async-io.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod epoll;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use epoll::{Reactor, Socket};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod global;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use global::{Reactor, Socket};
