//! `h1events serve`: an application on a transport, until a signal stops it.

mod banner;
mod listen;
mod log;
mod signals;
mod smol;
mod thread;

use std::{net::TcpListener, time::Duration};

use h1events_server::{Config, EndpointConfig, Request, Response};

use self::log::Log;
use crate::{
    app::{self, App},
    cli::{self, Serve, Transport},
    failure::Failure,
};

/// Time that requests in flight get at the end. The rest of four seconds is for cutting off the others, and
/// for [flushing](log::FLUSH) the log.
const GRACE: Duration = Duration::from_millis(3400);

/// Serves until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
///
/// The server can't listen on an address, or can't go on.
pub(crate) fn run(options: &Serve) -> Result<(), Failure> {
    let log = Log::start(options.verbose).map_err(Failure::Serve)?;
    let result = serve(options, &log);
    log.flush();
    result
}

fn serve(options: &Serve, log: &Log) -> Result<(), Failure> {
    h1events_thread::raise_descriptor_limit();
    let app: App = match options.app {
        cli::App::Hello => app::hello,
        cli::App::Echo => app::echo,
        cli::App::Lab => app::lab,
    };
    let listeners = listen::bind_all(&options.listen)?;
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>();
    let opening = banner::opening(options, &addresses.map_err(Failure::Serve)?);
    let (listeners, announce) = (listeners.into_iter(), || log.say(&opening));
    let summary = match options.transport {
        Transport::Thread => thread::serve(listeners, configs(options), app, announce),
        Transport::Smol => smol::serve(listeners, configs(options), app, announce),
    }?;
    log.say(&format!("h1events: stopped after {summary}\n"));
    Ok(())
}

/// Returns the limits of each connection, and of all together.
fn configs(options: &Serve) -> (Config, EndpointConfig) {
    let mut config = Config::new();
    config.header_read_timeout = options.head_timeout.unwrap_or(config.header_read_timeout);
    config.keep_alive_timeout = options.idle_timeout.unwrap_or(config.keep_alive_timeout);
    config.limits.content = options.max_body.unwrap_or(config.limits.content);
    config.streamed_content = options.max_body.unwrap_or(config.streamed_content);
    let mut endpoint = EndpointConfig::new();
    endpoint.max_connections = options.max_connections.map(Into::into);
    // A body has to fit with its answer, which may be as long, and some others.
    let largest = usize::try_from(config.limits.content).unwrap_or(usize::MAX);
    endpoint.max_buffered = endpoint.max_buffered.max(largest.saturating_mul(4));
    (config, endpoint)
}

/// Makes the response from collected content, or refuses content that is too long.
fn collected(make: fn(&[u8]) -> Response, content: &[u8], max: u64) -> Response {
    if content.len() as u64 > max { too_long() } else { make(content) }
}

fn too_long() -> Response {
    Response::text("The body is too long.\n").with_status(413)
}

/// Returns whether the head announces content that is too long to be collected.
fn is_too_long(request: &Request<'_>, max: u64) -> bool {
    request.content_length().is_some_and(|length| length > max)
}

/// Gives a response the length of the request's body, if the head has it.
fn with_length_of(request: &Request<'_>, response: Response) -> Response {
    match request.content_length() {
        Some(length) => response.with_content_length(length),
        None => response,
    }
}
