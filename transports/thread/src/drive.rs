//! The loop over the steps of a connection.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use h1events_net::Session;
use h1events_server::{Persistence, Request, Response, Step};

use crate::serve::Serving;
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
    serving: &'a Serving<S, A>,
    stream: &'a S,
    session: &'a mut Session,
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
    pub(crate) fn new(serving: &'a Serving<S, A>, stream: &'a S, session: &'a mut Session) -> Self {
        Self {
            serving,
            stream,
            session,
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
                Step::Write { deadline } => self.write(deadline, now)?,
                Step::Handle => {
                    let response = self.handle();
                    now = Instant::now();
                    let persistence = self.session.persistence(now);
                    if persistence == Persistence::CloseWhenAnswered && self.stream.has_input() {
                        self.read_now(now)?;
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
        if let Some(timeout) = self.reading.needed(deadline, now) {
            self.stream.set_read_timeout(Some(timeout))?;
        }
        self.read_now(now)
    }

    /// Reads what comes within the timeout.
    fn read_now(&mut self, now: Instant) -> io::Result<()> {
        if self.session.has_buffer() {
            match unless_passed(self.stream.read(self.session.read_space()), &mut self.reading)? {
                Some(0) => self.session.read_eof(),
                Some(n) => self.session.advance_read(n),
                None => {}
            }
            return Ok(());
        }
        let mut space = [0; FIRST_READ];
        match unless_passed(self.stream.read(&mut space), &mut self.reading)? {
            Some(0) => self.session.read_eof(),
            Some(n) => self.session.receive(&space[..n], now),
            None => {}
        }
        Ok(())
    }

    /// Writes and flushes: only then it has been sent.
    fn write(&mut self, deadline: Instant, now: Instant) -> io::Result<()> {
        if self.would_block && !self.session.wait(None, now) {
            return Ok(());
        }
        let deadline = deadline.min(now + REPORT_INTERVAL);
        if let Some(timeout) = self.writing.needed(deadline, now) {
            self.stream.set_write_timeout(Some(timeout))?;
        }
        self.would_block = true;
        if self.unflushed == 0 {
            let slices = self.session.write_slices();
            let written = self.stream.write_vectored(&slices);
            let Some(n) = unless_passed(written, &mut self.writing)? else { return Ok(()) };
            if n == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            self.unflushed = n;
        }
        if unless_passed(self.stream.flush(), &mut self.writing)?.is_some() {
            self.would_block = self.session.advance_write(self.unflushed);
            self.unflushed = 0;
        }
        Ok(())
    }

    /// Shuts the write half down, as often as it takes.
    fn shutdown(&mut self, mut now: Instant) -> io::Result<()> {
        let deadline = now + SHUTDOWN_TIMEOUT;
        while now < deadline {
            if let Some(timeout) = self.writing.needed(deadline.min(now + REPORT_INTERVAL), now) {
                self.stream.set_write_timeout(Some(timeout))?;
            }
            let done = unless_passed(self.stream.shutdown_write(), &mut self.writing)?;
            if done.is_some() || !self.session.wait(None, now) {
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
        let answer = catch_unwind(AssertUnwindSafe(|| (self.serving.app)(&request)));
        answer.unwrap_or_else(|panic| self.session.panicked(&*panic))
    }
}

/// What has been done, if anything has been in time.
fn unless_passed<T>(done: io::Result<T>, timeout: &mut Timeout) -> io::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            timeout.passed();
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}
