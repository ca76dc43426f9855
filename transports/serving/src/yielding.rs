//! Letting others run before waiting for a client.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Whether a thread that has answered and has nothing else to do should let others run before
/// it waits. The threads of a server share one.
///
/// Putting a thread to sleep and waking it costs the system more than an answer does. Where the
/// next request comes from this machine, as from a proxy, or where other connections' threads have
/// something to do, those run first, and the request is there when the thread would have gone to
/// sleep. But programs that compute take the processor for a whole time slice whenever they
/// get it. So a busy server tries both from time to time, each for a moment, and keeps to what
/// answers more requests.
///
/// ```
/// use std::time::Instant;
/// use h1events_serving::Yielding;
///
/// let yielding = Yielding::new(Instant::now());
/// // One more request has been answered, and nothing else is there to be done.
/// let pays = yielding.pays(1, Instant::now());
/// assert!(!pays, "a server that isn't busy waits at once");
/// ```
#[derive(Debug)]
pub struct Yielding {
    epoch: Instant,
    /// Requests that have been answered in this round.
    answers: AtomicU64,
    /// When it ends: nanoseconds since the epoch.
    until: AtomicU64,
    yields: AtomicBool,
    trials: Mutex<Trials>,
}

/// Rounds in which it is done one way, and now and then one in which it is done the other.
#[derive(Debug)]
struct Trials {
    /// When this round began: nanoseconds since the epoch.
    since: u64,
    is_trial: bool,
    /// What is done while nothing is tried, and how many answers a second that gave before the
    /// last trial.
    yields: bool,
    rate: u64,
    /// How many rounds there are between two trials, and until the next one.
    interval: u32,
    left: u32,
}

/// Some time slices of programs that compute: nanoseconds.
const ROUND: u64 = 20_000_000;

/// Answers a second from which on there is something to be gained.
const BUSY: u64 = 2_000;

/// What has turned out to be better is put to the test less and less often, down to this: a trial
/// disturbs for longer than it takes.
const LONGEST_INTERVAL: u32 = 512;

impl Yielding {
    /// For threads that start now.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            answers: AtomicU64::new(0),
            until: AtomicU64::new(ROUND),
            yields: AtomicBool::new(false),
            trials: Mutex::new(Trials::new()),
        }
    }

    /// Whether to let others run now, after so many requests have been answered.
    #[must_use]
    pub fn pays(&self, answers: u64, now: Instant) -> bool {
        self.answers.fetch_add(answers, Relaxed);
        let now = nanos(now.saturating_duration_since(self.epoch));
        let is_over = || now >= self.until.load(Relaxed);
        // Of the threads that see the end of a round, one begins the next one.
        if is_over()
            && let Ok(mut trials) = self.trials.try_lock()
            && is_over()
        {
            let yields = trials.next(self.answers.swap(0, Relaxed), now);
            self.yields.store(yields, Relaxed);
            self.until.store(now.saturating_add(ROUND), Relaxed);
        }
        self.yields.load(Relaxed)
    }
}

impl Trials {
    const fn new() -> Self {
        Self { since: 0, is_trial: false, yields: false, rate: 0, interval: 1, left: 1 }
    }

    /// Ends a round with so many answers, and says whether to yield in the next one.
    fn next(&mut self, answers: u64, now: u64) -> bool {
        let took = now.saturating_sub(self.since).max(1);
        self.since = now;
        let rate = answers.saturating_mul(nanos(Duration::from_secs(1))) / took;
        if self.is_trial {
            // To yield has to be worth it, not to yield has not.
            let gain = if self.yields { 0 } else { self.rate / 32 };
            if rate > self.rate.saturating_add(gain) {
                self.yields = !self.yields;
                self.rate = rate;
                self.interval = 1;
            } else {
                self.interval = (self.interval * 2).min(LONGEST_INTERVAL);
            }
            self.is_trial = false;
            self.left = self.interval;
        } else if rate < BUSY {
            *self = Self { since: now, ..Self::new() };
        } else {
            self.left -= 1;
            // Others may have begun to take the processor for themselves.
            let collapses = self.yields && rate < self.rate / 3 * 2;
            if self.left == 0 || collapses {
                self.is_trial = true;
                self.rate = rate;
            }
        }
        self.yields != self.is_trial
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many rounds are spent yielding, if answers take that long each way.
    fn yielded(rounds: u32, with: Duration, without: Duration) -> u32 {
        let start = Instant::now();
        let mut now = start;
        let yielding = Yielding::new(start);
        let mut time = Duration::ZERO;
        while now < start + rounds * Duration::from_nanos(ROUND) {
            let answer = if yielding.pays(1, now) {
                time += with;
                with
            } else {
                without
            };
            now += answer;
        }
        u32::try_from(time.as_nanos() / u128::from(ROUND)).expect("these are few")
    }

    const MICROSECOND: Duration = Duration::from_micros(1);

    #[test]
    fn what_answers_more_is_kept_to() {
        let better = yielded(1000, 6 * MICROSECOND, 8 * MICROSECOND);
        assert!(better > 960, "{better}");
        let worse = yielded(1000, 4000 * MICROSECOND, 20 * MICROSECOND);
        assert!(worse < 30, "{worse}");
        let same = yielded(1000, 10 * MICROSECOND, 10 * MICROSECOND);
        assert!(same < 30, "{same}");
    }

    #[test]
    fn it_follows_when_the_better_way_becomes_the_worse_one() {
        let start = Instant::now();
        let mut now = start;
        let yielding = Yielding::new(start);
        let mut run = |rounds: u32, with: Duration, without: Duration| {
            let end = now + rounds * Duration::from_nanos(ROUND);
            while now < end {
                now += if yielding.pays(1, now) { with } else { without };
            }
            yielding.trials.lock().expect("nobody panicked").yields
        };
        let (quick, slow) = (10 * MICROSECOND, 40 * MICROSECOND);
        assert!(run(1000, quick, slow));
        assert!(!run(4, slow, quick));
        assert!(run(2 * LONGEST_INTERVAL, quick, slow));
    }

    #[test]
    fn a_quiet_server_never_yields() {
        assert_eq!(yielded(1000, 600 * MICROSECOND, 600 * MICROSECOND), 0);
        // Nor one that has been busy, after the round in which it becomes quiet.
        let start = Instant::now();
        let yielding = Yielding::new(start);
        let mut now = start;
        while !yielding.pays(1, now) {
            now += 10 * MICROSECOND;
        }
        now += Duration::from_secs(1);
        assert!(!yielding.pays(1, now));
    }

    /// Rounds of a second each, with so many answers: whether it yields in the next one.
    struct Rounds {
        trials: Trials,
        now: u64,
    }

    impl Rounds {
        fn new() -> Self {
            Self { trials: Trials::new(), now: 0 }
        }

        fn next(&mut self, answers: u64) -> bool {
            self.now += 1_000_000_000;
            self.trials.next(answers, self.now)
        }
    }

    #[test]
    fn only_a_busy_server_tries() {
        let mut rounds = Rounds::new();
        assert!(!rounds.next(BUSY - 1));
        assert!(!rounds.next(BUSY - 1));
        assert!(rounds.next(BUSY));
    }

    #[test]
    fn to_yield_has_to_be_worth_it_and_not_to_yield_has_not() {
        let mut rounds = Rounds::new();
        assert!(rounds.next(3200));
        assert!(!rounds.next(3300), "3 % are not enough");
        let mut rounds = Rounds::new();
        assert!(rounds.next(3200));
        assert!(rounds.next(3301));
        assert!(!rounds.next(3301), "the other way is tried");
        assert!(rounds.next(3301), "and is not better");
        assert!(rounds.next(3301));
        assert!(!rounds.next(3301), "the next trial is twice as far");
        assert!(!rounds.next(3302), "and is better");
    }

    #[test]
    fn trials_that_fail_become_rare() {
        let mut rounds = Rounds::new();
        for interval in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512] {
            for _ in 1..interval {
                assert!(!rounds.next(5000), "{interval}");
            }
            assert!(rounds.next(5000), "{interval}");
            assert!(!rounds.next(5000), "{interval}");
        }
    }

    #[test]
    fn a_collapse_is_no_time_to_wait_for_the_next_trial() {
        let yields_at = |rate| {
            let mut rounds = Rounds::new();
            assert!(rounds.next(rate / 2));
            assert!(rounds.next(rate));
            assert!(!rounds.next(rate));
            assert!(rounds.next(rate));
            rounds
        };
        assert!(yields_at(30_000).next(20_000));
        assert!(!yields_at(30_000).next(19_999));
    }

    #[test]
    fn times_that_make_no_sense_are_no_panic() {
        let start = Instant::now();
        let yielding = Yielding::new(start + Duration::from_nanos(ROUND));
        let _ = yielding.pays(u64::MAX, start);
        let _ = yielding.pays(u64::MAX, start + Duration::from_secs(u64::from(u32::MAX)));
        let _ = yielding.pays(u64::MAX, start);
    }
}
