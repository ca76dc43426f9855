//! The loop over the steps of a connection.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use h1events_net::{SHUTDOWN_TIMEOUT, Session};
use h1events_server::{Request, Response, Step};

use crate::stream::Stream;
use crate::timeout::Timeout;

/// Bytes that are read at once while no request has begun. They are on the stack, since an idle
/// connection holds no buffer; the head of a usual request is shorter.
const FIRST_READ: usize = 1024;

/// How often a connection says whether its client makes progress, if it waits for longer: a
/// write of more than there is room for tells only at its end what has gone.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

pub(crate) struct Driver<'a, S, A> {
    app: &'a A,
    stream: &'a S,
    session: &'a mut Session,
    reading: Timeout,
    writing: Timeout,
    /// Whether the last write has left something.
    would_block: bool,
}

impl<'a, S, A> Driver<'a, S, A>
where
    S: Stream,
    A: Fn(&Request<'_>) -> Response,
{
    pub(crate) fn new(app: &'a A, stream: &'a S, session: &'a mut Session) -> Self {
        let (reading, writing) = (Timeout::default(), Timeout::default());
        Self { app, stream, session, reading, writing, would_block: false }
    }

    /// Takes step after step.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut now = Instant::now();
        loop {
            now = match self.session.step(now) {
                Step::Read { deadline } => self.read(deadline, now)?,
                Step::Write { deadline } => self.write(deadline, now)?,
                Step::Handle => self.handle()?,
                Step::Allocate { .. } => {
                    // Other connections of the endpoint give it, and wake this thread.
                    thread::park_timeout(REPORT_INTERVAL);
                    Instant::now()
                }
                Step::Shutdown => self.shutdown(now)?,
                Step::Upgraded | Step::Close => return Ok(()),
            };
        }
    }

    /// Waits for bytes. Returns the time as of which they have come, as all these do.
    fn read(&mut self, deadline: Instant, now: Instant) -> io::Result<Instant> {
        if self.session.wait(None, now) {
            // If memory is short, the endpoint may want its large body back.
            let deadline = match self.session.is_large() {
                true => deadline.min(now + REPORT_INTERVAL),
                false => deadline,
            };
            let mut read = self.read_until(deadline, now);
            if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {
                // The process may have been stopped until after the deadline. What has come meanwhile
                // has come in time.
                read = self.read_until(deadline, Instant::now());
            }
            self.reading.survive(read)?;
        }
        Ok(Instant::now())
    }

    fn read_until(&mut self, deadline: Instant, now: Instant) -> io::Result<()> {
        self.reading.set(deadline, now, |timeout| self.stream.set_read_timeout(timeout))?;
        read_now(self.stream, self.session, now)
    }

    /// Writes and flushes: only then it has been sent.
    fn write(&mut self, deadline: Instant, mut now: Instant) -> io::Result<Instant> {
        if self.would_block {
            now = Instant::now();
            if !self.session.wait(None, now) {
                return Ok(now);
            }
        }
        let until = deadline.min(now + REPORT_INTERVAL);
        self.writing.set(until, now, |timeout| self.stream.set_write_timeout(timeout))?;
        let written = self.session.write(|slices| self.stream.write_vectored(slices));
        let flushed = self.writing.survive(written.and_then(|()| self.stream.flush()))?;
        self.would_block = flushed.is_none() || self.session.flushed();
        // The system may have taken a part at once, and then waited in vain for the client.
        Ok(if self.would_block { now } else { Instant::now() })
    }

    fn handle(&mut self) -> io::Result<Instant> {
        let request = self.session.request();
        // What the application shares between its calls is its own to keep sound.
        let handled = catch_unwind(AssertUnwindSafe(|| (self.app)(&request)));
        let now = Instant::now();
        self.session.answer(handled, now, |session| match self.stream.has_input() {
            true => read_now(self.stream, session, now),
            false => Ok(()),
        })?;
        Ok(now)
    }

    /// Shuts the write half down, as often as it takes.
    fn shutdown(&mut self, mut now: Instant) -> io::Result<Instant> {
        let deadline = now + SHUTDOWN_TIMEOUT;
        while now < deadline {
            let until = deadline.min(now + REPORT_INTERVAL);
            self.writing.set(until, now, |timeout| self.stream.set_write_timeout(timeout))?;
            let shut_down = self.writing.survive(self.stream.shutdown_write())?;
            if shut_down.is_some() || !self.session.wait(None, now) {
                break;
            }
            now = Instant::now();
        }
        Ok(Instant::now())
    }
}

/// Reads what comes within the timeout.
fn read_now(stream: &impl Stream, session: &mut Session, now: Instant) -> io::Result<()> {
    session.read(&mut [0; FIRST_READ], now, |space| stream.read(space))
}
