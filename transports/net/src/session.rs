//! One connection, and its reports to the endpoint.

use std::any::Any;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use h1events_server::{
    Activity, Body, BodyError, Connection, Endpoint, Memory, Order, Part, Persistence, Response,
    SMALL, Step, Verdict,
};

use crate::guard::ConnectionGuard;
use crate::upgraded::Upgraded;

/// Time for the closing message of a stream such as TLS: the default grace period in which a client has to
/// begin to read an answer ([`Config`](h1events_server::Config)).
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// A [`Connection`] that reports to its endpoint.
///
/// The transport runs the loop over its steps: the
/// [crate documentation](crate#the-smallest-transport) has the smallest one.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    guard: ConnectionGuard,
    /// Whether it has told the endpoint that it waits.
    waits: bool,
    /// Bytes that were read when there was no memory for a buffer.
    early: Option<Box<[u8]>>,
    /// Bytes that were written and not flushed.
    unflushed: usize,
}

impl Session {
    /// Creates the session of a connection that the endpoint has admitted.
    #[must_use]
    pub fn new(guard: ConnectionGuard) -> Self {
        let (config, peer) = (Arc::clone(&guard.endpoint.config), guard.peer());
        let connection = Connection::new(config, peer, Instant::now(), SystemTime::now);
        Self { connection, guard, waits: false, early: None, unflushed: 0 }
    }

    /// Hands requests over at the end of their head, and their bodies on demand:
    /// [`Connection::with_streamed_bodies`].
    #[must_use]
    pub fn with_streamed_bodies(mut self) -> Self {
        self.connection = self.connection.with_streamed_bodies();
        self
    }

    /// Returns the connection, for the bodies of a request and its answer.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Whether a newcomer waits for a place, or the server ends. Then a connection reports before it waits,
    /// and not only after a long wait.
    #[must_use]
    pub fn is_watchful(&self) -> bool {
        self.guard.endpoint.is_watchful()
    }

    /// Returns the connection's place in the endpoint.
    #[must_use]
    pub const fn guard(&self) -> &ConnectionGuard {
        &self.guard
    }

    /// Returns what to do next. [`Step::Allocate`] means that there is no memory: wait until the endpoint
    /// wakes the connection, then ask again.
    pub fn step(&mut self, now: Instant) -> Step {
        if let Some(early) = self.early.take() {
            self.receive(&early, now);
        }
        if self.early.is_some() {
            return Step::Allocate { bytes: SMALL };
        }
        loop {
            let step = self.connection.step(now);
            if let Some(diagnostic) = self.connection.take_diagnostic() {
                let complaint = format_args!("{}: {diagnostic}", self.guard.peer());
                self.guard.endpoint.log.complain(&diagnostic.kind(), complaint);
            }
            match step {
                // It goes on with small reads rather than wait for others.
                Step::Allocate { bytes } if self.connection.can_decline_memory() => {
                    match self.guard.with(|endpoint, id| endpoint.try_acquire(id, bytes)) {
                        true => self.connection.set_allowance(bytes),
                        false => self.connection.decline_memory(),
                    }
                }
                Step::Allocate { bytes } => {
                    let held = self.connection.buffered();
                    match self.guard.with(|endpoint, id| endpoint.acquire(id, held, bytes, now)) {
                        Memory::Lacking => return step,
                        Memory::Granted => self.connection.set_allowance(bytes),
                        Memory::Refused => self.connection.refuse_body(now),
                        Memory::End => self.connection.abort(),
                    }
                }
                Step::Handle | Step::Produce if self.waits => {
                    self.waits = false;
                    self.guard.with(Endpoint::resume);
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
        let (activity, held) = (self.connection.activity(), self.connection.reserved());
        let verdict = self.guard.with(|endpoint, id| {
            if let Some(buffer) = buffer {
                endpoint.keep_buffer(buffer);
            }
            endpoint.wait(id, activity, deadline, held)
        });
        self.waits = verdict != Verdict::Refuse;
        match verdict {
            Verdict::Wait => return true,
            Verdict::End => self.connection.abort(),
            Verdict::Refuse => self.connection.refuse_body(now),
        }
        false
    }

    /// Reports the bytes that the connection holds while it waits for the application, which may
    /// read a body slowly.
    pub fn charge(&mut self) {
        let held = self.connection.reserved();
        if held > SMALL {
            self.guard.with(|endpoint, id| endpoint.charge(id, held));
        }
    }

    /// Reads with `read`: into `scratch`, which connections may share, until a byte of a request has
    /// come.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub fn read(
        &mut self,
        scratch: &mut [u8],
        now: Instant,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let has_buffer = self.connection.buffered() > 0;
        let space = if has_buffer { self.connection.read_space() } else { &mut *scratch };
        match read(space)? {
            // The endpoint may have ended the input. A request that came before it is answered.
            0 if self.waits && self.guard.with(|endpoint, id| endpoint.is_doomed(id)) => {
                self.connection.abort();
            }
            0 => self.connection.read_eof(),
            n if has_buffer => self.connection.advance_read(n),
            n => self.receive(&scratch[..n], now),
        }
        Ok(())
    }

    /// Takes bytes that were read without a buffer, or keeps them aside while there is no memory for one.
    fn receive(&mut self, mut bytes: &[u8], now: Instant) {
        self.waits = false;
        let memory = self.guard.with(|endpoint, id| {
            endpoint.resume(id);
            let memory = endpoint.acquire(id, bytes.len(), SMALL, now);
            if memory == Memory::Granted {
                self.connection.attach_buffer(endpoint.take_buffer());
            }
            memory
        });
        match memory {
            Memory::Granted => {
                while !bytes.is_empty() {
                    let n = bytes.read(self.connection.read_space());
                    self.connection.advance_read(n.expect("a slice can be read"));
                }
            }
            Memory::Lacking => self.early = Some(bytes.into()),
            Memory::Refused | Memory::End => self.connection.abort(),
        }
    }

    /// Writes with `write`, unless written bytes still have to be [flushed](Self::flushed).
    ///
    /// # Errors
    ///
    /// Those of `write`; and `WriteZero` if it takes nothing.
    pub fn write(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        if self.unflushed == 0 {
            self.unflushed = write(&self.connection.write_slices())?;
        }
        if self.unflushed == 0 { Err(ErrorKind::WriteZero.into()) } else { Ok(()) }
    }

    /// Notes that the written bytes are flushed, and thereby sent. Returns whether there is more to
    /// write.
    pub fn flushed(&mut self) -> bool {
        self.connection.advance_write(std::mem::take(&mut self.unflushed));
        self.connection.has_output()
    }

    /// Answers the request with the handler's response, or with a 500 if the handler has panicked.
    ///
    /// Calls `look` if the connection closes when all is answered. `look` reads once without waiting,
    /// since another request may have come.
    ///
    /// # Errors
    ///
    /// Those of `look`, unless there was nothing to read.
    pub fn answer(
        &mut self,
        handled: thread::Result<Response>,
        now: Instant,
        look: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut response = handled.unwrap_or_else(|panic| {
            self.guard.panicked(&*panic);
            Response::error(500, "the application failed").with_close()
        });
        // It may have ended for a newcomer while the application read the body.
        if self.connection.is_closing() {
            return Ok(());
        }
        let persistence = match self.is_watchful() {
            true => self.guard.with(|endpoint, id| endpoint.answer(id, now)),
            false => Persistence::Persist,
        };
        match persistence {
            Persistence::Persist => {}
            Persistence::CloseWhenAnswered => {
                ignore_timeouts(look(self))?;
                self.connection.graceful_shutdown();
            }
            Persistence::Close => response = response.with_close(),
        }
        // The look may have ended it, too.
        if !self.connection.is_closing() {
            self.connection.respond(response, now);
        }
        if persistence != Persistence::Persist && self.connection.is_closing() {
            self.guard.with(Endpoint::leave);
        }
        Ok(())
    }

    /// Ends the connection if the drain is over, or if a newcomer needs its place and its client has read
    /// nothing. Call it when the connection is woken while it waits for the application, or in a write that
    /// no other thread can end.
    pub fn hear(&mut self) {
        let order = self.guard.with(|endpoint, id| endpoint.order(id));
        if matches!(order, Order::Abort | Order::EndWriting) {
            self.connection.abort();
        }
    }

    /// Puts the body of an answer back that was [taken](Connection::take_body), with the result of asking
    /// it for a part. Returns whether it had one.
    ///
    /// Calls `look` as [`answer`](Self::answer) does, at the end of the body.
    ///
    /// # Errors
    ///
    /// Those of `look`, unless there was nothing to read.
    pub fn put_body_back(
        &mut self,
        body: Pin<Box<dyn Body>>,
        polled: thread::Result<Poll<Option<Result<Part, BodyError>>>>,
        look: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<bool> {
        let polled = match polled {
            Ok(polled) => polled,
            Err(panic) => {
                self.guard.panicked(&*panic);
                self.connection.cut();
                return Ok(true);
            }
        };
        let has_part = polled.is_ready();
        if let Err(error) = self.connection.put_body_back(body, polled) {
            let complaint = format_args!("{}: an answer was cut: {error}", self.guard.peer());
            self.guard.endpoint.log.complain("an answer was cut", complaint);
        }
        if !self.connection.is_producing() && self.is_watchful() {
            let now = Instant::now();
            let persistence = self.guard.with(|endpoint, id| endpoint.answer(id, now));
            match persistence {
                Persistence::Persist => {}
                // Another request may be behind the rest of the body. An idle connection ends after a last read.
                Persistence::CloseWhenAnswered if self.connection.is_draining() => {}
                Persistence::CloseWhenAnswered if !self.connection.is_closing() => {
                    ignore_timeouts(look(self))?;
                    self.connection.graceful_shutdown();
                }
                _ => self.connection.graceful_shutdown(),
            }
        }
        Ok(has_part)
    }

    /// Hands the stream over, if the connection has switched its protocol, and returns the response's
    /// handler, an `H`. The connection keeps its place until the guard is dropped. Its waker is dropped
    /// before `stream` is called.
    pub fn upgrade<H: 'static, S>(
        mut self,
        stream: impl FnOnce() -> Option<S>,
    ) -> Option<(H, Upgraded<S>, ConnectionGuard)> {
        if self.connection.activity() != Activity::Upgraded {
            return None;
        }
        let peer = self.guard.peer();
        let handler = self.connection.take_upgrade_handler();
        let handler = match handler.map(Box::<dyn Any + Send>::downcast) {
            Some(Ok(handler)) => *handler,
            Some(Err(_)) => {
                log::error!("{peer}: upgraded, but the handler expects another kind of stream");
                return None;
            }
            None => {
                log::warn!("{peer}: upgraded, but without a handler");
                return None;
            }
        };
        let Self { connection, guard, .. } = self;
        guard.endpoint.set_waker(guard.id(), None);
        let stream = stream()?;
        log::info!("{peer}: upgraded");
        let shutdown = guard.endpoint.shutdown.clone();
        let (request, leftover) = connection.into_parts();
        let held = request.as_request().head().len() + request.as_request().body().len();
        guard.with(|endpoint, id| endpoint.hand_over(id, held + leftover.len()));
        Some((handler, Upgraded { request, leftover, stream, shutdown }, guard))
    }
}

/// Ignores errors that mean only that nothing has come.
fn ignore_timeouts(result: io::Result<()>) -> io::Result<()> {
    match result.as_ref().map_err(io::Error::kind) {
        Err(ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => Ok(()),
        _ => result,
    }
}
