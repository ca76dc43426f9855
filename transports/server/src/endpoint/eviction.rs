//! Which connection ends so that a newcomer gets its place.
//!
//! The one with the greatest age over its patience. Ages grow at the same speed, so that within a
//! class of equal patience the oldest is the greatest, and three sorted sets are enough:
//!
//! | class      | connections                                       | patience              |
//! |------------|---------------------------------------------------|-----------------------|
//! | `New`      | have never spoken                                 | `first_byte_patience` |
//! | `Answered` | are idle after an answer, or linger               | `patience`            |
//! | `Slow`     | are within a request, or within reading an answer | `patience`            |
//!
//! A busy connection would move with each request. So an entry stays where it is, and is put in
//! its place when it is found at the front. An entry is never later than the connection's age.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use slab::Slab;

use super::EndpointConfig;
use super::slot::Slot;
use crate::Activity;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    New,
    Answered,
    Slow,
}

impl Class {
    const ALL: [Self; 3] = [Self::New, Self::Answered, Self::Slow];

    /// The class of a connection and its age's begin, if it can be ended for another one.
    pub(crate) const fn of(activity: Activity) -> Option<(Self, Instant)> {
        match activity {
            Activity::New { since } => Some((Self::New, since)),
            Activity::Idle { since } | Activity::Lingering { since } => {
                Some((Self::Answered, since))
            }
            Activity::Receiving { since } | Activity::Sending { since } => {
                Some((Self::Slow, since))
            }
            Activity::Handling | Activity::Upgraded | Activity::Closed => None,
        }
    }

    const fn patience(self, config: &EndpointConfig) -> Duration {
        match self {
            Self::New => config.first_byte_patience,
            Self::Answered | Self::Slow => config.patience,
        }
    }
}

/// A connection that could be ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) key: usize,
    /// Its age over its patience: above 1, its patience is over.
    pub(crate) impatience: f64,
    /// When its patience is over.
    pub(crate) due: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// By [`Class`].
    sets: [BTreeSet<(Instant, usize)>; 3],
}

/// Connections that are looked at beyond the first of a class, to find one that hasn't just been
/// answered.
const LOOKS: usize = 64;

impl Candidates {
    /// Makes sure that a connection that waits is found.
    pub(crate) fn insert(&mut self, key: usize, slot: &mut Slot) {
        if slot.candidate.is_none()
            && let Some((class, since)) = slot.evictable()
        {
            self.sets[class as usize].insert((since, key));
            slot.candidate = Some((class, since));
        }
    }

    pub(crate) fn remove(&mut self, key: usize, slot: &mut Slot) {
        if let Some((class, since)) = slot.candidate.take() {
            self.sets[class as usize].remove(&(since, key));
        }
    }

    /// The connection with the greatest age over its patience.
    pub(crate) fn greatest(
        &mut self,
        slots: &mut Slab<Slot>,
        config: &EndpointConfig,
        now: Instant,
    ) -> Option<Candidate> {
        let mut greatest: Option<Candidate> = None;
        for class in Class::ALL {
            if let Some((since, key)) = self.first(class, slots) {
                let candidate = Candidate::new(key, class, since, config, now);
                if greatest.is_none_or(|greatest| candidate.impatience > greatest.impatience) {
                    greatest = Some(candidate);
                }
            }
        }
        greatest
    }

    /// The same, except those that were answered since an instant.
    pub(crate) fn greatest_unanswered(
        &mut self,
        slots: &mut Slab<Slot>,
        config: &EndpointConfig,
        answered_since: Instant,
        now: Instant,
    ) -> Option<Candidate> {
        let mut greatest: Option<Candidate> = None;
        for class in Class::ALL {
            // Puts the front in its place.
            let _ = self.first(class, slots);
            let found = self.sets[class as usize].iter().take(LOOKS).find_map(|&(_, key)| {
                let slot = &slots[key];
                // While it lingers, its client has been told that no request will be answered.
                let is_spared = slot.answered.is_some_and(|answered| answered >= answered_since)
                    && !matches!(slot.activity, Activity::Lingering { .. });
                let (class, since) = slot.evictable()?;
                (!is_spared).then(|| Candidate::new(key, class, since, config, now))
            });
            if let Some(candidate) = found
                && greatest.is_none_or(|greatest| candidate.impatience > greatest.impatience)
            {
                greatest = Some(candidate);
            }
        }
        greatest
    }

    /// The oldest of a class.
    fn first(&mut self, class: Class, slots: &mut Slab<Slot>) -> Option<(Instant, usize)> {
        loop {
            let &(entry, key) = self.sets[class as usize].first()?;
            let slot = &mut slots[key];
            if slot.evictable() == Some((class, entry)) {
                return Some((entry, key));
            }
            self.remove(key, slot);
            self.insert(key, slot);
        }
    }
}

impl Candidate {
    fn new(
        key: usize,
        class: Class,
        since: Instant,
        config: &EndpointConfig,
        now: Instant,
    ) -> Self {
        let patience = class.patience(config);
        let age = now.saturating_duration_since(since);
        // With no patience at all, any age is beyond it.
        let impatience = age.as_secs_f64() / patience.as_secs_f64().max(f64::MIN_POSITIVE);
        Self { key, impatience, due: since + patience }
    }
}
