//! The events of some bytes, and the range of each word.

use std::ops::Range;

use h1events::{Error, Event, RequestParser, range_of};

/// The events of some bytes, and how they end.
pub(super) struct Trace<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) steps: Vec<Step<'a>>,
    pub(super) ending: Ending,
}

/// An event.
pub(super) struct Step<'a> {
    pub(super) event: Event<'a>,
    /// The bytes of the event, punctuation included.
    pub(super) range: Range<usize>,
    /// The number of bytes after which the parser returns the event, if they come one at a time.
    pub(super) after: usize,
}

/// The end of the bytes.
pub(super) enum Ending {
    /// With a complete request. `unread` bytes follow the last request of the connection.
    Complete { unread: usize },
    /// Within a request.
    Incomplete,
    /// With an error, at byte `at`.
    Malformed { error: Error, at: usize },
}

/// The part of a request that a byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Method,
    Target,
    Version,
    Name,
    Value,
    Content,
    Punctuation,
    /// Not parsed: after an error, or after the last request.
    Unread,
}

impl<'a> Trace<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let (mut steps, mut ending) = whole(bytes);
        let (times, bytewise) = one_at_a_time(bytes, &mut steps);
        if steps.len() != times || !ending.is_like(&bytewise) {
            // The parser promises that events don't depend on how the bytes are cut.
            log::error!("events depend on how {} bytes were cut", bytes.len());
        }
        if let Ending::Complete { unread } = &mut ending {
            *unread = bytes.len() - steps.last().map_or(0, |step| step.range.end);
        }
        Self { bytes, steps, ending }
    }

    /// Returns where the last request begins.
    pub(super) fn start_of_last(&self) -> usize {
        let ends = self.steps.iter().rev().find(|step| step.event == Event::End);
        ends.map_or(0, |step| step.range.end)
    }

    /// Returns the number of requests that have begun.
    pub(super) fn requests(&self) -> u64 {
        1 + self.steps.iter().filter(|step| step.event == Event::End).count() as u64
    }

    /// Returns all bytes, each in one of the ranges, with the step they belong to.
    pub(super) fn tokens(&self) -> Vec<(Option<usize>, Kind, Range<usize>)> {
        let mut tokens = Vec::new();
        let mut at = 0;
        for (index, step) in self.steps.iter().enumerate() {
            for (kind, range) in self.parts(&step.event) {
                tokens.push((Some(index), Kind::Punctuation, at..range.start));
                at = range.end;
                tokens.push((Some(index), kind, range));
            }
            tokens.push((Some(index), Kind::Punctuation, at..step.range.end));
            at = step.range.end;
        }
        tokens.push((None, Kind::Unread, at..self.bytes.len()));
        tokens.retain(|(_, _, range)| !range.is_empty());
        tokens
    }

    /// Returns the ranges of the words of an event.
    pub(super) fn parts(&self, event: &Event<'_>) -> Vec<(Kind, Range<usize>)> {
        let place = |part| range_of(part, self.bytes).unwrap_or_default();
        match event {
            Event::RequestLine(line) => {
                let target = place(line.target);
                let version = target.end + 1..target.end + 1 + "HTTP/1.1".len();
                vec![
                    (Kind::Method, place(line.method)),
                    (Kind::Target, target),
                    (Kind::Version, version),
                ]
            }
            Event::Header(field) | Event::Trailer(field) => {
                vec![(Kind::Name, place(field.name)), (Kind::Value, place(field.value))]
            }
            Event::Body(content) => vec![(Kind::Content, place(content))],
            Event::HeadEnd(_) | Event::End => Vec::new(),
        }
    }
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Target => "target",
            Self::Version => "version",
            Self::Name => "name",
            Self::Value => "value",
            Self::Content => "content",
            Self::Punctuation => "punctuation",
            Self::Unread => "unread",
        }
    }
}

impl Ending {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Complete { .. }, Self::Complete { .. })
            | (Self::Incomplete, Self::Incomplete) => true,
            (Self::Malformed { error, at }, Self::Malformed { error: other, at: place }) => {
                (error, at) == (other, place)
            }
            _ => false,
        }
    }
}

/// A parser, and its position in the bytes.
#[derive(Default)]
struct Reader {
    parser: RequestParser,
    consumed: usize,
    /// Where the request begins.
    start: usize,
    /// Whether the request is the last one of its connection.
    is_last: bool,
}

impl Reader {
    /// Returns the next event, `Ok(None)` if the bytes end before it, or the ending.
    fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<Event<'a>>, Ending> {
        if self.is_last && self.consumed == self.start && self.consumed > 0 {
            return Err(Ending::Complete { unread: 0 });
        }
        let mut rest = &bytes[self.consumed..];
        let event = self.parser.next_event(&mut rest).map_err(|error| {
            let offset = usize::try_from(error.offset()).unwrap_or(usize::MAX);
            Ending::Malformed { error, at: self.start.saturating_add(offset) }
        })?;
        self.consumed = bytes.len() - rest.len();
        match &event {
            // The bytes after CONNECT belong to the tunnel.
            Some(Event::RequestLine(line)) => self.is_last = line.method == b"CONNECT",
            Some(Event::HeadEnd(framing)) => self.is_last |= !framing.keep_alive,
            Some(Event::End) => self.start = self.consumed,
            _ => {}
        }
        Ok(event)
    }

    fn finish(&self, bytes: &[u8]) -> Ending {
        match self.parser.finish(&bytes[self.consumed..]) {
            Ok(()) => Ending::Complete { unread: 0 },
            Err(_) => Ending::Incomplete,
        }
    }
}

fn whole(bytes: &[u8]) -> (Vec<Step<'_>>, Ending) {
    let (mut reader, mut steps) = (Reader::default(), Vec::new());
    loop {
        let before = reader.consumed;
        match reader.next(bytes) {
            Ok(Some(event)) => {
                steps.push(Step { event, range: before..reader.consumed, after: bytes.len() });
            }
            Ok(None) => return (steps, reader.finish(bytes)),
            Err(ending) => return (steps, ending),
        }
    }
}

/// Feeds the bytes one at a time, and notes with each step when its event came. Returns the number of
/// steps; all content of a chunk is one step.
fn one_at_a_time(bytes: &[u8], steps: &mut [Step<'_>]) -> (usize, Ending) {
    let (mut reader, mut index) = (Reader::default(), 0);
    for filled in 0..=bytes.len() {
        loop {
            match reader.next(&bytes[..filled]) {
                Ok(Some(Event::Body(_))) => {
                    // Content comes byte by byte, and its step is complete with its last byte.
                    if steps.get(index).is_some_and(|step| reader.consumed >= step.range.end) {
                        steps[index].after = filled;
                        index += 1;
                    }
                }
                Ok(Some(_)) => {
                    if let Some(step) = steps.get_mut(index) {
                        step.after = filled;
                    }
                    index += 1;
                }
                Ok(None) => break,
                Err(ending) => return (index, ending),
            }
        }
    }
    (index, reader.finish(bytes))
}
