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

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use client::*;
pub use h1events_smol::{
    Body, BodyError, ClientState, Config, EndpointConfig, IntoStream, Listener, MinDataRate, Part,
    Peer, Request, RequestBody, RequestBodyError, Response, Server, ShutdownHandle, Summary,
    Trailers, raise_descriptor_limit, reader, stream, upgrade,
};
use h1events_smol::{TcpSocket, Upgraded};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::stream::StreamExt;
use smol::{Timer, future};

/// The type that [`Server::bind`] makes.
pub type TcpServer = Server<TcpListener>;

/// Answers with the request; `/sleep/<ms>` takes that time.
pub async fn app(request: &Request<'_>) -> Response {
    if let Some(time) = sleep_of(request) {
        Timer::after(time).await;
    }
    say(request)
}

pub fn bind() -> TcpServer {
    Server::bind("127.0.0.1:0").expect("a port is free")
}

/// Returns a server whose connections share as few threads as possible: here, all share one.
pub fn bind_single() -> TcpServer {
    bind().threads(1)
}

pub fn start(server: TcpServer) -> Running {
    start_async(server, app)
}

/// Starts a server with an application that doesn't await.
pub fn start_with(
    server: TcpServer,
    app: impl Fn(&Request<'_>) -> Response + Send + Sync + 'static,
) -> Running {
    let address = server.local_addr().expect("it is bound");
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve(app));
    Running { address, shutdown, serving }
}

pub fn start_async(
    server: TcpServer,
    app: impl AsyncFn(&Request<'_>) -> Response + Send + Sync + 'static,
) -> Running {
    let address = server.local_addr().expect("it is bound");
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_async(app));
    Running { address, shutdown, serving }
}

/// Starts a server on a listener whose address only the test knows.
pub fn start_listening<L: Listener<Accepted: IntoStream>>(
    server: Server<L>,
    address: SocketAddr,
) -> Running {
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_async(app));
    Running { address, shutdown, serving }
}

/// Returns a server with an application that streams.
pub fn start_streaming(server: TcpServer) -> Running {
    let address = server.local_addr().expect("it is bound");
    start_streaming_listening(server, address)
}

/// Like [`start_streaming`], on a listener whose address only the test knows.
pub fn start_streaming_listening<L: Listener<Accepted: IntoStream>>(
    server: Server<L>,
    address: SocketAddr,
) -> Running {
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || server.serve_streaming(streaming));
    Running { address, shutdown, serving }
}

async fn streaming(request: &Request<'_>, mut body: RequestBody) -> Response {
    static KEPT: Mutex<Option<RequestBody>> = Mutex::new(None);

    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
    let counted = match request.target() {
        b"/count" => count(body).await,
        b"/some" => match body.next().await {
            Some(part) => part.map(|part| Response::text(part.len().to_string())),
            None => Ok(Response::new(200)),
        },
        b"/elsewhere" => smol::spawn(count(body)).await,
        b"/echo" => {
            let response = Response::new(200).with_streamed_body(stream(body));
            return match request.content_length() {
                Some(length) => response.with_content_length(length),
                None => response,
            };
        }
        b"/events" => {
            let events = smol::stream::unfold(0, async |n| {
                Timer::after(millis(if n > 0 { 100 } else { 0 })).await;
                (n < 5).then_some((Ok::<_, RequestBodyError>("event\n"), n + 1))
            });
            return Response::new(200).with_streamed_body(stream(events));
        }
        target @ (b"/both" | b"/late") => {
            let counted = Arc::<AtomicUsize>::default();
            let response = answer_while_counted(Arc::clone(&counted), false);
            let reading = async move {
                let octets = smol::io::copy(&mut body, &mut smol::io::sink()).await;
                counted.store(usize::try_from(octets.expect("it comes")).expect("small"), SeqCst);
            };
            if target == b"/late" {
                reading.await;
            } else {
                smol::spawn(reading).detach();
            }
            return response;
        }
        b"/ticks" => {
            smol::spawn(smol::io::copy(body, smol::io::sink())).detach();
            return ticks();
        }
        b"/watch" => {
            let _drops = Drops(&GONE);
            return future::pending().await;
        }
        b"/half-closed" => {
            let client = body.client();
            while client.state() == ClientState::Connected {
                Timer::after(millis(1)).await;
            }
            return Response::text(format!("{:?}", client.state()));
        }
        b"/keep-client" => {
            let client = body.client();
            let gone = async move {
                client.gone().await;
                GONE.fetch_add(1, SeqCst);
            };
            smol::spawn(gone).detach();
            return Response::new(200);
        }
        b"/keep" => {
            *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
            return Response::new(200);
        }
        b"/kept" => {
            let mut body = kept().expect("one is kept");
            let error = body.read(&mut [0]).await.expect_err("it is over");
            return Response::text(error.to_string());
        }
        _ => return stream_parts(request).unwrap_or_else(|| say(request)),
    };
    counted.unwrap_or_else(Response::from)
}

async fn count(mut body: RequestBody) -> Result<Response, RequestBodyError> {
    let mut octets = 0;
    while let Some(part) = body.next().await {
        octets += part?.len();
    }
    Ok(counted(octets, body.trailers().as_ref()))
}

/// Whether upgraded connections outlive a shutdown. Here, they are dropped at its end.
pub const ECHO_GOES_ON: bool = false;

/// Sends the target of its request, then everything back.
pub async fn echo(upgraded: Upgraded<TcpSocket>) {
    let greeting = upgraded.request().target().to_vec();
    assert!(upgraded.peer().to_string().starts_with("127.0.0.1:"));
    let (mut stream, leftover) = upgraded.into_parts();
    stream.write_all(&[&greeting[..], b"|", &leftover].concat()).await.unwrap();
    let mut bytes = [0; 100];
    while let Ok(n @ 1..) = stream.read(&mut bytes).await {
        assert!(!bytes[..n].contains(&b'!'), "this panic belongs to the test");
        stream.write_all(&bytes[..n]).await.unwrap();
    }
}

/// Waits for the shutdown of the server, and sends a message.
pub async fn say_goodbye(upgraded: Upgraded<TcpSocket>) {
    upgraded.shutdown_handle().begin().await;
    let (mut stream, _) = upgraded.into_parts();
    stream.write_all(b"goodbye").await.unwrap();
}
