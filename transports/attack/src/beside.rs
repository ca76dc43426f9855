//! Well-behaved clients, which must not lose an answer.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use crate::{attack::Wrong, net::PATIENCE};

/// Time between two requests, so that the measurement shows the server, not this client.
const PAUSE: Duration = Duration::from_millis(2);

/// Attempts for a request. A server may close a silent connection while a request is on its way. A
/// well-behaved client then tries again (RFC 9112 section 9.3.1), but not for ever.
const TRIES: usize = 3;

/// The results of a client.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Whether it keeps its connection for the next request.
    keeps_alive: bool,
    /// The time of each answer, from the first attempt, including the connect if there was one.
    times: Vec<Duration>,
    /// Connections that were closed before their request came.
    again: usize,
}

/// Clients that run until they are stopped.
pub(crate) struct Beside {
    stop: Arc<AtomicBool>,
    /// The results of both kinds; the client that keeps its connection is first.
    threads: [thread::JoinHandle<Result<Seen, Wrong>>; 2],
}

impl Beside {
    /// Starts the clients, which add to earlier results.
    pub(crate) fn start(server: SocketAddr, seen: [Seen; 2]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = seen.map(|seen| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || run(server, seen, &stop))
        });
        Self { stop, threads }
    }

    /// Waits for the last answers.
    pub(crate) fn join(self) -> Result<[Seen; 2], Wrong> {
        self.stop.store(true, Relaxed);
        let [kept, fresh] = self.threads.map(|thread| {
            thread.join().unwrap_or_else(|_| Err("a well-behaved client panicked".into()))
        });
        Ok([kept?, fresh?])
    }
}

fn run(server: SocketAddr, mut seen: Seen, stop: &AtomicBool) -> Result<Seen, Wrong> {
    let mut connection = None;
    while !stop.load(Relaxed) {
        let content = format!("request {}", seen.times.len());
        let start = Instant::now();
        let mut tries = 1;
        loop {
            match request(server, &mut connection, &content) {
                Ok(()) => break,
                Err(Lost::BeforeAnswer) if tries < TRIES => tries += 1,
                Err(lost) => {
                    let after = start.elapsed();
                    return Err(format!("{content} has no answer after {after:?}: {lost:?}"));
                }
            }
        }
        seen.times.push(start.elapsed());
        seen.again += tries - 1;
        if !seen.keeps_alive {
            connection = None;
        }
        thread::sleep(PAUSE);
    }
    Ok(seen)
}

/// Why there is no answer.
#[derive(Debug)]
enum Lost {
    /// The connection was closed before any byte of the answer.
    BeforeAnswer,
    #[expect(dead_code, reason = "shown by Debug")]
    Error(io::Error),
    #[expect(dead_code, reason = "shown by Debug")]
    Wrong(String),
}

/// Sends a request and reads its answer. The connection stays open unless the answer ends it.
fn request(
    server: SocketAddr,
    connection: &mut Option<TcpStream>,
    content: &str,
) -> Result<(), Lost> {
    let mut stream = match connection.take() {
        Some(stream) => stream,
        None => connect(server).map_err(Lost::Error)?,
    };
    let length = content.len();
    let request =
        format!("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{content}");
    stream.write_all(request.as_bytes()).map_err(|error| lost(error, b""))?;
    let mut answer = Vec::new();
    let mut space = [0; 1024];
    while !answer.ends_with(content.as_bytes()) {
        match stream.read(&mut space) {
            Ok(0) => return Err(lost(io::ErrorKind::UnexpectedEof.into(), &answer)),
            Ok(n) => answer.extend_from_slice(&space[..n]),
            Err(error) => return Err(lost(error, &answer)),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    if !answer.starts_with("HTTP/1.1 200 OK\r\n")
        || !answer.ends_with(&format!("\r\n\r\n{content}"))
    {
        return Err(Lost::Wrong(answer.into_owned()));
    }
    if !answer.contains("\r\nConnection: close\r\n") {
        *connection = Some(stream);
    }
    Ok(())
}

fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn lost(error: io::Error, answer: &[u8]) -> Lost {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    match error.kind() {
        BrokenPipe | ConnectionReset | UnexpectedEof if answer.is_empty() => Lost::BeforeAnswer,
        _ => Lost::Error(error),
    }
}

impl Seen {
    /// Creates the results of two clients: one keeps its connection, one connects for each request.
    pub(crate) fn two() -> [Self; 2] {
        [true, false].map(|keeps_alive| Self { keeps_alive, times: Vec::new(), again: 0 })
    }

    /// Returns one line with numbers and times.
    pub(crate) fn summary(&mut self) -> String {
        self.times.sort_unstable();
        let at = |percent: usize| {
            let place = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
            self.times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        format!(
            "{:>10} requests {}: all answered, {} at a second attempt; median {:.2} ms, \
             p99 {:.2} ms, slowest {:.2} ms",
            self.times.len(),
            if self.keeps_alive { "on one connection" } else { "on a new connection each" },
            self.again,
            at(50),
            at(99),
            at(100),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_summed_up() {
        let [mut seen, _] = Seen::two();
        seen.times = (1..=200).rev().map(Duration::from_millis).collect();
        assert!(seen.summary().ends_with("median 101.00 ms, p99 199.00 ms, slowest 200.00 ms"));
    }
}
