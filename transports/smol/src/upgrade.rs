//! Connections that switch to another protocol.

use h1events_net::Upgraded;
use h1events_server::Response;
use smol::future::BoxedLocal;

use crate::stream::Stream;

/// The function that takes a connection.
pub(crate) type UpgradeHandler<S> = Box<dyn FnOnce(Upgraded<S>) -> BoxedLocal<()> + Send>;

/// Creates a response that switches the connection to another protocol, as [`Response::upgrade`]
/// does, and then hands it to a function. The function's future runs on the thread of the connection, for any
/// time up to the end of a shutdown.
///
/// The stream has the type that the server's listener makes. If the function expects another type, the
/// connection closes, with a line in the log.
///
/// ```
/// use h1events_smol::{Request, Response, TcpSocket, Upgraded, upgrade};
///
/// fn application(request: &Request<'_>) -> Response {
///     let room = request.path().to_owned();
///     upgrade("chat", async move |upgraded: Upgraded<TcpSocket>| {
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
    handler: impl AsyncFnOnce(Upgraded<S>) + Send + 'static,
) -> Response {
    let handler: UpgradeHandler<S> = Box::new(move |it| Box::pin(async move { handler(it).await }));
    Response::upgrade(protocol).with_upgrade_handler(handler)
}
