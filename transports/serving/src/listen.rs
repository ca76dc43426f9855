//! Where a server listens, and how many connections it can have.

use std::io;
use std::net::{TcpListener, ToSocketAddrs};

use rustix::process::{Resource, getrlimit};

/// Connections that the system may keep for a server before they are accepted. The 128 of std are
/// fewer than browsers and load balancers open at once; the system cuts it to what it allows.
pub const BACKLOG: u16 = 4_096;

/// A listener on a TCP address, with SO_REUSEADDR, and a backlog for browsers.
///
/// ```
/// let listener = h1events_serving::bind("127.0.0.1:0")?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The address isn't one, or the system refuses it: in use, not ours, not allowed.
pub fn bind(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
    // With SO_REUSEADDR, as std does it: no waiting for connections in TIME_WAIT.
    let listener = TcpListener::bind(address)?;
    rustix::net::listen(&listener, BACKLOG.into())?;
    Ok(listener)
}

/// How many connections RLIMIT_NOFILE allows, if so many descriptors are to be spared for other
/// things: never fewer than half of the limit.
///
/// ```
/// assert!(h1events_serving::descriptors(64) > 0);
/// ```
#[must_use]
pub fn descriptors(spare: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    without(spare, usize::try_from(limit).unwrap_or(usize::MAX))
}

fn without(spare: usize, limit: usize) -> usize {
    limit - spare.min(limit / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_spared() {
        assert_eq!(without(64, 1024), 960);
        assert_eq!(without(64, 100), 50);
        assert_eq!(without(64, 0), 0);
    }
}
