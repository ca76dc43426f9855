//! The smallest server.
//!
//! ```sh
//! cargo run --release --example smol_hello -- 127.0.0.1:8080
//! curl http://127.0.0.1:8080/ # Hello, World
//! ```

use std::env;
use std::io;

use h1events_smol::{Request, Response, Server};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    server.serve(hello)?;
    Ok(())
}

fn hello(request: &Request<'_>) -> Response {
    match request.path() {
        b"/" => Response::text("Hello, World\n"),
        _ => Response::new(404),
    }
}
