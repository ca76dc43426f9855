//! What is built valid is accepted, with exactly its fields and its body, and what is built with
//! a flaw is refused, before anything that may be acted on if the flaw is in the head.

mod flaw;
mod request;

use std::fmt;

use h1events::{Limits, RequestParser};

use self::flaw::{Effect, Flaw};
use self::request::Request;
use super::assert_same;
use crate::support::{After, Ending, Owned, run};

/// Requests for one connection, and perhaps a flaw in the last one. It is shown as the octets
/// that are made of it.
#[derive(arbitrary::Arbitrary)]
pub struct Built {
    first: Option<Request>,
    last: Request,
    flaw: Option<Flaw>,
    cuts: Vec<u16>,
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (octets, _) = self.valid();
        write!(f, "valid: {}", octets.escape_ascii())?;
        if let Some((octets, _)) = self.flawed() {
            write!(f, "\nwith {:?}: {}", self.flaw, octets.escape_ascii())?;
        }
        write!(f, "\ncuts, modulo the length: {:?}", self.cuts)
    }
}

impl Built {
    /// The requests without the flaw, and the events that they are made of.
    fn valid(&self) -> (Vec<u8>, Vec<Owned>) {
        let (mut octets, mut events) = (vec![], vec![]);
        for request in self.first.iter().chain([&self.last]) {
            let parts = request.parts();
            octets.extend(parts.octets());
            events.extend(parts.events());
        }
        (octets, events)
    }

    /// The requests with the flaw, and what it has to cause, if there is one that the last one
    /// has a place for.
    fn flawed(&self) -> Option<(Vec<u8>, Effect)> {
        let mut parts = self.last.parts();
        let effect = self.flaw.as_ref()?.apply(&mut parts)?;
        let mut octets = self.first.iter().map(|first| first.parts().octets()).collect::<Vec<_>>();
        octets.push(parts.octets());
        Some((octets.concat(), effect))
    }
}

pub fn check(built: &Built) {
    let (octets, expected) = built.valid();
    let found = present(&octets, &built.cuts);
    let input = octets.escape_ascii();
    assert_eq!(found.ending, Ending::Idle, "h1events refuses what was built valid: {input}");
    assert_same("events", &octets, &found.events, ("what was built", &expected));

    let Some((octets, effect)) = built.flawed() else { return };
    let found = present(&octets, &built.cuts);
    let (flaw, input) = (&built.flaw, octets.escape_ascii());
    let Ending::Error { error, .. } = found.ending else {
        panic!("h1events takes what was built with {flaw:?}: {:?}\n  input: {input}", found.ending);
    };
    let what = format_args!("kinds of the error for {flaw:?}");
    assert_same(what, &octets, &error.kind(), ("what was built", &effect.kind));
    let before = built.first.as_ref().map_or_else(Vec::new, |first| first.parts().events());
    let events = found.events.strip_prefix(&before[..]);
    let events = events.unwrap_or_else(|| panic!("h1events gives {:?} for {input}", found.events));
    let is_head_done = events.iter().any(|event| matches!(event, Owned::HeadEnd(_)));
    let says = format_args!("h1events gives {events:?}, then refuses {flaw:?}\n  input: {input}");
    assert_eq!(is_head_done, effect.is_after_head, "{says}");
    assert!(!events.contains(&Owned::End), "{says}");
}

fn present(octets: &[u8], cuts: &[u16]) -> crate::support::Run {
    let mut cuts: Vec<usize> =
        cuts.iter().map(|&cut| usize::from(cut) % (octets.len() + 1)).collect();
    cuts.sort_unstable();
    run(&RequestParser::new(), Limits::new(), octets, cuts, After::GoOn)
}
