//! A running server, and clients whose waits have a limit.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::iter;
use std::net::{Shutdown as Half, SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::{
    Body, BodyError, Config, Part, Request, Response, ShutdownHandle, Summary, Trailers, bind,
    start,
};

pub const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Longest wait: no step of these tests takes as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// "At once", on a busy machine: much longer than any step takes, and much shorter than any
/// timeout.
pub const SOON: Duration = Duration::from_secs(5);

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Answers with the method, the target and the body of the request.
pub fn say(request: &Request<'_>) -> Response {
    let target = String::from_utf8_lossy(request.target());
    let body = String::from_utf8_lossy(request.body());
    Response::text(format!("{} {target} {body}", request.method()))
}

/// Returns the time for the handler of `/sleep/<ms>`.
pub fn sleep_of(request: &Request<'_>) -> Option<Duration> {
    let time = request.target().strip_prefix(b"/sleep/")?;
    Some(millis(String::from_utf8_lossy(time).parse().expect("a number")))
}

/// Returns the number after the prefix of a target.
pub fn number_of(request: &Request<'_>, prefix: &str) -> Option<usize> {
    let number = request.target().strip_prefix(prefix.as_bytes())?;
    Some(String::from_utf8_lossy(number).parse().expect("a number"))
}

/// Returns the answer of a handler that counts the body of its request.
pub fn counted(octets: usize, trailers: Option<&Trailers>) -> Response {
    let mut text = octets.to_string();
    for field in trailers.into_iter().flat_map(Trailers::fields) {
        text = format!("{text} {}", String::from_utf8_lossy(field.name));
    }
    Response::text(text)
}

/// Returns the answers that are the same on every transport, of an application that streams.
pub fn stream_parts(request: &Request<'_>) -> Option<Response> {
    let half = || iter::once(Ok("half"));
    let response = Response::new(200);
    Some(match request.target() {
        b"/refuse" => Response::new(413),
        b"/rare" => response.with_streamed_body(Rare { has_begun: false, _drops: Drops(&SOURCES) }),
        b"/fail" => {
            response.with_parts(half().chain(iter::once(Err(io::Error::other("it broke")))))
        }
        b"/panic" => response.with_parts(half().chain(iter::from_fn(|| panic!("on purpose")))),
        _ => {
            let parts = number_of(request, "/parts/")?;
            response.with_parts((0..parts).map(|_| Ok("xxxxxxxxxx")))
        }
    })
}

/// Starts a server with a configuration that differs from the default.
pub fn configured(configure: impl FnOnce(&mut Config)) -> Running {
    let mut config = Config::new();
    configure(&mut config);
    start(bind().config(config))
}

/// Blocks handlers until it is opened.
#[derive(Clone)]
pub struct Gate {
    is_open: Arc<AtomicBool>,
}

impl Gate {
    pub fn new() -> Self {
        Self { is_open: Arc::default() }
    }

    pub fn open(&self) {
        self.is_open.store(true, SeqCst);
    }

    pub fn is_open(&self) -> bool {
        self.is_open.load(SeqCst)
    }

    pub fn pass(&self) {
        wait_until("it is opened", || self.is_open());
    }
}

/// A server that runs.
pub struct Running {
    pub address: SocketAddr,
    pub shutdown: ShutdownHandle,
    pub serving: JoinHandle<io::Result<Summary>>,
}

impl Running {
    pub fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).expect("the server listens"))
    }

    /// Sends everything at once, and returns everything up to the end.
    pub fn exchange(&self, request: &[u8]) -> String {
        let mut client = self.connect();
        client.send(request);
        client.read_to_end()
    }

    pub fn stop(self) -> Summary {
        self.stop_within(PATIENCE)
    }

    pub fn stop_within(self, grace: Duration) -> Summary {
        self.shutdown.shutdown(grace);
        self.join()
    }

    pub fn join(self) -> Summary {
        self.serving.join().expect("serve doesn't panic").expect("it could serve")
    }
}

/// An answer with Content-Length.
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// Whether it says `Connection: close`.
    pub is_last: bool,
}

/// A client whose waits have a limit. Errors are panics: no test expects a reset.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
        stream.set_nodelay(true).expect("a TCP socket");
        Self { stream: BufReader::new(stream) }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).expect("the server reads");
    }

    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Ends the connection with a reset, like a process that is killed while it has unread input.
    pub fn reset(self) {
        let stream = self.stream.into_inner();
        let linger = Some(Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(&stream, linger).expect("a TCP socket");
    }

    pub fn half_close(&mut self) {
        self.stream.get_mut().shutdown(Half::Write).expect("it is connected");
    }

    /// Reads one answer with Content-Length: its status and its body.
    pub fn answer(&mut self) -> (u16, String) {
        let Answer { status, body, .. } = self.try_answer().expect("an answer in time");
        (status, body)
    }

    /// Reads one answer with Content-Length, or in chunks.
    pub fn try_answer(&mut self) -> io::Result<Answer> {
        let (mut status, mut length, mut is_last, mut is_chunked) = (0, 0, false, false);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().expect("a status");
            } else if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().expect("a length");
            }
            is_last |= line == "Connection: close\r\n";
            is_chunked |= line == "Transfer-Encoding: chunked\r\n";
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        while is_chunked {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim_end(), 16).expect("the size of a chunk");
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk)?;
            assert!(chunk.ends_with(b"\r\n"));
            body.extend_from_slice(&chunk[..size]);
            is_chunked = size > 0;
        }
        Ok(Answer { status, body: String::from_utf8(body).expect("text"), is_last })
    }

    /// Sends a request and reads the answer.
    pub fn ask(&mut self, request: &[u8]) -> (u16, String) {
        self.send(request);
        self.answer()
    }

    pub fn read_to_end(&mut self) -> String {
        let mut text = String::new();
        self.stream.read_to_string(&mut text).expect("a close, and no reset");
        text
    }

    /// Returns the same stream, to read from while this one writes.
    pub fn stream(&self) -> TcpStream {
        self.stream.get_ref().try_clone().expect("there are descriptors")
    }

    /// Returns whether there is input now.
    pub fn has_input(&mut self) -> bool {
        self.stream.get_ref().set_nonblocking(true).expect("a TCP socket");
        let peeked = self.stream.get_ref().peek(&mut [0]);
        self.stream.get_ref().set_nonblocking(false).expect("a TCP socket");
        peeked.is_ok()
    }

    /// Returns whether the server has closed the connection, and all earlier input has been read.
    pub fn has_ended(&mut self) -> bool {
        self.stream.get_ref().set_nonblocking(true).expect("a TCP socket");
        let peeked = self.stream.get_ref().peek(&mut [0]);
        self.stream.get_ref().set_nonblocking(false).expect("a TCP socket");
        match peeked {
            Ok(n) => n == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// Waits until the server has closed the connection, regularly or with a reset.
    pub fn is_closed_within(&mut self, time: Duration) -> bool {
        self.stream.get_mut().set_read_timeout(Some(time)).expect("not zero");
        match self.stream.read(&mut [0; 1]) {
            Ok(n) => n == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

/// Counts drops.
pub struct Drops(pub &'static AtomicUsize);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Handlers that were dropped, or have noticed that their client has gone.
pub static GONE: AtomicUsize = AtomicUsize::new(0);

/// Sources of answers that were dropped.
pub static SOURCES: AtomicUsize = AtomicUsize::new(0);

/// The body of an answer that has one part, and then none for a long time.
struct Rare {
    has_begun: bool,
    _drops: Drops,
}

impl Body for Rare {
    fn poll_part(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        match std::mem::replace(&mut self.has_begun, true) {
            false => Poll::Ready(Some(Ok(Part::Content("event".into())))),
            true => Poll::Pending,
        }
    }
}

/// Answers with three events that another thread makes, 50 ms apart.
pub fn ticks() -> Response {
    let ticks = Arc::<Mutex<(usize, Option<Waker>)>>::default();
    let made = Arc::clone(&ticks);
    thread::spawn(move || {
        for _ in 0..3 {
            thread::sleep(millis(50));
            let mut made = made.lock().unwrap();
            made.0 += 1;
            made.1.take().into_iter().for_each(Waker::wake);
        }
    });
    Response::new(200).with_streamed_body(Ticks { ticks, sent: 0 })
}

/// A body whose parts come from another thread.
struct Ticks {
    /// The parts that are made, and the waker for the next one.
    ticks: Arc<Mutex<(usize, Option<Waker>)>>,
    sent: usize,
}

impl Body for Ticks {
    fn poll_part(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        let mut made = self.ticks.lock().unwrap();
        if self.sent == 3 {
            return Poll::Ready(None);
        }
        if self.sent == made.0 {
            made.1 = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(made);
        self.sent += 1;
        Poll::Ready(Some(Ok(Part::Content("tick".into()))))
    }
}

/// Answers with the number of octets that another thread or task counts, which is 0 until then.
/// Meanwhile, its parts are ready at once, or late.
pub fn answer_while_counted(counted: Arc<AtomicUsize>, is_late: bool) -> Response {
    let mut has_ended = false;
    Response::new(200).with_parts(iter::from_fn(move || {
        let octets = counted.load(SeqCst);
        if is_late && octets == 0 {
            wait_until("all is counted", || counted.load(SeqCst) > 0);
        }
        match octets {
            _ if has_ended => None,
            0 => Some(Ok("x".repeat(1_000))),
            _ => {
                has_ended = true;
                Some(Ok(format!("x {octets}")))
            }
        }
    }))
}

/// Runs a function, and returns its result and its time.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (run(), start.elapsed())
}

/// Waits until a condition holds.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(millis(2));
    }
}
