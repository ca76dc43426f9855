//! The example `smol_proxy`, in front of a server, and of sockets that a test controls.

#[path = "../../examples/smol_proxy/main.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod bodies;
mod fields;
mod smuggling;

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use support::{Running, bind};

/// Starts the proxy in front of an upstream.
fn proxy(upstream: SocketAddr) -> Running {
    proxy_with(upstream, Duration::from_secs(60))
}

/// Starts the proxy, with the time that the upstream has for a part.
fn proxy_with(upstream: SocketAddr, timeout: Duration) -> Running {
    let (server, upstream) = (bind(), upstream.to_string());
    let address = server.local_addr().expect("it is bound");
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || example::serve(server, upstream, timeout));
    Running { address, shutdown, serving }
}

/// Accepts one connection, and passes it to the test's function.
fn upstream<T: Send + 'static>(
    talk: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let talking = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the proxy connects");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
        talk(stream)
    });
    (address, talking)
}

/// Reads up to these octets, and no octet after them.
fn read_until(mut stream: &TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut octet = [0];
        stream.read_exact(&mut octet).expect("more octets");
        text.extend(octet);
    }
    String::from_utf8(text).expect("text")
}

fn read_head(stream: &TcpStream) -> String {
    read_until(stream, "\r\n\r\n")
}
