//! Bodies of requests, which the application reads on the connection's own thread, or on another one.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Instant;

use h1events_server::{BodyState, Step, Trailers};

use super::Driver;
use crate::body::{INPUT_INTERVAL, ReadBody, RequestBody, Source};
use crate::client::Client;
use crate::stream::Stream;

impl<S: Stream> Driver<S> {
    /// Makes the body of a request that begins.
    pub(super) fn request_body(&mut self, driver: &Arc<Mutex<Self>>) -> RequestBody {
        let connection: Weak<Mutex<Self>> = Arc::downgrade(driver);
        let source = Source { connection, request: Arc::clone(&self.request) };
        let has_body = self.session.connection_mut().body_state() != BodyState::End;
        RequestBody {
            source: has_body.then_some(source),
            client: Client::new(&self.stream, &self.ending),
        }
    }

    /// Returns whether the application still has the body.
    pub(super) fn has_kept_body(&self) -> bool {
        Arc::strong_count(&self.request) > 1
    }

    /// Returns whether another thread may read the body while the answer is sent.
    pub(super) fn is_shared(&mut self) -> bool {
        self.has_kept_body() && self.session.connection_mut().is_producing()
    }

    /// Lets go of a request that is answered.
    pub(super) fn end_request(&mut self) {
        if self.has_kept_body() && !self.session.connection_mut().is_producing() {
            self.request = Arc::default();
        }
    }

    /// Takes steps toward more of the body. Returns whether to look for it; if not, another thread would have to
    /// wait.
    fn seek_body(&mut self, is_elsewhere: bool) -> io::Result<bool> {
        self.now = Instant::now();
        let step = self.take_steps(|_| is_elsewhere)?;
        if self.session.connection_mut().wants_input() {
            return self.read_what_has_come();
        }
        Ok(!matches!(step, Step::Read { .. } | Step::Write { .. } | Step::Allocate { .. }))
    }

    /// Reads, if that doesn't wait. Returns whether there is input or a decision.
    pub(super) fn read_what_has_come(&mut self) -> io::Result<bool> {
        if !self.stream.has_input() {
            return Ok(!self.session.wait(None, self.now));
        }
        // A stream such as TLS may need more bytes before it can return any; it doesn't wait for them.
        let read = self.read_until(self.now + INPUT_INTERVAL);
        Ok(self.reading.survive(read)?.is_some())
    }
}

impl<S: Stream> ReadBody for Driver<S> {
    fn read_body(&mut self, space: &mut [u8]) -> io::Result<Option<usize>> {
        // Another thread doesn't wait while it has the lock: the connection's own may have something to write.
        let is_elsewhere = thread::current().id() != self.thread;
        loop {
            let connection = self.session.connection_mut();
            match connection.body_state() {
                BodyState::Content(mut octets) => {
                    let n = octets.read(space)?;
                    connection.consume_body(n);
                    return Ok(Some(n));
                }
                BodyState::End => return Ok(Some(0)),
                BodyState::Failed(error) => return Err(error.into()),
                BodyState::Pending => connection.want_body(),
            }
            match self.seek_body(is_elsewhere) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    log::debug!("{}: lost: {error}", self.session.guard().peer());
                    self.session.connection_mut().abort();
                }
            }
        }
    }

    fn body_trailers(&mut self) -> Option<Trailers> {
        let connection = self.session.connection_mut();
        let is_whole = connection.body_state() == BodyState::End;
        connection.body_trailers().filter(|_| is_whole).cloned()
    }
}
