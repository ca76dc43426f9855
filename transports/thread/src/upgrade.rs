//! Connections that switch to another protocol.

use h1events_net::Upgraded;
use h1events_server::Response;

use crate::stream::Stream;

/// The function that takes a connection.
pub(crate) type UpgradeHandler<S> = Box<dyn FnOnce(Upgraded<S>) + Send>;

/// Creates a response that switches the connection to another protocol, as [`Response::upgrade`]
/// does, and then hands it to a function. The function runs on the connection's thread, for any
/// time.
///
/// The stream has the type that the server's listener accepts. If the function expects another type, the
/// connection closes, with a line in the log.
///
/// ```
/// use std::net::TcpStream;
/// use h1events_thread::{Request, Response, Upgraded, upgrade};
///
/// fn application(request: &Request<'_>) -> Response {
///     let room = request.path().to_owned();
///     upgrade("chat", move |upgraded: Upgraded<TcpStream>| {
///         let (stream, leftover) = upgraded.into_parts();
///         // ...
///         # drop((room, stream, leftover));
///     })
/// }
/// ```
///
/// # Panics
///
/// If the protocol can't be a field value.
pub fn upgrade<S: Stream>(
    protocol: impl AsRef<[u8]>,
    handler: impl FnOnce(Upgraded<S>) + Send + 'static,
) -> Response {
    let handler: UpgradeHandler<S> = Box::new(handler);
    Response::upgrade(protocol).with_upgrade_handler(handler)
}
