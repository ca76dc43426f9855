//! The server that runs on h1events-thread.

use std::{
    io::{self, Read},
    net::TcpListener,
    thread,
};

use h1events_server::{Config, EndpointConfig, Request, RequestBodyError, Response, Summary};
use h1events_thread::{RequestBody, Server, reader};

use super::{
    App, Failure, GRACE, collected, is_too_long, log::Exchange, signals, too_long, with_length_of,
};
use crate::app::{self, Reply};

/// Bytes that are added to a sum at once.
const PART: usize = 64 * 1024;

/// Serves until it is stopped. Calls `announce` once a signal can stop it.
pub(super) fn serve(
    mut listeners: impl Iterator<Item = TcpListener>,
    (config, endpoint): (Config, EndpointConfig),
    app: App,
    announce: impl FnOnce(),
) -> Result<Summary, Failure> {
    let first = listeners.next().ok_or(Failure::NoListener)?;
    let server = Server::new(first).and_then(|server| listeners.try_fold(server, Server::listen));
    let max_collected = config.limits.content;
    let server = server.map_err(Failure::Serve)?.config(config).endpoint_config(endpoint);
    let shutdown = server.shutdown_handle();
    signals::on_stop(move || shutdown.shutdown(GRACE)).map_err(Failure::Serve)?;
    announce();
    let answer = move |request: &Request<'_>, body: RequestBody| {
        let exchange = Exchange::begin(request);
        let response = reply(app(request), request, body, max_collected).unwrap_or_else(refusal);
        exchange.answer(&response);
        response
    };
    server.serve_streaming(answer).map_err(Failure::Serve)
}

/// Carries out the application's reply.
fn reply(
    reply: Reply,
    request: &Request<'_>,
    mut body: RequestBody,
    max_collected: u64,
) -> io::Result<Response> {
    Ok(match reply {
        Reply::Now(response) => response,
        Reply::After(time, response) => {
            thread::sleep(time);
            response
        }
        Reply::Echo(response) => with_length_of(request, response.with_streamed_body(reader(body))),
        Reply::Collect(_) if is_too_long(request, max_collected) => too_long(),
        Reply::Collect(make) => {
            let mut content = Vec::new();
            body.take(max_collected + 1).read_to_end(&mut content)?;
            collected(make, &content, max_collected)
        }
        Reply::Sum(mut sum) => {
            let mut part = vec![0; PART];
            loop {
                match body.read(&mut part)? {
                    0 => break sum.into_response(),
                    n => sum.add(&part[..n]),
                }
            }
        }
        Reply::Events { response, count, interval } => {
            let pause = move |n| {
                if n > 1 {
                    thread::sleep(interval);
                }
            };
            response.with_parts((1..=count).inspect(move |&n| pause(n)).map(|n| Ok(app::event(n))))
        }
    })
}

fn refusal(error: io::Error) -> Response {
    match error.downcast::<RequestBodyError>() {
        Ok(error) => error.into(),
        Err(_) => Response::new(500),
    }
}
