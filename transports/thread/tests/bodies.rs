//! Bodies of requests, as only an application on threads can use them.

mod support;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll};
use std::{iter, panic, thread};

use support::hooked::{Hooks, bind_hooked};
use support::{
    Body, BodyError, GET, Listener, Part, Request, RequestBody, Response, Running, SOON, Server,
    Stream, Upgraded, bind, say, upgrade,
};

fn start(app: impl Fn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static) -> Running {
    let server = bind();
    let address = server.local_addr().unwrap();
    start_listening(server, address, app)
}

fn start_listening<L: Listener<Accepted: Stream>>(
    server: Server<L>,
    address: SocketAddr,
    app: impl Fn(&Request<'_>, RequestBody) -> Response + Send + Sync + 'static,
) -> Running {
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

/// The connection ends for a newcomer while another thread waits for the body, and the answer always has a part.
#[test]
fn answer_of_a_connection_that_ends_is_no_longer_asked_for_parts() {
    let panicked = Arc::<AtomicBool>::default();
    let (seen, hook) = (Arc::clone(&panicked), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        seen.store(true, SeqCst);
        hook(info);
    }));
    // Its thread has to notice by itself.
    let hooks = Hooks { shutdown_read: Box::new(|_| {}), ..Hooks::default() };
    let (server, address) = bind_hooked(hooks);
    let server = start_listening(server.max_connections(1), address, |request, mut body| {
        if request.content_length() != Some(100) {
            return say(request);
        }
        thread::spawn(move || io::copy(&mut body, &mut io::sink()));
        Response::new(200).with_parts(iter::repeat_with(|| Ok("")))
    });
    let mut stalled = server.connect();
    stalled.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\ntea");
    let mut newcomer = server.connect();
    assert_eq!(newcomer.ask(GET), (200, "GET / ".into()));
    drop((stalled, newcomer));
    server.stop();
    assert!(!panicked.load(SeqCst));
}

/// Often enough for the body to be in use when the stream changes hands.
#[test]
fn upgraded_stream_is_handed_over_though_the_body_is_still_read_elsewhere() {
    let server = start(|_, mut body| {
        io::copy(&mut body, &mut io::sink()).unwrap();
        thread::spawn(move || while body.read(&mut [0]).is_ok() {});
        upgrade("greeting", |upgraded: Upgraded<TcpStream>| {
            upgraded.into_parts().0.write_all(b"hello").unwrap();
        })
    });
    let greet = || {
        let answer = server.exchange(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: greeting\r\n\
              Content-Length: 3\r\n\r\ntea",
        );
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    };
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..250).for_each(|_| greet()));
        }
    });
    server.stop();
}

/// Each check holds the stream for a moment.
#[test]
fn upgraded_stream_is_handed_over_though_threads_check_its_client_without_a_pause() {
    let server = start(|_, body| {
        let begun = Arc::new(Barrier::new(9));
        for _ in 0..8 {
            let (client, begun) = (body.client(), Arc::clone(&begun));
            thread::spawn(move || {
                begun.wait();
                while !client.is_gone() {}
            });
        }
        begun.wait();
        upgrade("greeting", |upgraded: Upgraded<TcpStream>| {
            upgraded.into_parts().0.write_all(b"hello").unwrap();
        })
    });
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: greeting\r\n\r\n";
    for _ in 0..3 {
        let answer = server.exchange(request);
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
    server.stop();
}
