//! Examples with marks for the place where a rule is judged, and for the offset of its error.
//!
//! `→` stands before the octet that the offset names, `⇥` before the octet at which the
//! rule is judged, if it comes later. All other characters are one octet each.

#![allow(dead_code, reason = "not every test uses all of it")]

use h1events::{ErrorKind, Limits, RequestParser};

use crate::support::{After, Ending, Run, run};

/// Inputs after the place of judgement, which must not matter.
const AFTERWARDS: [&[u8]; 5] =
    [b"\r\n", b"\0", b"\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &[0xff; 40]];

/// Inputs before the request, which must not matter either. The last ones
/// shift offsets, since empty lines are part of the request. None has exactly
/// two empty lines, after which a NUL is judged differently.
const BEFORE: [&str; 5] = [
    "",
    "G / HTTP/1.0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\nT: 1\r\n\r\n",
    "\r\n",
    "\r\n\r\n\r\n",
];

/// Length in octets up to which inputs are cut everywhere.
const SHORT: usize = 300;

pub(crate) struct Judge {
    limits: Limits,
    parser: RequestParser,
}

impl Judge {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::new())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self { limits, parser: RequestParser::with_limits(limits) }
    }

    pub(crate) fn allowing_non_ascii_target() -> Self {
        let parser = RequestParser::new().allow_non_ascii_target(true);
        Self { limits: Limits::new(), parser }
    }

    pub(crate) fn allowing_any_host() -> Self {
        let parser = RequestParser::new().allow_any_host(true);
        Self { limits: Limits::new(), parser }
    }

    /// Asserts that the request is refused at the place marked, with the offset marked: not
    /// before that octet, always at it, and whatever comes after it.
    #[track_caller]
    pub(crate) fn refuses(&self, marked: &str, kind: ErrorKind, status: u16) {
        let example = Example::new(marked);
        for before in BEFORE {
            let is_empty_lines = before.starts_with("\r\n");
            if is_empty_lines && example.octets.starts_with(b"\r") {
                continue;
            }
            // `before` may exceed small limits.
            if self.present(before.as_bytes(), []).ending == Ending::Idle {
                self.refuses_after(before, is_empty_lines, &example, kind, status);
            }
        }
    }

    /// Asserts the same for a request after another one.
    #[track_caller]
    pub(crate) fn refuses_next(&self, first: &str, marked: &str, kind: ErrorKind, status: u16) {
        assert_eq!(self.present(first.as_bytes(), []).ending, Ending::Idle);
        self.refuses_after(first, false, &Example::new(marked), kind, status);
    }

    #[track_caller]
    fn refuses_after(
        &self,
        before: &str,
        counts: bool,
        example: &Example,
        kind: ErrorKind,
        status: u16,
    ) {
        let input = [before.as_bytes(), &example.octets].concat();
        let place = before.len() + example.place;
        let text = input.escape_ascii();

        let is_short = input.len() <= SHORT;
        let prefixes = if is_short { before.len()..=place } else { place..=place };
        let wholes = prefixes.map(|prefix| self.whole(&input[..prefix]));
        for run in wholes.chain([self.byte_by_byte(&input[..place])]) {
            let is_fine = matches!(run.ending, Ending::Idle | Ending::Incomplete);
            assert!(is_fine, "{text}: refused too early, with {:?}", run.ending);
        }

        let refused = self.whole(&input[..=place]);
        let Ending::Error { error, offset } = refused.ending else {
            panic!("{text}: {:?} instead of {kind:?}", refused.ending);
        };
        assert_eq!(error.kind(), kind, "{text}");
        assert_eq!(error.status(), status, "{text}");
        assert_eq!(offset, (before.len() + example.offset) as u64, "{text}");
        let offset_in_request = example.offset + if counts { before.len() } else { 0 };
        assert_eq!(error.offset(), offset_in_request as u64, "{text}");

        assert_eq!(self.byte_by_byte(&input[..=place]), refused, "{text}, byte by byte");
        assert_eq!(self.whole(&input), refused, "{text}, all of it");
        for more in AFTERWARDS {
            let longer = [&input[..=place], more].concat();
            assert_eq!(self.whole(&longer), refused, "{text}, and {}", more.escape_ascii());
            let cut = self.present(&longer, [place + 1]);
            assert_eq!(cut, refused, "{text}, then {}", more.escape_ascii());
        }
        if is_short {
            for cut in 0..=place {
                assert_eq!(self.present(&input[..=place], [cut]), refused, "{text}, cut at {cut}");
            }
        }
    }

    /// Asserts that the input is a whole number of valid requests.
    #[track_caller]
    pub(crate) fn accepts(&self, input: &str) -> Run {
        let run = self.takes(input);
        assert_eq!(run.ending, Ending::Idle, "{}", input.escape_debug());
        run
    }

    /// Asserts that the input is the valid start of a request.
    #[track_caller]
    pub(crate) fn waits_after(&self, input: &str) -> Run {
        let run = self.takes(input);
        assert_eq!(run.ending, Ending::Incomplete, "{}", input.escape_debug());
        run
    }

    #[track_caller]
    fn takes(&self, input: &str) -> Run {
        let octets: Vec<u8> = input.chars().map(octet).collect();
        let run = self.whole(&octets);
        assert_eq!(self.byte_by_byte(&octets), run, "{}", input.escape_debug());
        run
    }

    fn whole(&self, input: &[u8]) -> Run {
        self.present(input, [])
    }

    fn byte_by_byte(&self, input: &[u8]) -> Run {
        self.present(input, 1..input.len())
    }

    fn present(&self, input: &[u8], cuts: impl IntoIterator<Item = usize>) -> Run {
        run(&self.parser, self.limits, input, cuts, After::GoOn)
    }
}

struct Example {
    octets: Vec<u8>,
    offset: usize,
    place: usize,
}

impl Example {
    #[track_caller]
    fn new(marked: &str) -> Self {
        let mut octets = Vec::new();
        let mut offset = None;
        let mut place = None;
        for character in marked.chars() {
            match character {
                '→' => assert_eq!(offset.replace(octets.len()), None, "one offset"),
                '⇥' => assert_eq!(place.replace(octets.len()), None, "one place"),
                _ => octets.push(octet(character)),
            }
        }
        let offset = offset.expect("an example has a mark");
        Self { octets, offset, place: place.unwrap_or(offset) }
    }
}

fn octet(character: char) -> u8 {
    u8::try_from(character).expect("each character is one octet")
}
