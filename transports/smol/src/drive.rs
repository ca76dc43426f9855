//! The loop over the steps of a connection.

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use h1events_net::Session;
use h1events_server::{Peer, Persistence, Request, Response, Step, Turn};
use smol::future::{self, FutureExt};

use crate::context::{Serving, WorkerContext};
use crate::stream::Stream;

/// How long a stream that has more to say at its end than a socket, as TLS has, gets for that. A
/// client has as long to begin to read an answer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// Reads and writes in a row after which the time is asked for.
const CLOCK_INTERVAL: u32 = 16;

/// How a connection ended that isn't lost.
pub(crate) enum Ended {
    Closed,
    Upgraded,
}

pub(crate) struct Driver<S, A> {
    serving: Arc<Serving<S, A>>,
    context: Rc<WorkerContext>,
    /// It is dropped before the session: the descriptor is free before the endpoint hears of it.
    stream: S,
    session: Session,
    /// As of the last thing that may have taken time: a wait, or a handler.
    now: Instant,
    turn: Turn,
    /// Reads and writes since the last wait.
    moves: u32,
}

impl<S, A> Driver<S, A>
where
    S: Stream,
    A: AsyncFn(&Request<'_>) -> Response,
{
    pub(crate) fn new(
        serving: Arc<Serving<S, A>>,
        context: Rc<WorkerContext>,
        stream: S,
        session: Session,
    ) -> Self {
        let now = Instant::now();
        Self { serving, context, stream, session, now, turn: Turn::new(now), moves: 0 }
    }

    /// Takes step after step.
    pub(crate) async fn run(&mut self) -> io::Result<Ended> {
        loop {
            match self.session.step(self.now) {
                Step::Read { deadline } => self.read(deadline).await?,
                Step::Write { deadline } => self.write(deadline).await?,
                Step::Handle => self.answer().await?,
                Step::Allocate { .. } => {
                    self.context.wakers.woken(self.session.id()).await;
                    self.begin_turn();
                }
                Step::Shutdown => self.shutdown().await?,
                Step::Upgraded => return Ok(Ended::Upgraded),
                Step::Close => return Ok(Ended::Closed),
            }
            if self.turn.is_over(self.now) {
                self.give_way().await;
            }
        }
    }

    /// The other end.
    pub(crate) const fn peer(&self) -> Peer {
        self.session.peer()
    }

    /// Gives the connection to the application, if there is something that takes it. Its place is
    /// taken until what is returned beside the future is dropped.
    pub(crate) fn upgrade(self) -> Option<(impl Future<Output = ()>, impl Sized)> {
        let Self { serving, stream, session, .. } = self;
        let take = serving.on_upgrade.as_ref()?;
        let (upgraded, guard) = session.into_upgraded(stream);
        Some((take(upgraded), guard))
    }

    async fn read(&mut self, deadline: Instant) -> io::Result<()> {
        self.wait(deadline, Self::poll_read).await
    }

    /// Reads, into memory that all connections share until something of a request has come.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { session, stream, context, now, .. } = self;
        if session.has_buffer() {
            match ready!(Pin::new(stream).poll_read(cx, session.read_space()))? {
                0 => session.read_eof(),
                n => session.advance_read(n),
            }
            return Poll::Ready(Ok(()));
        }
        let space = &mut *context.scratch.borrow_mut();
        match ready!(Pin::new(stream).poll_read(cx, space))? {
            0 => session.read_eof(),
            n => session.receive(&space[..n], *now),
        }
        Poll::Ready(Ok(()))
    }

    /// Writes and flushes: only then it has been sent.
    async fn write(&mut self, deadline: Instant) -> io::Result<()> {
        let mut written = 0;
        self.wait(deadline, |driver, cx| {
            if written == 0 {
                let slices = driver.session.write_slices();
                let stream = Pin::new(&mut driver.stream);
                // One slice, the usual answer, is cheaper to write by itself.
                written = ready!(match &*slices {
                    [only] => stream.poll_write(cx, only),
                    several => stream.poll_write_vectored(cx, several),
                })?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
            }
            ready!(Pin::new(&mut driver.stream).poll_flush(cx))?;
            driver.session.advance_write(written);
            Poll::Ready(Ok(()))
        })
        .await
    }

    async fn answer(&mut self) -> io::Result<()> {
        let request = self.session.request();
        // What the application shares between its calls is its own to keep sound.
        let answer =
            AssertUnwindSafe(async { (self.serving.app)(&request).await }).catch_unwind().await;
        let response = answer.unwrap_or_else(|panic| self.session.panicked(&*panic));
        self.now = Instant::now();
        let persistence = self.session.persistence(self.now);
        if persistence == Persistence::CloseWhenAnswered {
            future::poll_once(future::poll_fn(|cx| self.poll_read(cx))).await.transpose()?;
        }
        self.session.respond(response, persistence, self.now);
        if self.turn.answered(self.now) {
            self.give_way().await;
        }
        Ok(())
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        let deadline = self.now + SHUTDOWN_TIMEOUT;
        self.wait(deadline, |driver, cx| driver.stream.poll_shutdown(cx)).await
    }

    /// Waits until something is done, the deadline has passed, or the endpoint has decided
    /// something: its next step tells.
    async fn wait(
        &mut self,
        deadline: Instant,
        mut act: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> io::Result<()> {
        let is_insistent = Rc::clone(&self.context.reactor.is_insistent);
        let mut has_waited = false;
        future::poll_fn(|cx| {
            // What has come has come before the deadline or the decision, however late it is seen.
            is_insistent.set(has_waited);
            let acted = act(self, cx);
            is_insistent.set(false);
            if acted.is_ready() {
                return acted;
            }
            if has_waited {
                self.now = Instant::now();
            }
            self.context.wakers.set(self.session.id(), cx.waker());
            if has_waited && self.now >= deadline || !self.session.wait(Some(deadline), self.now) {
                return Poll::Ready(Ok(()));
            }
            has_waited = true;
            Poll::Pending
        })
        .await?;
        self.moves += 1;
        if has_waited {
            self.begin_turn();
        } else if self.moves.is_multiple_of(CLOCK_INTERVAL) {
            self.now = Instant::now();
        }
        Ok(())
    }

    /// Lets the other connections of the thread have their turn, with all that has come for them
    /// by now: an executor may run hundreds of tasks before it looks.
    async fn give_way(&mut self) {
        self.context.reactor.catch_up();
        future::yield_now().await;
        self.begin_turn();
    }

    /// Others have had the thread: it is later now.
    fn begin_turn(&mut self) {
        self.now = Instant::now();
        self.turn = Turn::new(self.now);
        self.moves = 0;
    }
}
