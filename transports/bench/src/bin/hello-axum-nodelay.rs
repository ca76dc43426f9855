//! The same as `hello-axum-tokio`, with TCP_NODELAY.

use std::net::Ipv4Addr;

use axum::{Router, routing::get, serve::ListenerExt};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let router = Router::new().route("/", get(async || "Hello, World"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}
