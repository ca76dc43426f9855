//! An epoll instance per thread, edge-triggered: a socket is registered once, and what is
//! known of its readiness saves the reads that would find nothing.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;
use slab::Slab;
use smol::io::{AsyncRead, AsyncWrite};

/// What tells the tasks of a thread that their sockets are ready.
#[derive(Clone, Debug)]
pub struct Reactor {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    epoll: OwnedFd,
    bell: Arc<Bell>,
    sources: RefCell<Slab<Source>>,
}

/// What is known of a socket.
#[derive(Debug, Default)]
struct Source {
    read: Direction,
    write: Direction,
}

#[derive(Debug, Default)]
struct Direction {
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
    eventfd: OwnedFd,
}

/// The key of the bell.
const BELL: u64 = u64::MAX;

/// Events that are taken from the system at once.
const EVENTS: usize = 256;

impl Reactor {
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let eventfd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Edge-triggered, so that nobody has to read it.
        epoll::add(&epoll, &eventfd, EventData::new_u64(BELL), EventFlags::IN | EventFlags::ET)?;
        let bell = Bell { rung: AtomicBool::new(false), asleep: AtomicBool::new(false), eventfd };
        Ok(Self {
            inner: Rc::new(Inner { epoll, bell: Arc::new(bell), sources: RefCell::default() }),
        })
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
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            bell.rung.store(false, SeqCst);
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            let now = Instant::now();
            let mut timeout = until(now).map(|until| until.saturating_duration_since(now));
            bell.asleep.store(true, SeqCst);
            if bell.rung.load(SeqCst) {
                timeout = Some(Duration::ZERO);
            }
            // What is too long for the system is for ever.
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            self.inner.wait(&mut events, timeout.as_ref());
            bell.asleep.store(false, SeqCst);
        }
    }

    /// Wakes the tasks of all sockets that are ready by now.
    pub(crate) fn catch_up(&self) {
        let mut events = Vec::with_capacity(EVENTS);
        while self.inner.wait(&mut events, Some(&Timespec::default())) == EVENTS {}
    }
}

impl Inner {
    /// Waits for events, and passes them on: how many there were.
    fn wait(&self, events: &mut Vec<epoll::Event>, timeout: Option<&Timespec>) -> usize {
        events.clear();
        match epoll::wait(&self.epoll, spare_capacity(events), timeout) {
            Ok(_) => self.dispatch(events),
            Err(Errno::INTR) => {}
            // Nothing that epoll_wait(2) names besides can happen to an instance of ours.
            Err(error) => log::error!("waiting for sockets failed: {error}"),
        }
        events.len()
    }

    fn dispatch(&self, events: &[epoll::Event]) {
        let mut sources = self.sources.borrow_mut();
        for event in events {
            // The bell has no source, nor has a socket that was dropped a moment ago.
            let key = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let Some(source) = sources.get_mut(key) else { continue };
            let flags = event.flags;
            let broken = flags.intersects(EventFlags::HUP | EventFlags::ERR);
            if broken || flags.intersects(EventFlags::IN | EventFlags::RDHUP) {
                source.read.is_ready(broken || flags.contains(EventFlags::RDHUP));
            }
            if broken || flags.contains(EventFlags::OUT) {
                source.write.is_ready(broken);
            }
        }
    }
}

impl Direction {
    fn is_ready(&mut self, closed: bool) {
        self.ready = true;
        self.closed |= closed;
        if self.wanted
            && let Some(waker) = &self.waker
        {
            self.wanted = false;
            waker.wake_by_ref();
        }
    }

    /// Nothing more is to be had before the next event.
    const fn is_exhausted(&mut self) {
        self.ready = self.closed;
    }

    fn poll_ready(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.wanted = !self.ready;
        if self.ready {
            return Poll::Ready(());
        }
        match &self.waker {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            _ => self.waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, SeqCst) && self.asleep.load(SeqCst) {
            // It only fails when it has been written 2^64 - 1 times.
            let _ = rustix::io::write(&self.eventfd, &1_u64.to_ne_bytes());
        }
    }
}

/// A socket that belongs to the thread of its reactor.
///
/// It is what TCP and Unix connections are served on, and what TLS can be put on.
#[derive(Debug)]
pub struct Socket<T: AsFd> {
    io: T,
    reactor: Reactor,
    key: usize,
}

impl<T: AsFd> Socket<T> {
    /// Registers a socket, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn new(io: T, reactor: &Reactor) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&io, true)?;
        let mut source = Source::default();
        source.write.ready = true;
        let key = reactor.inner.sources.borrow_mut().insert(source);
        let socket = Self { io, reactor: reactor.clone(), key };
        epoll::add(
            &reactor.inner.epoll,
            &socket.io,
            EventData::new_u64(key as u64),
            EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET,
        )?;
        Ok(socket)
    }

    /// The socket itself, which must stay non-blocking.
    pub const fn get_ref(&self) -> &T {
        &self.io
    }

    fn with<R>(&self, act: impl FnOnce(&mut Source) -> R) -> R {
        act(&mut self.reactor.inner.sources.borrow_mut()[self.key])
    }

    /// Attempts something as soon as it is worth it. Gets what it has moved, and whether
    /// that is all there was.
    fn poll_with<R>(
        &self,
        cx: &Context<'_>,
        direction: impl Fn(&mut Source) -> &mut Direction,
        mut attempt: impl FnMut(&T) -> io::Result<(R, bool)>,
    ) -> Poll<io::Result<R>> {
        loop {
            if self.with(|source| direction(source).poll_ready(cx)).is_pending() {
                return Poll::Pending;
            }
            match attempt(&self.io) {
                Ok((result, exhausted)) => {
                    if exhausted {
                        self.with(|source| direction(source).is_exhausted());
                    }
                    return Poll::Ready(Ok(result));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Even if it is closed: there is an event to come.
                    self.with(|source| direction(source).ready = false);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<T: AsFd> Drop for Socket<T> {
    fn drop(&mut self) {
        // If it fails, closing the socket does the same.
        let _ = epoll::delete(&self.reactor.inner.epoll, &self.io);
        let source = self.reactor.inner.sources.borrow_mut().try_remove(self.key);
        drop(source);
    }
}

impl<T: AsFd + Unpin> AsyncRead for Socket<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(
            cx,
            |source| &mut source.read,
            |mut io| {
                let n = io.read(space)?;
                // Less than there is room for means that there was no more. After the end, there
                // is no other event.
                Ok((n, n > 0 && n < space.len()))
            },
        )
    }
}

impl<T: AsFd + Unpin> AsyncWrite for Socket<T>
where
    for<'a> &'a T: Write,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |source| &mut source.write, |mut io| Ok((io.write(bytes)?, false)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(
            cx,
            |source| &mut source.write,
            |mut io| Ok((io.write_vectored(bytes)?, false)),
        )
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: whoever closes a TLS session over the socket goes on reading.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
