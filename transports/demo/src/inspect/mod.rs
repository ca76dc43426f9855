//! `h1events inspect`: reads raw request bytes and prints the events.

mod crlf;
mod diagnostic;
mod drive;
mod feed;
mod human;
mod json;

use std::{
    io::{self, BufWriter, Read},
    process::ExitCode,
};

use h1events::{Error, Event};

use self::{
    crlf::Crlf,
    drive::drive,
    feed::{Feed, Unread, Window},
    human::Human,
    json::Json,
};
use crate::{cli::Inspect, failure::Failure, input};

/// Prints the events of the input that the options name.
///
/// # Errors
///
/// The input can't be read, or the output can't be written.
pub(crate) fn run(options: &Inspect) -> Result<Outcome, Failure> {
    let input = input::open(options.file.as_deref())?;
    let source: Box<dyn Read + Send> =
        if options.crlf { Box::new(Crlf::new(input.source)) } else { input.source };
    let feed = Feed::new(source, options.chunk);
    let result = if options.json {
        drive(feed, &mut Json::new(BufWriter::new(io::stdout().lock())), &input.name)
    } else {
        drive(
            feed,
            &mut Human::new(BufWriter::new(anstream::stdout().lock()), &input.name),
            &input.name,
        )
    };
    match result {
        // Whoever closed the output, such as `head`, has seen enough: that is
        // no failure, and the verdict on the rest of the input isn't known.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Outcome::Complete)
        }
        result => result,
    }
}

/// What the input turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A whole number of complete requests.
    Complete,
    /// A request was malformed.
    Malformed,
    /// The end of the input cut a request short.
    Incomplete,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Complete => 0,
            Outcome::Malformed => 1,
            Outcome::Incomplete => 2,
        })
    }
}

/// A way to show what the parser says.
trait Report {
    /// Whether [`unread`](Self::unread) shows anything: to know the number, the
    /// input must be read on.
    const COUNTS_UNREAD: bool;

    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;

    /// `start` is where the request begins in the input.
    fn error(&mut self, error: &Error, start: u64, window: &Window<'_>) -> io::Result<()>;

    /// There are only `length` bytes of the request.
    fn incomplete(&mut self, length: u64) -> io::Result<()>;

    /// There are bytes after the last request.
    fn unread(&mut self, unread: Unread) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;
}
