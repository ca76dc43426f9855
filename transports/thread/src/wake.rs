//! Waking the accept loop, which std can't.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A pipe to poll together with the listener.
#[derive(Debug)]
pub(crate) struct Wake {
    reader: UnixStream,
    writer: UnixStream,
}

impl Wake {
    pub(crate) fn new() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Self { reader, writer })
    }

    /// Ends a [`wait`](Self::wait) of now, or else the next one.
    pub(crate) fn wake(&self) {
        // A full pipe will wake, too.
        let _ = (&self.writer).write(&[0]);
    }

    /// Waits for a [`wake`](Self::wake), for the time to pass, or for something to read from
    /// `source`: whether there is.
    pub(crate) fn wait(
        &self,
        source: Option<&impl AsFd>,
        timeout: Option<Duration>,
    ) -> io::Result<bool> {
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        });
        // Without a source, the pipe stands in for it.
        let mut polled = [
            PollFd::new(&self.reader, PollFlags::IN),
            source.map_or_else(
                || PollFd::new(&self.reader, PollFlags::IN),
                |source| PollFd::new(source, PollFlags::IN),
            ),
        ];
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let [woken, ready] = polled.map(|polled| !polled.revents().is_empty());
        if woken {
            let _ = (&self.reader).read(&mut [0; 64]);
        }
        Ok(ready && source.is_some())
    }
}
