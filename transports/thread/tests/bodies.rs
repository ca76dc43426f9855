//! Bodies of requests, as only an application on threads can use them.

mod support;

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll};
use std::thread;

use support::{
    Body, BodyError, GET, Part, Request, RequestBody, Response, Running, SOON, bind, say,
};

fn start(app: impl Fn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static) -> Running {
    let server = bind();
    let address = server.local_addr().unwrap();
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_streaming(app));
    Running { address, shutdown, serving }
}

/// An empty body that reads the rest of the request when it is dropped.
struct Draining {
    request: RequestBody,
    drained: Sender<io::Result<u64>>,
}

impl Body for Draining {
    fn poll_part(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        Poll::Ready(None)
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        assert!(self.request.trailers().is_none());
        let drained = io::copy(&mut self.request.by_ref(), &mut io::sink());
        self.drained.send(drained).unwrap();
    }
}

/// The connection drops the body of the answer: here, it is locked then.
#[test]
fn body_that_is_read_while_the_answer_is_dropped_is_over() {
    let (sender, drained) = channel();
    let server = start(move |request, body| match request.content_length() {
        Some(1..) => {
            let drained = sender.clone();
            Response::new(200).with_streamed_body(Draining { request: body, drained })
        }
        _ => say(request),
    });
    for method in ["POST", "HEAD"] {
        let mut client = server.connect();
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
        client.send(head.as_bytes());
        let error = drained.recv_timeout(SOON).expect("it doesn't wait").unwrap_err();
        assert_eq!(error.to_string(), "the request is over", "{method}");
        client.send(&[b'x'; 1_000]);
        client.send(GET);
        // The answer to HEAD has a head only, which a client of the suite doesn't read.
        if method == "POST" {
            assert_eq!(client.answer(), (200, String::new()));
            assert_eq!(client.answer(), (200, "GET / ".into()));
        }
    }
    server.stop();
}
