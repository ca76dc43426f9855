//! A server with a handler of its own.
//!
//! ```sh
//! cargo run --release --example thread_hello -- 127.0.0.1:8080
//! curl http://127.0.0.1:8080/greeting/you # Hello, you!
//! ```

use std::time::Duration;
use std::{env, io};

use h1events_thread::{Request, Response, Server};

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

/// Greets. It has no socket, so any transport runs it, and a test can call it.
fn hello(request: &Request<'_>) -> Response {
    match (request.method(), request.path()) {
        ("GET" | "HEAD", b"/") => Response::text("Hello, World\n"),
        ("GET" | "HEAD", path) => match path.strip_prefix(b"/greeting/") {
            Some(name) => Response::text(format!("Hello, {}!\n", name.escape_ascii())),
            None => Response::new(404),
        },
        _ => Response::new(501),
    }
}
