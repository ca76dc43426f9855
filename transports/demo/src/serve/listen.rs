//! The listeners of a server.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use rustix::{io::Errno, net::sockopt};

use crate::{address::HostPort, failure::Failure};

const EXPECTED: &str = "expected HOST:PORT, such as 127.0.0.1:8080, [::1]:8080, localhost:8080, or :8080 for all addresses";

/// Listens on each of the addresses that a user gave.
///
/// # Errors
///
/// One of them is invalid, or the server can't listen on it.
pub(super) fn bind_all(addresses: &[String]) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = bind(address)
            .map_err(|error| Failure::Listen(address.escape_debug().to_string(), error))?;
        listeners.extend(bound);
    }
    Ok(listeners)
}

/// Listens on all addresses that a name has, with the same port.
fn bind(address: &str) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    let mut unavailable = None;
    for mut address in resolve(address)? {
        if let Some(first) = listeners.first().map(TcpListener::local_addr).transpose()? {
            address.set_port(first.port());
        }
        if is_covered(address, &listeners)? {
            continue;
        }
        match h1events_net::bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_unavailable(&error) => unavailable = Some(error),
            Err(error) => return Err(error),
        }
    }
    match unavailable {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

/// Returns the addresses without duplicates, at least one.
fn resolve(address: &str) -> io::Result<Vec<SocketAddr>> {
    let HostPort { host, port } =
        address.parse().map_err(|_| io::Error::new(ErrorKind::InvalidInput, EXPECTED))?;
    if host.is_empty() {
        return Ok(vec![
            (Ipv6Addr::UNSPECIFIED, port).into(),
            (Ipv4Addr::UNSPECIFIED, port).into(),
        ]);
    }
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in (host.as_str(), port).to_socket_addrs()? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "the name has no address"));
    }
    Ok(addresses)
}

/// Returns whether a listener on all IPv6 addresses accepts IPv4, too, as it does by default on most systems.
fn is_covered(address: SocketAddr, listeners: &[TcpListener]) -> io::Result<bool> {
    for listener in listeners {
        let is_on_all = listener.local_addr()?.ip() == Ipv6Addr::UNSPECIFIED;
        if is_on_all && address.is_ipv4() && !sockopt::ipv6_v6only(listener)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether the machine lacks the address: `localhost` may have an IPv6 address, and the machine none.
fn is_unavailable(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || Errno::from_io_error(error) == Some(Errno::AFNOSUPPORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_host_is_all_addresses_with_one_port() {
        let listeners = bind(":0").unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        assert!(listeners.iter().all(|listener| {
            let address = listener.local_addr().unwrap();
            address.ip().is_unspecified() && address.port() == port
        }));
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        if listeners[0].local_addr().unwrap().is_ipv6() {
            std::net::TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        }
    }

    #[test]
    fn name_is_all_its_addresses_with_one_port() {
        let listeners = bind("localhost:0").unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        for listener in &listeners {
            let address = listener.local_addr().unwrap();
            assert!(address.ip().is_loopback() && address.port() == port, "{address}");
        }
        std::net::TcpStream::connect(("localhost", port)).unwrap();
    }

    #[test]
    fn address_that_the_machine_does_not_have_is_an_error() {
        assert_eq!(bind("192.0.2.1:0").unwrap_err().kind(), ErrorKind::AddrNotAvailable);
        assert_eq!(bind("127.0.0.1").unwrap_err().to_string(), EXPECTED);
    }
}
