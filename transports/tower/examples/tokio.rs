//! An axum router that needs tokio, on either transport: tokio's timers and tasks, and two services of tower-http
//! that use them. A runtime of tokio runs beside the server, and each thread of the server enters it.
//!
//! ```sh
//! cargo run --release -p h1events-tower --all-features --example tokio -- smol 127.0.0.1:8080 # or thread
//! curl http://127.0.0.1:8080/sleep/200           # answers after 200 ms
//! curl -i http://127.0.0.1:8080/sleep/5000       # 408, after a second
//! curl http://127.0.0.1:8080/task                # made by a task on the runtime's threads
//! curl http://127.0.0.1:8080/files/Cargo.toml    # a file of this folder
//! ```

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, io};

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::routing::get;
use h1events_server::Summary;
use h1events_smol::ShutdownHandle;
use tokio::runtime::Runtime;
use tower::util::MapRequestLayer;
use tower_http::services::ServeDir;
use tower_http::timeout::TimeoutLayer;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("tokio starts"));

thread_local! {
    /// Enters the runtime when a thread first uses this. The thread stays in it: bodies of answers are polled outside
    /// of the service.
    static ENTERED: () = std::mem::forget(RUNTIME.enter());
}

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
    let too_late = StatusCode::REQUEST_TIMEOUT;
    Router::new()
        .route("/sleep/{ms}", get(sleep))
        .route("/task", get(task))
        .nest_service("/files", ServeDir::new(env!("CARGO_MANIFEST_DIR")))
        .layer(TimeoutLayer::with_status_code(too_late, Duration::from_secs(1)))
        // The last layer is the first to see a request.
        .layer(MapRequestLayer::new(|request: Request| ENTERED.with(|()| request)))
}

async fn sleep(Path(ms): Path<u64>) -> String {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    format!("slept {ms} ms\n")
}

async fn task() -> &'static str {
    tokio::spawn(async { "made by a task\n" }).await.expect("it doesn't panic")
}
