//! The connections of one worker: which of them wait, for how long, and what wakes them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;
use std::thread;
use std::time::Instant;

use h1events_serving::{Peer, Room, Shutdown};
use slab::Slab;

use crate::deadlines::Deadlines;
use crate::queue::{Link, Queue};

/// What one worker tells the thread that accepts.
#[derive(Debug)]
pub(crate) struct Load {
    /// Connections, those on their way to the worker included.
    pub(crate) open: AtomicUsize,
    /// When the longest-silent connection fell silent, and the longest-lingering one began
    /// to linger: nanoseconds since `epoch`, or `NEVER`.
    pub(crate) oldest: [AtomicU64; 2],
    /// Whether the worker has been asked to close one, and has not done it yet.
    pub(crate) making_room: AtomicBool,
    pub(crate) room: Arc<Room>,
    pub(crate) epoch: Instant,
}

pub(crate) const NEVER: u64 = u64::MAX;

/// Of what kind a wait is that may be ended to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    Silent,
    Lingering,
}

/// Why a wait ends before something could be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The deadline has passed.
    Deadline,
    /// Another connection needs the room.
    Evicted,
    /// The server shuts down.
    Ending,
}

/// What is known of a connection that waits.
#[derive(Debug)]
pub(crate) struct Slot {
    waker: Option<Waker>,
    event: Option<Event>,
    waiting: bool,
    deadline: Option<Instant>,
    /// Its entry among the deadlines.
    entry: Option<Instant>,
    idle: Option<(Idle, Instant)>,
    pub(crate) link: Link,
}

#[derive(Debug)]
pub(crate) struct Registry {
    slots: Slab<Slot>,
    deadlines: Deadlines,
    queues: [Queue; 2],
    load: Arc<Load>,
    shutdown: Shutdown,
    /// Connections that have ended since the shutdown.
    ended: u64,
    /// Connections that were silent at the shutdown, whether or not they have noticed it.
    idle: u64,
}

/// What has become of a worker's connections in a shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) idle: u64,
    pub(crate) finished: u64,
    pub(crate) cut_off: u64,
}

impl Registry {
    pub(crate) fn new(load: Arc<Load>, shutdown: Shutdown) -> Self {
        Self {
            slots: Slab::new(),
            deadlines: Deadlines::new(),
            queues: [const { Queue::new() }; 2],
            load,
            shutdown,
            ended: 0,
            idle: 0,
        }
    }

    /// Notes that a connection waits.
    pub(crate) fn wait(
        &mut self,
        key: usize,
        waker: &Waker,
        deadline: Instant,
        idle: Option<(Idle, Instant)>,
    ) {
        let slot = &mut self.slots[key];
        match &slot.waker {
            Some(known) if known.will_wake(waker) => {}
            _ => slot.waker = Some(waker.clone()),
        }
        if slot.waiting {
            return;
        }
        slot.waiting = true;
        slot.deadline = Some(deadline);
        self.deadlines.set(key, &mut slot.entry, deadline);
        slot.idle = idle;
        if let Some((idle, _)) = idle {
            self.queues[idle as usize].push(&mut self.slots, key);
            self.publish(idle, key);
        }
    }

    /// Notes that it waits no more.
    pub(crate) fn resume(&mut self, key: usize) {
        let slot = &mut self.slots[key];
        slot.waiting = false;
        if let Some((idle, _)) = slot.idle.take() {
            let was_head = self.queues[idle as usize].head() == Some(key);
            self.queues[idle as usize].remove(&mut self.slots, key);
            if was_head {
                self.publish_head(idle);
            }
        }
    }

    /// Why it has been woken, unless it can read or write.
    pub(crate) fn take_event(&mut self, key: usize) -> Option<Event> {
        self.slots[key].event.take()
    }

    /// Closes the connection that has been silent for longest, or else lingering.
    pub(crate) fn make_room(&mut self) {
        self.load.making_room.store(false, Ordering::SeqCst);
        if let Some(key) = self.queues.iter().find_map(Queue::head) {
            self.wake(key, Event::Evicted);
        }
    }

    /// Wakes the silent ones, so that they see that the server shuts down. The others see it when
    /// they have something to do.
    pub(crate) fn end(&mut self) {
        while let Some(key) = self.queues[Idle::Silent as usize].head() {
            self.wake(key, Event::Ending);
            self.idle += 1;
        }
    }

    /// What the shutdown has come to by now.
    pub(crate) fn tally(&self) -> Tally {
        // Who waits has answered everything, and who is about to see the shutdown was silent.
        let is_unfinished = |slot: &Slot| slot.idle.is_none() && slot.event != Some(Event::Ending);
        let cut_off = self.slots.iter().filter(|(_, slot)| is_unfinished(slot)).count() as u64;
        let all = self.ended + self.slots.len() as u64;
        Tally { idle: self.idle, finished: all.saturating_sub(self.idle + cut_off), cut_off }
    }

    /// Wakes those whose deadline has passed. When to call again.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        while let Some(key) = self.deadlines.pop_due(now) {
            let slot = &mut self.slots[key];
            slot.entry = None;
            match slot.deadline.filter(|_| slot.waiting) {
                Some(deadline) if deadline <= now => self.wake(key, Event::Deadline),
                Some(deadline) => self.deadlines.set(key, &mut slot.entry, deadline),
                None => {}
            }
        }
        self.deadlines.first()
    }

    /// Whether the answer that a connection has now is to be its last one.
    pub(crate) fn is_last_answer(&self) -> bool {
        self.load.room.is_last_answer()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn wake(&mut self, key: usize, event: Event) {
        self.resume(key);
        let slot = &mut self.slots[key];
        slot.event = Some(event);
        if let Some(waker) = &slot.waker {
            waker.wake_by_ref();
        }
    }

    fn publish(&self, idle: Idle, key: usize) {
        if self.queues[idle as usize].head() == Some(key) {
            self.publish_head(idle);
        }
    }

    fn publish_head(&self, idle: Idle) {
        let since = self.queues[idle as usize].head().and_then(|key| self.slots[key].idle);
        let nanos = since.map_or(NEVER, |(_, since)| {
            u64::try_from(since.saturating_duration_since(self.load.epoch).as_nanos())
                .unwrap_or(NEVER - 1)
        });
        self.load.oldest[idle as usize].store(nanos, Ordering::Relaxed);
    }
}

/// A connection's place in the registry, as long as it lives.
#[derive(Debug)]
pub(crate) struct Place {
    registry: Rc<RefCell<Registry>>,
    key: usize,
    peer: Peer,
}

impl Place {
    pub(crate) fn new(registry: &Rc<RefCell<Registry>>, peer: Peer) -> Self {
        let key = registry.borrow_mut().slots.insert(Slot {
            waker: None,
            event: None,
            waiting: false,
            deadline: None,
            entry: None,
            idle: None,
            link: Link::new(),
        });
        Self { registry: Rc::clone(registry), key, peer }
    }

    pub(crate) const fn key(&self) -> usize {
        self.key
    }

    pub(crate) const fn peer(&self) -> Peer {
        self.peer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if thread::panicking() {
            log::error!("{}: its task panicked", self.peer);
        }
        let mut registry = self.registry.borrow_mut();
        registry.resume(self.key);
        let mut slot = registry.slots.remove(self.key);
        registry.deadlines.remove(self.key, &mut slot.entry);
        if registry.shutdown.has_begun() {
            registry.ended += 1;
        }
        registry.load.open.fetch_sub(1, Ordering::SeqCst);
        registry.load.room.is_made();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Bench {
        registry: Rc<RefCell<Registry>>,
        load: Arc<Load>,
        room: Receiver<()>,
        shutdown: Shutdown,
        start: Instant,
    }

    impl Bench {
        fn new() -> Self {
            let (sender, room) = channel();
            let wanted = Room::new(move || sender.send(()).expect("the test waits"));
            wanted.want();
            let start = Instant::now();
            let load = Arc::new(Load {
                open: AtomicUsize::new(9),
                oldest: [const { AtomicU64::new(NEVER) }; 2],
                making_room: AtomicBool::new(true),
                room: Arc::new(wanted),
                epoch: start,
            });
            let shutdown = Shutdown::new(|| {});
            let registry = Registry::new(Arc::clone(&load), shutdown.clone());
            Self { registry: Rc::new(RefCell::new(registry)), load, room, shutdown, start }
        }

        fn place(&self) -> Place {
            Place::new(&self.registry, Peer::Local)
        }

        /// In seconds since the start.
        fn wait(&self, place: &Place, deadline: u32, idle: Option<(Idle, u32)>) {
            let idle = idle.map(|(idle, since)| (idle, self.start + since * SECOND));
            let deadline = self.start + deadline * SECOND;
            self.registry.borrow_mut().wait(place.key(), Waker::noop(), deadline, idle);
        }

        fn event(&self, place: &Place) -> Option<Event> {
            self.registry.borrow_mut().take_event(place.key())
        }

        fn expire(&self, now: u32) -> Option<Instant> {
            self.registry.borrow_mut().expire(self.start + now * SECOND)
        }

        fn oldest(&self) -> [u64; 2] {
            self.load.oldest.each_ref().map(|oldest| oldest.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn the_longest_silent_makes_room_then_the_longest_lingering() {
        let bench = Bench::new();
        let [a, b, c, busy] = [(); 4].map(|()| bench.place());
        bench.wait(&c, 9, Some((Idle::Lingering, 1)));
        bench.wait(&a, 9, Some((Idle::Silent, 2)));
        bench.wait(&b, 9, Some((Idle::Silent, 3)));
        bench.wait(&busy, 9, None);
        assert_eq!(bench.oldest(), [2_000_000_000, 1_000_000_000]);
        // It gets a request and is silent again.
        bench.registry.borrow_mut().resume(a.key());
        assert_eq!(bench.oldest()[0], 3_000_000_000);
        bench.wait(&a, 9, Some((Idle::Silent, 4)));

        for expected in [&b, &a, &c] {
            bench.registry.borrow_mut().make_room();
            assert_eq!(bench.event(expected), Some(Event::Evicted));
        }
        bench.registry.borrow_mut().make_room();
        assert_eq!(bench.event(&busy), None);
        assert_eq!(bench.oldest(), [NEVER; 2]);
        assert!(!bench.load.making_room.load(Ordering::SeqCst));
        drop(b);
        assert_eq!(bench.room.try_recv(), Ok(()));
        assert_eq!(bench.load.open.load(Ordering::SeqCst), 8);
    }

    #[test]
    fn who_leaves_leaves_no_trace() {
        let bench = Bench::new();
        let [a, b, c] = [(); 3].map(|()| bench.place());
        for (place, since) in [(&a, 1), (&b, 2), (&c, 3)] {
            bench.wait(place, 9, Some((Idle::Silent, since)));
        }
        drop(b);
        drop(a);
        assert_eq!(bench.oldest()[0], 3_000_000_000);
        drop(c);
        assert_eq!(bench.oldest()[0], NEVER);
        assert_eq!(bench.expire(99), None);
        assert!(bench.registry.borrow().is_empty());
    }

    #[test]
    fn a_deadline_that_moves_to_later_is_looked_at_once_too_early() {
        let bench = Bench::new();
        let place = bench.place();
        for deadline in 5..8 {
            bench.wait(&place, deadline, None);
            bench.registry.borrow_mut().resume(place.key());
        }
        bench.wait(&place, 8, None);
        assert_eq!(bench.expire(4), Some(bench.start + 5 * SECOND));
        assert_eq!(bench.expire(6), Some(bench.start + 8 * SECOND));
        assert_eq!(bench.event(&place), None);
        assert_eq!(bench.expire(8), None);
        assert_eq!(bench.event(&place), Some(Event::Deadline));
        // And one that moves to earlier, or comes anew, is not missed.
        bench.wait(&place, 20, None);
        bench.registry.borrow_mut().resume(place.key());
        bench.wait(&place, 10, None);
        assert_eq!(bench.expire(10), None);
        assert_eq!(bench.event(&place), Some(Event::Deadline));
    }

    #[test]
    fn the_end_wakes_the_silent_and_counts_all() {
        let bench = Bench::new();
        let [before, after, silent, too, begun, handled, lingering] =
            [(); 7].map(|()| bench.place());
        drop(before);
        bench.shutdown.begin(SECOND);
        drop(after);
        bench.wait(&silent, 9, Some((Idle::Silent, 1)));
        bench.wait(&too, 9, Some((Idle::Silent, 1)));
        bench.wait(&begun, 9, None);
        bench.wait(&lingering, 9, Some((Idle::Lingering, 1)));
        bench.registry.borrow_mut().end();
        let tally = Tally { idle: 2, finished: 2, cut_off: 2 };
        assert_eq!(bench.registry.borrow().tally(), tally);

        let events = [&silent, &too, &begun, &handled, &lingering].map(|place| bench.event(place));
        assert_eq!(events, [Some(Event::Ending), Some(Event::Ending), None, None, None]);
        drop((silent, too, lingering));
        assert_eq!(bench.registry.borrow().tally(), tally);
        drop((begun, handled));
        assert_eq!(bench.registry.borrow().tally(), Tally { idle: 2, finished: 4, cut_off: 0 });
    }
}
