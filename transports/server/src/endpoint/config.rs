//! Limits of all connections together.

use std::time::{Duration, Instant};

use crate::wait::later;

/// The limits of all connections of a server together, and its patience with them while a newcomer
/// waits.
///
/// ```
/// use h1events_server::EndpointConfig;
///
/// let mut config = EndpointConfig::new();
/// config.max_connections = Some(10_000);
/// config.max_buffered = 64 * 1024 * 1024;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointConfig {
    /// The number of connections that may be open. Default: `None`, the number of the transport, which is 1,000 on threads
    /// and 16,384 on smol. nginx has 512 a worker (`worker_connections`), Apache 400 in all (`MaxRequestWorkers`), HAProxy
    /// what the descriptors allow.
    ///
    /// Up to 16 more may be open for a moment, since a newcomer needn't wait until the connection
    /// that ends for it has closed.
    pub max_connections: Option<usize>,
    /// Bytes that may be buffered for all connections: heads, collected bodies, unsent answers.
    /// Default: 256 MiB. Servers that bound a single body only, as nginx, Node and hyper do, take
    /// as much as all clients together send.
    ///
    /// The last eighth is for connections that hold less than 16 KiB. An answer is always
    /// buffered; while the budget is exceeded, no connection is read. Less than 64 KiB counts as 64
    /// KiB.
    pub max_buffered: usize,
    /// How long a client may send nothing after it has connected, while a newcomer waits.
    /// Default: 100 ms, which is longer than most round trips; the request of a client that has
    /// one ready arrives right behind its handshake.
    pub first_byte_patience: Duration,
    /// How long a connection may be idle, linger, or make no progress, while a newcomer waits.
    /// Default: 1 s. Without a newcomer, [`Config`](crate::Config) has the deadlines.
    pub patience: Duration,
    /// How long a newcomer waits before it may end a connection whose `patience` isn't over.
    /// Default: 1 s. `first_byte_patience` always applies, and a connection stays that was answered
    /// within this time and waits for the next request.
    pub admission_timeout: Duration,
}

impl EndpointConfig {
    /// Creates a configuration with the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_connections: None,
            max_buffered: 256 * 1024 * 1024,
            first_byte_patience: Duration::from_millis(100),
            patience: Duration::from_secs(1),
            admission_timeout: Duration::from_secs(1),
        }
    }

    /// Returns until when no moving connection ends for a newcomer, after another one was admitted. Each
    /// newcomer adds its share of the admission timeout, so that all places can change hands within it.
    /// Connections that have never spoken end in waves, and a newcomer may wait for two of them.
    pub(super) fn moving_until(&self, before: Instant, now: Instant) -> Instant {
        let places = u32::try_from(self.places()).unwrap_or(u32::MAX);
        let share = self.admission_timeout.checked_div(places).unwrap_or_default();
        let latest = later(now, self.first_byte_patience.saturating_mul(2));
        // Shares that no newcomer has used within the timeout are still there.
        let begin = now.checked_sub(self.admission_timeout).unwrap_or(now);
        later(before.max(begin), share).min(latest)
    }

    /// Returns the number of connections that may be open.
    pub(super) fn places(&self) -> usize {
        self.max_connections.unwrap_or(MAX_CONNECTIONS)
    }

    /// Returns the bytes that may be buffered: [`max_buffered`](Self::max_buffered), but no less than small
    /// requests need to get through.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.max_buffered.max(LEAST_BUDGET)
    }
}

/// Connections that may be open, at most, if nothing else is set.
const MAX_CONNECTIONS: usize = 1_000;

/// Bytes that a server may always buffer: enough for a few small connections.
const LEAST_BUDGET: usize = 64 * 1024;

impl Default for EndpointConfig {
    fn default() -> Self {
        Self::new()
    }
}
