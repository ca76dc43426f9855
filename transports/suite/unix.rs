//! Unix sockets.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use crate::support::{SOON, Server, say};

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
