//! Whatever comes, the parser keeps its promises, call by call.
//!
//! The driver that the parser's own tests share asserts of every call that what is left is the
//! end of what was there, that slices lie in it, that fewer octets are left than fill the buffer
//! (promise 3), that an error is final (promise 5) and names an octet that was there.

use h1events::{BodyLength, Event, Limits, RequestParser};

use super::{limits, split_instructions};
use crate::support::{After, Ending, Options, Owned, Run, run};

pub fn check(octets: &[u8]) {
    let (_, instructions) = split_instructions(octets);
    for limits in limits() {
        let run = present(limits, octets);
        check_order(&run);
        check_bodies(&run, limits);
        check_ends(limits, octets, &run);
        check_work(limits, octets);
        check_misuse(limits, octets, instructions);
        check_changes(limits, octets, instructions);
        check_changes(limits, octets, &[0, 1]);
    }
}

fn present(limits: Limits, octets: &[u8]) -> Run {
    run(&RequestParser::with_limits(limits), limits, octets, [], After::GoOn)
}

/// `RequestLine` `Header`* `HeadEnd` `Body`? `Trailer`* `End`, since adjacent bodies are one.
fn check_order(run: &Run) {
    let places = run.events.iter().map(|event| match event {
        Owned::RequestLine { .. } => 0,
        Owned::Header(..) => 1,
        Owned::HeadEnd(_) => 2,
        Owned::Body(_) => 3,
        Owned::Trailer(..) => 4,
        Owned::End => 5,
    });
    let mut before = 5;
    for place in places {
        let follows = match place {
            0 => before == 5,
            1 | 2 => before <= 1,
            3 => before == 2,
            _ => (2..=4).contains(&before),
        };
        assert!(follows, "h1events gives events in a wrong order: {:?}", run.events);
        before = place;
    }
}

/// The content is as long as was announced, and no longer than is allowed.
fn check_bodies(run: &Run, limits: Limits) {
    let mut announced = BodyLength::None;
    let mut length = 0;
    for event in &run.events {
        match event {
            Owned::HeadEnd(framing) => (announced, length) = (framing.body, 0),
            Owned::Body(octets) => length = octets.len() as u64,
            Owned::Trailer(..) => {
                assert_eq!(announced, BodyLength::Chunked, "h1events gives a trailer");
            }
            Owned::End => match announced {
                BodyLength::None => assert_eq!(length, 0, "h1events gives content"),
                BodyLength::Length(expected) => {
                    assert_eq!(length, expected, "h1events gives other content than announced");
                }
                BodyLength::Chunked => {}
            },
            Owned::RequestLine { .. } | Owned::Header(..) => {}
        }
        assert!(length <= limits.content, "h1events passes the limit of content");
        if let BodyLength::Length(most) = announced {
            assert!(length <= most, "h1events gives more content than announced");
        }
    }
}

/// Promise 6: whatever follows an `End`, nothing before it changes, and a new parser goes on
/// where this one is.
fn check_ends(limits: Limits, octets: &[u8], whole: &Run) {
    let mut parser = RequestParser::with_limits(limits);
    let mut rest = octets;
    while let Ok(Some(event)) = parser.next_event(&mut rest) {
        if event != Event::End {
            continue;
        }
        let place = octets.len() - rest.len();
        let is_end = |event: &Owned| *event == Owned::End;
        let first = whole.events.iter().position(is_end).expect("it is one of them") + 1;
        let before = present(limits, &octets[..place]);
        let (events, rest_of_events) = whole.events.split_at(first);
        assert_eq!(before.events, events, "h1events: without what follows the end, and with it");
        assert_eq!(before.ending, Ending::Idle);
        let after = present(limits, rest);
        assert_eq!(after.events, rest_of_events, "h1events: a new parser, and the one before");
        let ending = match after.ending {
            Ending::Error { error, offset } => {
                Ending::Error { error, offset: offset + place as u64 }
            }
            other => other,
        };
        assert_eq!(ending, whole.ending, "h1events: a new parser, and the one before");
        // And so for the next one, which is the first one of another input.
        return;
    }
}

/// Promise 1: a caller that presents other octets than are due gets wrong events, never a panic.
fn check_misuse(limits: Limits, octets: &[u8], instructions: &[u8]) {
    let options = Options { allow_non_ascii_target: true, allow_any_host: true };
    let mut parser = options.parser(limits);
    let mut place = 0_usize;
    for instruction in instructions {
        // Up to 15 octets, from up to eight places before or after the one that is due.
        let (shift, len) = (isize::from(instruction >> 4) - 8, usize::from(instruction % 16));
        let start = place.saturating_add_signed(shift).min(octets.len());
        let end = (start + len).min(octets.len());
        let mut rest = &octets[start..end];
        while let Ok(Some(_)) = parser.next_event(&mut rest) {}
        let _ = (parser.finish(rest), parser.is_idle());
        place = end - rest.len();
    }
}

/// The same with octets that change between calls, as in a buffer that somebody else writes to:
/// what was scanned ahead of an event is not what stands there at the next call.
fn check_changes(limits: Limits, octets: &[u8], instructions: &[u8]) {
    let mut parser = RequestParser::with_limits(limits);
    let mut changed = octets.to_vec();
    let mut consumed = 0;
    for instruction in instructions.iter().cycle().take(octets.len()) {
        // Each call sees another octet, up to 63 places ahead, and sometimes less octets.
        let place = consumed + usize::from(instruction % 64);
        if let Some(octet) = changed.get_mut(place) {
            *octet ^= instruction;
        }
        let filled = changed.len().min(consumed + usize::from(*instruction));
        let end = if instruction % 3 == 0 { filled } else { changed.len() };
        let mut rest = &changed[consumed..end];
        let event = parser.next_event(&mut rest).map(|event| event.is_some());
        consumed = end - rest.len();
        if event.is_err() {
            return;
        }
    }
}

/// Promise 4, made visible: what has been looked at of a line that isn't complete is not looked
/// at again with every octet that arrives. If it is overwritten, nothing changes.
fn check_work(limits: Limits, octets: &[u8]) {
    /// So much at either end of what is known may be looked at again, since that is no more
    /// for a long line than for a short one.
    const WINDOW: usize = 64;

    let mut parser = RequestParser::with_limits(limits);
    let mut consumed = 0;
    let mut events = 0;
    for filled in 1..=octets.len() {
        let presented = &octets[consumed..filled];
        let mut rest = presented;
        let before = parser.clone();
        loop {
            match parser.next_event(&mut rest) {
                Ok(Some(_)) => events += 1,
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(events <= 2 * filled, "each event but the ends stands for an octet");
        if rest.len() == presented.len() && presented.len() > 2 * WINDOW + 1 {
            let mut overwritten = presented.to_vec();
            overwritten[WINDOW..presented.len() - 1 - WINDOW].fill(0);
            let mut rest = &overwritten[..];
            let event = before.clone().next_event(&mut rest);
            assert_eq!(event, Ok(None), "h1events looks again at what it has seen");
            assert_eq!(rest.len(), presented.len());
        }
        consumed = filled - rest.len();
    }
}
