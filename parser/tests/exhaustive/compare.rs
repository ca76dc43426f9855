//! The parser and the naive one, over the same input.

use std::collections::HashSet;

use h1events::{ErrorKind, Event, Limits};

use crate::every::{every, octets};
use crate::naive::{self, Ending, Parsed};
use crate::support::{self, Options};

/// The input before and after the strings, and the parser's settings.
pub(crate) struct Context {
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    pub(crate) limits: Limits,
    pub(crate) options: Options,
}

impl Context {
    pub(crate) fn new(before: &str, after: &str) -> Self {
        Self {
            before: octets(before),
            after: octets(after),
            limits: Limits::new(),
            options: Options::default(),
        }
    }

    pub(crate) fn allowing_non_ascii_target(self) -> Self {
        let options = Options { allow_non_ascii_target: true, ..self.options };
        Self { options, ..self }
    }

    pub(crate) fn allowing_any_host(self) -> Self {
        let options = Options { allow_any_host: true, ..self.options };
        Self { options, ..self }
    }

    /// Compares for every pair of octets.
    pub(crate) fn compare_pairs(&self) {
        let alphabet: Vec<String> = (0..=255_u8).map(|octet| char::from(octet).into()).collect();
        let alphabet: Vec<&str> = alphabet.iter().map(String::as_str).collect();
        self.compare_every(&alphabet, 2);
    }

    /// Compares for every string of up to `max_letters` letters, with `after` behind it and
    /// without.
    pub(crate) fn compare_every(&self, alphabet: &[&str], max_letters: u32) {
        let mut input = self.before.clone();
        let mut outcomes = HashSet::new();
        every(alphabet, max_letters, |string| {
            input.truncate(self.before.len());
            input.extend_from_slice(string);
            self.compare(&input);
            input.extend_from_slice(&self.after);
            outcomes.insert(match self.compare(&input) {
                Ending::Idle => None,
                Ending::Incomplete => Some(ErrorKind::UnexpectedEnd),
                Ending::Error(kind, _) => Some(kind),
            });
        });
        assert!(outcomes.len() > 1, "the alphabet makes no difference");
    }

    fn compare(&self, input: &[u8]) -> Ending {
        let expected = naive::parse_within(self.limits, input, self.options);
        let text = || input.escape_ascii().to_string();
        assert_eq!(self.parse(input, []), expected, "{}", text());
        // Other tests cut `before`.
        let byte_by_byte = self.parse(input, self.before.len()..input.len());
        assert_eq!(byte_by_byte, expected, "{}, byte by byte", text());
        expected.ending
    }

    /// Presents the input up to each cut in turn, then all of it.
    fn parse(&self, input: &[u8], cuts: impl IntoIterator<Item = usize>) -> Parsed {
        let mut parser = self.options.parser(self.limits);
        let (mut events, mut places) = (vec![], vec![]);
        let mut consumed = 0;
        let mut request_start = 0;
        for filled in cuts.into_iter().chain([input.len()]) {
            let mut rest = &input[consumed..filled];
            loop {
                let before = rest;
                let event = match parser.next_event(&mut rest) {
                    Ok(Some(event)) => event,
                    Ok(None) => break,
                    Err(error) => {
                        let offset = request_start as u64 + error.offset();
                        let ending = Ending::Error(error.kind(), offset);
                        return Parsed { events, places, ending };
                    }
                };
                support::push(&mut events, event, before);
                places.truncate(events.len() - 1);
                places.push(filled - rest.len());
                if event == Event::End {
                    request_start = filled - rest.len();
                }
            }
            consumed = filled - rest.len();
        }
        let ending = match parser.finish(&input[consumed..]) {
            Ok(()) => Ending::Idle,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::UnexpectedEnd);
                Ending::Incomplete
            }
        };
        Parsed { events, places, ending }
    }
}
