//! Problems on a connection, for the operator.

use std::fmt;

use h1events::Error;

/// A problem on a connection, for a log.
///
/// `Display` writes one line, without any byte of the input.
///
/// ```
/// use h1events_server::Diagnostic;
///
/// assert_eq!(Diagnostic::HeadTimeout.to_string(), "the head of the request took too long");
/// ```
///
/// # What the client gets
///
/// The text of an answer is fixed, and holds no byte of the request. The connection closes, except after the last row.
///
/// | What goes wrong | What the client gets | Diagnostic |
/// |---|---|---|
/// | the request is malformed, or beyond a limit | [the status of the parser](h1events::ErrorKind) | `Refused` |
/// | target and Host name different hosts, if that is refused | 400 | `HostMismatch` |
/// | bytes follow a request, if that isn't allowed | its answer | `Pipelined` |
/// | the head takes too long | 408 | `HeadTimeout` |
/// | the body comes too slowly | 408, or what the application says | `BodyTimeout` |
/// | the client reads too slowly | nothing more | `WriteTimeout` |
/// | the input ends within a head | 400 | `UnexpectedEnd` |
/// | the input ends within a body | nothing | `UnexpectedEnd` |
/// | there is no memory for a body | 503, or what the application says | `OutOfMemory` |
/// | a connection is idle for long, or ends for another one | nothing | – |
/// | the application panics | 500 | – |
/// | a CONNECT isn't accepted | 501 | – |
/// | the application returns an upgrade that the client hasn't offered | 500 | – |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnostic {
    /// The parser refused a request.
    Refused(Error),
    /// A request was refused because its target and its Host field name different hosts:
    /// [`Config::refuse_host_mismatch`](crate::Config::refuse_host_mismatch).
    HostMismatch,
    /// Bytes after a request were discarded:
    /// [`Config::allow_pipelining`](crate::Config::allow_pipelining) is off.
    Pipelined,
    /// The head of a request took longer than
    /// [`Config::header_read_timeout`](crate::Config::header_read_timeout).
    HeadTimeout,
    /// The body of a request came more slowly than
    /// [`Config::body_data_rate`](crate::Config::body_data_rate).
    BodyTimeout,
    /// The client read its answers more slowly than
    /// [`Config::write_data_rate`](crate::Config::write_data_rate).
    WriteTimeout,
    /// The input ended within a request.
    UnexpectedEnd,
    /// The server had no memory for the body of a request.
    OutOfMemory,
}

impl Diagnostic {
    /// Returns the kind of diagnostic, without the details of the request: a key for logs that count.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Refused(error) => error.kind().to_string(),
            others => others.to_string(),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused(error) => {
                return write!(f, "refused with {}: {error}", error.status());
            }
            Self::HostMismatch => "refused with 400: target and Host field name different hosts",
            Self::Pipelined => "bytes after a request were thrown away",
            Self::HeadTimeout => "the head of the request took too long",
            Self::BodyTimeout => "the body of the request came too slowly",
            Self::WriteTimeout => "the answers were read too slowly",
            Self::UnexpectedEnd => "the input ended within a request",
            Self::OutOfMemory => "refused with 503: no memory for the body of the request",
        })
    }
}
