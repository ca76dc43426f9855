//! A simulated world around an endpoint.

mod client;
mod oracle;
mod purse;
mod transport;
mod world;

use std::time::Duration;

use h1events_server::EndpointConfig;

pub(crate) use client::{Client, Input, Kind};
pub(crate) use purse::Account;
pub(crate) use world::World;

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Returns the defaults, with another limit of connections.
pub(crate) fn cap(connections: usize) -> EndpointConfig {
    let mut config = EndpointConfig::new();
    config.max_connections = Some(connections);
    config
}
