//! Checks the result of a plan: what the application and an independent client have read.

use h1events_server::BodyState;

use super::plan::{Answer, End, Exchange, Streamed};
use super::player::{Player, Seen};
use crate::support::responses;

/// Octets of a body that are discarded for the next request, at most.
const BOUND: usize = 256 * 1024;

/// Asserts that the application has read what the client has sent.
pub(crate) fn requests(exchanges: &[Exchange], seen: &[Seen]) {
    for (number, (exchange, seen)) in exchanges.iter().zip(seen).enumerate() {
        let content = exchange.content(number);
        assert!(content.starts_with(&seen.content), "{number}: not what was sent");
        if let Some((BodyState::End, trailers)) = seen.end {
            assert_eq!(seen.content.len(), content.len(), "{number}: not the end");
            assert_eq!(trailers, usize::from(exchange.has_trailers()), "{number}");
        }
    }
}

/// Asserts that the client has read what the application has written: exactly, or after a failure a part
/// that doesn't look complete. Returns whether the connection continues.
pub(crate) fn answers(exchanges: &[Exchange], player: &Player, is_disturbed: bool) -> bool {
    let read = player.client.read_to_end();
    let seen = &player.seen;
    let mut found = read.answers.iter().chain(&read.part).peekable();
    for (number, (exchange, seen)) in exchanges.iter().zip(seen).enumerate() {
        let mut continues = 0;
        while found.next_if(|answer| answer.status == 100).is_some() {
            continues += 1;
        }
        assert!(
            continues <= usize::from(may_continue(exchange)),
            "{number}: {continues} times 100"
        );
        let fails = outcome(exchange, number, seen) == Outcome::Fails;
        let Some(answer) = found.next() else {
            assert!(is_disturbed || fails || !seen.is_done, "{number}: no answer");
            return false;
        };
        let is_part = read.part.as_ref().is_some_and(|part| std::ptr::eq(part, answer));
        if is_disturbed && answer.status >= 400 && answer.status != exchange.status {
            return false;
        }
        assert_eq!(answer.status, exchange.status, "{number}");
        check(exchange, number, seen, answer, is_part && is_disturbed, is_part);
        if is_part || fails {
            assert_eq!(found.next(), None, "{number}: an answer after one that failed");
            assert!(player.client.connection.is_closing(), "{number}");
            return false;
        }
        let closes = answer.field("connection") == Some("close");
        if exchange.close || exchange.http_10 {
            assert!(closes, "{number}");
        }
        let is_last = exchange.close || exchange.http_10 || is_disturbed;
        let is_kept = is_kept(exchange, number);
        assert!(!closes || !is_kept || is_last, "{number}: is kept");
        if player.client.has_shut_down && number + 1 == seen_len(player) && !is_disturbed {
            let is_long = exchange.content(number).len() > BOUND;
            assert!(closes || is_long && !is_kept, "{number}: unannounced");
        }
        if closes {
            assert_eq!(found.next(), None, "{number}: an answer after the last one");
            return false;
        }
    }
    let rest: Vec<_> = found.map(|answer| answer.status).collect();
    assert!(is_disturbed || rest.is_empty(), "{rest:?} from no source");
    !player.client.has_shut_down
}

fn seen_len(player: &Player) -> usize {
    player.seen.len()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Succeeds,
    Fails,
}

/// Returns the expected outcome of an answer.
fn outcome(exchange: &Exchange, number: usize, seen: &Seen) -> Outcome {
    let Some(streamed) = exchange.streamed() else { return Outcome::Succeeds };
    let is_right = match declared(exchange, streamed, number) {
        Some(length) if seen.is_done => length == seen.written.len(),
        // If it was too long already, it was cut before its end.
        Some(length) => length >= seen.written.len(),
        None => true,
    };
    let succeeds = is_right && streamed.end != End::Failure;
    if succeeds { Outcome::Succeeds } else { Outcome::Fails }
}

fn declared(exchange: &Exchange, streamed: &Streamed, number: usize) -> Option<usize> {
    let length = super::player::declared(exchange, streamed, number);
    length.map(|length| length.try_into().unwrap())
}

/// Returns whether a 100 is permitted: an unread body gets none, unless the application may still read it during
/// its answer.
fn may_continue(exchange: &Exchange) -> bool {
    let reads = exchange.before.most() > 0;
    exchange.expects && (reads || !exchange.discards() && exchange.streamed().is_some())
}

/// Returns whether the connection continues after the answer, as far as the body is concerned.
fn is_kept(exchange: &Exchange, number: usize) -> bool {
    let is_read = exchange.reads_all(number);
    let is_asked_for = exchange.streamed().is_some() && !exchange.discards();
    is_read || exchange.content(number).len() <= BOUND && (!exchange.expects || is_asked_for)
}

/// Compares an answer with what was written.
fn check(
    exchange: &Exchange,
    number: usize,
    seen: &Seen,
    answer: &responses::Answer,
    is_cut: bool,
    is_part: bool,
) {
    let Some(streamed) = exchange.streamed() else {
        assert!(!is_part || is_cut, "{number}: half an answer");
        let Answer::Whole(len) = exchange.answer else {
            assert!(answer.body.is_empty(), "{number}");
            return;
        };
        let body = super::plan::octets(2 * number, if exchange.has_content() { len } else { 0 });
        assert!(if is_cut { body.starts_with(&answer.body) } else { body == answer.body });
        return;
    };
    assert!(seen.written.starts_with(&answer.body), "{number}: not what was written");
    let has_length = answer.field("content-length").is_some();
    assert_eq!(has_length, streamed.length.is_some(), "{number}");
    if is_part && is_cut {
        return;
    }
    let outcome = outcome(exchange, number, seen);
    if !is_part && outcome == Outcome::Fails {
        // The client has everything that was announced: the error has come too late for it to see.
        let length = declared(exchange, streamed, number);
        assert_eq!(length, Some(answer.body.len()), "{number}: a failed answer looks whole");
        return;
    }
    assert!(!is_part || outcome == Outcome::Fails, "{number}: half an answer");
    if !is_part {
        assert_eq!(answer.body.len(), seen.written.len(), "{number}");
        let is_chunked = answer.field("transfer-encoding").is_some();
        let has_trailers = is_chunked && exchange.reads_trailers && streamed.end == End::Trailers;
        assert_eq!(answer.trailers.len(), usize::from(has_trailers), "{number}");
    }
}
