//! The memory of a server, shared by its workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use h1events_server::Purse;

/// A [`Purse`] that endpoints on several threads share.
///
/// ```
/// use h1events_net::SharedPurse;
/// use h1events_server::Purse;
///
/// let purse = SharedPurse::new(800);
/// let other = purse.clone();
/// assert!(purse.take(700, false));
/// assert!(!other.take(1, false), "the last eighth is for small connections");
/// assert!(other.take(100, true));
/// ```
#[derive(Clone, Debug)]
pub struct SharedPurse {
    taken: Arc<AtomicUsize>,
    max: usize,
}

impl SharedPurse {
    /// A purse with that many bytes.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { taken: Arc::default(), max }
    }
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
