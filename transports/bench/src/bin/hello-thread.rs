//! The smallest server on h1events-thread.

use h1events_thread::{Request, Response, Server};

fn hello(_: &Request<'_>) -> Response {
    Response::text("Hello, World")
}

fn main() -> std::io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("{}", server.local_addr()?);
    server.serve(hello).map(drop)
}
