//! The applications: plain functions from request to response, which know nothing of
//! sockets and threads.

mod echo;
mod hello;

use h1events_server::{Request, Response};

pub(crate) use self::{echo::echo, hello::hello};

/// An application.
pub(crate) type App = fn(&Request<'_>) -> Response;

/// A response that lists the methods (RFC 9110 section 10.2.1).
fn with_allow(response: Response, methods: &'static str) -> Response {
    response.with_header("Allow", methods)
}

/// A short text for people, beside a status.
fn message(status: u16, text: &'static str) -> Response {
    Response::text(text).with_status(status)
}

/// RFC 9110 section 9.1: "An origin server that receives a request method that is
/// unrecognized or not implemented SHOULD respond with the 501".
fn not_implemented() -> Response {
    message(501, "This method is not implemented.\n")
}

#[cfg(test)]
mod tests {
    //! Applications are run by a connection without a socket.

    use std::sync::Arc;
    use std::time::{Instant, SystemTime};

    use h1events_server::{Config, Connection, Peer, Step};

    use super::App;

    /// An answer, taken apart.
    pub(super) struct Answer {
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

    /// What the application answers to a request with this method and target, and
    /// nothing else.
    pub(super) fn get(app: App, method: &str, target: &str) -> Answer {
        answer(app, format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
    }

    /// What the application answers to this request.
    pub(super) fn answer(app: App, request: &[u8]) -> Answer {
        let now = Instant::now();
        let config = Arc::new(Config::new());
        let mut connection = Connection::new(config, Peer::Local, now, SystemTime::now);
        let mut sent = Vec::new();
        let mut rest = request;
        loop {
            match connection.step(now) {
                Step::Handle => {
                    let response = app(&connection.request());
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
                Step::Upgraded | Step::Shutdown | Step::Close => break,
            }
        }
        let end = sent.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let body = sent.split_off(end);
        let head = String::from_utf8(sent).unwrap();
        Answer { status: head["HTTP/1.1 ".len()..][..3].parse().unwrap(), head, body }
    }
}
