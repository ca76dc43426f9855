//! An application with unit tests that need no socket and no waiting.
//!
//! ```sh
//! cargo test -p h1events-server --example tested_application
//! printf 'GET /teas HTTP/1.1\r\nHost: a\r\n\r\n' | cargo run --example tested_application # its answer
//! ```
//!
//! The tests answer three kinds of questions:
//!
//! - What is the answer to this request? The application is a function: call it.
//! - What does the client receive? Pass its bytes through a `Connection`.
//! - What happens to a slow client? Time is an argument of the `Connection`: advance it.

// Applications may use what this crate itself doesn't.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a clock and a lock")]

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use h1events_server::{Config, Connection, Peer, Request, Response, Step};

/// The state of the application. A transport may call it from several threads at once.
#[derive(Default)]
struct TeaHouse {
    orders: Mutex<Vec<String>>,
}

impl TeaHouse {
    const TEAS: [&str; 2] = ["green", "oolong"];

    /// The application, which a transport would call: `server.serve(move |request| house.answer(request))`.
    fn answer(&self, request: &Request<'_>) -> Response {
        match (request.path(), request.method()) {
            (b"/teas", "GET" | "HEAD") => Response::text(format!("{}\n", Self::TEAS.join("\n"))),
            (b"/orders", "POST") => self.order(request.body()),
            (b"/teas", _) => Response::new(405).with_header("Allow", "GET, HEAD"),
            (b"/orders", _) => Response::new(405).with_header("Allow", "POST"),
            (path, "GET" | "HEAD") => self.find(path),
            _ => Response::new(404),
        }
    }

    fn order(&self, tea: &[u8]) -> Response {
        let Some(tea) = Self::TEAS.into_iter().find(|name| name.as_bytes() == tea) else {
            return Response::text("no such tea\n").with_status(422);
        };
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push(tea.to_owned());
        Response::new(201).with_header("Location", format!("/orders/{}", orders.len()))
    }

    fn find(&self, path: &[u8]) -> Response {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let number = path.strip_prefix(b"/orders/").and_then(|number| str::from_utf8(number).ok());
        let index = number.and_then(|number| number.parse::<usize>().ok()?.checked_sub(1));
        match index.and_then(|index| orders.get(index)) {
            Some(tea) => Response::text(format!("{tea}\n")),
            None => Response::new(404),
        }
    }
}

fn main() -> io::Result<()> {
    let mut input = vec![];
    io::stdin().read_to_end(&mut input)?;
    let house = TeaHouse::default();
    let client = Client { input: &input, leaves: true, now: Instant::now() };
    let (output, _) = client.talk_to(&house, SystemTime::now);
    io::stdout().write_all(&output)
}

/// A client and the network, as seen from the connection.
struct Client<'a> {
    /// The bytes that it sends.
    input: &'a [u8],
    /// Whether it then shuts its half of the connection down, or falls silent.
    leaves: bool,
    /// Time passes only while the connection waits for the client.
    now: Instant,
}

impl Client<'_> {
    /// Returns the bytes that the connection writes, and the time that it has waited.
    fn talk_to(mut self, house: &TeaHouse, date: fn() -> SystemTime) -> (Vec<u8>, Duration) {
        let start = self.now;
        let mut connection = Connection::new(Arc::new(Config::new()), Peer::Local, start, date);
        let mut output = vec![];
        loop {
            match connection.step(self.now) {
                Step::Read { deadline } => self.send(&mut connection, deadline),
                Step::Write { .. } => {
                    let slices = connection.write_slices();
                    let written = slices.iter().map(|slice| slice.len()).sum();
                    slices.iter().for_each(|slice| output.extend_from_slice(slice));
                    connection.advance_write(written);
                }
                Step::Handle => {
                    let response = house.answer(&connection.request());
                    connection.respond(response, self.now);
                }
                Step::Allocate { bytes } => connection.set_allowance(bytes),
                Step::Shutdown => {}
                Step::Close => return (output, self.now - start),
                Step::Produce | Step::Reset | Step::Upgraded => {
                    unreachable!(
                        "the application neither streams its answers nor switches protocols"
                    )
                }
            }
        }
    }

    fn send(&mut self, connection: &mut Connection, deadline: Instant) {
        if self.input.is_empty() {
            if self.leaves {
                connection.read_eof();
            } else {
                self.now = deadline;
            }
            return;
        }
        let sent = self.input.read(connection.read_space()).expect("a slice can be read");
        connection.advance_read(sent);
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use h1events_server::OwnedRequest;

    use super::*;

    // What is the answer to this request?

    fn answer(house: &TeaHouse, request: &str) -> Response {
        let request = OwnedRequest::parse(request.as_bytes()).expect("one whole request");
        house.answer(&request.as_request())
    }

    #[test]
    fn teas_are_listed() {
        let response = answer(&TeaHouse::default(), "GET /teas HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((response.status(), response.body()), (200, &b"green\noolong\n"[..]));
    }

    #[test]
    fn order_can_be_found_where_its_answer_says() {
        let house = TeaHouse::default();
        let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\ngreen";
        let response = answer(&house, request);
        assert_eq!(response.status(), 201);
        let location = response.headers().find(|field| field.name == b"Location");
        assert_eq!(location.expect("there is one").value, b"/orders/1");

        let response = answer(&house, "GET /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((response.status(), response.body()), (200, &b"green\n"[..]));
        for path in ["/orders/0", "/orders/2", "/orders/", "/orders/+1x"] {
            let response = answer(&house, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(response.status(), 404, "{path}");
        }
    }

    #[test]
    fn unknown_tea_is_refused_and_not_kept() {
        let house = TeaHouse::default();
        let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\ncoffee";
        assert_eq!(answer(&house, request).status(), 422);
        assert!(house.orders.into_inner().expect("no test panics with it").is_empty());
    }

    // What does the client receive?

    fn talk(house: &TeaHouse, input: &str, leaves: bool) -> (String, Duration) {
        let client = Client { input: input.as_bytes(), leaves, now: Instant::now() };
        let (output, waited) = client.talk_to(house, || UNIX_EPOCH);
        (String::from_utf8(output).expect("text"), waited)
    }

    #[test]
    fn pipelined_requests_are_answered_in_order() {
        let requests = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\noolong\
            GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let (output, _) = talk(&TeaHouse::default(), requests, true);
        let expected = "HTTP/1.1 201 Created\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
            Location: /orders/1\r\nContent-Length: 0\r\n\r\n\
            HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Length: 7\r\n\
            Connection: close\r\n\r\noolong\n";
        assert_eq!(output, expected);
    }

    #[test]
    fn malformed_request_never_gets_to_the_application() {
        let house = TeaHouse::default();
        let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\ngreen";
        let (output, _) = talk(&house, request, true);
        assert!(output.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{output}");
        assert!(house.orders.into_inner().expect("no test panics with it").is_empty());
    }

    // What happens to a slow client?

    #[test]
    fn client_that_stalls_within_its_head_gets_a_408() {
        let (output, waited) = talk(&TeaHouse::default(), "GET /teas HT", false);
        assert!(output.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{output}");
        assert!(waited >= Config::new().header_read_timeout);
    }

    #[test]
    fn silent_client_gets_no_answer() {
        let (output, waited) = talk(&TeaHouse::default(), "", false);
        assert_eq!((output, waited), (String::new(), Config::new().keep_alive_timeout));
    }
}
