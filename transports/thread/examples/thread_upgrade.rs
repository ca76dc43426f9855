//! An upgrade from HTTP: after a 101, the server sends everything back.
//!
//! ```sh
//! cargo run --release --example thread_upgrade -- 127.0.0.1:8080
//! printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello\n' |
//!     cargo run --release -- send --timeout 1 127.0.0.1:8080 # 101 Switching Protocols, then hello
//! ```

use std::env;
use std::io::{self, Write};
use std::net::TcpStream;

use h1events_thread::{Request, Response, Server, Upgraded, upgrade};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    server.serve(switch)?;
    Ok(())
}

/// Switches to the protocol if the client offers it.
fn switch(request: &Request<'_>) -> Response {
    if request.offers_upgrade_to("echo") {
        upgrade("echo", |upgraded: Upgraded<TcpStream>| {
            let peer = upgraded.peer();
            match echo(upgraded) {
                Ok(bytes) => println!("{peer}: {bytes} bytes sent back"),
                Err(error) => println!("{peer}: {error}"),
            }
        })
    } else {
        let text = "This server would rather speak: echo\n";
        Response::text(text).with_status(426).with_header("Upgrade", "echo")
    }
}

/// Speaks the other protocol, until the client has sent everything.
fn echo(upgraded: Upgraded<TcpStream>) -> io::Result<u64> {
    let (stream, leftover) = upgraded.into_parts();
    // These bytes came with the request.
    (&stream).write_all(&leftover)?;
    let bytes = io::copy(&mut &stream, &mut &stream)?;
    Ok(leftover.len() as u64 + bytes)
}
