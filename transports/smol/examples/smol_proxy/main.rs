//! A reverse proxy: it forwards requests to one server, and bodies as they come, in both directions.
//!
//! ```sh
//! cargo run --release -- serve --app lab --listen 127.0.0.1:8081 &
//! cargo run --release --example smol_proxy -- 127.0.0.1:8081 127.0.0.1:8080
//! curl http://127.0.0.1:8080/headers                        # what the server behind it gets
//! curl --no-buffer http://127.0.0.1:8080/events/5/200       # each event when it is sent
//! curl --data-binary @Cargo.lock http://127.0.0.1:8080/count
//! curl --output /dev/null 'http://127.0.0.1:8080/bytes/1000000000?chunked'
//! ```
//!
//! - The proxy frames each message anew, only from the parser's events, in both directions. If the parser refuses
//!   an answer, the client gets a 502.
//! - Fields that belong to one connection aren't forwarded: those that Connection names, and those of RFC 9110
//!   section 7.6.1.
//! - A client that waits for a 100 (Continue) gets it when the upstream asks for the body, so that a refusal
//!   comes before the body.
//! - A cut request is cut for the upstream, too, and a cut answer for the client.
//! - The upstream has a minute to take each part of the request, and for each part of its answer after that. Then
//!   the client gets a 504, or the answer is cut.
//!
//! It leaves out trailers, interim answers, upgrades, and reuse of connections.

mod answer;

use std::net::TcpListener;
use std::time::Duration;
use std::{env, io};

use answer::{AnswerReader, Head};
use h1events_smol::{
    Field, Peer, Request, RequestBody, RequestBodyError, Response, Server, Summary, Version, stream,
};
use smol::future::{or, pending};
use smol::io::AsyncWriteExt;
use smol::net::TcpStream;
use smol::stream::{StreamExt, try_unfold};
use smol::{Task, Timer};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time in which the upstream has to take a part of the request, and to send a part of the answer. nginx has the same
/// default.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Time that the upstream has to ask for a body before the proxy sends it unasked (RFC 9110 section 10.1.1).
const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// Fields that belong to one connection, or that the proxy sets itself, since a client could forge them.
const NOT_FORWARDED: [&str; 19] = [
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
];

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let upstream = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    serve(server, upstream, TIMEOUT)?;
    Ok(())
}

pub(crate) fn serve(
    server: Server<TcpListener>,
    upstream: String,
    timeout: Duration,
) -> io::Result<Summary> {
    server.serve_streaming(async move |request: &Request<'_>, body| {
        forward(&upstream, timeout, request, body).await
    })
}

/// Asks the upstream, and answers as soon as it has the head of the answer.
async fn forward(
    upstream: &str,
    timeout: Duration,
    request: &Request<'_>,
    body: RequestBody,
) -> Response {
    // The proxy offers no tunnel, and a TRACE would show the fields that it adds.
    if matches!(request.method(), "CONNECT" | "TRACE") {
        return Response::new(501);
    }
    let error = match try_forward(upstream, timeout, request, body).await {
        Ok(response) => return response,
        Err(error) => error,
    };
    // Either the client or the upstream has failed.
    match error.downcast::<RequestBodyError>() {
        Ok(error) => error.into(),
        Err(error) => {
            eprintln!("{upstream}: {error}");
            let status = if error.kind() == io::ErrorKind::TimedOut { 504 } else { 502 };
            Response::text("the server behind this one gives no answer\n").with_status(status)
        }
    }
}

async fn try_forward(
    upstream: &str,
    timeout: Duration,
    request: &Request<'_>,
    body: RequestBody,
) -> io::Result<Response> {
    let mut socket = within(CONNECT_TIMEOUT, TcpStream::connect(upstream)).await?;
    socket.set_nodelay(true)?;
    within(timeout, socket.write_all(&request_head(request, upstream))).await?;
    let mut answer = AnswerReader::new(socket.clone());
    let early = match expects_continue(request) {
        true => within(timeout, answer.head_within(CONTINUE_TIMEOUT)).await?,
        false => None,
    };
    let mut sending = Sending { task: None, timeout };
    let head = match early.filter(Head::is_final) {
        // The upstream doesn't want the body, so it isn't read.
        Some(head) => head,
        None => {
            let is_chunked = request.content_length().is_none();
            sending.task = Some(smol::spawn(send_body(body, socket, is_chunked, timeout)));
            or(sending.failure(), answer.final_head()).await?
        }
    };
    let response = response(&head)?;
    // RFC 9112 section 6.3, rule 1: these have no body, even if the fields say so.
    if matches!(head.status, 204 | 304) {
        return Ok(response);
    }
    let response = match head.content_length() {
        Some(length) => response.with_content_length(length),
        None => response,
    };
    if request.method() == "HEAD" {
        return Ok(response);
    }
    let parts = Parts { answer, sending };
    Ok(response.with_streamed_body(stream(try_unfold(parts, Parts::next))))
}

/// Returns whether the client waits for a 100 (Continue), which it gets when its body is read.
fn expects_continue(request: &Request<'_>) -> bool {
    let has_body = request.content_length() != Some(0);
    has_body && request.version() != Version::HTTP_10 && request.header("expect").is_some()
}

fn request_head(request: &Request<'_>, upstream: &str) -> Vec<u8> {
    let mut head = [request.method().as_bytes(), b" ", request.path()].concat();
    if let Some(query) = request.query() {
        head.extend([b"?", query].concat());
    }
    head.extend(b" HTTP/1.1\r\n");
    let mut push = |name: &[u8], value: &[u8]| head.extend([name, b": ", value, b"\r\n"].concat());
    push(b"Host", request.authority().unwrap_or(upstream.as_bytes()));
    for field in end_to_end(request.headers()) {
        push(field.name, field.value);
    }
    push(b"Via", format!("1.{} h1events", request.version().minor()).as_bytes());
    if let Peer::Address(address) = request.peer() {
        push(b"X-Forwarded-For", address.ip().to_string().as_bytes());
    }
    match request.content_length() {
        None => push(b"Transfer-Encoding", b"chunked"),
        Some(0) if request.header("content-length").is_none() => {}
        Some(length) => push(b"Content-Length", length.to_string().as_bytes()),
    }
    if expects_continue(request) {
        push(b"Expect", b"100-continue");
    }
    push(b"Connection", b"close");
    head.extend(b"\r\n");
    head
}

/// Makes the response, without its body.
fn response(head: &Head) -> io::Result<Response> {
    if head.status == 426 {
        // RFC 9110 section 15.5.22: a 426 has to name a protocol, in a field of the other connection.
        return Err(io::Error::other("the answer asks for another protocol"));
    }
    end_to_end(head.fields()).try_fold(Response::new(head.status), |response, field| {
        response.try_with_header(field.name, field.value).map_err(io::Error::other)
    })
}

/// Leaves out the fields that belong to one connection.
fn end_to_end<'a>(fields: impl Iterator<Item = Field<'a>>) -> impl Iterator<Item = Field<'a>> {
    let fields: Vec<_> = fields.collect();
    let connection = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(b"connection"));
    let options = connection.flat_map(|field| field.value.split(|octet| *octet == b','));
    let options: Vec<_> = options.map(<[u8]>::trim_ascii).collect();
    fields.into_iter().filter(move |field| {
        let is = |name: &[u8]| field.name.eq_ignore_ascii_case(name);
        !NOT_FORWARDED.iter().any(|name| is(name.as_bytes()))
            && !options.iter().any(|name| is(name))
    })
}

/// Forwards the body of the request, in a task of its own, since the answer may begin before the body
/// ends. Dropping this drops the rest of the body.
struct Sending {
    /// `None` when the upstream has all of it, or wants no more.
    task: Option<Task<Result<(), RequestBodyError>>>,
    timeout: Duration,
}

impl Sending {
    /// Waits until the client fails, or the upstream's time is over.
    async fn failure<T>(&mut self) -> io::Result<T> {
        if let Some(task) = &mut self.task {
            let sent = task.await;
            self.task = None;
            sent?;
        }
        within(self.timeout, pending()).await
    }
}

async fn send_body(
    mut body: RequestBody,
    mut upstream: TcpStream,
    is_chunked: bool,
    timeout: Duration,
) -> Result<(), RequestBodyError> {
    while let Some(mut part) = body.try_next().await? {
        if is_chunked {
            part = [format!("{:x}\r\n", part.len()).as_bytes(), &part, b"\r\n"].concat().into();
        }
        // The upstream may have answered without the rest.
        if within(timeout, upstream.write_all(&part)).await.is_err() {
            return Ok(());
        }
    }
    if is_chunked {
        let _ = within(timeout, upstream.write_all(b"0\r\n\r\n")).await;
    }
    Ok(())
}

/// Waits for a result, and fails if it takes too long.
async fn within<T>(time: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let timeout = async {
        Timer::after(time).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    or(work, timeout).await
}

/// The rest of an answer's body, while the rest of the request may still be on its way.
struct Parts {
    answer: AnswerReader,
    sending: Sending,
}

impl Parts {
    /// Waits for the next part. An error cuts the answer.
    async fn next(mut self) -> io::Result<Option<(Vec<u8>, Self)>> {
        let part = or(self.sending.failure(), self.answer.part()).await?;
        Ok(part.map(|part| (part, self)))
    }
}
