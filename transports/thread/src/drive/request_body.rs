//! Bodies of requests, which the application reads on the connection's own thread, or on another one.

use std::io;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Instant;

use h1events_server::{BodyState, RequestBodyError, Step, Trailers};

use super::Driver;
use crate::body::{INPUT_INTERVAL, ReadBody, RequestBody, Source};
use crate::client::Client;
use crate::stream::Stream;

impl<S: Stream> Driver<S> {
    /// Makes the body of a request that begins.
    pub(super) fn request_body(&mut self, driver: &Arc<Mutex<Self>>) -> RequestBody {
        let request = self.request.insert(Arc::default());
        let connection: Weak<Mutex<Self>> = Arc::downgrade(driver);
        let source = Source { connection, request: Arc::clone(request) };
        let has_body = self.session.connection_mut().body_state() != BodyState::End;
        RequestBody {
            source: has_body.then_some(source),
            client: Client::new(&self.stream, &self.ending),
        }
    }

    /// Returns whether the application still has the body.
    pub(super) fn has_kept_body(&self) -> bool {
        self.request.as_ref().is_some_and(|request| Arc::strong_count(request) > 1)
    }

    /// Returns whether another thread may read the body while the answer is sent.
    pub(super) fn is_shared(&mut self) -> bool {
        self.has_kept_body() && self.session.connection_mut().is_producing()
    }

    /// Lets go of a request that is answered.
    pub(super) fn end_request(&mut self) {
        if !self.session.connection_mut().is_producing() {
            self.request = None;
        }
    }

    /// Takes content of the body. `None` if none is there yet.
    fn take_content(&mut self, space: &mut [u8]) -> Option<io::Result<usize>> {
        let connection = self.session.connection_mut();
        Some(match connection.body_state() {
            BodyState::Content(octets) => {
                let n = octets.len().min(space.len());
                space[..n].copy_from_slice(&octets[..n]);
                connection.consume_body(n);
                Ok(n)
            }
            BodyState::End => Ok(0),
            BodyState::Failed(error) => Err(error.into()),
            BodyState::Pending => return None,
        })
    }

    /// Reads for another thread, which has locked the connection. It doesn't wait, since the connection's
    /// own thread may have something to write.
    fn read_body_elsewhere(&mut self, space: &mut [u8]) -> Option<io::Result<usize>> {
        // The next step makes the input available.
        for _ in 0..3 {
            if let Some(taken) = self.take_content(space) {
                return Some(taken);
            }
            self.session.connection_mut().want_body();
            self.now = Instant::now();
            let moved = match self.session.step(self.now) {
                Step::Read { .. } => self.read_what_has_come(),
                Step::Produce if self.session.connection_mut().wants_input() => {
                    self.read_what_has_come()
                }
                Step::Handle | Step::Produce => Ok(true),
                Step::Write { deadline } if self.stream.has_space() => {
                    self.write(deadline, self.now).map(|_| true)
                }
                Step::Write { .. } if self.session.connection_mut().wants_input() => {
                    self.read_what_has_come()
                }
                Step::Write { .. } | Step::Allocate { .. } => Ok(false),
                Step::Shutdown => self.shutdown(self.now).map(|_| true),
                Step::Upgraded | Step::Reset | Step::Close => return Some(Err(self.lose(None))),
            };
            match moved {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Some(Err(self.lose(Some(error)))),
            }
        }
        None
    }

    /// Reads, if that doesn't wait. Returns whether there is input or a decision.
    pub(super) fn read_what_has_come(&mut self) -> io::Result<bool> {
        if !self.stream.has_input() {
            return Ok(!self.session.wait(None, self.now));
        }
        // A stream such as TLS may need more bytes before it can return any; it doesn't wait for them.
        let read = self.read_until(self.now + INPUT_INTERVAL, self.now);
        Ok(self.reading.survive(read)?.is_some())
    }

    /// Ends the body, and keeps the reason for the connection's own thread.
    fn lose(&mut self, error: Option<io::Error>) -> io::Error {
        self.lost = self.lost.take().or(error);
        RequestBodyError::Over.into()
    }
}

impl<S: Stream> ReadBody for Driver<S> {
    fn read_body(&mut self, space: &mut [u8]) -> Option<io::Result<usize>> {
        if thread::current().id() != self.thread {
            return self.read_body_elsewhere(space);
        }
        loop {
            if let Some(taken) = self.take_content(space) {
                return Some(taken);
            }
            self.session.connection_mut().want_body();
            self.now = Instant::now();
            // This thread is the one that reads the body.
            match self.take_steps(|_| false) {
                Ok(Step::Handle | Step::Produce) => {}
                ended => return Some(Err(self.lose(ended.err()))),
            }
        }
    }

    fn body_trailers(&mut self) -> Option<Trailers> {
        let connection = self.session.connection_mut();
        let is_whole = connection.body_state() == BodyState::End;
        connection.body_trailers().filter(|_| is_whole).cloned()
    }
}
