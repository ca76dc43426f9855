//! A client, a network and a transport in one, which a test controls in virtual time.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use allocation_counter::opt_out;
use h1events_server::{Config, Connection, Diagnostic, Peer, Request, Response, SMALL, Step};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The example of RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
const DATE: Duration = Duration::from_secs(784_111_777);

thread_local! {
    /// The time of day, and the number of times it was read.
    static TIME_OF_DAY: Cell<(SystemTime, u32)> = const { Cell::new((UNIX_EPOCH, 0)) };
}

pub(crate) fn time_of_day() -> SystemTime {
    let (time, asked) = TIME_OF_DAY.get();
    TIME_OF_DAY.set((time, asked + 1));
    time
}

type Application = Box<dyn FnMut(&Request<'_>) -> Response>;

pub(crate) struct Client {
    pub(crate) connection: Connection,
    application: Application,
    pub(super) start: Instant,
    now: Instant,
    date: SystemTime,
    /// Bytes on their way to the server.
    wire: VecDeque<u8>,
    ended: bool,
    ends_with_last_read: bool,
    /// Bytes that the client still reads, and bytes of one write.
    pub(crate) window: usize,
    pub(crate) write_size: usize,
    pub(crate) read_size: usize,
    /// Whether the server has memory for it, and the memory that it has asked for.
    pub(crate) has_memory: bool,
    pub(crate) asked: Vec<usize>,
    /// The time of the application.
    pub(crate) handling: Duration,
    /// The bytes that the server has written, and the sizes of its writes.
    pub(crate) sent: Vec<u8>,
    pub(crate) writes: Vec<usize>,
    /// The answers that the test has checked.
    pub(super) seen: usize,
    pub(crate) methods: Vec<String>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The last step of the server.
    pub(crate) waits_for: Option<Step>,
    pub(crate) has_shut_down: bool,
    pub(crate) is_closed: bool,
    pub(crate) is_reset: bool,
    pub(crate) is_upgraded: bool,
    /// Whether the test plays the application.
    pub(super) plays: bool,
    /// The errors of bodies.
    pub(crate) body_errors: Vec<String>,
    /// Whether the body of the answer had no part, and whether it has one now.
    body_sleeps: bool,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Steps that a connection may take without a byte or a part.
const MOST_IDLE_STEPS: u32 = 8;

impl Client {
    /// Returns a connection to an application that answers with the method, the target and the body, if
    /// there is one.
    pub(crate) fn new() -> Self {
        Self::with(config(), echo)
    }

    pub(crate) fn with_application(
        application: impl FnMut(&Request<'_>) -> Response + 'static,
    ) -> Self {
        Self::with(config(), application)
    }

    pub(crate) fn with(
        config: Config,
        application: impl FnMut(&Request<'_>) -> Response + 'static,
    ) -> Self {
        let start = Instant::now();
        let mut client = Self {
            connection: Connection::new(Arc::new(config), Peer::Local, start, time_of_day),
            application: Box::new(application),
            start,
            now: start,
            date: UNIX_EPOCH + DATE,
            wire: VecDeque::new(),
            ended: false,
            ends_with_last_read: false,
            window: usize::MAX,
            write_size: usize::MAX,
            read_size: usize::MAX,
            has_memory: true,
            asked: Vec::new(),
            handling: Duration::ZERO,
            sent: Vec::new(),
            writes: Vec::new(),
            seen: 0,
            methods: Vec::new(),
            diagnostics: Vec::new(),
            waits_for: None,
            has_shut_down: false,
            is_closed: false,
            is_reset: false,
            is_upgraded: false,
            plays: false,
            body_errors: Vec::new(),
            body_sleeps: false,
            woken: Arc::default(),
        };
        client.run();
        client
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        opt_out(|| self.wire.extend(bytes.as_ref()));
        self.run();
        self
    }

    /// Sends the client's last bytes; the transport learns at once that they are the last.
    pub(crate) fn send_and_end(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.ended = true;
        self.ends_with_last_read = true;
        self.send(bytes)
    }

    /// Ends the client's input.
    pub(crate) fn end(&mut self) -> &mut Self {
        self.ended = true;
        self.run();
        self
    }

    /// Lets the client read `n` more bytes.
    pub(crate) fn read(&mut self, n: usize) -> &mut Self {
        self.window = self.window.saturating_add(n);
        self.run();
        self
    }

    /// Advances the time; the transport wakes at each deadline.
    pub(crate) fn advance(&mut self, duration: Duration) -> &mut Self {
        let until = self.now + duration;
        while let Some(Step::Read { deadline } | Step::Write { deadline }) = self.waits_for
            && deadline <= until
        {
            self.pass(deadline - self.now);
            self.run();
        }
        self.pass(until - self.now);
        self.run();
        self
    }

    /// Advances the time until the server has closed the connection, and returns how much has passed.
    pub(crate) fn advance_to_close(&mut self) -> Duration {
        let before = self.now;
        while let Some(Step::Read { deadline } | Step::Write { deadline }) = self.waits_for {
            self.pass(deadline - self.now);
            self.run();
        }
        assert!(self.is_closed);
        self.now - before
    }

    pub(crate) fn date(&mut self, date: SystemTime) -> &mut Self {
        self.date = date;
        self
    }

    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// Returns how many times the time of day was read since the last call.
    pub(crate) fn asked_for_date(&self) -> u32 {
        TIME_OF_DAY.replace((self.date, 0)).1
    }

    /// Returns the time until the transport wakes, if it wakes by itself.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        match self.waits_for {
            Some(Step::Read { deadline } | Step::Write { deadline }) => Some(deadline - self.now),
            _ => None,
        }
    }

    /// Returns the time since the connection was opened at which the transport wakes.
    pub(crate) fn deadline(&self) -> Duration {
        self.time_left().expect("there is a deadline") + (self.now - self.start)
    }

    /// Gives the connection the memory that it has asked for, once. Returns the number of bytes.
    pub(crate) fn allocate(&mut self) -> usize {
        let Some(Step::Allocate { bytes }) = self.waits_for else {
            panic!("no memory is asked for: {:?}", self.waits_for);
        };
        self.connection.set_allowance(bytes);
        self.run();
        bytes
    }

    /// Takes steps until the server waits or has finished.
    pub(crate) fn run(&mut self) {
        self.waits_for = None;
        let mut idle_steps = 0;
        while !self.is_closed && !self.is_upgraded && self.waits_for.is_none() {
            idle_steps = if self.step() { 0 } else { idle_steps + 1 };
            assert!(idle_steps <= MOST_IDLE_STEPS, "it spins");
            let diagnostic = self.connection.take_diagnostic();
            opt_out(|| self.diagnostics.extend(diagnostic));
            let is_woken = self.body_sleeps && self.woken.0.load(Ordering::Relaxed);
            if is_woken && matches!(self.waits_for, Some(Step::Read { .. } | Step::Produce)) {
                self.waits_for = None;
                self.body_sleeps = false;
                self.connection.wake_body();
            }
        }
    }

    fn pass(&mut self, duration: Duration) {
        self.now += duration;
        self.date += duration;
    }

    /// Takes a step. Returns whether a byte has moved, or the application has acted.
    fn step(&mut self) -> bool {
        TIME_OF_DAY.set((self.date, TIME_OF_DAY.get().1));
        let step = self.connection.step(self.now);
        if step != Step::Shutdown {
            assert_eq!(step, self.connection.step(self.now), "to ask again changes nothing");
        }
        match step {
            Step::Read { deadline } | Step::Write { deadline } => {
                assert!(deadline > self.now, "{step:?}");
                let has_moved = match step {
                    Step::Read { .. } => self.transport_reads(),
                    _ => self.transport_writes(),
                };
                let has_moved = has_moved || self.transport_reads_beside();
                if !has_moved {
                    self.waits_for = Some(step);
                }
                return has_moved;
            }
            Step::Handle if self.plays => self.waits_for = Some(step),
            Step::Produce => {
                self.transport_reads_beside();
                let was_empty = self.connection.write_slices().is_empty();
                match self.poll_body() {
                    Poll::Ready(()) => return true,
                    Poll::Pending if was_empty => self.waits_for = Some(step),
                    Poll::Pending => {}
                }
            }
            Step::Handle => {
                let response = (self.application)(&self.connection.request());
                let method = self.connection.request().method();
                opt_out(|| self.methods.push(method.to_owned()));
                self.pass(self.handling);
                self.connection.respond(response, self.now);
                return true;
            }
            Step::Allocate { bytes } if self.has_memory => {
                assert!(bytes > self.connection.buffered(), "it can go on then");
                opt_out(|| self.asked.push(bytes));
                self.connection.set_allowance(bytes);
            }
            Step::Allocate { .. } => self.waits_for = Some(step),
            Step::Upgraded => self.is_upgraded = true,
            Step::Shutdown => {
                assert!(!self.has_shut_down, "once");
                self.has_shut_down = true;
            }
            Step::Close => self.is_closed = true,
            Step::Reset => {
                self.is_closed = true;
                self.is_reset = true;
            }
        }
        false
    }

    fn poll_body(&mut self) -> Poll<()> {
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.woken));
        let result = self.connection.poll_body(&mut Context::from_waker(&waker));
        self.body_sleeps = result.is_pending();
        result.map(|result| self.body_errors.extend(result.err().map(|error| error.to_string())))
    }

    fn transport_reads(&mut self) -> bool {
        if self.wire.is_empty() {
            if self.ended {
                self.connection.read_eof();
            }
            return self.ended;
        }
        let allowed = self.connection.reserved().max(SMALL);
        let space = self.connection.read_space();
        assert!(!space.is_empty());
        let n = space.len().min(self.wire.len()).min(self.read_size);
        for (space, octet) in space.iter_mut().zip(self.wire.drain(..n)) {
            *space = octet;
        }
        self.connection.advance_read(n);
        assert!(self.connection.buffered() <= allowed, "it asks first");
        if self.wire.is_empty() && self.ends_with_last_read {
            self.connection.read_eof();
        }
        true
    }

    /// Reads while the answer has parts, or is written.
    fn transport_reads_beside(&mut self) -> bool {
        self.connection.wants_input()
            && (!self.wire.is_empty() || self.ended)
            && self.transport_reads()
    }

    fn transport_writes(&mut self) -> bool {
        assert!(!self.has_shut_down, "nothing is written after the shutdown");
        let most = self.window.min(self.write_size);
        let before = self.sent.len();
        for slice in &*self.connection.write_slices() {
            assert!(!slice.is_empty());
            let n = slice.len().min(most - (self.sent.len() - before));
            opt_out(|| self.sent.extend_from_slice(&slice[..n]));
        }
        let n = self.sent.len() - before;
        assert!(n > 0 || most == 0, "a Write without anything to write");
        if n > 0 {
            self.connection.advance_write(n);
            opt_out(|| self.writes.push(n));
            if self.window != usize::MAX {
                self.window -= n;
            }
        }
        n > 0
    }
}

pub(crate) fn config() -> Config {
    Config::new()
}

pub(crate) fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

pub(super) fn echo(request: &Request<'_>) -> Response {
    let target = String::from_utf8_lossy(request.target());
    let body = String::from_utf8_lossy(request.body());
    let space = if body.is_empty() { "" } else { " " };
    Response::text(format!("{} {target}{space}{body}", request.method()))
}
