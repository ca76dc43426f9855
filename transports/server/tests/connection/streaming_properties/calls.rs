//! A transport and an application that make all permitted calls, in any order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Instant;

use h1events_server::{
    Activity, BodyState, Config, Connection, OwnedRequest, Peer, Response, Step,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{SECOND, Source, time_of_day};

const INPUT: &[u8] = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
    GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\
    POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: upgrade\r\n\
    Upgrade: x\r\n\r\n3\r\nabc\r\n6\r\nabcdef\r\n0\r\nX: y\r\n\r\n\
    POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc\
    POST /4 HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc\
    HEAD /5 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

struct Transport {
    connection: Connection,
    now: Instant,
    source: Source,
    taken: Option<OwnedRequest>,
    /// The last step of the connection, until it is taken.
    step: Option<Step>,
    /// Whether the body of the answer had no part when it was asked.
    body_sleeps: bool,
}

impl Transport {
    fn step(&mut self) {
        let step = self.connection.step(self.now);
        match step {
            Step::Read { deadline } | Step::Write { deadline } => assert!(deadline > self.now),
            Step::Allocate { bytes } => {
                assert!(bytes > self.connection.buffered());
                self.connection.set_allowance(bytes);
            }
            Step::Produce => self.poll_body(),
            Step::Close | Step::Reset => {
                assert_eq!(self.connection.activity(), Activity::Closed);
                assert_eq!(self.connection.step(self.now + SECOND), step);
                self.body_sleeps = false;
            }
            Step::Handle | Step::Upgraded | Step::Shutdown => {}
        }
        self.step = Some(step);
    }

    fn poll_body(&mut self) {
        let polled = self.connection.poll_body(&mut Context::from_waker(Waker::noop()));
        self.body_sleeps = polled.is_pending();
    }

    /// Answers in one of many ways, even while the application waits for more of the body.
    fn respond(&mut self, n: usize) {
        if let Some(request) = self.taken.take() {
            self.connection.put_request_back(request);
        }
        self.source = Source::default();
        self.source.length = n.is_multiple_of(7).then_some(4);
        let streamed = self.source.clone();
        let response = match n % 10 {
            0 => Response::upgrade("x"),
            1 => Response::new(200).with_streamed_body(streamed).with_close(),
            2 => Response::new(204).with_streamed_body(streamed),
            3..6 => Response::text("tea"),
            _ => Response::new(200).with_streamed_body(streamed),
        };
        self.connection.respond(response, self.now);
    }

    fn give(&mut self, n: usize) {
        match n % 8 {
            0 => drop(self.source.end()),
            1 => drop(self.source.fail()),
            2 => drop(self.source.give("")),
            3 => drop(self.source.give(vec![b'x'; n])),
            _ => drop(self.source.give("tea")),
        }
        if self.body_sleeps {
            self.poll_body();
        }
    }

    /// Returns whether the application has a request that it hasn't answered.
    fn handles(&self) -> bool {
        self.step == Some(Step::Handle)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_calls_streams_without_a_panic(
        calls in vec((0..24_u8, any::<u16>()), 0..400),
        allow_pipelining in any::<bool>(),
    ) {
        let now = Instant::now();
        let mut config = Config::new();
        config.allow_pipelining = allow_pipelining;
        let connection = Connection::new(Arc::new(config), Peer::Local, now, time_of_day);
        let mut transport = Transport {
            connection: connection.with_streamed_bodies(),
            now,
            source: Source::default(),
            taken: None,
            step: None,
            body_sleeps: false,
        };
        let mut bytes = INPUT.iter().copied().cycle();
        let mut pool = VecDeque::new();
        let mut shutdowns = 0;
        for (call, n) in calls {
            let n = usize::from(n);
            let connection = &mut transport.connection;
            match call {
                0 if n < 20_000 => transport.now += SECOND * u32::try_from(n % 12).unwrap(),
                1..4 => {
                    let space = connection.read_space();
                    let n = (n % 200).min(space.len());
                    space[..n].iter_mut().zip(&mut bytes).for_each(|(to, octet)| *to = octet);
                    connection.advance_read(n);
                }
                4..6 => {
                    let slices = connection.write_slices();
                    let unsent: usize = slices.iter().map(|slice| slice.len()).sum();
                    connection.advance_write(n.min(unsent));
                }
                6 if n < 500 => connection.read_eof(),
                7 => pool.extend(connection.detach_buffer()),
                8 => if let Some(buffer) = pool.pop_front() { connection.attach_buffer(buffer) },
                9 if n < 500 => connection.graceful_shutdown(),
                10 if n < 2_000 => connection.refuse_body(transport.now),
                11 if n < 300 => {
                    connection.cut();
                    transport.body_sleeps = false;
                }
                12 => connection.want_body(),
                13 => if let BodyState::Content(content) = connection.body_state() {
                    let n = n.min(content.len());
                    connection.consume_body(n);
                },
                14 if n < 10_000 => connection.discard_body(),
                15 if transport.handles() && transport.taken.is_none() => {
                    transport.taken = Some(transport.connection.take_request());
                }
                16 | 17 => transport.give(n),
                18 if transport.handles() => {
                    transport.respond(n);
                    transport.step = None;
                }
                _ => {
                    transport.step();
                    shutdowns += usize::from(transport.step == Some(Step::Shutdown));
                }
            }
            // After a call that ends the connection, the step is another one.
            if matches!(call, 10 | 11) {
                transport.step = None;
            }
            let _ = transport.connection.take_diagnostic();
            let _ = transport.connection.activity();
            prop_assert!(transport.connection.buffered() < 1_000_000);
        }
        prop_assert!(shutdowns < 2);
    }
}
