//! hyper has no parser to call: this feeds its connection octets from memory, and the service records
//! the requests.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;

use crate::run::{Fields, Peer, Request, Run};

pub struct Hyper;

impl Peer for Hyper {
    fn package(&self) -> &'static str {
        "hyper"
    }

    fn requests(&self, octets: &[u8], read: usize) -> Run {
        serve(&Builder::new(), octets, read)
    }

    fn limited(&self, octets: &[u8], read: usize, limit: usize) -> Option<Run> {
        Some(serve(Builder::new().max_header_size(limit), octets, read))
    }

    fn response(&self, octets: &[u8]) -> bool {
        let output = RefCell::default();
        let stream = Stream { answers: true, ..Stream::new(octets, octets.len(), &output) };
        let mut context = Context::from_waker(Waker::noop());
        let handshake = pin!(hyper::client::conn::http1::handshake::<_, Empty>(stream));
        let Poll::Ready(Ok((mut sender, connection))) = handshake.poll(&mut context) else {
            return false;
        };
        let mut connection = pin!(connection);
        let mut response = pin!(sender.send_request(hyper::Request::new(Empty)));
        (0..10).any(|_| {
            let _ = connection.as_mut().poll(&mut context);
            matches!(response.as_mut().poll(&mut context), Poll::Ready(Ok(_)))
        })
    }

    fn memory(&self) -> u64 {
        let output = RefCell::new(Vec::with_capacity(1024));
        let mut kept = None;
        let heap = measure(|| {
            let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
            let stream = Stream::new(input, input.len(), &output);
            let service = service_fn(async |_| Ok::<_, Infallible>(hyper::Response::new(Empty)));
            let mut connection = Box::pin(Builder::new().serve_connection(stream, service));
            let waiting = connection.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(waiting.is_pending(), "it waits for the next request");
            kept = Some(connection);
        });
        u64::try_from(heap.bytes_current).expect("it holds buffers")
    }
}

fn serve(builder: &Builder, octets: &[u8], read: usize) -> Run {
    let run = RefCell::new(Run::default());
    let output = RefCell::default();
    let stream = Stream::new(octets, read, &output);
    let service = service_fn(async |request| note(&run, request).await);
    let mut connection = pin!(builder.serve_connection(stream, service));
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut end = Poll::Pending;
    while end.is_pending() && woken.0.swap(false, Ordering::Relaxed) {
        end = connection.as_mut().poll(&mut Context::from_waker(&waker));
    }
    let mut run = run.take();
    let output = String::from_utf8(output.take()).expect("heads without content");
    if let Some(request) = run.requests.last_mut() {
        request.keep_alive = Some(end.is_pending());
        request.expect_continue = Some(output.contains(" 100 Continue"));
    }
    let mut statuses = output.split("HTTP/1.1 ").filter_map(|answer| answer.get(..3)?.parse().ok());
    match end {
        Poll::Ready(Err(_)) => run.refuse(statuses.find(|&status| status >= 400), None),
        _ => run,
    }
}

async fn note(
    run: &RefCell<Run>,
    request: hyper::Request<Incoming>,
) -> hyper::Result<hyper::Response<Empty>> {
    let (head, body) = request.into_parts();
    run.borrow_mut().requests.push(Request {
        method: head.method.as_str().into(),
        target: head.uri.to_string().into(),
        fields: pairs(&head.headers),
        upgrade: Some(head.extensions.get::<hyper::upgrade::OnUpgrade>().is_some()),
        ..Request::default()
    });
    let mut body = pin!(body);
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame?;
        if let Some(content) = frame.data_ref() {
            run.borrow_mut().last().content.extend_from_slice(content);
        } else if let Some(trailers) = frame.trailers_ref() {
            run.borrow_mut().last().trailers = pairs(trailers);
        }
    }
    run.borrow_mut().last().complete = true;
    Ok(hyper::Response::new(Empty))
}

fn pairs(fields: &HeaderMap) -> Fields {
    fields.iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().into())).collect()
}

/// A stream that gives `read` octets a read, and then nothing more.
struct Stream<'a> {
    input: &'a [u8],
    read: usize,
    output: &'a RefCell<Vec<u8>>,
    /// Whether reads wait for the first write.
    answers: bool,
}

impl<'a> Stream<'a> {
    fn new(input: &'a [u8], read: usize, output: &'a RefCell<Vec<u8>>) -> Self {
        Self { input, read, output, answers: false }
    }
}

impl Read for Stream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.input.is_empty() || self.answers && self.output.borrow().is_empty() {
            return Poll::Pending;
        }
        let taken = self.read.min(self.input.len()).min(buffer.remaining());
        let (octets, rest) = self.input.split_at(taken);
        buffer.put_slice(octets);
        self.input = rest;
        context.waker().wake_by_ref();
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.output.borrow_mut().extend_from_slice(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A message without content.
struct Empty;

impl Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}
