//! An axum router on either transport, without tokio: routes, JSON, bodies that stream in both directions,
//! server-sent events.
//!
//! ```sh
//! cargo run --release -p h1events-tower --all-features --example axum -- smol 127.0.0.1:8080 # or thread
//! curl http://127.0.0.1:8080/greeting/you                      # Hello, you!
//! curl --json '{"numbers":[1,2,3]}' http://127.0.0.1:8080/sum  # {"sum":6.0}
//! curl http://127.0.0.1:8080/lines/1000000                     # made while they are sent
//! curl --data-binary @Cargo.lock http://127.0.0.1:8080/upper   # CAPITALS, sent while the rest comes
//! curl --no-buffer http://127.0.0.1:8080/events                # five events within a second
//! ```

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use std::{env, io};

use axum::body::Body;
use axum::extract::Path;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use h1events_server::Summary;
use h1events_smol::ShutdownHandle;
use serde::{Deserialize, Serialize};
use smol::Timer;
use smol::stream::{self, Stream, StreamExt};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let transport = arguments.next().unwrap_or_else(|| "thread".to_owned());
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let summary = serve(&transport, &address, |address, _| println!("http://{address}/"))?;
    println!("{summary}");
    Ok(())
}

/// Serves the router. Before, it passes the address and the shutdown handle to `tell`.
pub(crate) fn serve(
    transport: &str,
    address: &str,
    tell: impl FnOnce(SocketAddr, ShutdownHandle),
) -> io::Result<Summary> {
    match transport {
        "thread" => {
            let server = h1events_thread::Server::bind(address)?;
            tell(server.local_addr()?, server.shutdown_handle());
            h1events_tower::thread::serve(server, router())
        }
        "smol" => {
            let server = h1events_smol::Server::bind(address)?;
            tell(server.local_addr()?, server.shutdown_handle());
            h1events_tower::smol::serve(server, router())
        }
        _ => Err(io::Error::other("the transport is thread or smol")),
    }
}

fn router() -> Router {
    Router::new()
        .route("/", get(async || "Hello, World\n"))
        .route(
            "/greeting/{name}",
            get(async |Path(name): Path<String>| format!("Hello, {name}!\n")),
        )
        .route("/sum", post(sum))
        .route("/lines/{count}", get(lines))
        .route("/upper", post(upper))
        .route("/events", get(events))
}

#[derive(Deserialize)]
struct Numbers {
    numbers: Vec<f64>,
}

#[derive(Serialize)]
struct Sum {
    sum: f64,
}

async fn sum(Json(Numbers { numbers }): Json<Numbers>) -> Json<Sum> {
    Json(Sum { sum: numbers.iter().sum() })
}

/// Makes the lines while they are sent, so that any number takes the same memory.
async fn lines(Path(count): Path<u64>) -> Body {
    let lines = (1..=count).map(|n| Ok::<_, Infallible>(format!("line {n}\n")));
    Body::from_stream(stream::iter(lines))
}

/// Sends the body back in capitals, while it comes.
async fn upper(body: Body) -> Body {
    Body::from_stream(
        body.into_data_stream().map(|part| Ok::<_, axum::Error>(part?.to_ascii_uppercase())),
    )
}

/// Sends five events, one each fifth of a second.
async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let ticks = Timer::interval(Duration::from_millis(200)).take(5);
    Sse::new(ticks.enumerate().map(|(n, _)| Ok(Event::default().data(format!("event {n}")))))
}
