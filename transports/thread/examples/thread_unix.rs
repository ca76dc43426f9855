//! A server on a Unix socket.
//!
//! ```sh
//! cargo run --release --example thread_unix -- /tmp/hello.sock
//! curl --unix-socket /tmp/hello.sock http://localhost/ # Hello, World
//! ```

#[cfg(unix)]
use std::{env, fs, io, os::unix::net::UnixListener};

#[cfg(unix)]
use h1events_thread::{Response, Server};

#[cfg(unix)]
fn main() -> io::Result<()> {
    let path = env::args().nth(1).unwrap_or_else(|| "/tmp/hello.sock".to_owned());
    // A killed server leaves its socket.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let server = Server::new(UnixListener::bind(&path)?)?;
    println!("{path}");
    server.serve(|_| Response::text("Hello, World\n"))?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    eprintln!("std has no Unix sockets on this system");
}
