//! The connections of one worker: which of them wait, for how long, and what wakes them.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Waker;
use std::time::Instant;

use h1events_serving::{MOMENT, Rest, Shutdown, Summary};
use slab::Slab;

use crate::deadlines::Deadlines;
use crate::load::Load;
use crate::queue::Queue;

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
#[derive(Debug, Default)]
struct Slot {
    waker: Option<Waker>,
    event: Option<Event>,
    waiting: bool,
    deadline: Option<Instant>,
    /// Its entry among the deadlines.
    entry: Option<Instant>,
    rest: Option<(Rest, Instant)>,
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

    /// A connection begins: its key.
    pub(crate) fn insert(&mut self) -> usize {
        self.slots.insert(Slot::default())
    }

    /// A connection has ended.
    pub(crate) fn remove(&mut self, key: usize) {
        self.resume(key);
        let mut slot = self.slots.remove(key);
        self.deadlines.remove(key, &mut slot.entry);
        if self.shutdown.has_begun() {
            self.ended += 1;
        }
        self.load.closed();
    }

    /// Notes that a connection waits.
    pub(crate) fn wait(
        &mut self,
        key: usize,
        waker: &Waker,
        deadline: Instant,
        rest: Option<(Rest, Instant)>,
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
        slot.rest = rest;
        if let Some((rest, _)) = rest {
            self.queues[rest as usize].push(key);
            if self.queues[rest as usize].head() == Some(key) {
                self.publish(rest);
            }
        }
    }

    /// Notes that it waits no more.
    pub(crate) fn resume(&mut self, key: usize) {
        let slot = &mut self.slots[key];
        slot.waiting = false;
        if let Some((rest, _)) = slot.rest.take() {
            let was_head = self.queues[rest as usize].head() == Some(key);
            self.queues[rest as usize].remove(key);
            if was_head {
                self.publish(rest);
            }
        }
    }

    /// Why it has been woken, unless it can read or write.
    pub(crate) fn take_event(&mut self, key: usize) -> Option<Event> {
        self.slots[key].event.take()
    }

    /// Closes the connection that has been silent for longest, or else lingering, if it has for a
    /// moment.
    pub(crate) fn make_room(&mut self, now: Instant) {
        self.has_made_room();
        let is_due = |since| now.saturating_duration_since(since) >= MOMENT;
        let head = |queue: &Queue| {
            let key = queue.head()?;
            self.slots[key].rest.is_some_and(|(_, since)| is_due(since)).then_some(key)
        };
        match self.queues.iter().find_map(head) {
            Some(key) => self.wake(key, Event::Evicted),
            // Another worker may have one.
            None => self.load.room.made(),
        }
    }

    /// Nothing is to be done for it any more.
    pub(crate) fn has_made_room(&self) {
        self.load.making_room.store(false, SeqCst);
    }

    /// Wakes the silent ones, so that they see that the server shuts down. The others see it when
    /// they have something to do.
    pub(crate) fn end(&mut self) {
        while let Some(key) = self.queues[Rest::Silent as usize].head() {
            self.wake(key, Event::Ending);
            self.idle += 1;
        }
    }

    /// One of these had got a request before it saw that.
    pub(crate) const fn not_idle(&mut self) {
        self.idle -= 1;
    }

    /// What the shutdown has come to by now.
    pub(crate) fn summary(&self) -> Summary {
        // Who rests has answered everything, and who is about to see the shutdown was silent.
        let is_unfinished = |slot: &Slot| slot.rest.is_none() && slot.event != Some(Event::Ending);
        let cut_off = self.slots.iter().filter(|(_, slot)| is_unfinished(slot)).count() as u64;
        let all = self.ended + self.slots.len() as u64;
        let finished = all.saturating_sub(self.idle + cut_off);
        Summary { connections: all, idle: self.idle, finished, cut_off }
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

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    fn wake(&mut self, key: usize, event: Event) {
        self.resume(key);
        let slot = &mut self.slots[key];
        slot.event = Some(event);
        if let Some(waker) = &slot.waker {
            waker.wake_by_ref();
        }
    }

    fn publish(&self, rest: Rest) {
        let head = self.queues[rest as usize].head().and_then(|key| self.slots[key].rest);
        self.load.set_oldest(rest, head.map(|(_, since)| since));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::sync::mpsc::{Receiver, channel};

    use h1events_serving::Room;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Bench {
        registry: Registry,
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
            let load = Arc::new(Load::new(Arc::new(wanted), start));
            let shutdown = Shutdown::new(|| {});
            let registry = Registry::new(Arc::clone(&load), shutdown.clone());
            Self { registry, load, room, shutdown, start }
        }

        fn open<const N: usize>(&mut self) -> [usize; N] {
            [(); N].map(|()| {
                self.load.opens();
                self.registry.insert()
            })
        }

        fn close(&mut self, keys: &[usize]) {
            for key in keys {
                self.registry.remove(*key);
            }
        }

        /// In seconds since the start.
        fn wait(&mut self, key: usize, deadline: u32, idle: Option<(Rest, u32)>) {
            let idle = idle.map(|(idle, since)| (idle, self.start + since * SECOND));
            self.registry.wait(key, Waker::noop(), self.start + deadline * SECOND, idle);
        }

        fn expire(&mut self, now: u32) -> Option<Instant> {
            self.registry.expire(self.start + now * SECOND)
        }

        /// In seconds since the start, of silence and of lingering.
        fn oldest(&self) -> [Option<u64>; 2] {
            [Rest::Silent, Rest::Lingering]
                .map(|rest| self.load.oldest(rest).map(|since| (since - self.start).as_secs()))
        }
    }

    #[test]
    fn the_longest_silent_makes_room_then_the_longest_lingering() {
        let mut bench = Bench::new();
        let [a, b, c, busy] = bench.open();
        bench.wait(c, 9, Some((Rest::Lingering, 1)));
        bench.wait(a, 9, Some((Rest::Silent, 2)));
        bench.wait(b, 9, Some((Rest::Silent, 3)));
        bench.wait(busy, 9, None);
        assert_eq!(bench.oldest(), [Some(2), Some(1)]);
        // It gets a request and is silent again.
        bench.registry.resume(a);
        assert_eq!(bench.oldest()[0], Some(3));
        bench.wait(a, 9, Some((Rest::Silent, 4)));

        // Nobody has been silent for a moment yet.
        bench.load.making_room.store(true, SeqCst);
        bench.registry.make_room(bench.start);
        assert_eq!([a, b, c].map(|key| bench.registry.take_event(key)), [None; 3]);
        assert_eq!(bench.room.try_recv(), Ok(()));
        bench.load.room.want();

        for expected in [b, a, c] {
            bench.registry.make_room(bench.start + 5 * SECOND);
            assert_eq!(bench.registry.take_event(expected), Some(Event::Evicted));
        }
        bench.registry.make_room(bench.start + 5 * SECOND);
        assert_eq!(bench.registry.take_event(busy), None);
        assert_eq!(bench.oldest(), [None; 2]);
        assert!(!bench.load.making_room.load(SeqCst));
        bench.load.room.want();
        bench.close(&[b]);
        assert_eq!(bench.room.try_recv(), Ok(()));
        assert_eq!(bench.load.open(), 3);
    }

    #[test]
    fn who_leaves_leaves_no_trace() {
        let mut bench = Bench::new();
        let [a, b, c] = bench.open();
        for (key, since) in [(a, 1), (b, 2), (c, 3)] {
            bench.wait(key, 9, Some((Rest::Silent, since)));
        }
        bench.close(&[b, a]);
        assert_eq!(bench.oldest()[0], Some(3));
        bench.close(&[c]);
        assert_eq!(bench.oldest()[0], None);
        assert_eq!(bench.expire(99), None);
        assert!(bench.registry.len() == 0);
        assert_eq!(bench.load.open(), 0);
    }

    #[test]
    fn a_deadline_that_moves_to_later_is_looked_at_once_too_early() {
        let mut bench = Bench::new();
        let [key] = bench.open();
        for deadline in 5..8 {
            bench.wait(key, deadline, None);
            bench.registry.resume(key);
        }
        bench.wait(key, 8, None);
        assert_eq!(bench.expire(4), Some(bench.start + 5 * SECOND));
        assert_eq!(bench.expire(6), Some(bench.start + 8 * SECOND));
        assert_eq!(bench.registry.take_event(key), None);
        assert_eq!(bench.expire(8), None);
        assert_eq!(bench.registry.take_event(key), Some(Event::Deadline));
        // And one that moves to earlier, or comes anew, is not missed.
        bench.wait(key, 20, None);
        bench.registry.resume(key);
        bench.wait(key, 10, None);
        assert_eq!(bench.expire(10), None);
        assert_eq!(bench.registry.take_event(key), Some(Event::Deadline));
    }

    #[test]
    fn the_end_wakes_the_silent_and_counts_all() {
        let mut bench = Bench::new();
        let [before, after, silent, too, begun, handled, lingering] = bench.open();
        bench.close(&[before]);
        bench.shutdown.begin(SECOND);
        bench.close(&[after]);
        bench.wait(silent, 9, Some((Rest::Silent, 1)));
        bench.wait(too, 9, Some((Rest::Silent, 1)));
        bench.wait(begun, 9, None);
        bench.wait(lingering, 9, Some((Rest::Lingering, 1)));
        bench.registry.end();
        let summary = Summary { connections: 6, idle: 2, finished: 2, cut_off: 2 };
        assert_eq!(bench.registry.summary(), summary);

        let events =
            [silent, too, begun, handled, lingering].map(|key| bench.registry.take_event(key));
        assert_eq!(events, [Some(Event::Ending), Some(Event::Ending), None, None, None]);
        bench.close(&[silent, too, lingering]);
        assert_eq!(bench.registry.summary(), summary);
        bench.close(&[begun, handled]);
        assert_eq!(bench.registry.summary(), Summary { finished: 4, cut_off: 0, ..summary });
    }
}
