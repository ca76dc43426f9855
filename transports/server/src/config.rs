//! What a connection allows, and for how long.

use std::time::Duration;

use h1events::Limits;

/// What a connection allows its client, and how long it waits for it.
///
/// ```
/// use std::time::Duration;
/// use h1events_server::Config;
///
/// let mut config = Config::new();
/// config.idle = Duration::from_secs(5);
/// config.limits.content = 64 * 1024;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The limits of the parser. Default: those of the parser, and content up to 1 MiB,
    /// since it is collected before the application is called.
    pub limits: Limits,
    /// Whether bytes from 0x80 are allowed in the request target. Default: no.
    pub allow_non_ascii_target: bool,
    /// Whether answers get a Date. Default: yes. RFC 9110 section 6.6.1 asks every server for it that
    /// has a clock, and forbids it to one that hasn't.
    pub date: bool,
    /// From the opening of the connection, or its last answer, to the first byte of the
    /// next request. Default: 30 s.
    pub idle: Duration,
    /// From the first byte of a request to the end of its head, however slowly it drips.
    /// Default: 30 s. Then the client gets a 408.
    pub head: Duration,
    /// How slowly a body may come. Default: 20 s, then 500 bytes a second. Then the client
    /// gets a 408.
    pub body: Pace,
    /// How slowly a client may read its answers. Default: as for `body`.
    pub write: Pace,
    /// How long, and how much, is read and thrown away before the connection is closed, so
    /// that the client sees the last answer instead of a reset.
    pub linger: Linger,
}

/// A time of grace, and a minimum rate after it: what has moved so many bytes has time
/// until start + grace + bytes / rate. Whatever it has moved, it may not stand still for a minute,
/// or the time of grace if that is longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time until the rate counts.
    pub grace: Duration,
    /// Bytes a second, at least 1.
    pub rate: u32,
}

/// The bounds of a lingering close (RFC 9112 section 9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linger {
    /// How long without a byte. Default: 2 s.
    pub silence: Duration,
    /// How long in all. Default: 10 s.
    pub total: Duration,
    /// How many bytes. Default: 16 MiB.
    pub bytes: u64,
}

impl Config {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        let pace = Pace { grace: Duration::from_secs(20), rate: 500 };
        let mut limits = Limits::new();
        limits.content = 1024 * 1024;
        Self {
            limits,
            allow_non_ascii_target: false,
            date: true,
            idle: Duration::from_secs(30),
            head: Duration::from_secs(30),
            body: pace,
            write: pace,
            linger: Linger {
                silence: Duration::from_secs(2),
                total: Duration::from_secs(10),
                bytes: 16 * 1024 * 1024,
            },
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
