//! Waiting for connections and for a wake-up at the same time, which std can't.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;

/// Wakes the acceptor, from any thread.
#[derive(Clone, Debug)]
pub struct Notifier {
    writer: Arc<pipe::Writer>,
}

impl Notifier {
    /// Ends the acceptor's wait, or else its next one.
    pub fn notify(&self) {
        // A full pipe will wake it, too.
        let _ = (&*self.writer).write(&[0]);
    }
}

/// Some systems can't wait for years at once.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// Waits for listeners, and to be notified.
#[derive(Debug)]
pub(crate) struct Poller {
    reader: pipe::Reader,
    notifier: Notifier,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        let (reader, writer) = pipe::new()?;
        Ok(Self { reader, notifier: Notifier { writer: Arc::new(writer) } })
    }

    pub(crate) fn notifier(&self) -> Notifier {
        self.notifier.clone()
    }

    /// Waits until a connection can be accepted, for a notification, or for the time to pass: the
    /// positions of the listeners that have a connection.
    pub(crate) fn wait(
        &self,
        listeners: &[impl AsFd],
        timeout: Option<Duration>,
    ) -> io::Result<Vec<usize>> {
        let timeout = timeout.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut polled: Vec<_> =
            listeners.iter().map(|listener| PollFd::new(listener, PollFlags::IN)).collect();
        polled.push(PollFd::new(&self.reader, PollFlags::IN));
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
        let is_ready = |polled: &PollFd<'_>| !polled.revents().is_empty();
        if polled.pop().as_ref().is_some_and(is_ready) {
            let _ = (&self.reader).read(&mut [0; 64]);
        }
        Ok((0..polled.len()).filter(|&position| is_ready(&polled[position])).collect())
    }
}

#[cfg(unix)]
mod pipe {
    use std::io;
    use std::os::unix::net::UnixStream;

    pub(super) type Reader = UnixStream;
    pub(super) type Writer = UnixStream;

    pub(super) fn new() -> io::Result<(Reader, Writer)> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok((reader, writer))
    }
}

/// Windows polls sockets only.
#[cfg(not(unix))]
mod pipe {
    use std::io;
    use std::net::{TcpListener, TcpStream};

    pub(super) type Reader = TcpStream;
    pub(super) type Writer = TcpStream;

    pub(super) fn new() -> io::Result<(Reader, Writer)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let writer = TcpStream::connect(listener.local_addr()?)?;
        loop {
            let (reader, address) = listener.accept()?;
            // Any process of the machine may connect.
            if address == writer.local_addr()? {
                reader.set_nonblocking(true)?;
                writer.set_nonblocking(true)?;
                writer.set_nodelay(true)?;
                return Ok((reader, writer));
            }
        }
    }
}
