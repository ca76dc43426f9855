//! The loop over the steps of a connection.

use std::io::{self, ErrorKind};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use h1events_net::{SHUTDOWN_TIMEOUT, Session};
use h1events_server::{Request, Response, Step, Turn};
use smol::future::{self, FutureExt};

use crate::context::WorkerContext;
use crate::stream::Stream;

/// Reads and writes in a row after which the time is asked for.
const CLOCK_INTERVAL: u32 = 16;

pub(crate) struct Driver<S, A> {
    pub(crate) context: Rc<WorkerContext<S, A>>,
    /// It is dropped before the session: the descriptor is free before the endpoint hears of it.
    pub(crate) stream: S,
    pub(crate) session: Session,
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
    pub(crate) fn new(context: Rc<WorkerContext<S, A>>, stream: S, session: Session) -> Self {
        let now = Instant::now();
        Self { context, stream, session, now, turn: Turn::new(now), moves: 0 }
    }

    /// Takes step after step.
    pub(crate) async fn run(&mut self) -> io::Result<()> {
        // The task's waker is always the same.
        let waker = future::poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        self.session.guard().on_wake(move |_| waker.wake_by_ref());
        loop {
            match self.session.step(self.now) {
                Step::Read { deadline } => self.wait(deadline, Self::read).await?,
                Step::Write { deadline } => self.wait(deadline, Self::write).await?,
                Step::Handle => self.handle().await?,
                Step::Allocate { .. } => self.wait_for_memory().await,
                Step::Shutdown => {
                    let deadline = self.now + SHUTDOWN_TIMEOUT;
                    self.wait(deadline, |driver, cx| attempt(driver.stream.poll_shutdown(cx)))
                        .await?;
                }
                Step::Upgraded | Step::Close => return Ok(()),
            }
            if self.turn.is_over(self.now) {
                self.give_way().await;
            }
        }
    }

    /// Reads, into memory that all connections share until something of a request has come.
    fn read(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Self { context, stream, session, now, .. } = self;
        session.read(&mut context.scratch.borrow_mut(), *now, |space| {
            attempt(Pin::new(stream).poll_read(cx, space))
        })
    }

    /// Writes and flushes: only then it has been sent.
    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Self { stream, session, .. } = self;
        let mut stream = Pin::new(stream);
        session.write(|slices| {
            // One slice, the usual answer, is cheaper to write by itself.
            attempt(match slices {
                [only] => stream.as_mut().poll_write(cx, only),
                several => stream.as_mut().poll_write_vectored(cx, several),
            })
        })?;
        attempt(stream.poll_flush(cx))?;
        session.flushed();
        Ok(())
    }

    async fn handle(&mut self) -> io::Result<()> {
        let Self { context, stream, session, now, .. } = self;
        let (request, app) = (session.request(), &*context.app);
        // What the application shares between its calls is its own to keep sound.
        let handled = AssertUnwindSafe(async { app(&request).await }).catch_unwind().await;
        *now = Instant::now();
        session.answer(handled, *now, |session| {
            let mut cx = Context::from_waker(Waker::noop());
            session.read(&mut context.scratch.borrow_mut(), *now, |space| {
                attempt(Pin::new(stream).poll_read(&mut cx, space))
            })
        })?;
        if self.turn.answered(self.now) {
            self.give_way().await;
        }
        Ok(())
    }

    /// Waits until something is done, the deadline has passed, or the endpoint has decided
    /// something: its next step tells.
    async fn wait(
        &mut self,
        deadline: Instant,
        mut act: impl FnMut(&mut Self, &mut Context<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut has_waited = false;
        future::poll_fn(|cx| {
            // What has come has come before the deadline or the decision, however late it is seen.
            self.context.reactor.insist(has_waited);
            match act(self, cx) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                acted => return Poll::Ready(acted),
            }
            if has_waited {
                self.now = Instant::now();
            }
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

    /// Waits until the endpoint wakes the connection: it may have memory then.
    async fn wait_for_memory(&mut self) {
        let mut has_waited = false;
        future::poll_fn(|_| match std::mem::replace(&mut has_waited, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        self.begin_turn();
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

/// What std has for what has to wait: an error.
fn attempt<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}
