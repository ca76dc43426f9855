//! The server of this transport, for its own tests and those of every transport.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    reason = "no test file uses all of it"
)]

#[path = "../../../suite/client.rs"]
mod client;

use std::net::{SocketAddr, TcpListener};
use std::thread;

pub use client::*;
pub use h1events_smol::{
    Config, EndpointConfig, IntoStream, Listener, MinDataRate, Peer, Request, Response, Server,
    ShutdownHandle, Summary,
};
use h1events_smol::{Socket, Upgraded};
use smol::Timer;
use smol::io::{AsyncReadExt, AsyncWriteExt};

/// What [`Server::bind`] makes.
pub type TcpServer = Server<TcpListener>;

/// Says what it was asked; below `/sleep/`, it takes as many milliseconds as the number says.
pub async fn app(request: &Request<'_>) -> Response {
    if let Some(time) = sleep_of(request) {
        Timer::after(time).await;
    }
    say(request)
}

pub fn bind() -> TcpServer {
    Server::bind("127.0.0.1:0").expect("a port is free")
}

/// A server whose connections share as few threads as possible: here, all share one.
pub fn bind_single() -> TcpServer {
    bind().threads(1)
}

pub fn start(server: TcpServer) -> Running {
    start_async(server, app)
}

/// With an application that doesn't await.
pub fn start_with(
    server: TcpServer,
    app: impl Fn(&Request<'_>) -> Response + Send + Sync + 'static,
) -> Running {
    let address = server.local_addr().expect("it is bound");
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve(app));
    Running { address, shutdown, serving }
}

pub fn start_async(
    server: TcpServer,
    app: impl AsyncFn(&Request<'_>) -> Response + Send + Sync + 'static,
) -> Running {
    let address = server.local_addr().expect("it is bound");
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_async(app));
    Running { address, shutdown, serving }
}

/// Serves on a listener whose address only the test knows.
pub fn start_listening<L: Listener<Accepted: IntoStream>>(
    server: Server<L>,
    address: SocketAddr,
) -> Running {
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_async(app));
    Running { address, shutdown, serving }
}

/// At the end of a shutdown, the connections that the application has taken are dropped.
pub const ECHO_GOES_ON: bool = false;

/// Sends the target of its request, then everything back.
pub async fn echo(upgraded: Upgraded<Socket<mio::net::TcpStream>>) {
    let greeting = upgraded.request().target().to_vec();
    assert!(upgraded.peer().to_string().starts_with("127.0.0.1:"));
    let (mut stream, leftover) = upgraded.into_parts();
    stream.write_all(&[&greeting[..], b"|", &leftover].concat()).await.unwrap();
    let mut bytes = [0; 100];
    while let Ok(n @ 1..) = stream.read(&mut bytes).await {
        assert!(!bytes[..n].contains(&b'!'), "this panic belongs to the test");
        stream.write_all(&bytes[..n]).await.unwrap();
    }
}
