//! A handler that panics.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::support::{Body, BodyError, GET, Part, Response, bind, say, start_with};

/// A body that panics when it is asked for its length.
struct Immeasurable;

impl Body for Immeasurable {
    fn poll_part(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        Poll::Ready(None)
    }

    fn length(&self) -> Option<u64> {
        panic!("this belongs to the test")
    }
}

#[test]
fn panic_is_a_500_and_all_else_goes_on() {
    let server = start_with(bind(), |request| match request.path() {
        b"/panic" => panic!("this belongs to the test"),
        b"/status" => Response::new(999),
        b"/length" => Response::new(200).with_streamed_body(Immeasurable),
        _ => say(request),
    });
    let mut other = server.connect();
    assert_eq!(other.ask(GET).0, 200);
    other.send(b"GET / HTTP/1.1\r\n");
    for target in ["/panic", "/status", "/length"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = server.exchange(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        let text = "\r\n\r\n500 Internal Server Error: the application failed\n";
        assert!(answer.ends_with(text), "{answer}");
    }
    assert_eq!(other.ask(b"Host: a\r\n\r\n").0, 200);
    assert_eq!(other.ask(GET).0, 200);
    drop(other);
    let summary = server.stop();
    assert_eq!((summary.connections, summary.cut_off), (4, 0));
}
