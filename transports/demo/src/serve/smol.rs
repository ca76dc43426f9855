//! The server that runs on h1events-smol.

use std::net::TcpListener;

use h1events_server::{Config, EndpointConfig, Request, Summary};
use h1events_smol::Server;
use smol::Timer;

use super::{App, Failure, GRACE, log::Exchange, signals};

/// Connections that there may be, unless another number is asked for.
pub(super) const MAX_CONNECTIONS: usize = 16_384;

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
    let answer = async move |request: &Request<'_>| {
        let exchange = Exchange::begin(request);
        let reply = app(request);
        if !reply.delay.is_zero() {
            // The other connections of this thread go on.
            Timer::after(reply.delay).await;
        }
        exchange.answer(&reply.response);
        reply.response
    };
    server.serve_async(answer).map_err(Failure::Serve)
}
