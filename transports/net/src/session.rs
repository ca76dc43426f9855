//! One connection, and what it tells its endpoint.

use std::any::Any;
use std::sync::Arc;
use std::thread;
use std::time::{Instant, SystemTime};

use h1events_server::{
    Config, Connection, ConnectionId, Memory, Peer, Persistence, Request, Response, SMALL, Step,
    Verdict, WriteSlices,
};

use crate::shared::SharedEndpoint;
use crate::upgraded::Upgraded;

/// A [`Connection`] that reports to its endpoint.
///
/// The loop over its steps is a transport's, which reads, writes and waits.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    guard: ConnectionGuard,
    /// Whether the endpoint was told that it waits.
    waits: bool,
    has_buffer: bool,
    /// Whether the endpoint has ended it.
    is_ended: bool,
    /// What was read when there was no memory for a buffer.
    early: Option<Box<[u8]>>,
}

/// Keeps a connection's place in its endpoint until it is dropped.
#[derive(Debug)]
pub struct ConnectionGuard {
    endpoint: Arc<SharedEndpoint>,
    id: ConnectionId,
}

impl Session {
    /// Creates the session of a connection that the endpoint has admitted.
    #[must_use]
    pub fn new(guard: ConnectionGuard, peer: Peer, config: Arc<Config>) -> Self {
        Self {
            connection: Connection::new(config, peer, Instant::now(), SystemTime::now),
            guard,
            waits: false,
            has_buffer: false,
            is_ended: false,
            early: None,
        }
    }

    /// Returns its name in the endpoint.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.guard.id
    }

    /// Returns the other end.
    #[must_use]
    pub const fn peer(&self) -> Peer {
        self.connection.peer()
    }

    /// Returns what to do next. [`Step::Allocate`] is returned only while there is no memory:
    /// wait until the endpoint wakes the connection, then ask again.
    pub fn step(&mut self, now: Instant) -> Step {
        if let Some(early) = self.early.take() {
            self.receive(&early, now);
        }
        loop {
            if self.is_ended {
                return Step::Close;
            }
            if self.early.is_some() {
                return Step::Allocate { bytes: SMALL };
            }
            let step = self.connection.step(now);
            if let Some(diagnostic) = self.connection.take_diagnostic() {
                let peer = self.peer();
                self.guard
                    .endpoint
                    .log()
                    .complain(&diagnostic.kind(), format_args!("{peer}: {diagnostic}"));
            }
            match step {
                Step::Allocate { bytes } => match self.acquire(bytes, now) {
                    Memory::Lacking => return step,
                    Memory::Granted => self.connection.set_allowance(bytes),
                    Memory::Refused => self.connection.refuse_body(now),
                    Memory::End => self.is_ended = true,
                },
                Step::Handle if self.waits => {
                    self.waits = false;
                    self.guard.endpoint.lock().resume(self.guard.id);
                    return step;
                }
                _ => return step,
            }
        }
    }

    /// Reports that a read or a write would block. The endpoint wakes the connection at `deadline`, if
    /// there is one. Returns whether to wait; if not, the next [`step`](Self::step) says why.
    #[must_use]
    pub fn wait(&mut self, deadline: Option<Instant>, now: Instant) -> bool {
        let buffer = self.connection.detach_buffer();
        self.has_buffer &= buffer.is_none();
        let (activity, held) = (self.connection.activity(), self.connection.reserved());
        let mut endpoint = self.guard.endpoint.lock();
        if let Some(buffer) = buffer {
            endpoint.keep_buffer(buffer);
        }
        let verdict = endpoint.wait(self.guard.id, activity, deadline, held);
        drop(endpoint);
        self.waits = verdict != Verdict::Refuse;
        match verdict {
            Verdict::Wait => return true,
            Verdict::End => self.is_ended = true,
            Verdict::Refuse => self.connection.refuse_body(now),
        }
        false
    }

    /// Whether the connection has a buffer. Without one, read into memory that other connections
    /// share, and pass it to [`receive`](Self::receive).
    #[must_use]
    pub const fn has_buffer(&self) -> bool {
        self.has_buffer
    }

    /// Takes what has been read. If there is no memory for it, it waits.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if !self.has_buffer {
            let mut endpoint = self.guard.endpoint.lock();
            endpoint.resume(self.guard.id);
            self.waits = false;
            match endpoint.acquire(self.guard.id, bytes.len(), SMALL, now) {
                Memory::Granted => self.connection.attach_buffer(endpoint.take_buffer()),
                Memory::Lacking => {
                    self.early = Some(bytes.into());
                    return;
                }
                Memory::Refused | Memory::End => {
                    self.is_ended = true;
                    return;
                }
            }
            self.has_buffer = true;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let space = self.connection.read_space();
            let (now, later) = rest.split_at(rest.len().min(space.len()));
            space[..now.len()].copy_from_slice(now);
            self.connection.advance_read(now.len());
            rest = later;
        }
    }

    /// Takes the end of the input, which may be the endpoint's doing. A request that has come
    /// before is answered.
    pub fn read_eof(&mut self) {
        if self.waits && self.guard.endpoint.lock().is_doomed(self.guard.id) {
            self.is_ended = true;
        } else {
            self.connection.read_eof();
        }
    }

    /// Returns space to read into, if the connection [has a buffer](Self::has_buffer).
    #[must_use]
    pub fn read_space(&mut self) -> &mut [u8] {
        self.connection.read_space()
    }

    /// Takes bytes that have been read into [`read_space`](Self::read_space).
    pub fn advance_read(&mut self, n: usize) {
        self.connection.advance_read(n);
    }

    /// Returns the next bytes to write.
    #[must_use]
    pub fn write_slices(&self) -> WriteSlices<'_> {
        self.connection.write_slices()
    }

    /// Marks bytes as written. Returns whether there are more.
    pub fn advance_write(&mut self, n: usize) -> bool {
        self.connection.advance_write(n);
        self.connection.has_output()
    }

    /// Returns the request to handle.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.connection.request()
    }

    /// Returns what the answer says about the connection. If it closes when all is answered, read
    /// once without waiting before [`respond`](Self::respond): a request may have come that is to be
    /// answered, too.
    pub fn persistence(&self, now: Instant) -> Persistence {
        if !self.guard.endpoint.is_watchful() {
            return Persistence::Persist;
        }
        self.guard.endpoint.lock().answer(self.guard.id, now)
    }

    /// Answers the request.
    pub fn respond(&mut self, response: Response, persistence: Persistence, now: Instant) {
        let response = match persistence {
            Persistence::Persist => response,
            Persistence::CloseWhenAnswered => {
                self.connection.graceful_shutdown();
                response
            }
            Persistence::Close => response.with_close(),
        };
        self.connection.respond(response, now);
        if persistence != Persistence::Persist && self.connection.is_closing() {
            self.guard.endpoint.lock().leave(self.guard.id);
        }
    }

    /// Whether more than the head of a usual request is buffered.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.connection.buffered() > SMALL
    }

    /// Logs a panic of the handler, and returns the answer: a 500.
    pub fn panicked(&self, panic: &(dyn Any + Send)) -> Response {
        self.guard.endpoint.log().panicked(self.peer(), panic);
        Response::new(500).with_close()
    }

    /// Hands the stream over, after [`Step::Upgraded`]. The connection's place is taken until what
    /// is returned beside it is dropped.
    pub fn into_upgraded<S>(self, stream: S) -> (Upgraded<S>, impl Sized) {
        let Self { connection, guard, .. } = self;
        let (request, leftover) = connection.into_parts();
        let held = request.as_request().head().len() + request.as_request().body().len();
        guard.endpoint.lock().hand_over(guard.id, held + leftover.len());
        (Upgraded::new(request, leftover, stream), guard)
    }

    fn acquire(&mut self, bytes: usize, now: Instant) -> Memory {
        let held = self.connection.buffered();
        self.guard.endpoint.lock().acquire(self.guard.id, held, bytes, now)
    }
}

impl ConnectionGuard {
    /// Creates the guard of a connection that the endpoint has admitted.
    #[must_use]
    pub const fn new(endpoint: Arc<SharedEndpoint>, id: ConnectionId) -> Self {
        Self { endpoint, id }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            log::error!("a stream's own code panicked: its connection is closed");
        }
        self.endpoint.lock().close(self.id);
    }
}
