//! Lines on their way to stderr, which may have no reader.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes that may wait to be written. Further lines are dropped.
const CAPACITY: usize = 1024 * 1024;

/// Lines that a thread of its own writes, so that no other thread waits for stderr.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// Lines that didn't fit.
    dropped: u64,
    is_writing: bool,
}

impl Queue {
    /// Creates a queue with its thread, which lives as long as the process.
    ///
    /// # Errors
    ///
    /// The system can't start the thread.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Arc<Self>> {
        let queue = Arc::<Self>::default();
        let writer = Arc::clone(&queue);
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.write_to(out))?;
        Ok(queue)
    }

    /// Appends whole lines, or drops and counts them.
    pub(super) fn push(&self, lines: &[u8]) {
        let mut state = self.state();
        if state.waiting.len() + lines.len() <= CAPACITY && state.dropped == 0 {
            state.waiting.extend_from_slice(lines);
        } else {
            state.dropped += lines.iter().filter(|&&octet| octet == b'\n').count() as u64;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until all is written, for `patience` at most.
    pub(super) fn flush(&self, patience: Duration) {
        let _ = self
            .changed
            .wait_timeout_while(self.state(), patience, |state| !state.is_written())
            .unwrap_or_else(PoisonError::into_inner);
    }

    fn write_to(&self, mut out: impl Write) -> ! {
        let mut lines = Vec::new();
        loop {
            let mut state = self.state();
            state.is_writing = false;
            self.changed.notify_all();
            state = self
                .changed
                .wait_while(state, |state| state.is_written())
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut lines, &mut state.waiting);
            let dropped = std::mem::take(&mut state.dropped);
            state.is_writing = true;
            drop(state);
            if dropped > 0 {
                lines.extend_from_slice(
                    format!(
                        "h1events: {dropped} lines of the log were dropped here: they had no reader\n"
                    )
                    .as_bytes(),
                );
            }
            // If it is closed, there is no reader.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn is_written(&self) -> bool {
        self.waiting.is_empty() && self.dropped == 0 && !self.is_writing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    /// Longer than any step of a passing test takes.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Accepts bytes only when allowed.
    struct Reader {
        may_read: mpsc::Receiver<()>,
        read: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.may_read.recv().map_err(io::Error::other)?;
            self.read.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_in_order() {
        let (mut reader, writer) = io::pipe().unwrap();
        let queue = Queue::start(writer).unwrap();
        for number in 0..1000 {
            queue.push(format!("{number}\n").as_bytes());
        }
        queue.flush(PATIENCE);
        let mut read = vec![0; 10 + 180 + 2700];
        // The bytes are in the pipe, or this would wait for ever.
        read.resize((0..1000).map(|number: u32| number.to_string().len() + 1).sum(), 0);
        io::Read::read_exact(&mut reader, &mut read).unwrap();
        let expected: String = (0..1000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(read).unwrap(), expected);
    }

    #[test]
    fn full_queue_drops_lines_and_says_how_many() {
        let (may, may_read) = mpsc::channel();
        let (read, lines) = mpsc::channel();
        let queue = Queue::start(Reader { may_read, read }).unwrap();
        queue.push(b"first\n");
        // From here on, the line is being written.
        while !queue.state().is_writing {
            thread::yield_now();
        }
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        for _ in 0..CAPACITY / line.len() {
            queue.push(&line);
        }
        queue.push(b"a\n");
        queue.push(b"b\nc\n");
        let start = Instant::now();
        queue.flush(Duration::from_millis(50));
        assert!(start.elapsed() < PATIENCE);

        may.send(()).unwrap();
        assert_eq!(lines.recv().unwrap(), b"first\n");
        may.send(()).unwrap();
        let rest = lines.recv().unwrap();
        assert_eq!(rest[..CAPACITY], line.repeat(CAPACITY / line.len()));
        let note = str::from_utf8(&rest[CAPACITY..]).unwrap();
        assert!(note.starts_with("h1events: 3 lines of the log were dropped"), "{note}");
        queue.push(b"last\n");
        may.send(()).unwrap();
        assert_eq!(lines.recv().unwrap(), b"last\n");
        queue.flush(PATIENCE);
    }
}
