//! The server that runs on h1events-smol.

use std::net::TcpListener;

use h1events_server::{Config, EndpointConfig, Request, RequestBodyError, Response, Summary};
use h1events_smol::{RequestBody, Server, stream};
use smol::{Timer, stream::StreamExt};

use super::{
    App, Failure, GRACE, collected, is_too_long, log::Exchange, signals, too_long, with_length_of,
};
use crate::app::{self, Reply};

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
    let answer = async move |request: &Request<'_>, body: RequestBody| {
        let exchange = Exchange::begin(request);
        let response = reply(app(request), request, body, max_collected).await;
        let response = response.unwrap_or_else(Response::from);
        exchange.answer(&response);
        response
    };
    server.serve_streaming(answer).map_err(Failure::Serve)
}

/// Carries out the application's reply.
async fn reply(
    reply: Reply,
    request: &Request<'_>,
    mut body: RequestBody,
    max_collected: u64,
) -> Result<Response, RequestBodyError> {
    Ok(match reply {
        Reply::Now(response) => response,
        Reply::After(time, response) => {
            // The other connections of this thread go on.
            Timer::after(time).await;
            response
        }
        Reply::Echo(response) => with_length_of(request, response.with_streamed_body(stream(body))),
        Reply::Collect(_) if is_too_long(request, max_collected) => too_long(),
        Reply::Collect(make) => {
            let mut content = Vec::new();
            while content.len() as u64 <= max_collected
                && let Some(part) = body.next().await
            {
                content.extend_from_slice(&part?);
            }
            collected(make, &content, max_collected)
        }
        Reply::Sum(mut sum) => {
            while let Some(part) = body.next().await {
                sum.add(&part?);
            }
            sum.into_response()
        }
        Reply::Events { response, count, interval } => {
            let events = smol::stream::unfold(1, move |n| async move {
                if n > 1 {
                    Timer::after(interval).await;
                }
                (n <= count).then(|| (Ok::<_, RequestBodyError>(app::event(n)), n + 1))
            });
            response.with_streamed_body(stream(events))
        }
    })
}
