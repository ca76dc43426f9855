//! The bytes that the transport moves, and the memory they take. No transitions here.

use std::any::Any;

use super::{Connection, Phase};
use crate::buffer::Buffer;
use crate::output::WriteSlices;
use crate::owned_request::OwnedRequest;
use crate::wait::Awaiting;

impl Connection {
    /// Returns space to read into: at least one byte. Makes a buffer if the connection has none.
    #[must_use]
    pub fn read_space(&mut self) -> &mut [u8] {
        self.buffer.get_or_insert_default().space(&self.config.limits)
    }

    /// Marks the first `n` bytes of [`read_space`](Self::read_space) as read.
    ///
    /// # Panics
    ///
    /// If there was less space.
    pub fn advance_read(&mut self, n: usize) {
        if self.wait.awaiting() == Awaiting::Head {
            self.wait.moved(n);
        }
        self.buffer.get_or_insert_default().filled(n);
    }

    /// Notes that the client sends no more. It may still read (RFC 9112 section 9.6), so every
    /// request that it has sent gets its answer.
    pub const fn read_eof(&mut self) {
        self.input_ended = true;
    }

    /// Returns the next bytes to write, for one vectored write. There may be more than these.
    #[must_use]
    pub fn write_slices(&self) -> WriteSlices<'_> {
        self.buffer.as_ref().map(|buffer| buffer.output.slices()).unwrap_or_default()
    }

    /// Marks the first `n` bytes of [`write_slices`](Self::write_slices) as written.
    ///
    /// # Panics
    ///
    /// If there were fewer.
    pub fn advance_write(&mut self, n: usize) {
        self.wait.moved(n);
        self.buffer.get_or_insert_default().output.advance(n);
    }

    /// Takes the buffer out of a connection that doesn't need it: no byte of a request has come,
    /// and none of an answer waits.
    #[must_use]
    pub fn detach_buffer(&mut self) -> Option<Box<Buffer>> {
        let may_detach = match self.phase {
            Phase::Receiving => self.parser.is_idle(),
            Phase::Lingering | Phase::Cut | Phase::Closed => true,
            Phase::Handling
            | Phase::Sending
            | Phase::Draining
            | Phase::Upgrading
            | Phase::Failing
            | Phase::Parting
            | Phase::Closing => false,
        };
        let mut buffer = self.buffer.take_if(|buffer| may_detach && buffer.is_empty())?;
        buffer.reset();
        Some(buffer)
    }

    /// Gives the connection a buffer that was [detached](Self::detach_buffer) from another one,
    /// unless it has a buffer.
    pub fn attach_buffer(&mut self, buffer: Box<Buffer>) {
        self.buffer.get_or_insert(buffer);
    }

    /// Returns the bytes of heap that the connection has taken for heads, collected bodies and unsent
    /// answers, used or not.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.as_ref().map_or(0, |buffer| buffer.capacity())
    }

    /// Lets the connection hold `bytes` bytes, after [`Step::Allocate`](crate::Step::Allocate), until
    /// it has answered the request. The answer itself is always buffered.
    pub fn set_allowance(&mut self, bytes: usize) {
        self.buffer.get_or_insert_default().allowance = bytes;
    }

    /// Returns the bytes that the connection may hold without asking: those that it
    /// [holds](Self::buffered), or its allowance if that is more; 0 without a buffer.
    #[must_use]
    pub fn reserved(&self) -> usize {
        self.buffer.as_ref().map_or(0, |buffer| buffer.capacity().max(buffer.allowance))
    }

    /// Returns the request that switched the protocol, and the bytes that were read after it, which
    /// belong to the new protocol (RFC 9110 section 7.8). Call it after
    /// [`Step::Upgraded`](crate::Step::Upgraded).
    ///
    /// # Panics
    ///
    /// If there is no [`request`](Self::request).
    #[must_use]
    pub fn into_parts(self) -> (OwnedRequest, Vec<u8>) {
        let has_request = matches!(self.phase, Phase::Handling | Phase::Upgrading);
        let buffer = self.buffer.filter(|_| has_request);
        let buffer = *buffer.expect("a request is there after Step::Upgraded");
        let unread = buffer.unread().to_vec();
        (OwnedRequest::new(buffer.request.unwrap_or_default(), self.peer), unread)
    }

    /// Takes the handler that the response has [set](crate::Response::with_upgrade_handler), after
    /// [`Step::Upgraded`](crate::Step::Upgraded).
    #[must_use]
    pub fn take_upgrade_handler(&mut self) -> Option<Box<dyn Any + Send>> {
        self.buffer.as_mut()?.upgrade_handler.take()
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.as_ref().map_or(&[], |buffer| buffer.unread())
    }
}
