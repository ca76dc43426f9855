//! The loop over the steps of a connection.

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime};

use h1events_server::{Connection, Diagnostic, Request, Response, Step};
use h1events_serving::{LAST_ANSWERS, Rest, message};
use smol::future::{self, FutureExt};

use crate::desk::Desk;
use crate::place::Place;
use crate::registry::Event;
use crate::serve::Serving;
use crate::stream::Stream;

/// So often in a row is something read at once, before other connections have their turn.
const TURN: u32 = 32;

/// A stream that has more to say at its end than a socket, as TLS has, gets at most this long.
const GOODBYE: Duration = Duration::from_secs(10);

/// How a connection ended that isn't lost.
pub(crate) enum Ended {
    Closed,
    Upgraded,
}

pub(crate) struct Driver<'a, S, A> {
    serving: &'a Serving<S, A>,
    desk: &'a Desk,
    place: &'a Place,
    pub(crate) connection: Connection,
    pub(crate) stream: S,
    /// As of the last thing that may have taken time: a wait, or a handler.
    now: Instant,
    has_buffer: bool,
    lingers_since: Option<Instant>,
    /// How many answers are left, if another connection needs the room.
    last_answers: Option<u32>,
    /// Reads since the last wait.
    reads: u32,
}

impl<'a, S, A> Driver<'a, S, A>
where
    S: Stream,
    A: AsyncFn(&Request<'_>) -> Response,
{
    pub(crate) fn new(
        serving: &'a Serving<S, A>,
        desk: &'a Desk,
        place: &'a Place,
        stream: S,
    ) -> Self {
        let now = Instant::now();
        let config = Arc::clone(&serving.config);
        let connection = Connection::new(config, place.peer(), now, SystemTime::now);
        Self {
            serving,
            desk,
            place,
            connection,
            stream,
            now,
            has_buffer: false,
            lingers_since: None,
            last_answers: None,
            reads: 0,
        }
    }

    /// Takes step after step.
    pub(crate) async fn run(&mut self) -> io::Result<Ended> {
        loop {
            if self.desk.ending.get() {
                self.connection.graceful_shutdown();
            }
            let step = self.connection.step(self.now);
            if let Some(notice) = self.connection.take_diagnostic() {
                self.log(notice);
            }
            let event = match step {
                Step::Read { deadline } => self.read(deadline).await?,
                Step::Write { deadline } => self.write(deadline).await?,
                Step::Handle => {
                    let response = self.handle().await;
                    if self.serving.shutdown.has_begun() {
                        self.connection.graceful_shutdown();
                    }
                    let response = self.make_room_if_asked(response);
                    self.now = Instant::now();
                    self.connection.respond(response, self.now);
                    self.desk.answers.update(|answers| answers + 1);
                    continue;
                }
                Step::Shutdown => self.shutdown().await?,
                Step::Upgraded => return Ok(Ended::Upgraded),
                Step::Close => {
                    self.give_buffer();
                    return Ok(Ended::Closed);
                }
            };
            if event == Some(Event::Evicted) {
                return Ok(Ended::Closed);
            }
        }
    }

    /// Where another connection needs the room, it is asked for at an answer, which is the last
    /// one, or nearly so if other requests have come already.
    fn make_room_if_asked(&mut self, response: Response) -> Response {
        if self.last_answers.is_none() && self.desk.registry.borrow().is_last_answer() {
            self.last_answers = Some(LAST_ANSWERS);
        }
        match &mut self.last_answers {
            None => return response,
            Some(0) => return response.with_close(),
            Some(left) => *left -= 1,
        }
        self.connection.graceful_shutdown();
        response
    }

    /// Reads, with a buffer that is the connection's only while something is there.
    async fn read(&mut self, deadline: Instant) -> io::Result<Option<Event>> {
        self.reads += 1;
        if self.reads.is_multiple_of(TURN) {
            future::yield_now().await;
            self.now = Instant::now();
        }
        let now = self.now;
        let rest = match &self.connection {
            connection if connection.is_silent() => Some((Rest::Silent, now)),
            connection if connection.is_lingering() => {
                Some((Rest::Lingering, *self.lingers_since.get_or_insert(now)))
            }
            _ => None,
        };
        self.wait(deadline, rest, |driver, cx| {
            driver.take_buffer();
            let space = driver.connection.read_space();
            let Poll::Ready(read) = Pin::new(&mut driver.stream).poll_read(cx, space) else {
                driver.reads = 0;
                driver.give_buffer();
                return Poll::Pending;
            };
            match read? {
                0 => driver.connection.read_eof(),
                n => driver.connection.advance_read(n),
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Writes and flushes: only then it has been sent. If the deadline passes before, the
    /// connection is over.
    async fn write(&mut self, deadline: Instant) -> io::Result<Option<Event>> {
        let mut written = 0;
        self.wait(deadline, None, |driver, cx| {
            if written == 0 {
                let unsent = driver.connection.write_slices();
                let stream = Pin::new(&mut driver.stream);
                // One slice, the usual answer, is cheaper to write by itself.
                written = ready!(match &*unsent {
                    [only] => stream.poll_write(cx, only),
                    several => stream.poll_write_vectored(cx, several),
                })?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
            }
            ready!(Pin::new(&mut driver.stream).poll_flush(cx))?;
            driver.connection.advance_write(written);
            Poll::Ready(Ok(()))
        })
        .await
    }

    async fn shutdown(&mut self) -> io::Result<Option<Event>> {
        let deadline = self.now + self.serving.config.linger.silence.min(GOODBYE);
        self.wait(deadline, None, |driver, cx| driver.stream.poll_shutdown(cx)).await
    }

    /// What the application answers; a 500 if it panics.
    async fn handle(&self) -> Response {
        let request = self.connection.request();
        // Whatever the application shares between its calls is its own to keep sound.
        let answer = AssertUnwindSafe(async { (self.serving.app)(&request).await });
        answer.catch_unwind().await.unwrap_or_else(|panic| {
            log::error!("{}: the handler panicked: {}", self.place.peer(), message(&*panic));
            Response::new(500).with_close()
        })
    }

    /// Waits until something is done, or something else happens.
    async fn wait(
        &mut self,
        deadline: Instant,
        rest: Option<(Rest, Instant)>,
        mut act: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> io::Result<Option<Event>> {
        let (key, desk) = (self.place.key(), self.desk);
        let mut waits = false;
        let event = future::poll_fn(|cx| {
            let event = if waits { desk.registry.borrow_mut().take_event(key) } else { None };
            if event == Some(Event::Evicted) {
                if matches!(rest, Some((Rest::Lingering, _))) {
                    return Poll::Ready(Ok(event));
                }
                desk.reactor.catch_up();
            }
            // What has come has come before the event, however long this thread was busy.
            if let Poll::Ready(result) = act(self, cx) {
                if waits {
                    desk.registry.borrow_mut().resume(key);
                }
                // If it is still silent, it has come to its end, or is about to.
                let goes_on = result.is_ok() && !self.connection.is_silent();
                match event {
                    Some(Event::Evicted) if goes_on => {
                        desk.registry.borrow_mut().make_room(Instant::now());
                    }
                    Some(Event::Ending) if goes_on => desk.registry.borrow_mut().not_idle(),
                    _ => {}
                }
                return Poll::Ready(result.map(|()| None));
            }
            if event.is_some() {
                return Poll::Ready(Ok(event));
            }
            desk.registry.borrow_mut().wait(key, cx.waker(), deadline, rest);
            waits = true;
            Poll::Pending
        })
        .await;
        if waits {
            self.now = Instant::now();
        }
        event
    }

    fn take_buffer(&mut self) {
        if !self.has_buffer {
            self.connection.attach_buffer(self.desk.take_buffer());
            self.has_buffer = true;
        }
    }

    fn give_buffer(&mut self) {
        if let Some(buffer) = self.connection.detach_buffer() {
            self.has_buffer = false;
            self.desk.give_buffer(buffer);
        }
    }

    /// One line, without a byte of what the client sent.
    fn log(&self, notice: Diagnostic) {
        log::warn!("{}: {notice}", self.place.peer());
    }
}
