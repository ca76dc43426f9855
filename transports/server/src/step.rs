//! The next step of a transport.

use std::time::Instant;

/// The next step of a transport. The [loop](crate#the-loop-of-a-connection) handles all of them.
///
/// [`step`](crate::Connection::step) returns every step except [`Shutdown`](Self::Shutdown) again
/// until it is taken or its deadline has passed. The enum is exhaustive: a transport can't skip a
/// step that it doesn't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Read into [`read_space`](crate::Connection::read_space), then call
    /// [`advance_read`](crate::Connection::advance_read) or
    /// [`read_eof`](crate::Connection::read_eof). While nothing comes,
    /// [`detach_buffer`](crate::Connection::detach_buffer) may free memory.
    Read {
        /// When to step again if nothing has come.
        deadline: Instant,
    },
    /// Write some of [`write_slices`](crate::Connection::write_slices), then call
    /// [`advance_write`](crate::Connection::advance_write).
    Write {
        /// When to step again if nothing could be written.
        deadline: Instant,
    },
    /// Get memory for the current request, then call
    /// [`set_allowance`](crate::Connection::set_allowance). Until then, the connection isn't read, and
    /// the client's time doesn't run. A connection that [can do without](crate::Connection::can_decline_memory) needn't
    /// wait.
    Allocate {
        /// The bytes that the connection may hold then, including those that it has
        /// [`buffered`](crate::Connection::buffered).
        bytes: usize,
    },
    /// Give the [`request`](crate::Connection::request) to the application, then
    /// [`respond`](crate::Connection::respond).
    Handle,
    /// Ask the body of the answer for its next part: [`poll_body`](crate::Connection::poll_body). If
    /// it has none yet, wait until it wakes. No deadline runs meanwhile.
    Produce,
    /// The application has taken the connection. Give it the
    /// [`into_parts`](crate::Connection::into_parts) and the stream.
    Upgraded,
    /// Shut the write half down, then go on stepping. Returned once.
    Shutdown,
    /// Reset the stream and drop it. An answer that ends with the connection was cut, and a close would
    /// make it look complete.
    Reset,
    /// Drop the stream. Nothing is left to be sent or read.
    Close,
}
