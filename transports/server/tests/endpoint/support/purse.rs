//! A purse that records what was taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use h1events_server::Purse;

/// The account of purses of one size.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    max: usize,
    used: Arc<AtomicUsize>,
    overdrawn: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
}

impl Account {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    /// Returns the bytes taken and not given back.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Returns the most bytes that were ever in use after a regular take.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    /// Returns the bytes that were ever overdrawn.
    pub(crate) fn overdrawn(&self) -> usize {
        self.overdrawn.load(Relaxed)
    }

    /// Returns a purse that takes from this account.
    pub(crate) fn purse(&self) -> Box<dyn Purse + Send> {
        Box::new(self.clone())
    }
}

impl Purse for Account {
    fn take(&self, bytes: usize, small: bool) -> bool {
        let max = if small { self.max } else { self.max - self.max / 8 };
        let fits = bytes <= max.saturating_sub(self.used());
        if fits {
            let used = self.used.fetch_add(bytes, Relaxed) + bytes;
            self.peak.fetch_max(used, Relaxed);
        }
        fits
    }

    fn overdraw(&self, bytes: usize) {
        self.used.fetch_add(bytes, Relaxed);
        self.overdrawn.fetch_add(bytes, Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        let used = self.used.fetch_sub(bytes, Relaxed);
        assert!(used >= bytes, "{bytes} given back of {used}");
    }
}
