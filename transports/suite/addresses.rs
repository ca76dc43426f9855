//! Where connections come from: addresses, Unix sockets, listeners that are there already.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use crate::support::{GET, SOON, Server, bind, say, start};

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
    // The server closes first, so that it is its side that goes into TIME_WAIT.
    server.stop();
    drop(client);
    let server = start(Server::bind(address).unwrap());
    assert_eq!(server.connect().ask(GET).0, 200);
    server.stop();
}

#[test]
fn ipv6_is_served() {
    let Ok(server) = Server::bind("[::1]:0") else {
        return; // This machine has none.
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

#[test]
fn unix_sockets_are_served() {
    let name = format!("h1events-{}-{}", env!("CARGO_PKG_NAME"), std::process::id());
    let path = std::env::temp_dir().join(name);
    let server = Server::new(UnixListener::bind(&path).unwrap()).unwrap();
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve(say));
    let mut silent = UnixStream::connect(&path).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(b"GET /unix HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nGET /unix "), "{answer}");
    drop(client);
    shutdown.shutdown(SOON);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    let summary = serving.join().unwrap().unwrap();
    assert_eq!((summary.connections, summary.cut_off), (2, 0));
    std::fs::remove_file(path).unwrap();
}
