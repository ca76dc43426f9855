//! The applications: plain functions from request to reply, without sockets and
//! threads.

mod echo;
mod hello;
mod inspect;
mod lab;
mod sum;

use std::time::Duration;

use h1events_server::{Request, Response};

pub(crate) use self::{echo::echo, hello::hello, lab::lab, sum::Sum};

/// An application. The server calls it at the end of a request's head.
pub(crate) type App = fn(&Request<'_>) -> Reply;

/// What a transport does to answer. Threads and async tasks do it differently; the rest of an
/// application is the same.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It gives the response.
    Now(Response),
    /// It waits, then gives the response.
    After(Duration, Response),
    /// It gives the response with the body of the request, as the body comes.
    Echo(Response),
    /// It collects the body of the request, and the function makes the response from it.
    Collect(fn(&[u8]) -> Response),
    /// It passes the body of the request to a sum, as it comes.
    Sum(Sum),
    /// It gives the response with server-sent events, one each interval.
    Events { response: Response, count: u64, interval: Duration },
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Now(response)
    }
}

/// Returns a server-sent event with a number.
pub(crate) fn event(number: u64) -> String {
    format!("data: {number}\n\n")
}

/// Answers requests that the method alone decides, on a path with these methods: OPTIONS, a
/// known method that isn't allowed, and unknown methods.
fn decided_by_method(method: &str, allowed: &'static str) -> Option<Response> {
    match method {
        "OPTIONS" => Some(with_allow(Response::new(204), allowed)),
        _ if allowed.split(", ").any(|allowed| allowed == method) => None,
        _ if is_implemented(method) => {
            let text = format!("Allowed here: {allowed}\n");
            Some(with_allow(Response::text(text).with_status(405), allowed))
        }
        _ => Some(not_implemented()),
    }
}

/// Refuses resources that need a secured connection.
///
/// RFC 9110 section 7.4: "a request for an "https" resource MUST be rejected unless it has been
/// received over a connection that has been secured".
fn decided_by_scheme(request: &Request<'_>) -> Option<Response> {
    // Schemes compare without regard to case (RFC 9110 section 4.2.3).
    let (start, _) = request.target().split_at_checked("https://".len())?;
    start
        .eq_ignore_ascii_case(b"https://")
        .then(|| message(421, "This connection is not secured: no https resource is here.\n"))
}

/// Returns whether any application implements the method.
fn is_implemented(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE")
}

/// Makes a response list the methods (RFC 9110 section 10.2.1).
fn with_allow(response: Response, methods: &'static str) -> Response {
    response.with_header("Allow", methods)
}

/// Makes a response with a short text for people.
fn message(status: u16, text: &'static str) -> Response {
    Response::text(text).with_status(status)
}

/// Answers with a 501. RFC 9110 section 9.1: "An origin server that receives a request method that
/// is unrecognized or not implemented SHOULD respond with the 501".
fn not_implemented() -> Response {
    message(501, "This method is not implemented.\n")
}

#[cfg(test)]
mod tests {
    //! A connection without a socket runs the applications.

    use std::sync::Arc;
    use std::task::{Context, Waker};
    use std::time::{Duration, Instant, SystemTime};

    use h1events_server::{Config, Connection, Peer, Step};

    use super::{App, Reply, event};

    /// An answer, taken apart.
    pub(super) struct Answer {
        pub(super) delay: Duration,
        pub(super) status: u16,
        pub(super) head: String,
        pub(super) body: Vec<u8>,
    }

    impl Answer {
        #[track_caller]
        pub(super) fn field(&self, name: &str) -> Option<&str> {
            self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        }
    }

    /// Returns the application's answer to a request with this method and target, and no other
    /// field.
    pub(super) fn get(app: App, method: &str, target: &str) -> Answer {
        answer(app, format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
    }

    /// Returns the application's answer to a request.
    pub(super) fn answer(app: App, request: &[u8]) -> Answer {
        let now = Instant::now();
        let config = Arc::new(Config::new());
        let mut connection = Connection::new(config, Peer::Local, now, SystemTime::now);
        let (mut sent, mut delay) = (Vec::new(), Duration::ZERO);
        let mut rest = request;
        loop {
            match connection.step(now) {
                Step::Handle => {
                    let request = connection.request();
                    let response = match app(&request) {
                        Reply::Now(response) => response,
                        Reply::After(after, response) => {
                            delay = after;
                            response
                        }
                        Reply::Echo(response) => response.with_body(request.body().to_vec()),
                        Reply::Collect(make) => make(request.body()),
                        Reply::Sum(mut sum) => {
                            sum.add(request.body());
                            sum.into_response()
                        }
                        Reply::Events { response, count, interval } => {
                            delay = interval;
                            response.with_parts((1..=count).map(|n| Ok(event(n))))
                        }
                    };
                    connection.respond(response, now);
                }
                Step::Read { .. } if rest.is_empty() => break,
                Step::Read { .. } => {
                    let space = connection.read_space();
                    let n = rest.len().min(space.len());
                    space[..n].copy_from_slice(&rest[..n]);
                    rest = &rest[n..];
                    connection.advance_read(n);
                }
                Step::Write { .. } => {
                    let n = connection.write_slices().iter().map(|slice| slice.len()).sum();
                    sent.extend(connection.write_slices().iter().flat_map(|slice| slice.to_vec()));
                    connection.advance_write(n);
                }
                Step::Allocate { bytes } => connection.set_allowance(bytes),
                Step::Produce => {
                    let mut cx = Context::from_waker(Waker::noop());
                    let _ = connection.poll_body(&mut cx).map(Result::unwrap);
                }
                Step::Upgraded | Step::Shutdown | Step::Reset | Step::Close => break,
            }
        }
        let end = sent.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let body = sent.split_off(end);
        let head = String::from_utf8(sent).unwrap();
        Answer { delay, status: head["HTTP/1.1 ".len()..][..3].parse().unwrap(), head, body }
    }
}
