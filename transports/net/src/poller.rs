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

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const NONE: [TcpListener; 0] = [];

    fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn poller_tells_which_listeners_have_a_connection() {
        let poller = Poller::new().unwrap();
        let listeners = [listener(), listener(), listener()];
        assert!(poller.wait(&listeners, Some(Duration::ZERO)).unwrap().is_empty());
        let address = listeners[1].local_addr().unwrap();
        let _client = TcpStream::connect(address).unwrap();
        let begun = Instant::now();
        assert_eq!(poller.wait(&listeners, Some(LONG)).unwrap(), [1]);
        // It waits as long as it isn't accepted.
        assert_eq!(poller.wait(&listeners, None).unwrap(), [1]);
        assert!(begun.elapsed() < LONG);
    }

    #[test]
    fn poller_is_woken_by_its_notifier() {
        let poller = Poller::new().unwrap();
        let begun = Instant::now();
        // Before the wait:
        poller.notifier().notify();
        assert!(poller.wait(&NONE, Some(LONG)).unwrap().is_empty());
        // Within it:
        let notifier = poller.notifier();
        let notifying = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            notifier.notify();
        });
        assert!(poller.wait(&NONE, Some(LONG)).unwrap().is_empty());
        assert!(begun.elapsed() < LONG);
        notifying.join().unwrap();
    }

    #[test]
    fn poller_returns_when_the_time_has_passed() {
        let poller = Poller::new().unwrap();
        let timeout = Duration::from_millis(20);
        let begun = Instant::now();
        assert!(poller.wait(&[listener()], Some(timeout)).unwrap().is_empty());
        assert!(begun.elapsed() >= timeout);
    }
}
