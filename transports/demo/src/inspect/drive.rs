//! The loop that reads, parses and reports.

use std::{
    io::{self, Read},
    time::Duration,
};

use h1events::{Event, RequestParser};

use super::{Outcome, Report, feed::Feed};
use crate::failure::Failure;

/// Reports the events of the input, up to its end or that of the last request
/// of the connection. `name` is the name of the input.
pub(super) fn drive<R: Report>(
    feed: Feed<impl Read + Send + 'static>,
    report: &mut R,
    name: &str,
) -> Result<Outcome, Failure> {
    let unreadable = |error| Failure::Read(name.to_owned(), error);
    let mut driver = Driver { feed, parser: RequestParser::new(), start: 0, last: false };
    let outcome = loop {
        match driver.step(report).map_err(Failure::Write)? {
            Step::Again => {}
            Step::Wait => {
                if !driver.feed.present() {
                    // Reading may take long, so show the known events first.
                    report.flush().map_err(Failure::Write)?;
                    if !driver.feed.read().map_err(unreadable)? {
                        break driver.finish(report).map_err(Failure::Write)?;
                    }
                }
            }
            Step::Done(outcome) => break outcome,
        }
    };
    report.flush().map_err(Failure::Write)?;
    // Otherwise the input has ended.
    if R::COUNTS_UNREAD && outcome == Outcome::Complete && driver.last {
        let unread = driver.feed.count_unread(COUNTING_TIME).map_err(unreadable)?;
        report.unread(unread).and_then(|()| report.flush()).map_err(Failure::Write)?;
    }
    Ok(outcome)
}

/// Time for counting bytes after the last request, whose end may never come.
const COUNTING_TIME: Duration = Duration::from_secs(1);

struct Driver<S> {
    feed: Feed<S>,
    parser: RequestParser,
    /// Where the current request begins in the input.
    start: u64,
    /// Whether the current request is the last one.
    last: bool,
}

enum Step {
    /// The parser may have more events.
    Again,
    /// The parser waits for more bytes.
    Wait,
    Done(Outcome),
}

impl<S: Read> Driver<S> {
    /// Reports the next event or the error. I/O errors are those of the report.
    fn step(&mut self, report: &mut impl Report) -> io::Result<Step> {
        let presented = self.feed.presented();
        let mut rest = presented;
        let event = match self.parser.next_event(&mut rest) {
            Ok(event) => event,
            Err(error) => {
                report.error(&error, self.start, &self.feed.window())?;
                return Ok(Step::Done(Outcome::Malformed));
            }
        };
        if let Some(event) = &event {
            report.event(event)?;
        }
        match event {
            // The bytes after CONNECT belong to the tunnel.
            Some(Event::RequestLine(line)) => self.last = line.method == b"CONNECT",
            // RFC 9112 section 9.6: a server "MUST NOT process any further
            // requests received on that connection".
            Some(Event::HeadEnd(framing)) => self.last |= !framing.keep_alive,
            _ => {}
        }
        let waits = event.is_none();
        let ended = event == Some(Event::End);
        let consumed = presented.len() - rest.len();
        self.feed.consume(consumed);
        if ended {
            self.start = self.feed.position();
        }
        Ok(if waits {
            Step::Wait
        } else if ended && self.last {
            Step::Done(Outcome::Complete)
        } else {
            Step::Again
        })
    }

    /// Reports the end of the input.
    fn finish(&self, report: &mut impl Report) -> io::Result<Outcome> {
        match self.parser.finish(self.feed.presented()) {
            Ok(()) => Ok(Outcome::Complete),
            // The only possible kind here: any other one has ended the loop.
            Err(unexpected_end) => {
                report.incomplete(unexpected_end.offset())?;
                Ok(Outcome::Incomplete)
            }
        }
    }
}
