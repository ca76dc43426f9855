//! What is built valid is accepted, with exactly its fields and its body, and what is built with
//! a flaw is refused, before anything that may be acted on if the flaw is in the head.

mod flaw;
mod request;

use h1events::{Limits, RequestParser};

use self::flaw::Flaw;
use self::request::Request;
use crate::support::{After, Ending, Owned, run};

/// Requests for one connection, and perhaps a flaw in the last one.
#[derive(Debug, arbitrary::Arbitrary)]
pub struct Built {
    first: Option<Request>,
    last: Request,
    flaw: Option<Flaw>,
    cuts: Vec<u16>,
}

pub fn check(built: &Built) {
    let mut octets = vec![];
    let mut expected = vec![];
    for request in built.first.iter().chain([&built.last]) {
        let parts = request.parts();
        octets.extend(parts.octets());
        expected.extend(parts.events());
    }
    let found = present(&octets, &built.cuts);
    assert_eq!(found.ending, Ending::Idle, "{}", octets.escape_ascii());
    assert_eq!(found.events, expected);

    let Some(flaw) = &built.flaw else { return };
    let mut parts = built.last.parts();
    let Some(effect) = flaw.apply(&mut parts) else { return };
    let (mut octets, mut before) = (vec![], vec![]);
    if let Some(first) = &built.first {
        octets.extend(first.parts().octets());
        before.extend(first.parts().events());
    }
    octets.extend(parts.octets());
    let found = present(&octets, &built.cuts);
    let Ending::Error { error, .. } = found.ending else {
        panic!("{flaw:?} is accepted: {} {:?}", octets.escape_ascii(), found.ending);
    };
    assert_eq!(error.kind(), effect.kind, "{flaw:?}: {}", octets.escape_ascii());
    assert!(found.events.starts_with(&before), "{flaw:?}: {:?}", found.events);
    let events = &found.events[before.len()..];
    let is_head_done = events.iter().any(|event| matches!(event, Owned::HeadEnd(_)));
    assert_eq!(is_head_done, effect.is_after_head, "{flaw:?}: {events:?}");
    assert!(!events.contains(&Owned::End), "{flaw:?}: {events:?}");
}

fn present(octets: &[u8], cuts: &[u16]) -> crate::support::Run {
    let mut cuts: Vec<usize> =
        cuts.iter().map(|&cut| usize::from(cut) % (octets.len() + 1)).collect();
    cuts.sort_unstable();
    run(&RequestParser::new(), Limits::new(), octets, cuts, After::GoOn)
}
