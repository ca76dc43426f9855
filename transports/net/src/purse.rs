//! The memory of a server, shared by its workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use h1events_server::Purse;

/// A [`Purse`] that endpoints on several threads share. The last eighth is for small connections.
#[derive(Debug)]
pub(crate) struct SharedPurse {
    pub(crate) taken: Arc<AtomicUsize>,
    pub(crate) max: usize,
}

impl Purse for SharedPurse {
    fn take(&self, bytes: usize, small: bool) -> bool {
        let max = if small { self.max } else { self.max - self.max / 8 };
        let take = |taken: usize| taken.checked_add(bytes).filter(|&taken| taken <= max);
        self.taken.fetch_update(Relaxed, Relaxed, take).is_ok()
    }

    fn overdraw(&self, bytes: usize) {
        self.taken.fetch_add(bytes, Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn purse(max: usize) -> SharedPurse {
        SharedPurse { taken: Arc::default(), max }
    }

    #[test]
    fn purse_never_gives_more_than_it_has() {
        let purse = purse(800);
        assert!(!purse.take(701, false) && !purse.take(801, true));
        assert!(!purse.take(usize::MAX, true), "no overflow");
        assert!(purse.take(700, false) && purse.take(100, true));
        assert!(!purse.take(1, true));
        purse.give_back(100);
        assert!(!purse.take(1, false) && purse.take(100, true));
    }

    #[test]
    fn overdrawn_purse_gives_nothing_until_that_has_come_back() {
        let purse = purse(800);
        purse.overdraw(1_000);
        assert!(!purse.take(1, true));
        purse.give_back(200);
        assert!(!purse.take(1, true));
        purse.give_back(1);
        assert!(purse.take(1, true));
    }

    #[test]
    fn threads_share_a_purse() {
        let purse = purse(8_000);
        let take = || (0..2_000).filter(|_| purse.take(1, false)).count();
        let taken: usize = thread::scope(|scope| {
            let takers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).sum()
        });
        assert_eq!(taken, 7_000);
    }
}
