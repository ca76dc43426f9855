//! `h1events inspect`: reads raw request bytes and prints the events.

mod crlf;
mod diagnostic;
mod drive;
mod feed;
mod human;
mod json;

use std::{
    io::{self, BufWriter, Cursor, Read},
    process::ExitCode,
};

use annotate_snippets::Renderer;
use h1events::{Error, Event};

use self::{
    crlf::Crlf,
    diagnostic::Place,
    drive::drive,
    feed::{Feed, Unread, Window},
    human::Human,
    json::Json,
};
pub(crate) use self::{
    human::Summary,
    json::{Object, Octets, write_json},
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
        // A reader such as `head` may close the output early. That is no
        // failure, and the verdict on the rest of the input isn't known.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Outcome::Complete)
        }
        result => result,
    }
}

/// Returns the events of some bytes as `--json` prints them.
pub(crate) fn json_lines(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut lines = Vec::new();
    drive(Feed::new(Cursor::new(bytes.to_vec()), None), &mut Json::new(&mut lines), NAME)?;
    Ok(lines)
}

/// Explains the error in a request that begins at `start`, as plain text.
pub(crate) fn explain(error: &Error, bytes: &[u8], start: usize, request: u64) -> String {
    let window = Window { bytes, start: 0, lines: 0 };
    let place = Place { name: NAME, request, start: start as u64, window };
    diagnostic::render(error, place, &Renderer::plain())
}

/// The name of input without a file.
const NAME: &str = "request";

/// The verdict on the input.
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

/// A format for events and errors.
trait Report {
    /// Whether [`unread`](Self::unread) shows anything. To know the number, the
    /// loop has to read on.
    const COUNTS_UNREAD: bool;

    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;

    /// Shows an error. `start` is the start of the request in the input.
    fn error(&mut self, error: &Error, start: u64, window: &Window<'_>) -> io::Result<()>;

    /// Shows that the request ends after `length` bytes.
    fn incomplete(&mut self, length: u64) -> io::Result<()>;

    /// Shows the bytes after the last request.
    fn unread(&mut self, unread: Unread) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;
}
