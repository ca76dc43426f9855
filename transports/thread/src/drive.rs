//! The loop over the steps of a connection.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use h1events_net::Session;
use h1events_server::{Persistence, Request, Response, Step};

use crate::stream::Stream;
use crate::timeout::Timeout;

/// Bytes that are read at once while no request has begun. They are on the stack, since an idle
/// connection holds no buffer; the head of a usual request is shorter.
const FIRST_READ: usize = 1024;

/// How often a connection says whether its client makes progress, if it waits for longer: a
/// write of more than there is room for tells only at its end what has gone.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// How long a stream that has more to say at its end than a socket, as TLS has, gets for that. A
/// client has as long to begin to read an answer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// How a connection ended that isn't lost.
pub(crate) enum Ended {
    Closed,
    Upgraded,
}

pub(crate) struct Driver<'a, S, A> {
    app: &'a A,
    stream: &'a S,
    session: &'a mut Session,
    /// What is read while the session has no buffer.
    first: [u8; FIRST_READ],
    reading: Timeout,
    writing: Timeout,
    /// Bytes that were written and not flushed.
    unflushed: usize,
    /// Whether the last write has left something.
    would_block: bool,
}

impl<'a, S, A> Driver<'a, S, A>
where
    S: Stream,
    A: Fn(&Request<'_>) -> Response,
{
    pub(crate) fn new(app: &'a A, stream: &'a S, session: &'a mut Session) -> Self {
        Self {
            app,
            stream,
            session,
            first: [0; FIRST_READ],
            reading: Timeout::default(),
            writing: Timeout::default(),
            unflushed: 0,
            would_block: false,
        }
    }

    /// Takes step after step.
    pub(crate) fn run(mut self) -> io::Result<Ended> {
        let mut now = Instant::now();
        loop {
            match self.session.step(now) {
                Step::Read { deadline } => self.read(deadline, now)?,
                Step::Write { deadline } => {
                    now = self.write(deadline, now)?;
                    continue;
                }
                Step::Handle => {
                    let response = self.handle();
                    now = Instant::now();
                    let persistence = self.session.persistence(now);
                    if persistence == Persistence::CloseWhenAnswered && self.stream.has_input() {
                        let _ = self.read_now(now)?;
                    }
                    self.session.respond(response, persistence, now);
                    continue;
                }
                // Other connections of the endpoint give it, and wake this thread.
                Step::Allocate { .. } => thread::park_timeout(REPORT_INTERVAL),
                Step::Shutdown => self.shutdown(now)?,
                Step::Upgraded => return Ok(Ended::Upgraded),
                Step::Close => return Ok(Ended::Closed),
            }
            now = Instant::now();
        }
    }

    /// Waits for bytes.
    fn read(&mut self, deadline: Instant, now: Instant) -> io::Result<()> {
        if !self.session.wait(None, now) {
            return Ok(());
        }
        // If memory is short, the endpoint may want its large body back.
        let deadline = match self.session.is_large() {
            true => deadline.min(now + REPORT_INTERVAL),
            false => deadline,
        };
        if self.read_until(deadline, now)? == Read::Interrupted {
            // The process may have been stopped until after the deadline. What has come meanwhile has
            // come in time.
            let _ = self.read_until(deadline, Instant::now())?;
        }
        Ok(())
    }

    fn read_until(&mut self, deadline: Instant, now: Instant) -> io::Result<Read> {
        if let Some(timeout) = self.reading.needed(deadline, now) {
            self.stream.set_read_timeout(Some(timeout))?;
        }
        self.read_now(now)
    }

    /// Reads what comes within the timeout.
    fn read_now(&mut self, now: Instant) -> io::Result<Read> {
        let has_buffer = self.session.has_buffer();
        let space = if has_buffer { self.session.read_space() } else { &mut self.first };
        match self.stream.read(space) {
            Ok(0) => self.session.read_eof(),
            Ok(n) if has_buffer => self.session.advance_read(n),
            Ok(n) => self.session.receive(&self.first[..n], now),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Read::Interrupted),
            Err(error) => survive(error, &mut self.reading)?,
        }
        Ok(Read::Done)
    }

    /// Writes and flushes: only then it has been sent. Returns the time as of which it has.
    fn write(&mut self, deadline: Instant, mut now: Instant) -> io::Result<Instant> {
        if self.would_block {
            now = Instant::now();
            if !self.session.wait(None, now) {
                return Ok(now);
            }
        }
        let until = deadline.min(now + REPORT_INTERVAL);
        if let Some(timeout) = self.writing.needed(until, now) {
            self.stream.set_write_timeout(Some(timeout))?;
        }
        self.would_block = true;
        if self.unflushed == 0 {
            match self.stream.write_vectored(&self.session.write_slices()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => self.unflushed = n,
                Err(error) => return survive(error, &mut self.writing).map(|()| now),
            }
        }
        if let Err(error) = self.stream.flush() {
            return survive(error, &mut self.writing).map(|()| now);
        }
        self.would_block = self.session.advance_write(self.unflushed);
        self.unflushed = 0;
        // The system may have taken a part at once, and then waited in vain for the client.
        Ok(if self.would_block { now } else { Instant::now() })
    }

    /// Shuts the write half down, as often as it takes.
    fn shutdown(&mut self, mut now: Instant) -> io::Result<()> {
        let deadline = now + SHUTDOWN_TIMEOUT;
        while now < deadline {
            if let Some(timeout) = self.writing.needed(deadline.min(now + REPORT_INTERVAL), now) {
                self.stream.set_write_timeout(Some(timeout))?;
            }
            match self.stream.shutdown_write() {
                Ok(()) => break,
                Err(error) => survive(error, &mut self.writing)?,
            }
            if !self.session.wait(None, now) {
                break;
            }
            now = Instant::now();
        }
        Ok(())
    }

    /// What the application answers; a 500 if it panics.
    fn handle(&self) -> Response {
        let request = self.session.request();
        // What the application shares between its calls is its own to keep sound.
        let answer = catch_unwind(AssertUnwindSafe(|| (self.app)(&request)));
        answer.unwrap_or_else(|panic| self.session.panicked(&*panic))
    }
}

/// How a read has ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// With something, or with the time.
    Done,
    /// By a signal, or since the stream needs more bytes before it can return any.
    Interrupted,
}

/// Goes on after an error that is none: the time has passed, or a signal came.
fn survive(error: io::Error, timeout: &mut Timeout) -> io::Result<()> {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => timeout.passed(),
        ErrorKind::Interrupted => {}
        _ => return Err(error),
    }
    Ok(())
}
