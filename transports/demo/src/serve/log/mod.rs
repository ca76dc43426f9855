//! The log on stderr: warnings and errors, and more with `-v`.

mod exchange;
mod queue;

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anstream::AutoStream;
use env_logger::fmt::Formatter;
use env_logger::{Env, Target, WriteStyle};
use log::{Level, LevelFilter, Record};

use self::queue::Queue;

pub(super) use self::exchange::Exchange;

/// Time that the process waits at its end until the last lines are read.
pub(super) const FLUSH: Duration = Duration::from_millis(300);

/// The server's log on its way to stderr. No thread waits for it, except briefly at the end of the
/// process.
#[derive(Clone)]
pub(super) struct Log {
    queue: Arc<Queue>,
}

impl Log {
    /// Begins to log to stderr. `verbosity` is the number of `-v`; `RUST_LOG` adds to it.
    ///
    /// # Errors
    ///
    /// The system can't start the thread that writes.
    pub(super) fn start(verbosity: u8) -> io::Result<Self> {
        // It strips the colours unless stderr is a terminal.
        let log = Self { queue: Queue::start(AutoStream::auto(io::stderr()))? };
        env_logger::Builder::new()
            .filter_level(level(verbosity))
            .parse_env(Env::new().filter("RUST_LOG"))
            .write_style(WriteStyle::Always)
            .target(Target::Pipe(Box::new(log.clone())))
            .format(format)
            .init();
        std::panic::set_hook(Box::new(log_panic));
        Ok(log)
    }

    /// Writes whole lines for the user.
    pub(super) fn say(&self, lines: &str) {
        self.queue.push(lines.as_bytes());
    }

    /// Waits until the lines are read, for [`FLUSH`] at most.
    pub(super) fn flush(&self) {
        self.queue.flush(FLUSH);
    }
}

/// Each write is one record.
impl Write for Log {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.queue.push(record);
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const fn level(verbosity: u8) -> LevelFilter {
    match verbosity {
        0 => LevelFilter::Warn,
        1 => LevelFilter::Info,
        2 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    }
}

/// Formats a record: time, level, text. Further lines of the text are indented, and control characters
/// escaped.
fn format(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (time, level) = (out.timestamp_millis(), record.level());
    let style = out.default_level_style(level);
    let text = printable(&record.args().to_string());
    writeln!(out, "{time} {style}{level:<5}{style:#} {text}")
}

/// Escapes control characters.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => printable.push_str("\n    "),
            _ if character.is_control() => printable.extend(character.escape_default()),
            _ => printable.push(character),
        }
    }
    printable
}

/// Logs a panic instead of writing it to stderr, which might delay an answer.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let current = thread::current();
    let name = current.name().unwrap_or("unnamed");
    // The transport logs panics on its threads itself, and limits their number.
    let level = if name.starts_with("h1-") { Level::Debug } else { Level::Error };
    log::log!(level, "thread {name}: {panic}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_no_control_characters() {
        assert_eq!(printable("a\x1b[2J\u{9b}\r\n\tb"), "a\\u{1b}[2J\\u{9b}\\r\n    \\tb");
        assert_eq!(printable("太郎"), "太郎");
    }
}
