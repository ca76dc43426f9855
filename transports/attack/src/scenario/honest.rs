//! Clients whose streams must continue and be complete, beside all other clients.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    net::connect_from,
    pattern::{Comparison, part},
};

/// The kind of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Download,
    Upload,
    /// Sends a part, and reads it before the next one.
    Echo,
}

/// A client with one stream after the other, on one connection while the server keeps it open.
pub(crate) struct Honest {
    kind: Kind,
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<(Streams, io::Result<()>)>,
}

/// The results of its streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams {
    pub(crate) whole: usize,
    /// The longest time for a part, or for a head and its connection.
    pub(crate) longest: Duration,
    /// The position in the latest one.
    position: u64,
}

/// Octets of each stream, and time for each part of it: three megabytes a second.
const LENGTH: u64 = 6 * 1024 * 1024;
const PACE: Duration = Duration::from_millis(20);

/// Octets of a part, which fits into the system's buffers.
const PART: u64 = 64 * 1024;

/// The address of all honest clients.
const SOURCE: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 1);

/// Bytes. The system's default would hold a whole stream.
const RECEIVE_BUFFER: Option<usize> = Some(128 * 1024);

impl Honest {
    /// Starts a client, which runs until it is stopped.
    pub(crate) fn start(server: SocketAddr, kind: Kind) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut streams = Streams::default();
            let mut connection = None;
            let mut result = Ok(());
            while result.is_ok() && !stopped.load(Relaxed) {
                let was_kept = connection.is_some();
                result = streams.run_one(server, kind, &mut connection);
                // A server may close a silent connection (RFC 9112 section 9.3.1).
                if result.is_err() && was_kept && streams.position == 0 {
                    result = streams.run_one(server, kind, &mut connection);
                }
                result = result.map_err(|error| {
                    let Streams { whole, position, .. } = streams;
                    io::Error::other(format!("{error} at octet {position} of stream {whole}"))
                });
            }
            (streams, result)
        });
        Self { kind, stop, thread }
    }

    /// Lets it finish its stream.
    pub(crate) fn stop(self) -> (Kind, Streams, io::Result<()>) {
        self.stop.store(true, Relaxed);
        let (streams, result) = self.thread.join().unwrap_or_else(|_| {
            (Streams::default(), Err(io::Error::other("an honest client panicked")))
        });
        (self.kind, streams, result)
    }
}

impl Streams {
    fn run_one(
        &mut self,
        server: SocketAddr,
        kind: Kind,
        kept: &mut Option<TcpStream>,
    ) -> io::Result<()> {
        self.position = 0;
        let start = Instant::now();
        let stream = match kept.take() {
            Some(stream) => stream,
            None => connect_from(SOURCE, server, RECEIVE_BUFFER)?,
        };
        let request = match kind {
            Kind::Download => format!("GET /bytes/{LENGTH} HTTP/1.1\r\nHost: a\r\n\r\n"),
            Kind::Upload => post("count"),
            Kind::Echo => post("echo"),
        };
        (&stream).write_all(request.as_bytes())?;
        let mut head = None;
        if !matches!(kind, Kind::Upload) {
            head = Some(read_head(&stream)?);
        }
        self.took(start);
        let mut got = Comparison::new();
        let mut space = vec![0; 64 * 1024];
        while self.position < LENGTH {
            let start = Instant::now();
            let content = part(self.position, PART.min(LENGTH - self.position));
            if !matches!(kind, Kind::Download) {
                (&stream).write_all(content)?;
            }
            if !matches!(kind, Kind::Upload) {
                let space = &mut space[..content.len()];
                (&stream).read_exact(space)?;
                got.add(space);
            }
            self.position += content.len() as u64;
            self.took(start);
            thread::sleep(PACE);
        }
        let start = Instant::now();
        let head = match head {
            Some(head) => head,
            None => read_head(&stream)?,
        };
        if matches!(kind, Kind::Upload) {
            let expected = format!("{LENGTH} true");
            let space = &mut space[..expected.len()];
            (&stream).read_exact(space)?;
            got.is_right = space == expected.as_bytes();
        }
        self.took(start);
        if !got.is_right {
            return Err(io::Error::other("other octets than sent"));
        }
        self.whole += 1;
        if !head.contains("\r\nconnection: close\r\n") {
            *kept = Some(stream);
        }
        Ok(())
    }

    fn took(&mut self, start: Instant) {
        self.longest = self.longest.max(start.elapsed());
    }
}

fn post(path: &str) -> String {
    format!("POST /{path} HTTP/1.1\r\nHost: a\r\nContent-Length: {LENGTH}\r\n\r\n")
}

/// Reads the head of an answer, in lower case. It has to be a 200.
fn read_head(mut stream: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet)?;
        head.extend(octet);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    match head.starts_with("http/1.1 200 ") {
        true => Ok(head),
        false => Err(io::Error::other(head)),
    }
}
