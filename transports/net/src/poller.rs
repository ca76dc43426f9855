//! Waits for connections and a wake-up at the same time, which std can't.

use std::io;
#[cfg(not(unix))]
use std::net::UdpSocket as Datagrams;
#[cfg(unix)]
use std::os::unix::net::UnixDatagram as Datagrams;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::descriptor::AsFd;

/// Longest time of one wait: some systems can't wait for years.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// Waits for listeners and wake-ups.
#[derive(Debug)]
pub(crate) struct Poller {
    wake_ups: Datagrams,
}

impl Poller {
    /// Returns the poller, and the waker that ends a wait, or else the next one, from any thread.
    pub(crate) fn new() -> io::Result<(Self, Waker)> {
        let (wake_ups, sender) = datagrams()?;
        wake_ups.set_nonblocking(true)?;
        sender.set_nonblocking(true)?;
        Ok((Self { wake_ups }, Arc::new(Sender(sender)).into()))
    }

    /// Waits for a connection, a wake-up, or the timeout. Returns the positions of the listeners that have
    /// a connection.
    pub(crate) fn wait(
        &self,
        listeners: &[impl AsFd],
        timeout: Option<Duration>,
    ) -> io::Result<Vec<usize>> {
        let timeout = timeout.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut polled: Vec<_> =
            listeners.iter().map(|listener| PollFd::new(listener, PollFlags::IN)).collect();
        polled.push(PollFd::new(&self.wake_ups, PollFlags::IN));
        if let Err(error) = poll(&mut polled, Some(&timeout))
            && error != Errno::INTR
        {
            return Err(error.into());
        }
        let is_ready = |polled: &PollFd<'_>| !polled.revents().is_empty();
        if polled.pop().as_ref().is_some_and(is_ready) {
            while self.wake_ups.recv(&mut [0]).is_ok() {}
        }
        Ok((0..polled.len()).filter(|&position| is_ready(&polled[position])).collect())
    }
}

struct Sender(Datagrams);

impl Wake for Sender {
    fn wake(self: Arc<Self>) {
        // If there is no space for another byte, the earlier ones wake it.
        let _ = self.0.send(&[0]);
    }
}

#[cfg(unix)]
fn datagrams() -> io::Result<(Datagrams, Datagrams)> {
    Datagrams::pair()
}

/// Windows polls sockets only. This one receives its own datagrams, and none from others.
#[cfg(not(unix))]
fn datagrams() -> io::Result<(Datagrams, Datagrams)> {
    let socket = Datagrams::bind("127.0.0.1:0")?;
    socket.connect(socket.local_addr()?)?;
    Ok((socket.try_clone()?, socket))
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
        let (poller, _waker) = Poller::new().unwrap();
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
    fn poller_is_woken_by_its_waker() {
        let (poller, waker) = Poller::new().unwrap();
        let begun = Instant::now();
        // Before the wait:
        waker.wake_by_ref();
        assert!(poller.wait(&NONE, Some(LONG)).unwrap().is_empty());
        // Within it:
        let waking = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            waker.wake();
        });
        assert!(poller.wait(&NONE, Some(LONG)).unwrap().is_empty());
        assert!(begun.elapsed() < LONG);
        waking.join().unwrap();
    }

    #[test]
    fn poller_returns_when_the_time_has_passed() {
        let (poller, _waker) = Poller::new().unwrap();
        let timeout = Duration::from_millis(20);
        let begun = Instant::now();
        assert!(poller.wait(&[listener()], Some(timeout)).unwrap().is_empty());
        assert!(begun.elapsed() >= timeout);
    }
}
