//! The bytes that the transport moves, and the memory they take. No transitions here.

use std::io::IoSlice;

use super::{Connection, Phase};
use crate::buffer::Buffer;
use crate::output::SLICES;
use crate::wait::For;

impl Connection {
    /// Room for what is read: at least one byte.
    ///
    /// It is memory of the connection's own, taken now if there is none.
    #[must_use]
    pub fn read_space(&mut self) -> &mut [u8] {
        let limits = self.config.limits;
        self.buffer.get_or_insert_default().space(&limits)
    }

    /// So many bytes have been read into the front of [`read_space`](Self::read_space).
    ///
    /// # Panics
    ///
    /// If there was no room for as many.
    pub fn received(&mut self, n: usize) {
        self.buffer.get_or_insert_default().received(n);
    }

    /// The client will send no more. It may still read (RFC 9112 section 9.6): everything
    /// that it has asked for is answered.
    pub const fn received_eof(&mut self) {
        self.input_ended = true;
    }

    /// The next bytes to write, as slices for one vectored write. Slices that aren't
    /// needed are empty.
    ///
    /// There may be more than these slices hold.
    #[must_use]
    pub fn unsent(&self) -> [IoSlice<'_>; SLICES] {
        self.buffer
            .as_ref()
            .map_or_else(|| [IoSlice::new(&[]); SLICES], |buffer| buffer.output.slices())
    }

    /// So many bytes from the front of [`unsent`](Self::unsent) have been written.
    ///
    /// # Panics
    ///
    /// If these are more than there were.
    pub fn sent(&mut self, n: usize) {
        if self.wait.what() == For::Writing {
            self.wait.moved(n);
        }
        self.buffer.get_or_insert_default().output.sent(n);
    }

    /// Gives the memory back, if there is nothing in it: nothing of a request has come, and
    /// nothing is to be written.
    #[must_use]
    pub fn release(&mut self) -> Option<Box<Buffer>> {
        let may_release = match self.phase {
            Phase::Receiving => self.parser.is_idle(),
            Phase::Lingering | Phase::Closed => true,
            Phase::Handling | Phase::Upgrading | Phase::Closing => false,
        };
        let mut buffer = self.buffer.take_if(|buffer| may_release && buffer.is_empty())?;
        buffer.reset();
        Some(buffer)
    }

    /// Takes memory that another connection has released, unless there is some.
    pub fn lend(&mut self, buffer: Box<Buffer>) {
        self.buffer.get_or_insert(buffer);
    }

    /// The bytes that have been read after the request, after [`Step::Upgraded`](crate::Step::Upgraded). They
    /// belong to the new protocol (RFC 9110 section 7.8).
    #[must_use]
    pub fn into_leftover(self) -> Vec<u8> {
        self.buffer.map_or_else(Vec::new, |buffer| buffer.unread().to_vec())
    }
}
