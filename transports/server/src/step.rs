//! What goes between a connection and its transport: the time, the next step, a notice.

use std::fmt;
use std::time::{Instant, SystemTime};

use h1events::Error;

/// The time, as an argument: one clock for deadlines, one for the Date field.
///
/// Take both anew for each call; a deadline that was waited for is not the time at which
/// the wait ended.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For the Date field. A time before 1970 or after 9999 is taken for the nearest one
    /// that a Date can express.
    pub date: SystemTime,
}

impl Now {
    /// The time of the system's clocks. Nothing but this and [`Clock`](crate::Clock) reads one.
    #[must_use]
    pub fn from_clocks() -> Self {
        Self { instant: Instant::now(), date: SystemTime::now() }
    }
}

/// What the transport has to do next.
///
/// Every step but [`Shutdown`](Self::Shutdown) is returned again until it is taken or its
/// deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Read into [`read_space`](crate::Connection::read_space), then say
    /// [`received`](crate::Connection::received) or
    /// [`received_eof`](crate::Connection::received_eof). While nothing comes,
    /// [`release`](crate::Connection::release) may give memory back.
    Read {
        /// When to step again if nothing has come.
        deadline: Instant,
    },
    /// Write some of [`unsent`](crate::Connection::unsent), then say
    /// [`sent`](crate::Connection::sent).
    Write {
        /// When to step again if nothing could be written.
        deadline: Instant,
    },
    /// Give the [`request`](crate::Connection::request) to the application, then
    /// [`respond`](crate::Connection::respond).
    Handle,
    /// The application took the connection: [`into_leftover`](crate::Connection::into_leftover)
    /// and the stream are its own.
    Upgraded,
    /// Shut the write half down, then go on stepping. Returned once.
    Shutdown,
    /// Drop the stream. There is nothing left to say or to hear.
    Close,
}

/// Something that an operator may want to read in a log.
///
/// `Display` gives one line, without any byte of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A request was refused, with that error.
    Refused(Error),
    /// The head of a request took longer than [`Config::head`](crate::Config::head).
    HeadTimeout,
    /// The body of a request came more slowly than [`Config::body`](crate::Config::body).
    BodyTimeout,
    /// The client read its answers more slowly than [`Config::write`](crate::Config::write).
    WriteTimeout,
    /// The input ended within a request.
    UnexpectedEnd,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "refused with {}: {error}", error.status()),
            Self::HeadTimeout => f.write_str("the head of the request took too long"),
            Self::BodyTimeout => f.write_str("the body of the request came too slowly"),
            Self::WriteTimeout => f.write_str("the answers were read too slowly"),
            Self::UnexpectedEnd => f.write_str("the input ended within a request"),
        }
    }
}
