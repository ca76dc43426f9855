//! The loop over the steps of a connection.

use std::io::{self, ErrorKind, IoSlice};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use h1events_net::{ClientState, SHUTDOWN_TIMEOUT, Session};
use h1events_server::{BodyState, RequestBodyError, Response, Step, Turn};
use smol::future::{self, FutureExt};

use crate::application::Application;
use crate::body::{BodyWriter, RequestBody};
use crate::client::Presence;
use crate::context::WorkerContext;
use crate::stream::Stream;

/// Consecutive reads and writes after which the clock is read.
const CLOCK_INTERVAL: u32 = 16;

pub(crate) struct Driver<S, A> {
    pub(crate) context: Rc<WorkerContext<A>>,
    /// Dropped before the session, so that the descriptor is free before the endpoint admits another
    /// connection.
    pub(crate) stream: S,
    pub(crate) session: Session,
    /// The time after the last wait or handler, which may have taken long.
    now: Instant,
    turn: Turn,
    /// Reads and writes since the last wait.
    moves: u32,
    /// Whether the last handler has ended a turn.
    is_slow: bool,
    /// In a box, since connections of other applications don't need it.
    streamed: Option<Box<Streamed>>,
}

/// The state of a connection whose application streams.
struct Streamed {
    presence: Presence,
    /// The body that it reads.
    body: Option<BodyWriter>,
}

impl<S: Stream, A: Application> Driver<S, A> {
    pub(crate) fn new(context: Rc<WorkerContext<A>>, stream: S, session: Session) -> Self {
        let now = Instant::now();
        let turn = Turn::new(now);
        Self { context, stream, session, now, turn, moves: 0, is_slow: false, streamed: None }
    }

    /// Takes step after step.
    pub(crate) async fn run(&mut self) -> io::Result<()> {
        // The task's waker is always the same.
        let waker = future::poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        self.session.guard().on_wake(move |_| waker.wake_by_ref());
        loop {
            match self.next_step() {
                Step::Read { deadline } => {
                    self.wait(deadline, Self::read).await?;
                    self.wake_body();
                }
                Step::Write { deadline } => self.wait(deadline, Self::write).await?,
                Step::Handle if self.sends_first() => self.session.connection_mut().write_first(),
                Step::Handle => {
                    self.handle().await?;
                    self.is_slow = self.turn.answered(self.now);
                    if self.is_slow {
                        self.give_way().await;
                    }
                }
                // In a box, since an idle connection doesn't need it.
                Step::Produce => Box::pin(self.produce()).await?,
                Step::Allocate { .. } => self.be_woken().await?,
                Step::Shutdown => {
                    if self.session.connection_mut().ends_with_connection() {
                        self.stream.reset_on_drop(false);
                    }
                    let deadline = self.now + SHUTDOWN_TIMEOUT;
                    self.wait(deadline, |driver, cx| attempt(driver.stream.poll_shutdown(cx)))
                        .await?;
                }
                // A stream that has to end with a reset was told so.
                Step::Upgraded | Step::Close | Step::Reset => return Ok(()),
            }
            if self.turn.is_over(self.now) {
                self.give_way().await;
            }
        }
    }

    /// Reads, into memory that all connections share, until a byte of a request has come.
    fn read(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Self { context, stream, session, now, .. } = self;
        session.read(&mut context.scratch.borrow_mut(), *now, |space| {
            attempt(Pin::new(stream).poll_read(cx, space))
        })
    }

    /// Writes and flushes: only flushed bytes are sent.
    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Self { stream, session, .. } = self;
        let mut stream = Pin::new(stream);
        let written = session.write(|slices| write(stream.as_mut(), slices, cx));
        let flushed = written.and_then(|()| attempt(stream.poll_flush(cx)));
        if flushed.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
            && session.connection_mut().wants_input()
        {
            return self.read(cx);
        }
        flushed?;
        self.session.flushed();
        Ok(())
    }

    /// Returns whether the answers before a request leave before it is handled, since nothing can interrupt a handler
    /// that computes.
    fn sends_first(&mut self) -> bool {
        self.is_slow && self.session.connection_mut().unsent_answers() > 0
    }

    /// Handles a request. The connection writes the answers before it meanwhile, and reads its body on demand.
    async fn handle(&mut self) -> io::Result<()> {
        let body = if A::STREAMS_BODIES { Some(self.request_body().await) } else { None };
        let request = self.session.connection_mut().take_request();
        let context = Rc::clone(&self.context);
        let handled = {
            let borrowed = request.as_request();
            // The application is responsible for the state that its calls share.
            let mut handling =
                pin!(AssertUnwindSafe(context.app.call(&borrowed, body)).catch_unwind());
            loop {
                if let Some(handled) = future::poll_once(&mut handling).await {
                    break handled;
                }
                self.session.connection_mut().write_first();
                match self.next_step() {
                    Step::Read { deadline } => self.wait(deadline, Self::read).await?,
                    Step::Write { deadline } => self.wait(deadline, Self::write).await?,
                    Step::Handle => {
                        self.session.charge();
                        self.be_woken().await?;
                    }
                    Step::Allocate { .. } => self.be_woken().await?,
                    // The endpoint has ended it.
                    _ => return Err(ErrorKind::ConnectionAborted.into()),
                }
            }
        };
        self.exchange();
        self.session.connection_mut().put_request_back(request);
        self.answer(handled)
    }

    /// Returns the body of the request, for an application that streams.
    async fn request_body(&mut self) -> RequestBody {
        let new = || Box::new(Streamed { presence: Presence::new(), body: None });
        let streamed = self.streamed.get_or_insert_with(new);
        let client = streamed.presence.client();
        if self.session.connection_mut().body_state() == BodyState::End {
            return RequestBody::empty(client);
        }
        let waker = future::poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        let (writer, body) = BodyWriter::new(waker, client);
        streamed.body = Some(writer);
        body
    }

    fn answer(&mut self, handled: thread::Result<Response>) -> io::Result<()> {
        self.now = Instant::now();
        let Self { context, stream, session, now, .. } = self;
        session.answer(handled, *now, |session| look(session, stream, context, *now))?;
        if session.connection_mut().ends_with_connection() {
            stream.reset_on_drop(true);
        }
        Ok(())
    }

    /// Asks the body of the answer for its next part. Waits if it has none yet, and nothing is to be read
    /// or written.
    async fn produce(&mut self) -> io::Result<()> {
        if self.session.connection_mut().wants_input() {
            match future::poll_fn(|cx| Poll::Ready(self.read(cx))).await {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => read?,
            }
        }
        let mut body = self.session.connection_mut().take_body();
        let polled = future::poll_fn(|cx| {
            let poll = || body.as_mut().poll_part(cx);
            Poll::Ready(catch_unwind(AssertUnwindSafe(poll)))
        });
        let polled = polled.await;
        let Self { context, stream, session, now, .. } = self;
        let look = |session: &mut Session| look(session, stream, context, *now);
        let has_part = session.put_body_back(body, polled, look)?;
        self.made_move();
        if !has_part && self.next_step() == Step::Produce {
            self.session.charge();
            self.be_woken().await?;
            self.session.hear();
        }
        Ok(())
    }

    /// Lets the body of the answer be asked again, since its event may have come.
    fn wake_body(&mut self) {
        if A::STREAMS_BODIES {
            self.session.connection_mut().wake_body();
        }
    }

    fn next_step(&mut self) -> Step {
        self.exchange();
        let step = self.session.step(self.now);
        // It has parsed new input, which wakes the application.
        self.exchange();
        step
    }

    /// Moves the body of the request to the application.
    fn exchange(&mut self) {
        // By a constant, applications that don't stream need not look.
        let streamed = self.streamed.as_mut().filter(|_| A::STREAMS_BODIES);
        let Some(streamed) = streamed else { return };
        let Some(body) = &streamed.body else { return };
        let connection = self.session.connection_mut();
        body.exchange(connection);
        if connection.body_state() == BodyState::Failed(RequestBodyError::Over) {
            streamed.body = None;
        }
    }

    /// Waits until bytes have moved, the deadline has passed, or the endpoint has decided; the next step
    /// shows the decision.
    fn wait(
        &mut self,
        deadline: Instant,
        mut act: impl FnMut(&mut Self, &mut Context<'_>) -> io::Result<()>,
    ) -> impl Future<Output = io::Result<()>> {
        let mut has_waited = false;
        future::poll_fn(move |cx| {
            // Pending input has come before the deadline or the decision, however late it is seen.
            self.context.reactor.insist(has_waited);
            let mut acted = act(self, cx);
            if has_waited {
                self.begin_turn();
            } else {
                self.made_move();
            }
            if acted.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
                // The application may have woken the task.
                let is_working = !self.session.connection_mut().is_lingering();
                let is_over = has_waited && (self.now >= deadline || is_working);
                if !is_over && self.session.wait(Some(deadline), self.now) {
                    has_waited = true;
                    return Poll::Pending;
                }
                acted = Ok(());
            }
            Poll::Ready(acted)
        })
    }

    /// Counts reads and writes without a wait, and reads the clock after some of them.
    fn made_move(&mut self) {
        self.moves += 1;
        if self.moves.is_multiple_of(CLOCK_INTERVAL) {
            self.now = Instant::now();
        }
    }

    /// Waits until the endpoint or the application wakes the connection. Fails if its client is
    /// gone.
    fn be_woken(&mut self) -> impl Future<Output = io::Result<()>> {
        let mut has_waited = false;
        future::poll_fn(move |cx| {
            match look_after(&mut self.stream, self.streamed.as_deref(), cx) {
                Poll::Ready(error) => return Poll::Ready(Err(error)),
                Poll::Pending if !mem::replace(&mut has_waited, true) => return Poll::Pending,
                Poll::Pending => self.begin_turn(),
            }
            Poll::Ready(Ok(()))
        })
    }

    /// Lets the other connections of the thread have their turn, with all input that has come for them: an executor
    /// may run hundreds of tasks before it polls anything else.
    async fn give_way(&mut self) {
        // A lingering connection whose client sends without a break never waits, and a newcomer may
        // need its place. If it is to end, the next step says so.
        if self.session.connection_mut().is_lingering() {
            let _ = self.session.wait(None, self.now);
        }
        self.context.reactor.catch_up();
        future::yield_now().await;
        self.begin_turn();
    }

    /// Begins a turn after others have had the thread: time has passed, and one wake may stand for several
    /// events.
    fn begin_turn(&mut self) {
        self.wake_body();
        self.now = Instant::now();
        self.turn = Turn::new(self.now);
        self.moves = 0;
    }
}

/// Reads what has come, before a connection closes.
fn look<A>(
    session: &mut Session,
    stream: &mut impl Stream,
    context: &WorkerContext<A>,
    now: Instant,
) -> io::Result<()> {
    let mut cx = Context::from_waker(Waker::noop());
    session.read(&mut context.scratch.borrow_mut(), now, |space| {
        attempt(Pin::new(stream).poll_read(&mut cx, space))
    })
}

/// Watches a client while the application works: ready when the client is gone.
fn look_after(
    stream: &mut impl Stream,
    streamed: Option<&Streamed>,
    cx: &mut Context<'_>,
) -> Poll<io::Error> {
    let state = stream.client_state(cx);
    if let Some(streamed) = streamed {
        streamed.presence.note(state);
    }
    match state {
        ClientState::Gone => Poll::Ready(ErrorKind::ConnectionReset.into()),
        ClientState::Connected | ClientState::HalfClosed => Poll::Pending,
    }
}

fn write<S: Stream>(
    stream: Pin<&mut S>,
    slices: &[IoSlice<'_>],
    cx: &mut Context<'_>,
) -> io::Result<usize> {
    // The usual answer is one slice, which is cheaper to write by itself.
    attempt(match slices {
        [only] => stream.poll_write(cx, only),
        several => stream.poll_write_vectored(cx, several),
    })
}

/// Turns `Pending` into std's error for it.
fn attempt<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}
