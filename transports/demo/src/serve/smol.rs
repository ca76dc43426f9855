//! The server that runs on h1events-smol.

use h1events_server::Config;
use h1events_smol::Server;

use super::{App, Failure, GRACE, Serve, announce, listen_failure, log};

/// Serves until it is stopped. What it has done.
pub(super) fn serve(options: &Serve, config: Config, app: App) -> Result<String, Failure> {
    let mut server = Server::bind(&options.listen).map_err(listen_failure(options))?.config(config);
    if let Some(most) = options.max_connections {
        server = server.max_connections(most.get());
    }
    let address = server.local_addr().map_err(Failure::Serve)?;
    let shutdown = server.shutdown_handle();
    announce(options, address, move || shutdown.shutdown(GRACE))?;
    let summary = server.serve(log::logged(app)).map_err(Failure::Serve)?;
    Ok(summary.to_string())
}
