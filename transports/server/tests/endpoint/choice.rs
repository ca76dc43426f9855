//! The order in which connections end for a newcomer that has waited for a second.

use std::time::{Duration, Instant};

use h1events_server::{Activity, ConnectionId, Endpoint};

use crate::support::{Account, MS, SECOND, World, cap};

struct Full {
    endpoint: Endpoint,
    /// The time when the newcomer has waited for a second.
    now: Instant,
}

impl Full {
    /// Creates an endpoint with one place for each later connection.
    fn new(places: usize) -> Self {
        let now = World::new(cap(1)).now;
        let mut endpoint = Endpoint::new(cap(places), Account::new(1 << 20).purse());
        endpoint.newcomer_waits(now - SECOND);
        Self { endpoint, now }
    }

    /// Adds a connection that was answered at a time, if there is one, and then waits.
    fn add(&mut self, answered: Option<Duration>, activity: Activity) -> ConnectionId {
        let id = self.endpoint.open(self.now - SECOND);
        if let Some(ago) = answered {
            let _ = self.endpoint.answer(id, self.now - ago);
        }
        let _ = self.endpoint.wait(id, activity, None, 0);
        id
    }

    /// Returns a connection with a body of which a part has come every 20 ms.
    fn add_flowing(&mut self) -> ConnectionId {
        let id = self.endpoint.open(self.now - SECOND);
        for part in (1..20).rev() {
            let since = self.now - 20 * MS * part;
            let _ = self.endpoint.wait(id, Activity::Receiving { since }, None, 0);
        }
        id
    }

    fn ago(&self, ago: Duration) -> Instant {
        self.now - ago
    }

    /// Returns the connections that end when the clock goes on, in their order.
    fn ends(&mut self, time: Duration) -> Vec<ConnectionId> {
        let mut ended = Vec::new();
        let end = self.now + time;
        loop {
            let next = self.endpoint.make_room(self.now);
            if let Some(id) = self.endpoint.poll_wake() {
                self.endpoint.close(id);
                ended.push(id);
            } else if self.now == end {
                return ended;
            } else {
                self.now = next.min(end);
            }
        }
    }
}

#[test]
fn connection_with_the_better_reason_ends_first() {
    let mut full = Full::new(6);
    let flowing = full.add_flowing();
    let since = full.ago(10 * MS);
    let moving = full.add(None, Activity::Receiving { since });
    let since = full.ago(60 * MS);
    let stalled = full.add(None, Activity::Receiving { since });
    let since = full.ago(250 * MS);
    let slow_reader = full.add(Some(400 * MS), Activity::Sending { since });
    let since = full.ago(SECOND);
    let overdue = full.add(None, Activity::Receiving { since });
    let since = full.ago(500 * MS);
    let idle = full.add(Some(500 * MS), Activity::Idle { since });
    assert_eq!(full.ends(Duration::ZERO), [overdue, slow_reader, stalled, moving]);
    assert_eq!(full.ends(499 * MS), [flowing], "the request of the other one may be on its way");
    assert_eq!(full.ends(2 * MS), [idle]);
}

/// It took two seconds and a half to send the answer.
#[test]
fn connection_is_spared_from_the_end_of_its_answer() {
    let mut full = Full::new(1);
    let since = full.ago(500 * MS);
    let idle = full.add(Some(3 * SECOND), Activity::Idle { since });
    assert_eq!(full.ends(499 * MS), []);
    assert_eq!(full.ends(MS), [idle]);
}

/// Its client reads slowly from what the system holds, and the system takes more only now and then.
#[test]
fn answer_that_was_not_taken_for_a_while_may_be_read() {
    let mut full = Full::new(1);
    let since = full.ago(100 * MS);
    let reader = full.add(Some(150 * MS), Activity::Sending { since });
    full.endpoint.newcomer_admitted(full.now);
    assert_eq!(full.ends(149 * MS), []);
    assert_eq!(full.ends(MS), [reader]);
}

/// The answer to an echo comes early, and its client then neither sends nor reads.
#[test]
fn stalled_exchange_is_not_spared_for_its_answer() {
    let mut full = Full::new(2);
    let since = full.ago(60 * MS);
    let half_head = full.add(Some(60 * MS), Activity::Receiving { since });
    let exchange = full.add(Some(60 * MS), Activity::Exchanging { since });
    assert_eq!(full.ends(Duration::ZERO), [exchange]);
    assert_eq!(full.ends(938 * MS), [], "the next request may be on its way");
    assert_eq!(full.ends(2 * MS), [half_head]);
}

/// The other connections are in the application.
#[test]
fn bodies_that_flow_keep_half_of_the_places_for_a_second_more() {
    let mut full = Full::new(4);
    let flowing = [full.add_flowing(), full.add_flowing()];
    let busy = [full.endpoint.open(full.now), full.endpoint.open(full.now)];
    assert_eq!(full.ends(600 * MS), []);
    for id in busy {
        full.endpoint.close(id);
    }
    assert_eq!(full.ends(200 * MS), flowing);

    let mut full = Full::new(4);
    let flowing = [(); 3].map(|()| full.add_flowing());
    let _ = full.endpoint.open(full.now);
    assert_eq!(full.ends(Duration::ZERO), flowing[..1], "they have more than half");
}

#[test]
fn body_that_was_interrupted_begins_anew_to_flow() {
    let mut full = Full::new(4);
    let body = full.add_flowing();
    full.now += 2 * SECOND;
    let since = full.ago(60 * MS);
    let _ = full.endpoint.wait(body, Activity::Receiving { since }, None, 0);
    full.endpoint.newcomer_admitted(full.now);
    assert_eq!(full.ends(Duration::ZERO), [body]);
}

#[test]
fn newcomers_elsewhere_keep_those_that_move_as_long_as_newcomers_here() {
    let mut full = Full::new(10);
    let since = full.ago(MS);
    let moving = [(); 2].map(|()| full.add(None, Activity::Receiving { since }));
    assert_eq!(full.ends(Duration::ZERO), moving);
    let since = full.ago(MS);
    let moving = full.add(None, Activity::Receiving { since });
    for _ in 0..9 {
        full.endpoint.newcomer_admitted(full.now);
    }
    assert_eq!(full.ends(48 * MS), [], "ten a second");
    assert_eq!(full.ends(52 * MS), [moving]);
}

#[test]
fn endpoint_with_the_better_reason_is_more_impatient() {
    let mut flows = Full::new(1);
    flows.add_flowing();
    let mut stalled = Full::new(1);
    let since = stalled.ago(60 * MS);
    stalled.add(None, Activity::Receiving { since });
    let now = flows.now;
    assert!(stalled.endpoint.impatience(now) > flows.endpoint.impatience(now));
    assert!(
        flows.endpoint.impatience(now)
            > Endpoint::new(cap(1), Account::new(0).purse()).impatience(now)
    );
}
