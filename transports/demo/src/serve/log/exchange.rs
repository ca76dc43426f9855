//! One line for each request, its fields at debug level, and the values of secret fields at trace level.

use std::fmt::{self, Write};
use std::thread;
use std::time::Instant;

use h1events_server::{Field, Request, Response};
use log::{Level, info, log_enabled};

use crate::{escape::Escaped, secret::is_secret};

/// The module name for `RUST_LOG`. The modules of the transports begin with `h1events`, too.
const TARGET: &str = "h1events::request";

/// A request that the application is about to answer. Dropped without an answer, it is logged, too.
pub(crate) struct Exchange<'a> {
    request: &'a Request<'a>,
    start: Instant,
    answered: bool,
}

impl<'a> Exchange<'a> {
    pub(crate) fn begin(request: &'a Request<'a>) -> Self {
        Self { request, start: Instant::now(), answered: false }
    }

    /// Logs the request with its answer.
    pub(crate) fn answer(mut self, response: &Response) {
        self.answered = true;
        if log_enabled!(target: TARGET, Level::Info) {
            let is_head = self.request.method() == "HEAD";
            let length = if is_head { Some(0) } else { response.content_length() };
            let length = length.map_or_else(|| "-".to_owned(), |length| length.to_string());
            self.log(&response.status().to_string(), &length, response.headers());
        }
    }

    /// Logs the line. `status` is `-` if there is none, and so is `length` if it isn't known.
    fn log<'f>(&self, status: &str, length: &str, fields: impl Iterator<Item = Field<'f>>) {
        let Self { request, start, .. } = self;
        let peer = format!("{}:", request.peer());
        let milliseconds = 1000.0 * start.elapsed().as_secs_f64();
        let (method, target, version) =
            (request.method(), Escaped(request.target()), request.version());
        let mut text = format!(
            "{peer:<22} {status:>3} {length:>8} B {milliseconds:>9.2} ms  {method} {target} {version}"
        );
        if log_enabled!(target: TARGET, Level::Debug) {
            let hides_secrets = !log_enabled!(target: TARGET, Level::Trace);
            // Writing to a string can't fail.
            let _ = write_fields(&mut text, request, fields, hides_secrets);
        }
        info!(target: TARGET, "{text}");
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if !self.answered && log_enabled!(target: TARGET, Level::Info) {
            // The server answers a panic with a 500. Otherwise the connection has ended.
            let status = if thread::panicking() { "500" } else { "-" };
            self.log(status, "0", std::iter::empty());
        }
    }
}

/// Writes the request's fields after `>`, and the answer's after `<`.
fn write_fields<'f>(
    text: &mut String,
    request: &Request<'_>,
    fields: impl Iterator<Item = Field<'f>>,
    hides_secrets: bool,
) -> fmt::Result {
    let shown = |field| Shown { field, hides_secrets };
    for field in request.headers() {
        write!(text, "\n> {}", shown(field))?;
    }
    if !request.body().is_empty() {
        write!(text, "\n> (content: {} B)", request.body().len())?;
    }
    for field in request.trailers() {
        write!(text, "\n> (trailer) {}", shown(field))?;
    }
    for field in fields {
        write!(text, "\n< {}", shown(field))?;
    }
    Ok(())
}

/// A field without its control characters.
struct Shown<'a> {
    field: Field<'a>,
    hides_secrets: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Field { name, value } = self.field;
        if self.hides_secrets && is_secret(name) {
            write!(f, "{}: (hidden)", Escaped(name))
        } else {
            write!(f, "{}: {}", Escaped(name), Escaped(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use h1events_server::OwnedRequest;

    use super::*;

    #[test]
    fn secrets_are_hidden_and_controls_are_escaped() {
        let request = OwnedRequest::parse(
            b"POST / HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: Basic c2VjcmV0\r\nproxy-authorization: secret\r\n\
              Cookie: secret=1\r\nX: \xc2\x9bm\r\nTransfer-Encoding: chunked\r\n\r\n\
              1\r\na\r\n0\r\nCookie: secret\r\nT: 1\r\n\r\n",
        )
        .unwrap();
        let response = Response::new(200).with_header("Set-Cookie", "secret").with_header("A", "b");
        let mut text = String::new();
        write_fields(&mut text, &request.as_request(), response.headers(), true).unwrap();
        let expected = r"
> Host: a
> AUTHORIZATION: (hidden)
> proxy-authorization: (hidden)
> Cookie: (hidden)
> X: \xc2\x9bm
> Transfer-Encoding: chunked
> (content: 1 B)
> (trailer) Cookie: (hidden)
> (trailer) T: 1
< Set-Cookie: (hidden)
< A: b";
        assert_eq!(text, expected);
    }
}
