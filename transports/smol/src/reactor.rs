//! Sockets that are ready, for the executor of one thread.
//!
//! async-io has one reactor for all threads: whichever thread polls it wakes the tasks of the
//! others, and each wait for a socket is a system call. With an executor per core whose
//! connections stay on it, each thread can do both for itself, with a poll of its own. It is
//! edge-triggered: a socket is registered once, and what is known of its readiness saves the
//! reads that would find nothing.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{self, Context, Wake, Waker};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Registry, Token};
use slab::Slab;

/// What tells the tasks of a thread that their sockets are ready.
#[derive(Clone, Debug)]
pub struct Reactor {
    inner: Rc<Inner>,
}

/// What a reactor is made of on its own thread. It takes three descriptors.
#[derive(Debug)]
pub(crate) struct Poll {
    poll: mio::Poll,
    registry: Registry,
    waker: mio::Waker,
}

#[derive(Debug)]
struct Inner {
    poll: RefCell<mio::Poll>,
    registry: Registry,
    bell: Arc<Bell>,
    sources: RefCell<Slab<Source>>,
}

/// What is known of a socket.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) read: Direction,
    pub(crate) write: Direction,
}

#[derive(Debug, Default)]
pub(crate) struct Direction {
    /// Whether it is worth an attempt.
    ready: bool,
    /// Whether there will be no other event: the peer has closed it, or it is broken.
    closed: bool,
    /// Whether somebody waits.
    wanted: bool,
    waker: Option<Waker>,
}

/// Wakes the thread.
#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    asleep: AtomicBool,
    waker: mio::Waker,
}

/// The key of the bell.
const BELL: Token = Token(usize::MAX);

/// Events that are taken from the system at once.
const EVENTS: usize = 256;

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, BELL)?;
        Ok(Self { poll, registry, waker })
    }
}

impl Reactor {
    pub(crate) fn new(poll: Poll) -> Self {
        let Poll { poll, registry, waker } = poll;
        let bell = Bell { rung: AtomicBool::new(false), asleep: AtomicBool::new(false), waker };
        Self {
            inner: Rc::new(Inner {
                poll: RefCell::new(poll),
                registry,
                bell: Arc::new(bell),
                sources: RefCell::default(),
            }),
        }
    }

    /// Runs a future on this thread, and waits for sockets meanwhile.
    ///
    /// Before each wait, `until` is told the time and says how long to wait at most; then the
    /// future is polled again.
    pub(crate) fn block_on<T>(
        &self,
        future: impl Future<Output = T>,
        mut until: impl FnMut(Instant) -> Option<Instant>,
    ) -> T {
        let mut future = pin!(future);
        let bell = &self.inner.bell;
        let waker = Waker::from(Arc::clone(bell));
        let mut cx = Context::from_waker(&waker);
        let mut events = Events::with_capacity(EVENTS);
        loop {
            bell.rung.store(false, SeqCst);
            if let task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            let now = Instant::now();
            let mut timeout = until(now).map(|until| until.saturating_duration_since(now));
            bell.asleep.store(true, SeqCst);
            if bell.rung.load(SeqCst) {
                timeout = Some(Duration::ZERO);
            }
            self.inner.wait(&mut events, timeout);
            // Before tasks are woken, which would ring it.
            bell.asleep.store(false, SeqCst);
            self.inner.dispatch(&events);
        }
    }

    /// Wakes the tasks of all sockets that are ready by now.
    pub(crate) fn catch_up(&self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.inner.wait(&mut events, Some(Duration::ZERO));
            if self.inner.dispatch(&events) < EVENTS {
                return;
            }
        }
    }

    /// Registers a socket: the key of its source.
    pub(crate) fn register(&self, socket: &impl AsFd) -> io::Result<usize> {
        let mut source = Source::default();
        source.write.ready = true;
        let key = self.inner.sources.borrow_mut().insert(source);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let socket = socket.as_fd().as_raw_fd();
        let registered = self.inner.registry.register(&mut SourceFd(&socket), Token(key), interest);
        if registered.is_err() {
            self.forget(key);
        }
        registered.map(|()| key)
    }

    pub(crate) fn deregister(&self, socket: &impl AsFd, key: usize) {
        // If it fails, closing the socket does the same.
        let _ = self.inner.registry.deregister(&mut SourceFd(&socket.as_fd().as_raw_fd()));
        self.forget(key);
    }

    pub(crate) fn with<R>(&self, key: usize, act: impl FnOnce(&mut Source) -> R) -> R {
        act(&mut self.inner.sources.borrow_mut()[key])
    }

    fn forget(&self, key: usize) {
        let source = self.inner.sources.borrow_mut().try_remove(key);
        // Its wakers may drop tasks, and with them sockets.
        drop(source);
    }
}

impl Inner {
    /// Waits for events.
    fn wait(&self, events: &mut Events, timeout: Option<Duration>) {
        match self.poll.borrow_mut().poll(events, timeout) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                // Nothing that the systems name besides can happen to an instance of ours.
                log::error!("waiting for sockets failed: {error}");
            }
            _ => {}
        }
    }

    /// Passes them on: how many there were.
    fn dispatch(&self, events: &Events) -> usize {
        let mut sources = self.sources.borrow_mut();
        let mut count = 0;
        for event in events {
            count += 1;
            // The bell has no source, nor has a socket that was dropped a moment ago.
            if let Some(source) = sources.get_mut(event.token().0) {
                source.is_told(event);
            }
        }
        count
    }
}

impl Source {
    fn is_told(&mut self, event: &Event) {
        let broken = event.is_error() || event.is_read_closed() && event.is_write_closed();
        if broken || event.is_readable() || event.is_read_closed() {
            self.read.becomes_ready(broken || event.is_read_closed());
        }
        if broken || event.is_writable() || event.is_write_closed() {
            self.write.becomes_ready(broken || event.is_write_closed());
        }
    }
}

impl Direction {
    fn becomes_ready(&mut self, closed: bool) {
        self.ready = true;
        self.closed |= closed;
        if self.wanted
            && let Some(waker) = &self.waker
        {
            self.wanted = false;
            waker.wake_by_ref();
        }
    }

    /// Nothing more is to be had before the next event, unless there will be none.
    pub(crate) const fn is_exhausted(&mut self) {
        self.ready = self.closed;
    }

    /// Even if it is closed, there is an event to come.
    pub(crate) const fn would_block(&mut self) {
        self.ready = false;
    }

    pub(crate) fn poll_ready(&mut self, cx: &Context<'_>) -> task::Poll<()> {
        self.wanted = !self.ready;
        if self.ready {
            return task::Poll::Ready(());
        }
        match &self.waker {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            _ => self.waker = Some(cx.waker().clone()),
        }
        task::Poll::Pending
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, SeqCst)
            && self.asleep.load(SeqCst)
            && let Err(error) = self.waker.wake()
        {
            log::error!("waking a thread failed: {error}");
        }
    }
}
