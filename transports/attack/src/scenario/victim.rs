//! Servers for scenarios: start, signals, memory and processor time.

use std::{
    error::Error,
    fs,
    io::{self, Write},
    process::{ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::Server;

impl Server {
    /// Starts a server with its transport and further arguments.
    pub(crate) fn victim(transport: &str, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        Self::start_with(&[&[transport], arguments].concat(), Stdio::inherit())
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Asks for the bytes of its heap that are in use, without a connection.
    pub(crate) fn heap(&mut self) -> Result<u64, Box<dyn Error>> {
        writeln!(self.child.stdin.as_ref().ok_or("it has an input")?)?;
        Ok(self.line()?.parse()?)
    }

    /// Sums up the processor time of its threads, except those that have ended.
    pub(crate) fn processor_time(&self) -> Result<Duration, Box<dyn Error>> {
        let mut nanos = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let times = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanos += times.split(' ').next().ok_or("schedstat is empty")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Waits until it ends, for `time` at most. Returns its status, and the time it took.
    pub(crate) fn ends_within(
        &mut self,
        time: Duration,
    ) -> io::Result<Option<(ExitStatus, Duration)>> {
        let start = Instant::now();
        while start.elapsed() < time {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some((status, start.elapsed())));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(None)
    }
}
