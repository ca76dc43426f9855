//! An unmodified axum router, on each transport.

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_core::Stream;
use h1events_server::Summary;
use h1events_tower::Peer;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

fn router() -> Router {
    Router::new()
        .route("/", get(async || "Hello, World\n"))
        .route("/hello/{name}", get(async |Path(name): Path<String>| format!("Hello, {name}\n")))
        .route("/query", get(async |Query(query): Query<Value>| query.to_string()))
        .route("/peer", get(async |Extension(peer): Extension<Peer>| peer.to_string()))
        .route("/json", post(async |Json(value): Json<Value>| Json(json!({ "got": value }))))
        .route("/echo", post(async |body: Body| body))
        .route("/end", post(end))
        .route("/refuse", post(async || StatusCode::PAYLOAD_TOO_LARGE))
        .route("/events", get(async || Sse::new(Events(0))))
        .route("/large", get(async || vec![b'x'; 1_000_000]))
        .route("/fields", get(fields))
        .route("/long", get(long))
        .route("/rare", get(async || Sse::new(Rare(Drops))))
}

/// Futures and streams that have been dropped.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

struct Drops;

impl Drop for Drops {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, SeqCst);
    }
}

/// Never answers.
async fn long() {
    let _drops = Drops;
    std::future::pending::<()>().await;
}

/// Never has an event.
struct Rare(#[allow(dead_code, reason = "it is dropped")] Drops);

impl Stream for Rare {
    type Item = Result<Event, Infallible>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Pending
    }
}

/// Reads the body until it says that it has ended.
async fn end(mut body: Body) -> String {
    let mut frames = Vec::new();
    while !body.is_end_stream() {
        frames.push(body.frame().await.map(|frame| frame.unwrap().into_data().unwrap()));
    }
    frames.iter().all(Option::is_some).to_string()
}

async fn fields(headers: HeaderMap) -> impl IntoResponse {
    ([("X-Count", headers.len().to_string()), ("Connection", "close".into())], "fields")
}

/// Three events.
struct Events(u32);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0 += 1;
        std::task::Poll::Ready((self.0 <= 3).then(|| Ok(Event::default().data(self.0.to_string()))))
    }
}

struct Running {
    address: SocketAddr,
    stop: Box<dyn FnOnce()>,
    serving: JoinHandle<io::Result<Summary>>,
}

impl Running {
    /// Sends a request that is the last on its connection, and returns the answer.
    fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        (head.to_owned(), body.to_owned())
    }

    fn get(&self, target: &str) -> (String, String) {
        self.ask(&format!("GET {target} HTTP/1.1\nHost: a\nConnection: close\n\n"))
    }

    fn post(&self, target: &str, fields: &str, body: &str) -> (String, String) {
        self.ask(&format!("POST {target} HTTP/1.1\nHost: a\nConnection: close\n{fields}\n{body}"))
    }

    fn stop(self) {
        (self.stop)();
        self.serving.join().unwrap().unwrap();
    }
}

macro_rules! start {
    ($server:ty, $serve:path) => {{
        let server = <$server>::bind("127.0.0.1:0").unwrap();
        let (address, handle) = (server.local_addr().unwrap(), server.shutdown_handle());
        Running {
            address,
            stop: Box::new(move || handle.shutdown(Duration::from_secs(1))),
            serving: thread::spawn(move || $serve(server, router())),
        }
    }};
}

fn servers() -> [Running; 2] {
    [
        start!(h1events_thread::Server<std::net::TcpListener>, h1events_tower::thread::serve),
        start!(h1events_smol::Server<std::net::TcpListener>, h1events_tower::smol::serve),
    ]
}

#[test]
fn routes_and_extractors_work() {
    for server in servers() {
        let (head, body) = server.get("/");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("Content-Length: 13") && !head.contains("ncoding"), "{head}");
        assert_eq!(body, "Hello, World\n");
        assert_eq!(server.get("/hello/t%C3%A9a").1, "Hello, t\u{e9}a\n");
        assert_eq!(server.get("/query?a=b").1, r#"{"a":"b"}"#);
        assert!(server.get("/peer").1.starts_with("127.0.0.1:"));
        assert!(server.get("/nowhere").0.starts_with("HTTP/1.1 404 "));
        let (head, _) = server.get("/fields");
        assert!(head.to_lowercase().contains("x-count: 2\r\n"), "{head}");
        assert_eq!(head.matches("Connection: ").count(), 1);
        server.stop();
    }
}

#[test]
fn answer_to_head_has_the_length_of_the_get() {
    for server in servers() {
        let (head, body) = server.ask("HEAD / HTTP/1.1\nHost: a\nConnection: close\n\n");
        assert!(head.contains("Content-Length: 13"), "{head}");
        assert_eq!(body, "");
        server.stop();
    }
}

#[test]
fn bodies_stream_in_both_directions() {
    for server in servers() {
        let fields = "Content-Type: application/json\nContent-Length: 7\n";
        assert_eq!(server.post("/json", fields, r#"{"a":1}"#).1, r#"{"got":{"a":1}}"#);
        let (head, body) = server.post("/echo", "Content-Length: 3\n", "tea");
        assert!(head.contains("Content-Length: 3"), "{head}");
        assert_eq!(body, "tea");
        let chunked = "Transfer-Encoding: chunked\n";
        let (head, body) = server.post("/echo", chunked, "3\ntea\n5\n time\n0\n\n");
        assert!(head.contains("Transfer-Encoding: chunked"), "{head}");
        assert!(body.ends_with("\r\n0\r\n\r\n"), "{body}");
        let digits = ["3", "5", "8", "0"];
        let lines = body.split("\r\n").filter(|line| !digits.contains(line));
        assert_eq!(lines.collect::<String>(), "tea time");
        assert_eq!(server.get("/large").1.len(), 1_000_000);
        server.stop();
    }
}

/// The body never comes.
#[test]
fn request_is_refused_before_its_body() {
    for server in servers() {
        let (head, _) = server.post("/refuse", "Content-Length: 3\nExpect: 100-continue\n", "");
        assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
        server.stop();
    }
}

/// Nothing follows the last octet of a Content-Length (RFC 9112 section 6.3).
#[test]
fn body_with_a_length_says_that_it_has_ended() {
    for server in servers() {
        assert_eq!(server.post("/end", "Content-Length: 3\n", "tea").1, "true");
        assert_eq!(server.post("/end", "Content-Length: 0\n", "").1, "true");
        let chunked = "Transfer-Encoding: chunked\n";
        assert_eq!(server.post("/end", chunked, "3\ntea\n0\n\n").1, "false");
        server.stop();
    }
}

#[test]
fn server_sent_events_are_sent() {
    for server in servers() {
        let (head, body) = server.get("/events");
        assert!(head.to_lowercase().contains("content-type: text/event-stream"), "{head}");
        for event in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
            assert!(body.contains(event), "{body}");
        }
        server.stop();
    }
}

#[test]
fn target_that_http_cannot_hold_is_a_bad_request() {
    for server in servers() {
        let (head, body) = server.get("/<tea>");
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
        assert!(body.contains("target"), "{body}");
        server.stop();
    }
}

#[test]
fn malformed_body_is_a_bad_request() {
    for server in servers() {
        let fields = "Content-Type: application/json\nTransfer-Encoding: chunked\n";
        let (head, _) = server.post("/json", fields, "3\nteaX");
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
        server.stop();
    }
}

#[test]
fn future_and_stream_are_dropped_when_their_client_has_reset() {
    for server in servers() {
        for target in ["/long", "/rare"] {
            let mut stream = TcpStream::connect(server.address).unwrap();
            let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(200));
            assert_eq!(DROPPED.load(SeqCst), 0, "{target}");
            rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
            drop(stream);
            let begun = Instant::now();
            while DROPPED.load(SeqCst) == 0 {
                assert!(begun.elapsed() < Duration::from_secs(10), "{target}");
            }
            DROPPED.store(0, SeqCst);
        }
        server.stop();
    }
}
