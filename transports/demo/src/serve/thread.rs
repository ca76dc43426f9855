//! The server that runs on h1events-thread.

use std::{net::TcpListener, thread};

use h1events_server::{Config, EndpointConfig, Request, Summary};
use h1events_thread::Server;

use super::{App, Failure, GRACE, log::Exchange, signals};

/// Connections that there may be, unless another number is asked for: each has a thread.
pub(super) const MAX_CONNECTIONS: usize = 1_000;

/// Serves until it is stopped. `announce` is called when a signal would stop it.
pub(super) fn serve(
    mut listeners: impl Iterator<Item = TcpListener>,
    (config, endpoint): (Config, EndpointConfig),
    app: App,
    announce: impl FnOnce(),
) -> Result<Summary, Failure> {
    let first = listeners.next().ok_or(Failure::NoListener)?;
    let server = Server::new(first).and_then(|server| listeners.try_fold(server, Server::listen));
    let server = server.map_err(Failure::Serve)?.config(config).endpoint_config(endpoint);
    let shutdown = server.shutdown_handle();
    signals::on_stop(move || shutdown.shutdown(GRACE)).map_err(Failure::Serve)?;
    announce();
    let answer = move |request: &Request<'_>| {
        let exchange = Exchange::begin(request);
        let reply = app(request);
        if !reply.delay.is_zero() {
            thread::sleep(reply.delay);
        }
        exchange.answer(&reply.response);
        reply.response
    };
    server.serve(answer).map_err(Failure::Serve)
}
