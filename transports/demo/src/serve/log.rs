//! The log on stderr: warnings and errors, and what happens if it is asked for.

use std::fmt;

use h1events_server::{Request, Response};
use log::{LevelFilter, info};

use super::App;
use crate::escape::Escaped;

/// Begins to log to stderr. A record of several lines stays together.
pub(super) fn init(verbose: bool) {
    let level = if verbose { LevelFilter::Info } else { LevelFilter::Warn };
    env_logger::Builder::new().filter_level(level).format_target(false).init();
}

/// The application, which logs requests and its answers.
pub(super) fn logged(app: App) -> impl Fn(&Request<'_>) -> Response + Send + Sync + 'static {
    move |request| {
        let response = app(request);
        info!("{}", Exchange { request, status: response.status() });
        response
    }
}

/// A request and the status of its answer, without any control character of the request's.
struct Exchange<'a> {
    request: &'a Request<'a>,
    status: u16,
}

impl fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, status } = self;
        write!(f, "{} {} {}", request.method(), Escaped(request.target()), request.version())?;
        write!(f, " -> {status}")?;
        for field in request.headers() {
            write!(f, "\n{}: {}", Escaped(field.name), Escaped(field.value))?;
        }
        match request.body().len() {
            0 => Ok(()),
            length => write!(f, "\n(body length {length})"),
        }
    }
}
