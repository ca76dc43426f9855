//! Limits and deadlines of a connection.

use std::time::Duration;

use h1events::Limits;

/// The limits and deadlines that a connection sets its client.
///
/// ```
/// use std::time::Duration;
/// use h1events_server::{Config, MinDataRate};
///
/// let mut config = Config::new();
/// config.keep_alive_timeout = Duration::from_secs(5);
/// config.body_data_rate = MinDataRate::new(Duration::from_secs(10), 1_000);
/// config.limits.content = 64 * 1024;
/// ```
///
/// # Deadlines, and what others use
///
/// The defaults. A rate is in bytes a second. A dash: no option of its own.
///
/// | Time | Here | At its end | nginx | Apache httpd | Node.js | hyper |
/// |---|---|---|---|---|---|---|
/// | idle | 30 s | closed | 75 s | 5 s | 5 s, newer 65 s | – |
/// | the head | 30 s | 408 | 60 s | 20 s, then 500, up to 40 s | 60 s | 30 s |
/// | the body | 20 s, then 500 | 408 | 60 s a read | 20 s, then 500 | 300 s with the head | – |
/// | the answer | 20 s, then 500 | dropped | 60 s a write | 60 s a write | – | – |
/// | lingering | 30 s, 5 s of silence | closed | 30 s, 5 s of silence | – | – | – |
///
/// What sets them:
/// - nginx: `keepalive_timeout`, `client_header_timeout`, `client_body_timeout`, `send_timeout`, `lingering_time`,
///   `lingering_timeout`
/// - Apache httpd: `KeepAliveTimeout`, `RequestReadTimeout`, `Timeout`
/// - Node.js: `keepAliveTimeout`, `headersTimeout`, `requestTimeout`
/// - hyper: `header_read_timeout`, with a timer only
/// - HAProxy: `timeout http-keep-alive`, `timeout http-request` and `timeout client`, none of which has a default
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The limits of the parser. Default: those of [`Limits::new`], and content up to 1 MiB,
    /// since it is collected before the application is called.
    pub limits: Limits,
    /// The longest content, in bytes, of a body that the application reads as it comes. It replaces
    /// `limits.content` for such a body. Default: no limit, since such a body takes little memory.
    pub streamed_content: u64,
    /// Whether the request target may have bytes from 0x80. Default: no.
    pub allow_non_ascii_target: bool,
    /// Whether Host may have any value, as long as there is exactly one. Default: no. HomeKit
    /// clients send an invalid Host to accessories that have a space in their name.
    pub allow_any_host: bool,
    /// Whether a request with an absolute target gets a 400 if the target's authority isn't that of
    /// the Host field. Default: no: RFC 9112 section 3.2.2 has the server ignore the Host field.
    ///
    /// Turn it on behind a proxy that routes by one of the two and passes on the other, as HAProxy
    /// and Varnish do. Case doesn't matter, nor does a port that is the scheme's default.
    pub refuse_host_mismatch: bool,
    /// Whether a client may send the next request before it has its answer. Default: yes.
    ///
    /// Turn it off behind a proxy that never pipelines: bytes behind a request are then the rest of
    /// a body whose length the proxy got wrong. If such bytes have been read when a request is
    /// answered, the answer says `Connection: close`, and these bytes are discarded. Empty lines
    /// are allowed, and so are the bytes of a protocol that the connection switches to.
    pub allow_pipelining: bool,
    /// Whether answers get a Date. Default: yes. RFC 9110 section 6.6.1 asks it of every server
    /// that has a clock, and forbids it to one without.
    pub date: bool,
    /// Time from the opening of the connection, or from its last answer, to the first byte of the
    /// next request. Default: 30 s. Then the connection is closed without an answer.
    pub keep_alive_timeout: Duration,
    /// Time from the first byte of a request to the end of its head. Bytes don't extend it.
    /// Default: 30 s. Then the client gets a 408.
    pub header_read_timeout: Duration,
    /// The lowest rate at which the content of a request may come. Default: 500 bytes a second after
    /// 20 s. Below it, the client gets a 408.
    pub body_data_rate: MinDataRate,
    /// The lowest rate at which a client may read its answers. Default: as for `body_data_rate`.
    /// Below it, the connection is closed.
    pub write_data_rate: MinDataRate,
    /// How long the connection reads and discards input before it closes, so that the client sees
    /// the last answer instead of a reset.
    pub linger: Linger,
}

/// The lowest rate at which bytes have to move, and the time before it applies: a part of [`Config`].
///
/// A client begins with `grace_period`. Each byte that moves gives it 1 / `bytes_per_second`
/// seconds more, but it never has more than a minute left, or `grace_period` if that is longer.
/// A client that keeps the rate may go on for ever. A client that stops, or trickles bytes,
/// is ended within that minute, however much it has moved before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MinDataRate {
    /// The time that a client has at first.
    pub grace_period: Duration,
    /// Bytes a second. 0 counts as 1.
    pub bytes_per_second: u32,
}

/// The bounds of a lingering close (RFC 9112 section 9.6), a part of [`Config`]. The defaults are those
/// of nginx. Bytes aren't limited, so that a client which sends a large body sees that it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Linger {
    /// The longest total time. Default: 30 s.
    pub total: Duration,
    /// The longest time without a byte. Default: 5 s.
    pub silence: Duration,
}

impl Config {
    /// Creates a configuration with the defaults.
    #[must_use]
    pub const fn new() -> Self {
        let rate = MinDataRate::new(Duration::from_secs(20), 500);
        let mut limits = Limits::new();
        limits.content = 1024 * 1024;
        Self {
            limits,
            streamed_content: u64::MAX,
            allow_non_ascii_target: false,
            allow_any_host: false,
            refuse_host_mismatch: false,
            allow_pipelining: true,
            date: true,
            keep_alive_timeout: Duration::from_secs(30),
            header_read_timeout: Duration::from_secs(30),
            body_data_rate: rate,
            write_data_rate: rate,
            linger: Linger::new(Duration::from_secs(30), Duration::from_secs(5)),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl MinDataRate {
    /// Creates a rate that applies after a grace period.
    #[must_use]
    pub const fn new(grace_period: Duration, bytes_per_second: u32) -> Self {
        Self { grace_period, bytes_per_second }
    }
}

impl Linger {
    /// Creates the bounds of a lingering close: the total time, and the time without a byte.
    #[must_use]
    pub const fn new(total: Duration, silence: Duration) -> Self {
        Self { total, silence }
    }
}
