//! The candidates that may end so that a newcomer gets a place.
//!
//! The connection with the greatest age over its patience ends. All ages grow at the same speed, so
//! in a class of equal patience that is the oldest, and one sorted set for each class is enough:
//!
//! | class       | connections                                        | patience              |
//! |-------------|----------------------------------------------------|-----------------------|
//! | `New`       | have never spoken                                  | `first_byte_patience` |
//! | `Idle`      | have their answers, and wait for the next request  | `patience`            |
//! | `Lingering` | have their last answer                             | `patience`            |
//! | `Slow`      | are within a request, or within reading an answer  | `patience`            |
//!
//! A busy connection would move with each request. So an entry stays where it is, and moves when a
//! search reaches it. That is sound, since an entry is never later than the beginning of its
//! connection's age, and never in a class with more patience.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::time::{Duration, Instant};

use slab::Slab;

use super::EndpointConfig;
use super::slot::Slot;
use crate::Activity;
use crate::wait::later;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    New,
    Idle,
    Lingering,
    Slow,
}

impl Class {
    pub(crate) const ALL: &[Self] = &[Self::New, Self::Idle, Self::Lingering, Self::Slow];

    /// The classes of connections that have spoken.
    pub(crate) const SPOKEN: &[Self] = &[Self::Idle, Self::Lingering, Self::Slow];

    /// Returns the class of a connection and the beginning of its age, if it waits for its client.
    pub(crate) const fn of(activity: Activity) -> Option<(Self, Instant)> {
        match activity {
            Activity::New { since } => Some((Self::New, since)),
            Activity::Idle { since } => Some((Self::Idle, since)),
            Activity::Lingering { since } => Some((Self::Lingering, since)),
            Activity::Receiving { since }
            | Activity::Exchanging { since }
            | Activity::Sending { since } => Some((Self::Slow, since)),
            Activity::Handling | Activity::Upgraded | Activity::Closed => None,
        }
    }

    const fn patience(self, config: &EndpointConfig) -> Duration {
        match self {
            Self::New => config.first_byte_patience,
            Self::Idle | Self::Lingering | Self::Slow => config.patience,
        }
    }
}

/// A connection that could end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) key: usize,
    /// Its age over its patience: from 1 on, its patience is over.
    pub(crate) ratio: f64,
    /// When its patience is over.
    pub(crate) due: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// By [`Class`].
    sets: [BTreeSet<(Instant, usize)>; 4],
    /// Entries that searches have visited.
    #[cfg(test)]
    pub(crate) looks: usize,
}

/// Spared connections of a class that a search passes over, at most. They have spoken or read within
/// a second, and close once answered, so that a search which gives up costs little time.
const SPARED: usize = 64;

impl Candidates {
    /// Makes a waiting connection a candidate.
    pub(crate) fn insert(&mut self, key: usize, slot: &mut Slot) {
        let Some((class, since)) = slot.evictable() else { return };
        match slot.candidate {
            // All other classes have the same patience.
            Some((Class::New, _)) => self.remove(key, slot),
            Some(_) => return,
            None => {}
        }
        self.sets[class as usize].insert((since, key));
        slot.candidate = Some((class, since));
    }

    pub(crate) fn remove(&mut self, key: usize, slot: &mut Slot) {
        if let Some((class, since)) = slot.candidate.take() {
            self.sets[class as usize].remove(&(since, key));
        }
    }

    /// Returns the connection of these classes with the greatest age over its patience that isn't spared.
    pub(crate) fn search(
        &mut self,
        classes: &[Class],
        slots: &mut Slab<Slot>,
        config: &EndpointConfig,
        now: Instant,
        is_spared: impl Fn(&Slot) -> bool,
    ) -> Option<Candidate> {
        // An entry may have moved to a class that was searched before: then it is found now.
        for &class in classes {
            let _ = self.first(class, slots, &is_spared);
        }
        let mut greatest: Option<Candidate> = None;
        for &class in classes {
            let Some((since, key)) = self.first(class, slots, &is_spared) else { continue };
            let patience = class.patience(config);
            // Any age exceeds a patience of zero; 0 / 0 counts as 1.
            let [age, length] = [now.saturating_duration_since(since), patience]
                .map(|time| time.as_secs_f64().max(f64::MIN_POSITIVE));
            let candidate = Candidate { key, ratio: age / length, due: later(since, patience) };
            if greatest.is_none_or(|greatest| candidate.ratio > greatest.ratio) {
                greatest = Some(candidate);
            }
        }
        greatest
    }

    /// Returns the oldest of a class that isn't spared.
    fn first(
        &mut self,
        class: Class,
        slots: &mut Slab<Slot>,
        is_spared: impl Fn(&Slot) -> bool,
    ) -> Option<(Instant, usize)> {
        let mut passed = Bound::Unbounded;
        let mut spared = 0;
        while spared < SPARED {
            let set = &self.sets[class as usize];
            let &(since, key) = set.range((passed, Bound::Unbounded)).next()?;
            #[cfg(test)]
            {
                self.looks += 1;
            }
            let slot = &mut slots[key];
            if slot.evictable() != Some((class, since)) {
                self.remove(key, slot);
                self.insert(key, slot);
            } else if is_spared(slot) {
                passed = Bound::Excluded((since, key));
                spared += 1;
            } else {
                return Some((since, key));
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests have clocks")]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    struct World {
        config: EndpointConfig,
        slots: Slab<Slot>,
        candidates: Candidates,
        start: Instant,
    }

    impl World {
        fn new(connections: u32) -> Self {
            let start = Instant::now();
            let config = EndpointConfig::new();
            let (slots, candidates) = (Slab::new(), Candidates::default());
            let mut world = Self { config, slots, candidates, start };
            for n in 0..connections {
                let key = world.slots.insert(Slot::new(start));
                world.report(key, Activity::Receiving { since: start + MS * n });
            }
            world
        }

        fn report(&mut self, key: usize, activity: Activity) {
            let slot = &mut self.slots[key];
            slot.activity = activity;
            slot.waits = true;
            self.candidates.insert(key, slot);
        }

        fn greatest(&mut self, now: Instant) -> Option<usize> {
            let Self { config, slots, candidates, .. } = self;
            let candidate = candidates.search(Class::ALL, slots, config, now, |_| false);
            candidate.map(|candidate| candidate.key)
        }
    }

    #[test]
    fn search_among_connections_that_wait_looks_at_the_first_alone() {
        let mut world = World::new(16_384);
        for _ in 0..1_000 {
            assert_eq!(world.greatest(world.start + MS), Some(0));
        }
        assert_eq!(world.candidates.looks, 2_000, "two for each search");
    }

    #[test]
    fn search_puts_each_moved_entry_in_its_place_once() {
        let mut world = World::new(16_384);
        // All except the last one go on, and wait again.
        for n in 0..16_383 {
            world.report(n as usize, Activity::Idle { since: world.start + MS * (20_000 + n) });
        }
        for _ in 0..1_000 {
            assert_eq!(world.greatest(world.start + MS * 100_000), Some(16_383));
        }
        assert!(world.candidates.looks < 16_384 + 5_000, "{}", world.candidates.looks);
    }

    #[test]
    fn search_passes_over_a_bounded_number_of_spared_connections() {
        let mut world = World::new(16_384);
        let World { start, .. } = world;
        for (_, slot) in &mut world.slots {
            slot.answered = Some(start);
        }
        let World { config, slots, candidates, .. } = &mut world;
        for _ in 0..100 {
            let is_spared = |slot: &Slot| slot.awaits_request(start);
            let found = candidates.search(Class::SPOKEN, slots, config, start + MS, is_spared);
            assert!(found.is_none());
        }
        assert!(candidates.looks <= 100 * 2 * 64, "{}", candidates.looks);
    }
}
