//! How the thread that accepts asks all others for room, and hears of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use smol::channel::{Receiver, Sender, bounded};

#[derive(Debug)]
pub(crate) struct Room {
    /// Whether somebody waits for a connection to end.
    wanted: AtomicBool,
    /// Whether the next answer is to be the last one of its connection.
    last_answer_wanted: AtomicBool,
    made: Sender<()>,
}

impl Room {
    /// And what receives something when there is room that was wanted.
    pub(crate) fn new() -> (Arc<Self>, Receiver<()>) {
        let (made, receiver) = bounded(1);
        let (wanted, last_answer_wanted) = (AtomicBool::new(false), AtomicBool::new(false));
        (Arc::new(Self { wanted, last_answer_wanted, made }), receiver)
    }

    pub(crate) fn want(&self) {
        self.wanted.store(true, SeqCst);
    }

    /// If all are busy, the connection that is next to answer a request is to end with it.
    pub(crate) fn want_last_answer(&self) {
        self.last_answer_wanted.store(true, SeqCst);
    }

    pub(crate) fn want_nothing(&self) {
        self.wanted.store(false, SeqCst);
        self.last_answer_wanted.store(false, SeqCst);
    }

    /// Whether the connection that asks is that one.
    pub(crate) fn is_last_answer(&self) -> bool {
        self.last_answer_wanted.load(SeqCst) && self.last_answer_wanted.swap(false, SeqCst)
    }

    /// A connection has ended.
    pub(crate) fn is_made(&self) {
        if self.wanted.load(SeqCst) {
            // Whoever wants room has been told if there is something in it already.
            let _ = self.made.try_send(());
        }
    }
}
