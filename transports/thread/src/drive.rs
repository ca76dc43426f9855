//! The loop over the steps of a connection.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{mem, thread};

use h1events_server::{Connection, Request, Response, Step};
use h1events_serving::{LAST_ANSWERS, Pool, Rest, message};

use crate::registry::{ClosedFromOutside, Entry};
use crate::serve::Serving;
use crate::stream::Stream;
use crate::timeout::Timeout;

/// What is read at once while no request has begun, on the stack: a silent connection holds no
/// buffer, and the head of a usual request is shorter, so that one read gets it.
const FIRST_READ: usize = 1024;

/// A write of more than there is room for tells only at its end what has gone. So often is it
/// asked, to know whether the client still reads.
const WRITE: Duration = Duration::from_secs(1);

/// Why a connection ended that hadn't finished.
pub(crate) enum Lost {
    ClosedFromOutside,
    Error(io::Error),
}

pub(crate) struct Driver<'a, S, A> {
    serving: &'a Serving<S, A>,
    entry: &'a Entry<S>,
    connection: Connection,
    ends_soon: bool,
    /// How many answers are left, if another connection needs the room.
    last_answers: Option<u32>,
    /// Whether it goes on after it was dismissed.
    taken_back: bool,
    reading: Timeout,
    writing: Timeout,
    has_buffer: bool,
    /// How many requests have been answered since the last read.
    answers: u64,
}

impl<'a, S, A> Driver<'a, S, A>
where
    S: Stream,
    A: Fn(&Request<'_>) -> Response,
{
    pub(crate) fn new(serving: &'a Serving<S, A>, entry: &'a Entry<S>) -> Self {
        let config = Arc::clone(&serving.config);
        Self {
            serving,
            entry,
            connection: Connection::new(config, entry.peer, Instant::now(), SystemTime::now),
            ends_soon: false,
            last_answers: None,
            taken_back: false,
            reading: Timeout::default(),
            writing: Timeout::default(),
            has_buffer: false,
            answers: 0,
        }
    }

    /// Takes step after step: the connection, if the application took it.
    pub(crate) fn run(mut self) -> Result<Option<Connection>, Lost> {
        let mut now = Instant::now();
        loop {
            self.end_soon_if_asked()?;
            let step = self.connection.step(now);
            if let Some(notice) = self.connection.take_diagnostic() {
                log::warn!("{}: {notice}", self.entry.peer);
            }
            match step {
                Step::Read { deadline } => {
                    self.let_others_run(now);
                    if self.connection.is_silent() {
                        self.read_first(deadline, now)?;
                    } else {
                        self.read(deadline, now)?;
                    }
                }
                Step::Write { deadline } => self.write(deadline, now)?,
                Step::Handle => {
                    let response = self.handle();
                    self.end_soon_if_asked()?;
                    let response = self.make_room_if_asked(response);
                    now = Instant::now();
                    self.connection.respond(response, now);
                    self.answers += 1;
                    continue;
                }
                // Of a stream from which nothing more comes, nobody makes anything.
                Step::Upgraded if self.taken_back => return Err(Lost::ClosedFromOutside),
                Step::Upgraded => return Ok(Some(self.connection)),
                Step::Shutdown => {
                    // If the peer is gone, reading will tell.
                    let _ = self.entry.stream.shutdown_write();
                    self.serving.registry.rest(self.entry, Rest::Lingering, now);
                }
                Step::Close => {
                    self.give_buffer();
                    return Ok(None);
                }
            }
            now = Instant::now();
        }
    }

    /// In a shutdown, the last answer says that it is. A request that has come already gets one.
    fn end_soon_if_asked(&mut self) -> Result<(), ClosedFromOutside> {
        let is_asked = self.serving.shutdown.has_begun() && !self.ends_soon;
        if !is_asked || self.entry.stream.has_input() {
            return Ok(());
        }
        // Whose answer has only just been written wasn't silent at the shutdown, and the client
        // gets the time to read it.
        if self.connection.is_silent() && self.answers == 0 {
            self.serving.registry.dismiss_own(self.entry)?;
        }
        self.connection.graceful_shutdown();
        self.ends_soon = true;
        Ok(())
    }

    /// Where another connection needs the room, it is asked for at an answer, which is the last
    /// one, or nearly so if other requests have come already.
    fn make_room_if_asked(&mut self, response: Response) -> Response {
        if self.last_answers.is_none() && self.serving.registry.room.is_last_answer() {
            self.last_answers = Some(LAST_ANSWERS);
        }
        match &mut self.last_answers {
            None => return response,
            Some(0) => return response.with_close(),
            Some(left) => *left -= 1,
        }
        if !self.entry.stream.has_input() {
            self.connection.graceful_shutdown();
        }
        response
    }

    /// Before it waits for a client that has just been answered.
    fn let_others_run(&mut self, now: Instant) {
        let answers = mem::take(&mut self.answers);
        if answers > 0 && self.serving.yielding.pays(answers, now) {
            thread::yield_now();
        }
    }

    /// Waits for the first byte of a request, without a buffer.
    fn read_first(&mut self, deadline: Instant, now: Instant) -> Result<(), Lost> {
        self.give_buffer();
        self.serving.registry.rest(self.entry, Rest::Silent, now);
        // A shutdown that has begun before may not have seen that this one is silent.
        if self.serving.shutdown.has_begun() && !self.entry.stream.has_input() {
            self.entry.resume()?;
            return Ok(());
        }
        let mut space = [0; FIRST_READ];
        let stream = &self.entry.stream;
        let Some(n) = read(stream, &mut space, deadline, now, &mut self.reading)? else {
            return Ok(());
        };
        if self.entry.resume().is_err() {
            if n == 0 {
                return Err(Lost::ClosedFromOutside);
            }
            self.serving.registry.take_back(self.entry)?;
            self.taken_back = true;
        }
        let mut received = &space[..n];
        if received.is_empty() {
            self.connection.read_eof();
        } else {
            self.take_buffer();
        }
        while !received.is_empty() {
            let space = self.connection.read_space();
            let (now, later) = received.split_at(received.len().min(space.len()));
            space[..now.len()].copy_from_slice(now);
            self.connection.advance_read(now.len());
            received = later;
        }
        if self.taken_back {
            self.connection.graceful_shutdown();
        }
        Ok(())
    }

    fn read(&mut self, deadline: Instant, now: Instant) -> Result<(), Lost> {
        let space = self.connection.read_space();
        match read(&self.entry.stream, space, deadline, now, &mut self.reading)? {
            // The end is ours, not the client's.
            Some(0) if self.taken_back || self.entry.is_closed() => {
                return Err(Lost::ClosedFromOutside);
            }
            Some(0) => self.connection.read_eof(),
            Some(n) => self.connection.advance_read(n),
            None => {}
        }
        Ok(())
    }

    fn write(&mut self, deadline: Instant, now: Instant) -> Result<(), Lost> {
        let deadline = deadline.min(now + WRITE);
        if let Some(timeout) = self.writing.needed(deadline, now) {
            self.entry.stream.set_write_timeout(Some(timeout))?;
        }
        let unsent = self.connection.write_slices();
        let written = self.entry.stream.write_vectored(&unsent);
        match unless_passed(written, &mut self.writing)? {
            Some(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
            Some(n) => self.connection.advance_write(n),
            None => {}
        }
        Ok(())
    }

    /// What the application answers; a 500 if it panics.
    fn handle(&self) -> Response {
        let request = self.connection.request();
        // Whatever the application shares between its calls is its own to keep sound.
        catch_unwind(AssertUnwindSafe(|| (self.serving.app)(&request))).unwrap_or_else(|panic| {
            log::error!("{}: the handler panicked: {}", self.entry.peer, message(&*panic));
            Response::new(500).with_close()
        })
    }

    fn take_buffer(&mut self) {
        if !mem::replace(&mut self.has_buffer, true) {
            self.connection.attach_buffer(self.pool().take());
        }
    }

    fn give_buffer(&mut self) {
        if let Some(buffer) = self.connection.detach_buffer() {
            self.has_buffer = false;
            self.pool().give(buffer);
        }
    }

    fn pool(&self) -> MutexGuard<'a, Pool> {
        self.serving.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has been read, if anything has been in time.
fn read(
    stream: &impl Stream,
    space: &mut [u8],
    deadline: Instant,
    now: Instant,
    timeout: &mut Timeout,
) -> io::Result<Option<usize>> {
    let mut attempt = |now| {
        if let Some(timeout) = timeout.needed(deadline, now) {
            stream.set_read_timeout(Some(timeout))?;
        }
        stream.read(space)
    };
    let read = match attempt(now) {
        // The process may have been stopped until after the deadline. What has come meanwhile has
        // come in time.
        Err(error) if error.kind() == ErrorKind::Interrupted => attempt(Instant::now()),
        read => read,
    };
    unless_passed(read, timeout)
}

/// What has been read or written, if anything has been in time.
fn unless_passed(moved: io::Result<usize>, timeout: &mut Timeout) -> io::Result<Option<usize>> {
    match moved {
        Ok(n) => Ok(Some(n)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            timeout.passed();
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Error(error)
    }
}

impl From<ClosedFromOutside> for Lost {
    fn from(_: ClosedFromOutside) -> Self {
        Self::ClosedFromOutside
    }
}
