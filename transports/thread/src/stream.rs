//! Streams of bytes that block.

use std::io::{self, IoSlice, Read, Write};
use std::time::Duration;

use h1events_net::{AsFd, ClientState, borrow_fd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{Shutdown, shutdown};

/// A connected stream: a socket, or a TLS session over one.
///
/// The provided methods act on the socket of its descriptor. A stream that keeps bytes of its
/// own, as TLS does, also implements [`flush`](Self::flush), [`shutdown_write`](Self::shutdown_write) and
/// [`has_input`](Self::has_input).
///
/// All methods take `&self`, since [`has_input`](Self::has_input), [`has_space`](Self::has_space),
/// [`client_state`](Self::client_state), [`shutdown_read`](Self::shutdown_read) and [`close`](Self::close) are called from another thread
/// while the connection's own thread waits in [`read`](Self::read) or
/// [`write_vectored`](Self::write_vectored). No other method is called from two threads.
///
/// ```
/// # #[cfg(unix)] mod unix {
/// use std::io::{self, IoSlice};
/// use std::net::TcpStream;
/// use std::os::fd::{AsFd, BorrowedFd};
/// use h1events_thread::Stream;
///
/// /// Prints the size of each read. A [`Listener`](h1events_thread::Listener) of your own accepts it.
/// struct Talkative(TcpStream);
///
/// impl AsFd for Talkative {
///     fn as_fd(&self) -> BorrowedFd<'_> {
///         self.0.as_fd()
///     }
/// }
///
/// impl Stream for Talkative {
///     fn read(&self, space: &mut [u8]) -> io::Result<usize> {
///         let n = Stream::read(&self.0, space)?;
///         println!("{n} bytes");
///         Ok(n)
///     }
///
///     fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
///         Stream::write_vectored(&self.0, slices)
///     }
/// }
/// # }
/// ```
pub trait Stream: AsFd + Send + Sync + 'static {
    /// Waits for bytes, then reads some; 0 is the end of the input.
    ///
    /// It doesn't wait until the client reads: a client may send everything before it reads. It waits once at
    /// most. A stream that needs more bytes before it can return any, as TLS does,
    /// returns [`Interrupted`](io::ErrorKind::Interrupted), and is called again with the rest
    /// of the time.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut) if none
    /// came within the timeout, which may end early but never much too late. After any other error except
    /// [`Interrupted`](io::ErrorKind::Interrupted), the stream is dropped.
    fn read(&self, space: &mut [u8]) -> io::Result<usize>;

    /// Waits until the stream takes bytes, then writes some. There is at least one slice, and none is
    /// empty.
    ///
    /// # Errors
    ///
    /// As with [`read`](Self::read).
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Sends written bytes that the stream itself has kept, as TLS does. Called after each
    /// write: only flushed bytes count as sent. Sockets keep nothing.
    ///
    /// # Errors
    ///
    /// As with [`read`](Self::read). After a timeout, it is called again.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Sets how long [`read`](Self::read) may wait from now on: never zero; `None` for no limit.
    ///
    /// # Errors
    ///
    /// The stream is unusable.
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Ok(set_socket_timeout(borrow_fd(self), Timeout::Recv, timeout)?)
    }

    /// Sets how long [`write_vectored`](Self::write_vectored), [`flush`](Self::flush) and
    /// [`shutdown_write`](Self::shutdown_write) may wait from now on: never zero; `None` for no
    /// limit.
    ///
    /// # Errors
    ///
    /// The stream is unusable.
    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Ok(set_socket_timeout(borrow_fd(self), Timeout::Send, timeout)?)
    }

    /// Tells the peer that nothing will follow. The peer may go on sending.
    ///
    /// # Errors
    ///
    /// As with [`read`](Self::read). After a timeout, it is called again.
    fn shutdown_write(&self) -> io::Result<()> {
        Ok(shutdown(borrow_fd(self), Shutdown::Write)?)
    }

    /// Returns whether [`read`](Self::read) would return at once, as far as the stream knows without waiting, even
    /// if only with the end of the input. Pending input is read before the server ends the connection.
    fn has_input(&self) -> bool {
        // The end of the input makes it readable, too.
        is_ready(self, PollFlags::IN, Duration::ZERO)
    }

    /// Returns whether [`write_vectored`](Self::write_vectored) would write at once, as far as the stream
    /// knows without waiting.
    fn has_space(&self) -> bool {
        is_ready(self, PollFlags::OUT, Duration::ZERO)
    }

    /// Returns the state of the client, without waiting. Called from any thread.
    ///
    /// The provided method asks the socket, which is right for streams over a socket, such as TLS. A stream
    /// that can't tell returns [`Connected`](ClientState::Connected).
    fn client_state(&self) -> ClientState {
        h1events_net::client_state(self)
    }

    /// Ends the input: a blocked [`read`](Self::read), and all later ones, return at once, with
    /// earlier input or with 0. It must not wait.
    fn shutdown_read(&self) {
        // If this fails, there is no peer, and the input has ended already.
        let _ = shutdown(borrow_fd(self), Shutdown::Read);
    }

    /// Closes the connection in both directions: a blocked [`read`](Self::read) or
    /// [`write_vectored`](Self::write_vectored), and all later ones, return at once, with
    /// any result. It must not wait.
    fn close(&self) {
        // If this fails, there is no peer, and it is closed already.
        let _ = shutdown(borrow_fd(self), Shutdown::Both);
    }

    /// Sets whether dropping the stream resets the connection. It is set while an answer that ends with the
    /// connection is sent, so that the client doesn't take a cut answer for a complete one.
    ///
    /// A stream with a closing message, such as TLS, doesn't send it then.
    fn reset_on_drop(&self, resets: bool) {
        h1events_net::reset_on_close(self, resets);
    }
}

impl<S: AsFd + Send + Sync + 'static> Stream for S
where
    for<'a> &'a S: Read + Write,
{
    fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        let mut socket = self;
        Read::read(&mut socket, space)
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut socket = self;
        match slices {
            // The usual case has a faster system call.
            [slice] => Write::write(&mut socket, slice),
            _ => Write::write_vectored(&mut socket, slices),
        }
    }
}

/// Waits until a socket is ready, for the timeout at most. Returns whether it is.
pub(crate) fn is_ready(socket: &(impl AsFd + ?Sized), flags: PollFlags, timeout: Duration) -> bool {
    let socket = borrow_fd(socket);
    let mut polled = [PollFd::new(&socket, flags)];
    // If this fails, the wait only ends early.
    let timeout = Timespec::try_from(timeout).unwrap_or_default();
    poll(&mut polled, Some(&timeout)).is_ok_and(|ready| ready > 0)
}
