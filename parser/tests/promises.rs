//! The seven promises of the crate documentation, each as a property of valid requests, of
//! requests with some octets changed, and of random octets.

#[path = "support/generate.rs"]
mod generate;
#[path = "support/grammar.rs"]
mod grammar;
#[path = "support/heads.rs"]
mod heads;
#[path = "support/inputs.rs"]
mod inputs;
#[path = "support/oracle.rs"]
mod oracle;
mod support;

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use generate::{octets_of, requests};
use h1events::{Error, Event, Limits, RequestParser};
use inputs::{any_input, limits};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use support::{After, Ending, Options, Owned, Run, run};

/// Failed cases are printed, and stored nowhere. `PROPTEST_CASES` sets the number of cases.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// A caller that drops, repeats or changes bytes gets wrong events, never a panic.
    #[test]
    fn promise_1_misuse_never_panics(
        input in any_input(),
        other in any_input(),
        limits in limits(),
        steps in vec((any::<Index>(), -20..20_isize, 0..8_u8), 1..60),
    ) {
        let mut parser = RequestParser::with_limits(limits);
        let mut place = 0_usize;
        for (length, shift, misuse) in steps {
            // Misuse is rare, or the test would reach nothing but the first error.
            let start = if misuse == 0 { place.saturating_add_signed(shift) } else { place };
            let from = if misuse == 1 { &other.0 } else { &input.0 };
            let start = start.min(from.len());
            let end = start + length.index(from.len() - start + 1).min(50);
            let mut rest = &from[start..end];
            for _ in 0..200 {
                let before = rest;
                let result = parser.next_event(&mut rest);
                assert!(before.ends_with(rest));
                if !matches!(result, Ok(Some(_))) {
                    break;
                }
            }
            let _ = (parser.finish(rest), parser.is_idle());
            place = end - rest.len();
            // A failed parser only repeats its error: go on with a new one.
            if parser.next_event(&mut &b""[..]).is_err() {
                parser = RequestParser::with_limits(limits);
            }
        }
    }

    /// Events, and the final error with its kind and offset, don't depend on the cuts.
    #[test]
    fn promise_2_split_invariance(
        input in any_input(),
        limits in limits(),
        options in select(Options::ALL.to_vec()),
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let parser = options.parser(limits);
        let present = |cuts: Vec<usize>| run(&parser, limits, &input.0, cuts, After::GoOn);
        let whole = present(vec![]);
        prop_assert_eq!(&present((1..input.0.len()).collect()), &whole);
        let cuts: BTreeSet<usize> =
            cuts.into_iter().map(|cut| cut.index(input.0.len() + 1)).collect();
        prop_assert_eq!(&present(cuts.into_iter().collect()), &whole);
    }

    /// A buffer of `Limits::required_buffer` bytes never fills up.
    #[test]
    fn promise_3_required_buffer_suffices(
        input in any_input(),
        limits in limits(),
        reads in vec(1..300_usize, 1..10),
    ) {
        let expected = run(&RequestParser::with_limits(limits), limits, &input.0, [], After::GoOn);
        let (events, error) = read_into_buffer(limits, &input.0, &reads);
        prop_assert_eq!(events, expected.events);
        let expected_error = match expected.ending {
            Ending::Error { error, .. } => Some(error),
            _ => None,
        };
        prop_assert_eq!(error, expected_error);
    }

    /// The bytes bound the calls and the events, and the memory is the struct. This part of
    /// promise 4 can be counted. The time is measured below.
    #[test]
    fn promise_4_calls_and_events_are_bounded(input in any_input()) {
        let mut parser = RequestParser::new();
        let (mut events, mut consumed) = (0, 0);
        for filled in 0..=input.0.len() {
            let mut rest = &input.0[consumed..filled];
            while let Ok(Some(_)) = parser.next_event(&mut rest) {
                events += 1;
                // Each event except `End` stands for at least one byte.
                prop_assert!(events <= 2 * filled);
            }
            consumed = filled - rest.len();
        }
        prop_assert!(size_of_val(&parser) <= 128);
    }

    /// An error is returned again from every later call, and nothing more is consumed.
    #[test]
    fn promise_5_errors_are_final(input in any_input(), others in vec(any_input(), 1..4)) {
        // A control character is an error wherever no content is expected.
        let input = [&input.0[..], &[0; 200]].concat();
        let mut parser = RequestParser::new();
        let mut rest = &input[..];
        let error = loop {
            match parser.next_event(&mut rest) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => break error,
            }
        };
        prop_assert!(!parser.is_idle());
        let unconsumed = rest;
        for octets in others.iter().map(|other| &other.0[..]).chain([unconsumed, b""]) {
            let mut rest = octets;
            prop_assert_eq!(parser.next_event(&mut rest), Err(error));
            prop_assert_eq!(rest, octets);
            prop_assert_eq!(parser.finish(octets), Err(error));
            prop_assert_eq!(parser.clone().finish(b""), Err(error));
            prop_assert!(!parser.is_idle());
        }
    }

    /// Bytes after `End` are untouched until the next call: whatever they are, nothing
    /// before them changes, and a new parser can go on from there.
    #[test]
    fn promise_6_bytes_after_end_are_untouched(input in any_input(), other in any_input()) {
        let present = |octets: &[u8]| run(&RequestParser::new(), Limits::new(), octets, [], After::GoOn);
        let whole = present(&input.0);
        for (end, count) in ends(&input.0) {
            let (head, tail) = input.0.split_at(end);
            let before = Run { events: whole.events[..count].to_vec(), ending: Ending::Idle };
            prop_assert_eq!(&present(head), &before);
            prop_assert_eq!(present(&[head, &other.0].concat()), joined(&before, &present(&other.0), end));
            prop_assert_eq!(&joined(&before, &present(tail), end), &whole);
        }
    }

    /// Pipelined requests give the events of each, one after another.
    #[test]
    fn promise_6_pipelined_requests_are_concatenated(requests in requests()) {
        let input = octets_of(&requests);
        let mut place = 0;
        let mut count = 0;
        let mut expected = vec![];
        for request in &requests {
            place += request.octets.0.len();
            count += request.events.len();
            expected.push((place, count));
        }
        prop_assert_eq!(ends(&input), expected);
    }

    /// The input may end between requests, and nowhere else (RFC 9112 section 8).
    #[test]
    fn end_of_input_is_clean_between_requests(requests in requests(), cut in any::<Index>()) {
        let input = octets_of(&requests);
        let mut clean = BTreeSet::from([0]);
        for (end, _) in ends(&input) {
            clean.insert(end);
        }
        // Ignored empty lines begin no request, but a CR alone is an incomplete line.
        for mut end in clean.clone() {
            while input[end..].starts_with(b"\r\n") {
                end += 2;
                clean.insert(end);
            }
        }
        for cut in [cut.index(input.len() + 1)].into_iter().chain(clean.clone()) {
            let run = run(&RequestParser::new(), Limits::new(), &input[..cut], [], After::GoOn);
            let expected = if clean.contains(&cut) { Ending::Idle } else { Ending::Incomplete };
            prop_assert_eq!(run.ending, expected);
        }
    }

    /// Generated requests give their events: names, values without the whitespace around them,
    /// content, trailers, and framing.
    #[test]
    fn valid_requests_give_the_events_they_were_made_of(requests in requests()) {
        let run = run(&RequestParser::new(), Limits::new(), &octets_of(&requests), [], After::GoOn);
        prop_assert_eq!(run.ending, Ending::Idle);
        let expected: Vec<Owned> = requests.into_iter().flat_map(|request| request.events).collect();
        prop_assert_eq!(run.events, expected);
    }

    /// The end of any head is judged as the decision table says.
    #[test]
    fn promise_7_no_head_end_for_an_ambiguous_request(
        input in any_input(),
        options in select(Options::ALL.to_vec()),
    ) {
        heads::check(&input.0, Limits::new(), options);
    }

    /// The same for heads that are likely to be contradictory.
    #[test]
    fn promise_7_contradictory_heads(
        head in heads::contradictory(),
        more in any_input(),
        options in select(Options::ALL.to_vec()),
    ) {
        let mut limits = Limits::new();
        limits.content = 1000;
        let judged = heads::check(&[&head.0[..], &more.0].concat(), limits, options);
        prop_assert!(judged > 0, "the head was not judged");
    }
}

/// Drives a parser from a buffer that is just large enough.
fn read_into_buffer(limits: Limits, input: &[u8], reads: &[usize]) -> (Vec<Owned>, Option<Error>) {
    let mut parser = RequestParser::with_limits(limits);
    let mut buffer = vec![0; limits.required_buffer()];
    let mut filled = 0;
    let mut events = vec![];
    let mut unread = input;
    for read in reads.iter().cycle() {
        let count = (*read).min(buffer.len() - filled).min(unread.len());
        assert!(count > 0 || unread.is_empty(), "the buffer is full");
        buffer[filled..filled + count].copy_from_slice(&unread[..count]);
        unread = &unread[count..];
        filled += count;

        let mut rest = &buffer[..filled];
        loop {
            let before = rest;
            match parser.next_event(&mut rest) {
                Ok(Some(event)) => support::push(&mut events, event, before),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
        let left = rest.len();
        buffer.copy_within(filled - left..filled, 0);
        filled = left;
        if unread.is_empty() {
            break;
        }
    }
    (events, None)
}

/// Returns where each request ends, and the number of events up to there.
fn ends(input: &[u8]) -> Vec<(usize, usize)> {
    let mut parser = RequestParser::new();
    let mut rest = input;
    let mut events = vec![];
    let mut ends = vec![];
    loop {
        let before = rest;
        let Ok(Some(event)) = parser.next_event(&mut rest) else { return ends };
        support::push(&mut events, event, before);
        if event == Event::End {
            assert!(parser.is_idle());
            assert_eq!(parser.finish(b""), Ok(()));
            ends.push((input.len() - rest.len(), events.len()));
        }
    }
}

/// Joins a run and another over the octets after it.
fn joined(first: &Run, second: &Run, octets: usize) -> Run {
    let events = [&first.events[..], &second.events].concat();
    let ending = match second.ending.clone() {
        Ending::Error { error, offset } => Ending::Error { error, offset: offset + octets as u64 },
        other => other,
    };
    Run { events, ending }
}

/// Work grows with the bytes presented for the first time. Of a long element that comes byte by
/// byte, the last KiB costs about as much as the first one. If each call scanned the whole element
/// again, it would cost 31 times as much.
#[test]
fn promise_4_work_is_linear() {
    for (name, element) in elements() {
        let input = element(16 * KIB);
        let (mut first, mut last) = (Duration::MAX, Duration::MAX);
        // Other processes disturb the time of a KiB in some rounds, but not in all.
        for round in 1..=100 {
            let times = times_of_first_and_last_kib(&input);
            (first, last) = (first.min(times.0), last.min(times.1));
            if round >= 3 && last < first * 4 {
                break;
            }
        }
        assert!(last < first * 4, "{name}: the first KiB took {first:?}, the last one {last:?}");
    }
}

const KIB: usize = 1024;

type Element = fn(usize) -> Vec<u8>;

fn elements() -> [(&'static str, Element); 9] {
    fn fill(start: &str, unit: &str, length: usize) -> Vec<u8> {
        [start, &unit.repeat(length / unit.len())].concat().into_bytes()
    }
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const LINE: &str = "GET / HTTP/1.1\r\n";
    [
        ("method", |length| fill("", "M", length)),
        ("target", |length| fill("GET /", "a", length)),
        ("field name", |length| fill(LINE, "N", length)),
        ("field value", |length| fill(&format!("{LINE}X:"), "v", length)),
        ("whitespace", |length| fill(&format!("{LINE}X:"), " \t", length)),
        ("field lines", |length| fill(LINE, "X: y\r\n", length)),
        ("chunks", |length| fill(CHUNKED, "1\r\nx\r\n", length)),
        ("leading zeros", |length| fill(CHUNKED, "0", length)),
        ("chunk extension", |length| fill(&format!("{CHUNKED}1;a=\""), "e\\e", length)),
    ]
}

/// Measures the first and the last KiB: presents the input byte by byte to a parser with hardly any
/// limits.
fn times_of_first_and_last_kib(input: &[u8]) -> (Duration, Duration) {
    let mut limits = Limits::new();
    for limit in [
        &mut limits.method,
        &mut limits.target,
        &mut limits.field_line,
        &mut limits.header_section,
        &mut limits.header_lines,
        &mut limits.chunk_line,
        &mut limits.chunk_extensions,
    ] {
        *limit = u32::MAX;
    }
    let mut parser = RequestParser::with_limits(limits);
    let mut consumed = 0;
    let mut present = |range: Range<usize>| {
        let start = Instant::now();
        for filled in range {
            let mut rest = &input[consumed..=filled];
            while parser.next_event(&mut rest).expect("nothing is wrong with it").is_some() {}
            consumed = filled + 1 - rest.len();
        }
        start.elapsed()
    };
    let first = present(0..KIB);
    present(KIB..input.len() - KIB);
    (first, present(input.len() - KIB..input.len()))
}
