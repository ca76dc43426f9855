//! Services with the least that `serve` asks of them.

#[allow(unreachable_pub, reason = "tests share it")]
mod support;

use std::cell::Cell;
use std::convert::Infallible;

use axum::body::Bytes;
use h1events_tower::Body;
use http::{Request, Response};
use http_body_util::Full;
use support::{Running, TRANSPORTS, Tell};
use tower::util::BoxCloneService;

type Service = BoxCloneService<Request<Body>, Response<Full<Bytes>>, Infallible>;

/// Returns a service that threads can't share, since it isn't `Sync`.
fn service() -> Service {
    let calls = Cell::new(0);
    BoxCloneService::new(tower::service_fn(move |_: Request<Body>| {
        calls.set(calls.get() + 1);
        let answer = format!("call {} of this clone\n", calls.get());
        async { Ok(Response::new(Full::from(answer))) }
    }))
}

fn serve(transport: &str, tell: Tell) -> std::io::Result<h1events_server::Summary> {
    if transport == "thread" {
        let server = h1events_thread::Server::bind("127.0.0.1:0")?;
        tell(server.local_addr()?, server.shutdown_handle());
        return h1events_tower::thread::serve(server, service());
    }
    let server = h1events_smol::Server::bind("127.0.0.1:0")?;
    tell(server.local_addr()?, server.shutdown_handle());
    h1events_tower::smol::serve(server, service())
}

#[test]
fn service_needs_no_sync_and_each_call_has_a_clone() {
    for transport in TRANSPORTS {
        let server = Running::start(move |tell| serve(transport, tell));
        for _ in 0..4 {
            let (head, body) = server.ask("GET / HTTP/1.1", b"");
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
            assert_eq!(body, b"call 1 of this clone\n");
        }
        server.stop();
    }
}
