//! The right decision of an endpoint, from a search of all connections.

use std::time::{Duration, Instant};

use h1events_server::Activity;

use super::client::{Client, Connection};
use super::{MS, SECOND};

/// Returns a connection's age over its patience, if it waits for its client.
pub(crate) fn impatience(connection: &Connection, now: Instant) -> Option<f64> {
    if !connection.waits || connection.needs.is_some() {
        return None;
    }
    let (since, patience) = match connection.activity {
        Activity::New { since } => (since, Duration::from_millis(100)),
        Activity::Idle { since }
        | Activity::Receiving { since }
        | Activity::Exchanging { since }
        | Activity::Sending { since }
        | Activity::Lingering { since } => (since, SECOND),
        _ => return None,
    };
    Some(now.saturating_duration_since(since).as_secs_f64() / patience.as_secs_f64())
}

/// Returns whether its next request may be on its way: it has connected within 100 ms, or was answered within a
/// second. Or whether its body flows: it has made progress within 50 ms (an
/// answer: 250 ms), or 16 times in a row.
pub(crate) fn is_spared(connection: &Connection, now: Instant) -> bool {
    let is_recent = |answered| now.saturating_duration_since(answered) <= SECOND;
    let can_go_on = match connection.activity {
        Activity::New { since } => return now.saturating_duration_since(since) < 100 * MS,
        Activity::Idle { .. } | Activity::Receiving { .. } => true,
        _ => false,
    };
    let body = match connection.activity {
        Activity::Receiving { since } | Activity::Exchanging { since } => Some((since, 50 * MS)),
        Activity::Sending { since } => Some((since, 250 * MS)),
        _ => None,
    };
    let moves = |(since, time)| now.saturating_duration_since(since) < time;
    let moves_or_flows = body.is_some_and(|body| moves(body) || connection.progress.1 >= 16);
    moves_or_flows || (can_go_on && connection.answered.is_some_and(is_recent))
}

/// Returns the greatest of all, except one.
pub(crate) fn greatest<'a>(
    clients: impl Iterator<Item = &'a Client>,
    with_spared: bool,
    now: Instant,
) -> Option<f64> {
    let connections = clients.filter_map(|client| client.connection.as_ref());
    let candidates = connections.filter(|c| with_spared || !is_spared(c, now));
    candidates.filter_map(|c| impatience(c, now)).max_by(f64::total_cmp)
}
