//! `h1events serve`: an application on a transport, until a signal stops it.

mod banner;
mod log;
mod smol;
mod thread;

use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use h1events_server::Config;

use crate::{
    app::{self, App},
    cli::{self, Serve, Transport},
    failure::Failure,
};

/// How long requests that are in flight may take when it is stopped: a little less than
/// the four seconds in which it promises to be gone.
const GRACE: Duration = Duration::from_millis(3500);

/// Serves until SIGINT, SIGTERM or SIGHUP, the end of the terminal.
///
/// # Errors
///
/// The address can't be listened on, or the server can't run any longer.
pub(crate) fn run(options: &Serve) -> Result<(), Failure> {
    log::init(options.verbose);
    let app = match options.app {
        cli::App::Hello => app::hello,
        cli::App::Echo => app::echo,
    };
    let summary = match options.transport {
        Transport::Thread => thread::serve(options, config(options), app),
        Transport::Smol => smol::serve(options, config(options), app),
    }?;
    say(&format!("h1events: stopped after {summary}\n"));
    Ok(())
}

fn config(options: &Serve) -> Config {
    let mut config = Config::new();
    config.header_read_timeout = options.head_timeout.unwrap_or(config.header_read_timeout);
    config.keep_alive_timeout = options.idle_timeout.unwrap_or(config.keep_alive_timeout);
    config
}

/// Has the signals stop the server, then says where it listens: whoever reads that may
/// send a signal at once.
fn announce(
    options: &Serve,
    address: SocketAddr,
    stop: impl Fn() + Send + 'static,
) -> Result<(), Failure> {
    ctrlc::set_handler(stop).map_err(|error| Failure::Serve(io::Error::other(error)))?;
    say(&banner::opening(options, address));
    Ok(())
}

fn listen_failure(options: &Serve) -> impl Fn(io::Error) -> Failure {
    let address = options.listen.escape_debug().to_string();
    move |error| Failure::Listen(address.clone(), error)
}

/// Some lines for the user. Not eprint!, which panics when stderr is closed.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
