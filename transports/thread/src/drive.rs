//! The loop over the steps of a connection.

mod request_body;

use std::io::{self, ErrorKind};
use std::mem;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

use h1events_net::{ClientState, SHUTDOWN_TIMEOUT, Session};
use h1events_server::{Body, BodyError, Part, Response, SMALL, Step};
use rustix::event::PollFlags;

use crate::application::Application;
use crate::body::{INPUT_INTERVAL, SERVED, call};
use crate::stream::{Stream, is_ready};
use crate::timeout::Timeout;

/// Bytes of one read while no request has begun. An idle connection holds no buffer; the
/// head of a usual request is shorter.
const FIRST_READ: usize = 1024;

/// Time between two reports of a connection that waits for long: a blocked write returns only at its
/// end how much it has written.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// Answers in a pipeline from which on throughput counts more than the first answer's latency.
const FEW: u32 = 4;

/// Time from which on a handler counts as slow.
const SLOW: Duration = Duration::from_millis(1);

/// Time between two checks of the client while the body of an answer has no part.
const CLIENT_INTERVAL: Duration = Duration::from_secs(1);

/// A connection and its stream.
pub(crate) struct Driver<S> {
    /// Dropped before the session, so that the descriptor is free before the endpoint admits another
    /// connection.
    pub(crate) stream: Arc<S>,
    pub(crate) session: Session,
    pub(crate) ending: Arc<Ending>,
    /// Bytes that are read while the session has no buffer.
    first: [u8; FIRST_READ],
    reading: Timeout,
    writing: Timeout,
    /// Whether the last write has left bytes.
    would_block: bool,
    /// The time after the last wait or handler.
    now: Instant,
    /// Whether the last handler has taken long.
    is_slow: bool,
    /// The request that the application works on, which its body shares until it is dropped.
    request: Arc<()>,
    /// The connection's own thread.
    thread: ThreadId,
}

/// How a connection ends: the state that it shares with other threads.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Whether the connection has to end at once. Its session knows the reason.
    pub(crate) is_due: AtomicBool,
    /// Whether it has to end with a reset. Only its own thread can reset it, by dropping the stream.
    pub(crate) resets: AtomicBool,
}

/// Takes step after step, with the application in between.
///
/// While the application holds the body of a request, or produces that of an answer, the connection isn't
/// locked, so that the application can read. Nor is it locked for long while another thread of the application
/// has the body, and the client neither reads nor sends.
pub(crate) fn run<S: Stream>(driver: &Arc<Mutex<Driver<S>>>, app: &Application) -> io::Result<()> {
    SERVED.set(Arc::as_ptr(driver).cast());
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        let mut locked = lock(driver);
        match (locked.take_steps(Driver::is_shared)?, app) {
            (Step::Handle, _) if locked.sends_first(app) => {
                locked.session.connection_mut().write_first();
            }
            (Step::Handle, Application::Streaming(app)) => {
                let body = locked.request_body(driver);
                let request = locked.session.connection_mut().take_request();
                drop(locked);
                let handled = call(|| app(&request.as_request(), body));
                locked = lock(driver);
                locked.session.connection_mut().put_request_back(request);
                if !locked.has_kept_body() {
                    locked.session.connection_mut().discard_body();
                }
                locked.answer(handled)?;
            }
            (Step::Handle, Application::Collecting(app)) => {
                let request = locked.session.connection_mut().request();
                let handled = call(|| app(&request));
                locked.answer(handled)?;
            }
            (Step::Produce, _) => {
                if locked.session.connection_mut().wants_input() && locked.read_what_has_come()? {
                    continue;
                }
                let mut body = locked.session.connection_mut().take_body();
                drop(locked);
                let polled = call(|| body.as_mut().poll_part(&mut Context::from_waker(&waker)));
                locked = lock(driver);
                let has_part = locked.put_body_back(body, polled)?;
                locked.end_request();
                locked.now = Instant::now();
                if !has_part && locked.take_steps(Driver::is_shared)? == Step::Produce {
                    drop(locked);
                    // No event tells this thread that the client has gone.
                    thread::park_timeout(CLIENT_INTERVAL);
                    locked = lock(driver);
                    locked.session.hear();
                    if locked.stream.client_state() == ClientState::Gone {
                        return Err(ErrorKind::ConnectionReset.into());
                    }
                }
            }
            (Step::Read { .. } | Step::Allocate { .. }, _) => {
                drop(locked);
                thread::park_timeout(REPORT_INTERVAL);
                locked = lock(driver);
                locked.session.connection_mut().wake_body();
                locked.now = Instant::now();
            }
            (Step::Write { .. }, _) => {
                let stream = Arc::clone(&locked.stream);
                drop(locked);
                is_ready(&*stream, PollFlags::OUT, REPORT_INTERVAL);
                lock(driver).now = Instant::now();
            }
            _ => return Ok(()),
        }
    }
}

impl<S: Stream> Driver<S> {
    pub(crate) fn new(stream: Arc<S>, session: Session, ending: Arc<Ending>) -> Self {
        Self {
            stream,
            session,
            ending,
            first: [0; FIRST_READ],
            reading: Timeout::default(),
            writing: Timeout::default(),
            would_block: false,
            now: Instant::now(),
            is_slow: false,
            thread: thread::current().id(),
            request: Arc::default(),
        }
    }

    /// Takes steps until one needs the application, or is the last; or until one would wait, though another thread
    /// may use the connection, as `is_shared` says.
    fn take_steps(&mut self, is_shared: impl Fn(&mut Self) -> bool) -> io::Result<Step> {
        loop {
            if self.ending.is_due.swap(false, SeqCst) {
                self.session.hear();
            }
            match self.session.step(self.now) {
                step @ Step::Read { .. } if is_shared(self) => {
                    if !self.read_what_has_come()? {
                        return Ok(step);
                    }
                }
                step @ Step::Allocate { .. } if is_shared(self) => return Ok(step),
                Step::Read { deadline } => self.read(deadline)?,
                step @ Step::Write { deadline } => {
                    let is_shared = is_shared(self);
                    self.write(deadline, is_shared)?;
                    if self.would_block && is_shared {
                        return Ok(step);
                    }
                    // The system may have taken a part at once, and then waited for the client without success.
                    if self.would_block {
                        continue;
                    }
                }
                // When other connections of the endpoint free memory, they wake this thread.
                Step::Allocate { .. } => thread::park_timeout(REPORT_INTERVAL),
                Step::Shutdown => self.shutdown()?,
                step => return Ok(step),
            }
            self.now = Instant::now();
        }
    }

    /// Returns whether the answers before a request leave before it is handled, since it may take long. They
    /// leave together with its own answer if many of them have been given quickly: that is the rate
    /// which clients that pipeline are after.
    fn sends_first(&mut self, app: &Application) -> bool {
        let is_slow = self.is_slow;
        let connection = self.session.connection_mut();
        match connection.unsent_answers() {
            0 => false,
            _ if is_slow => true,
            FEW.. if matches!(app, Application::Collecting(_)) => false,
            _ => connection.is_last_request(),
        }
    }

    fn answer(&mut self, handled: thread::Result<Response>) -> io::Result<()> {
        let begun = mem::replace(&mut self.now, Instant::now());
        self.is_slow = self.now.saturating_duration_since(begun) >= SLOW;
        let Self { stream, session, first, now, .. } = self;
        session.answer(handled, *now, |session| look(session, &**stream, first, *now))?;
        if session.connection_mut().ends_with_connection() {
            self.stream.reset_on_drop(true);
            self.ending.resets.store(true, SeqCst);
        }
        self.end_request();
        Ok(())
    }

    /// Puts the body of the answer back. Returns whether it had a part.
    fn put_body_back(
        &mut self,
        body: Pin<Box<dyn Body>>,
        polled: thread::Result<Poll<Option<Result<Part, BodyError>>>>,
    ) -> io::Result<bool> {
        let Self { stream, session, first, now, .. } = self;
        session.put_body_back(body, polled, |session| look(session, &**stream, first, *now))
    }

    /// Waits for bytes.
    fn read(&mut self, mut deadline: Instant) -> io::Result<()> {
        if !self.session.wait(None, self.now) {
            return Ok(());
        }
        // If memory is short, the endpoint may need the memory of its large body.
        if self.session.connection_mut().buffered() > SMALL {
            deadline = deadline.min(self.now + REPORT_INTERVAL);
        }
        let mut read = self.read_until(deadline);
        if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {
            // The process may have been stopped until after the deadline. Input that came meanwhile
            // came in time.
            self.now = Instant::now();
            read = self.read_until(deadline);
        }
        self.reading.survive(read).map(drop)
    }

    fn read_until(&mut self, deadline: Instant) -> io::Result<()> {
        let Self { stream, session, first, now, .. } = self;
        self.reading.set(deadline, *now, |timeout| stream.set_read_timeout(timeout))?;
        session.read(first, *now, |space| stream.read(space))
    }

    /// Writes and flushes: only flushed bytes are sent.
    fn write(&mut self, deadline: Instant, is_shared: bool) -> io::Result<()> {
        // If a client reads an answer steadily, each write waits, and none for long.
        if self.would_block || self.session.is_watchful() && !self.stream.has_space() {
            self.now = Instant::now();
            self.would_block = self.session.wait(None, self.now);
            if !self.would_block || is_shared && !self.stream.has_space() {
                return Ok(());
            }
        }
        let longest = if is_shared { INPUT_INTERVAL } else { REPORT_INTERVAL };
        let until = deadline.min(self.now + longest);
        self.writing.set(until, self.now, |timeout| self.stream.set_write_timeout(timeout))?;
        let written = self.session.write(|slices| self.stream.write_vectored(slices));
        let flushed = self.writing.survive(written.and_then(|()| self.stream.flush()))?;
        self.would_block = flushed.is_none() || self.session.flushed();
        Ok(())
    }

    /// Shuts the write half down, with as many attempts as needed.
    fn shutdown(&mut self) -> io::Result<()> {
        if self.session.connection_mut().ends_with_connection() {
            self.stream.reset_on_drop(false);
            self.ending.resets.store(false, SeqCst);
        }
        let deadline = self.now + SHUTDOWN_TIMEOUT;
        while self.now < deadline {
            let until = deadline.min(self.now + REPORT_INTERVAL);
            self.writing.set(until, self.now, |timeout| self.stream.set_write_timeout(timeout))?;
            let shut_down = self.writing.survive(self.stream.shutdown_write())?;
            if shut_down.is_some() || !self.session.wait(None, self.now) {
                break;
            }
            self.now = Instant::now();
        }
        Ok(())
    }
}

/// Reads what has come, before a connection closes.
fn look(
    session: &mut Session,
    stream: &impl Stream,
    first: &mut [u8],
    now: Instant,
) -> io::Result<()> {
    match stream.has_input() {
        true => session.read(first, now, |space| stream.read(space)),
        false => Ok(()),
    }
}

/// Wakes the connection's thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Locks a connection for its own thread.
fn lock<S>(driver: &Mutex<Driver<S>>) -> MutexGuard<'_, Driver<S>> {
    // If a stream's own code has panicked while the application read, its connection ends.
    driver.lock().unwrap_or_else(PoisonError::into_inner)
}
