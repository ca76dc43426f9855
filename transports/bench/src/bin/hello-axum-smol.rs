//! The smallest axum router, by h1events-tower on smol.

use axum::{Router, routing::get};
use h1events_smol::Server;

fn main() -> std::io::Result<()> {
    let router = Router::new().route("/", get(async || "Hello, World"));
    let server = Server::bind("127.0.0.1:0")?;
    println!("{}", server.local_addr()?);
    h1events_tower::smol::serve(server, router).map(drop)
}
