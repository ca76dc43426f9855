//! The server of this transport, for its own tests and those of every transport.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    reason = "no test file uses all of it"
)]

#[path = "../../../suite/client.rs"]
mod client;
pub mod hooked;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use client::*;
pub use h1events_thread::{
    Body, BodyError, ClientState, Config, EndpointConfig, Listener, MinDataRate, Part, Peer,
    Request, RequestBody, RequestBodyError, Response, Server, ShutdownHandle, Stream, Summary,
    Trailers, Upgraded, raise_descriptor_limit, reader, upgrade,
};

/// Answers with the request; `/sleep/<ms>` takes that time.
pub fn app(request: &Request<'_>) -> Response {
    if let Some(time) = sleep_of(request) {
        thread::sleep(time);
    }
    say(request)
}

pub fn bind() -> Server<TcpListener> {
    Server::bind("127.0.0.1:0").expect("a port is free")
}

/// Returns a server whose connections share as few threads as possible: here, none is shared.
pub fn bind_single() -> Server<TcpListener> {
    bind()
}

pub fn start(server: Server<TcpListener>) -> Running {
    start_with(server, app)
}

pub fn start_with(
    server: Server<TcpListener>,
    app: impl Fn(&Request<'_>) -> Response + Send + Sync + 'static,
) -> Running {
    let address = server.local_addr().expect("it is bound");
    start_on(server, address, app)
}

/// Starts a server on a listener whose address only the test knows.
pub fn start_listening<L: Listener<Accepted: Stream>>(
    server: Server<L>,
    address: SocketAddr,
) -> Running {
    start_on(server, address, app)
}

fn start_on<L: Listener<Accepted: Stream>>(
    server: Server<L>,
    address: SocketAddr,
    app: impl Fn(&Request<'_>) -> Response + Send + Sync + 'static,
) -> Running {
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve(app));
    Running { address, shutdown, serving }
}

/// Returns a server with an application that streams.
pub fn start_streaming(server: Server<TcpListener>) -> Running {
    let address = server.local_addr().expect("it is bound");
    start_streaming_listening(server, address)
}

/// Like [`start_streaming`], on a listener whose address only the test knows.
pub fn start_streaming_listening<L: Listener<Accepted: Stream>>(
    server: Server<L>,
    address: SocketAddr,
) -> Running {
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_streaming(streaming));
    Running { address, shutdown, serving }
}

fn streaming(request: &Request<'_>, mut body: RequestBody) -> Response {
    static KEPT: Mutex<Option<RequestBody>> = Mutex::new(None);

    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let counted = match request.target() {
        b"/count" => count(body),
        b"/some" => body.read(&mut [0; 10]).map(|n| Response::text(n.to_string())),
        b"/elsewhere" => thread::spawn(move || count(body)).join().expect("it doesn't panic"),
        b"/echo" => {
            let response = Response::new(200).with_streamed_body(reader(body));
            return match request.content_length() {
                Some(length) => response.with_content_length(length),
                None => response,
            };
        }
        b"/events" => {
            return Response::new(200).with_parts((0..5).map(|n| {
                thread::sleep(millis(if n > 0 { 100 } else { 0 }));
                Ok("event\n")
            }));
        }
        target @ (b"/both" | b"/late") => {
            let counted = Arc::<AtomicUsize>::default();
            let response = answer_while_counted(Arc::clone(&counted), target == b"/late");
            thread::spawn(move || {
                let octets = io::copy(&mut body, &mut io::sink()).expect("it comes");
                counted.store(usize::try_from(octets).expect("it is small"), SeqCst);
            });
            return response;
        }
        b"/ticks" => {
            thread::spawn(move || io::copy(&mut body, &mut io::sink()));
            return ticks();
        }
        b"/watch" => {
            let client = body.client();
            wait_until("the client goes", || client.is_gone());
            GONE.fetch_add(1, SeqCst);
            return Response::new(500);
        }
        b"/half-closed" => {
            let client = body.client();
            wait_until("it is seen", || client.state() != ClientState::Connected);
            return Response::text(format!("{:?}", client.state()));
        }
        b"/keep-client" => {
            let client = body.client();
            thread::spawn(move || {
                wait_until("the client goes", || client.is_gone());
                GONE.fetch_add(1, SeqCst);
            });
            return Response::new(200);
        }
        b"/keep" => {
            *kept() = Some(body);
            return Response::new(200);
        }
        b"/kept" => {
            let error = kept().as_mut().map(|body| body.read(&mut [0]).expect_err("it is over"));
            return Response::text(error.expect("one is kept").to_string());
        }
        _ => return stream_parts(request).unwrap_or_else(|| say(request)),
    };
    counted.unwrap_or_else(|error| match error.downcast::<RequestBodyError>() {
        Ok(error) => error.into(),
        Err(_) => Response::new(500),
    })
}

fn count(mut body: RequestBody) -> io::Result<Response> {
    let octets = io::copy(&mut body, &mut io::sink())?;
    Ok(counted(usize::try_from(octets).expect("it is small"), body.trailers().as_ref()))
}

/// Whether upgraded connections outlive a shutdown. Here, the application keeps them.
pub const ECHO_GOES_ON: bool = true;

/// Sends the target of its request, then everything back.
pub fn echo(upgraded: Upgraded<TcpStream>) {
    let greeting = upgraded.request().target().to_vec();
    assert!(upgraded.peer().to_string().starts_with("127.0.0.1:"));
    let (mut stream, leftover) = upgraded.into_parts();
    assert_eq!(stream.read_timeout().unwrap(), None);
    stream.write_all(&[&greeting[..], b"|", &leftover].concat()).unwrap();
    let mut bytes = [0; 100];
    while let Ok(n @ 1..) = stream.read(&mut bytes) {
        assert!(!bytes[..n].contains(&b'!'), "this panic belongs to the test");
        stream.write_all(&bytes[..n]).unwrap();
    }
}

/// Waits for the shutdown of the server, and sends a message.
pub fn say_goodbye(upgraded: Upgraded<TcpStream>) {
    assert!(upgraded.shutdown_handle().wait(SOON));
    let (mut stream, _) = upgraded.into_parts();
    stream.write_all(b"goodbye").unwrap();
}
