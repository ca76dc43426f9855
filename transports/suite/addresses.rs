//! Sources of connections: addresses, and existing listeners.

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::support::{GET, Server, bind, start};

#[test]
fn port_0_is_reported_with_its_real_number() {
    let server = bind();
    assert_ne!(server.local_addr().unwrap().port(), 0);
    let server = start(server);
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn address_in_use_is_an_error() {
    let server = bind();
    let error = Server::bind(server.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn address_can_be_bound_again_at_once() {
    let server = start(bind());
    let address = server.address;
    let mut client = server.connect();
    client.ask(GET);
    // The server closes first, so that its side goes into TIME_WAIT.
    server.stop();
    drop(client);
    let server = start(Server::bind(address).unwrap());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn ipv6_is_served() {
    let Ok(server) = Server::bind("[::1]:0") else {
        return; // This machine has no IPv6.
    };
    let server = start(server);
    assert!(server.address.is_ipv6());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn given_listener_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = start(Server::new(listener).unwrap());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}
