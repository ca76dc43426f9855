//! The other end of a connection.

use std::fmt;
use std::net::SocketAddr;

/// The other end of a connection, as the transport knows it. Behind a proxy, that is the proxy.
///
/// ```
/// use h1events_server::Peer;
///
/// assert_eq!(Peer::Address(([127, 0, 0, 1], 80).into()).to_string(), "127.0.0.1:80");
/// assert_eq!(Peer::Local.to_string(), "local");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// An address on the network.
    Address(SocketAddr),
    /// A process on this machine, such as the client of a Unix socket.
    Local,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Local => f.write_str("local"),
        }
    }
}
