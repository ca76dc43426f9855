//! The program on hyper of the page "Coming from hyper" of h1events-tower.

use std::convert::Infallible;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, "Hello, World\n".to_owned()),
        (&Method::POST, "/count") => {
            match Limited::new(request.into_body(), 1024 * 1024).collect().await {
                Ok(body) => (StatusCode::OK, body.to_bytes().len().to_string()),
                Err(_) => (StatusCode::PAYLOAD_TOO_LARGE, String::new()),
            }
        }
        _ => (StatusCode::NOT_FOUND, String::new()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    Ok(response)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let _ = http1::Builder::new()
                .timer(TokioTimer::new()) // or no timeout counts
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}
