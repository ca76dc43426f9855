//! The smallest server.
//!
//! ```sh
//! cargo run --release --example smol_hello -- 127.0.0.1:8080
//! curl http://127.0.0.1:8080/ # Hello, World
//! ```

use std::time::Duration;
use std::{env, io};

use h1events_smol::{Request, Response, Server};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    let handle = server.shutdown_handle();
    // At Ctrl-C, requests that have begun get five seconds.
    ctrlc::set_handler(move || handle.shutdown(Duration::from_secs(5)))
        .map_err(io::Error::other)?;
    let summary = server.serve(hello)?;
    println!("{summary}");
    Ok(())
}

fn hello(request: &Request<'_>) -> Response {
    match (request.method(), request.path()) {
        ("GET" | "HEAD", b"/") => Response::text("Hello, World\n"),
        (_, b"/") => Response::new(405).with_header("Allow", "GET, HEAD"),
        _ => Response::new(404),
    }
}
