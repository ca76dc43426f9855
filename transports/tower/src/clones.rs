//! A service for many threads.

use std::sync::{Mutex, PoisonError};

use thread_local::ThreadLocal;

/// Clones of a service: one for each thread, so that the service needn't be `Sync`, and one of that for each call.
pub(crate) struct Clones<S: Send> {
    original: Mutex<S>,
    of_threads: ThreadLocal<S>,
}

impl<S: Clone + Send> Clones<S> {
    pub(crate) const fn new(service: S) -> Self {
        Self { original: Mutex::new(service), of_threads: ThreadLocal::new() }
    }

    /// Returns a clone for one call.
    pub(crate) fn get(&self) -> S {
        let original = || self.original.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.of_threads.get_or(original).clone()
    }
}
