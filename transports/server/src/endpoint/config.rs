//! What a server allows all of its connections together.

use std::time::{Duration, Instant};

use super::later;

/// What a server allows all of its connections together, and how patient it is with them while a
/// newcomer waits.
///
/// ```
/// use h1events_server::EndpointConfig;
///
/// let mut config = EndpointConfig::new();
/// config.max_connections = 10_000;
/// config.max_buffered = 64 * 1024 * 1024;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointConfig {
    /// The number of connections that may be open. Default: 1,000. nginx has 512 a worker (`worker_connections`), Apache 400
    /// in all (`MaxRequestWorkers`), HAProxy what the descriptors allow.
    ///
    /// Up to 16 more may be open for a moment, since a newcomer needn't wait until a connection
    /// that ends for it is closed.
    pub max_connections: usize,
    /// Bytes that may be buffered for all connections: heads, collected bodies, unsent answers.
    /// Default: 256 MiB. Servers that bound a single body only, as nginx, Node and hyper do, take
    /// as much as all clients together send.
    ///
    /// The last eighth is for connections that hold less than 16 KiB. An answer is always
    /// buffered; while the budget is passed, no connection is read. Less than 64 KiB is taken for 64
    /// KiB.
    pub max_buffered: usize,
    /// How long a client may send nothing after it has connected, while a newcomer waits.
    /// Default: 100 ms, which is longer than most round trips; the request of a client that has
    /// one ready arrives right behind its handshake.
    pub first_byte_patience: Duration,
    /// How long a connection may be idle, linger, or make no progress, while a newcomer waits.
    /// Default: 1 s. Without a newcomer, [`Config`](crate::Config) has the deadlines.
    pub patience: Duration,
    /// How long a newcomer waits before a connection ends for it whose `patience` isn't over.
    /// Default: 1 s. `first_byte_patience` is always waited for, and a connection that was answered
    /// within this time and waits for the next request stays.
    pub admission_timeout: Duration,
}

impl EndpointConfig {
    /// Creates a configuration with the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_connections: 1_000,
            max_buffered: 256 * 1024 * 1024,
            first_byte_patience: Duration::from_millis(100),
            patience: Duration::from_secs(1),
            admission_timeout: Duration::from_secs(1),
        }
    }

    /// Returns until when no connection that moves ends for a newcomer, once another one was admitted. Each
    /// adds its share of the time that one may wait, so that as many as there are places get theirs
    /// within that time. Those that have never spoken go in waves, two of which may be awaited.
    pub(super) fn moving_until(&self, before: Instant, now: Instant) -> Instant {
        let places = u32::try_from(self.max_connections).unwrap_or(u32::MAX);
        let share = self.admission_timeout.checked_div(places).unwrap_or_default();
        let latest = later(now, self.first_byte_patience.saturating_mul(2));
        later(before.max(now), share).min(latest)
    }

    /// Returns the bytes that may be buffered: [`max_buffered`](Self::max_buffered), or the least with which
    /// small requests get through.
    #[must_use]
    pub const fn budget(&self) -> usize {
        if self.max_buffered < LEAST_BUDGET { LEAST_BUDGET } else { self.max_buffered }
    }
}

/// Bytes that a server may always buffer: those of a few small connections.
const LEAST_BUDGET: usize = 64 * 1024;

impl Default for EndpointConfig {
    fn default() -> Self {
        Self::new()
    }
}
