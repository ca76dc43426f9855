//! Answers whose bodies are unusual, but which a service may give.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};
use axum::routing::get;
use http_body::{Frame, SizeHint};

#[allow(unreachable_pub, reason = "tests share it")]
mod support;

use support::{Running, TRANSPORTS, Tell};

/// A body of these frames, which panics when it is polled after its end.
struct Frames {
    frames: VecDeque<Frame<Bytes>>,
    length: Option<u64>,
    is_over: bool,
}

impl Frames {
    fn answer<const N: usize>(length: Option<u64>, frames: [Frame<Bytes>; N]) -> Response<Body> {
        Response::new(Body::new(Self { frames: frames.into(), length, is_over: false }))
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        assert!(!self.is_over, "the body has ended");
        let frame = self.frames.pop_front();
        self.is_over = frame.is_none();
        Poll::Ready(frame.map(Ok))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn content(content: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from(content))
}

fn trailers(fields: &[(&'static str, &'static str)]) -> Frame<Bytes> {
    let field = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    Frame::trailers(fields.iter().map(field).collect::<HeaderMap>())
}

fn router() -> Router {
    Router::new()
        .route("/trailers-alone", get(async || Frames::answer(Some(0), [trailers(&[("a", "1")])])))
        .route("/empty", get(async || Frames::answer(Some(0), [])))
        .route("/short", get(async || Frames::answer(Some(3), [])))
        .route("/long", get(async || Frames::answer(Some(3), [content("teatime")])))
        .route("/not-empty", get(async || Frames::answer(Some(0), [content("tea")])))
        .route(
            "/forbidden-trailers",
            get(async || {
                let fields =
                    [("content-length", "9"), ("a", "1"), ("set-cookie", "b"), ("c", " 2 ")];
                Frames::answer(None, [content("tea"), trailers(&fields)])
            }),
        )
}

/// Asks for a target on each transport, and returns the answers.
fn ask(head: &str) -> Vec<(String, String)> {
    let answer = |transport| {
        let running = Running::start(move |tell: Tell| match transport {
            "thread" => {
                let server = h1events_thread::Server::bind("127.0.0.1:0")?;
                tell(server.local_addr()?, server.shutdown_handle());
                h1events_tower::thread::serve(server, router())
            }
            _ => {
                let server = h1events_smol::Server::bind("127.0.0.1:0")?;
                tell(server.local_addr()?, server.shutdown_handle());
                h1events_tower::smol::serve(server, router())
            }
        });
        let (head, body) = running.ask(head, b"");
        running.stop();
        (head, String::from_utf8(body).unwrap())
    };
    TRANSPORTS.map(answer).into()
}

#[test]
fn trailers_without_content_are_an_empty_body() {
    for target in ["/trailers-alone", "/empty"] {
        for (head, body) in ask(&format!("GET {target} HTTP/1.1")) {
            assert!(head.starts_with("HTTP/1.1 200 "), "{target}: {head}");
            assert!(head.contains("Content-Length: 0\r\n"), "{target}: {head}");
            assert_eq!(body, "", "{target}");
        }
    }
}

/// Some bodies always say how long they were at first. Without axum, which asks them itself.
#[test]
fn size_hint_need_not_shrink() {
    let service = tower::service_fn(async |_: http::Request<h1events_tower::Body>| {
        let frames = [content("tea"), content("time")].into();
        Ok::<_, Infallible>(Response::new(Frames { frames, length: Some(7), is_over: false }))
    });
    for transport in TRANSPORTS {
        let running = Running::start(move |tell: Tell| match transport {
            "thread" => {
                let server = h1events_thread::Server::bind("127.0.0.1:0")?;
                tell(server.local_addr()?, server.shutdown_handle());
                h1events_tower::thread::serve(server, service)
            }
            _ => {
                let server = h1events_smol::Server::bind("127.0.0.1:0")?;
                tell(server.local_addr()?, server.shutdown_handle());
                h1events_tower::smol::serve(server, service)
            }
        });
        let (head, body) = running.ask("GET / HTTP/1.1", b"");
        running.stop();
        assert!(head.contains("Content-Length: 7\r\n"), "{transport}: {head}");
        assert_eq!(body, b"teatime", "{transport}");
    }
}

#[test]
fn body_whose_first_frame_belies_its_length_is_a_500() {
    for target in ["/short", "/long", "/not-empty"] {
        for (head, _) in ask(&format!("GET {target} HTTP/1.1")) {
            assert!(head.starts_with("HTTP/1.1 500 "), "{target}: {head}");
        }
    }
}

/// RFC 9110 section 6.5.1.
#[test]
fn trailers_that_http_forbids_are_left_out() {
    for (_, body) in ask("GET /forbidden-trailers HTTP/1.1\nTE: trailers") {
        assert_eq!(body, "3\r\ntea\r\n0\r\na: 1\r\nc: 2\r\n\r\n");
    }
    for (_, body) in ask("GET /forbidden-trailers HTTP/1.1") {
        assert_eq!(body, "3\r\ntea\r\n0\r\n\r\n");
    }
}
