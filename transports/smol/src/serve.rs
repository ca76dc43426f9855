//! The life of a connection in its task, from its first step to whoever takes it.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use h1events_server::{Config, Request, Response};
use h1events_serving::{Shutdown, Upgraded, Yielding};

use crate::desk::Desk;
use crate::drive::{Driver, Ended};
use crate::place::Place;
use crate::stream::Stream;
use crate::upgrade::OnUpgrade;

/// What all connections of a server share.
pub(crate) struct Serving<S, A> {
    pub(crate) app: A,
    pub(crate) config: Arc<Config>,
    pub(crate) on_upgrade: Option<OnUpgrade<S>>,
    pub(crate) yielding: Yielding,
    pub(crate) shutdown: Shutdown,
}

/// The whole life of a connection.
pub(crate) async fn serve_connection<S, A>(
    stream: S,
    place: Place,
    serving: Arc<Serving<S, A>>,
    desk: Rc<Desk>,
) where
    S: Stream,
    A: AsyncFn(&Request<'_>) -> Response,
{
    let peer = place.peer();
    log::info!("{peer}: opened");
    let mut driver = Driver::new(&serving, &desk, &place, stream);
    match driver.run().await {
        Ok(Ended::Upgraded) => {
            let Driver { connection, stream, .. } = driver;
            if let Some(taken) = serving.upgrade(Upgraded::new(connection, stream)) {
                taken.await;
            }
        }
        Ok(Ended::Closed) => drop(driver),
        Err(error) => {
            drop(driver);
            log::debug!("{peer}: lost: {error}");
        }
    }
    // The descriptor is free before anybody hears of it.
    drop(place);
    log::info!("{peer}: closed");
}

impl<S: Stream, A> Serving<S, A> {
    /// Gives the connection to whoever takes it: what is to be awaited.
    fn upgrade(&self, upgraded: Upgraded<S>) -> Option<Pin<Box<dyn Future<Output = ()>>>> {
        let peer = upgraded.peer();
        let Some(take) = &self.on_upgrade else {
            log::warn!("{peer}: upgraded, but nobody takes it");
            return None;
        };
        log::info!("{peer}: upgraded");
        Some(take(upgraded))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;
    use crate::socket::Socket;

    /// The size of what a function with four arguments returns.
    const fn size<A, B, C, D, F>(_: &impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_silent_connection_is_small() {
        fn of_app<A: AsyncFn(&Request<'_>) -> Response + 'static>(_: A) -> usize {
            size(&serve_connection::<Socket<TcpStream>, A>)
        }
        let task = of_app(async |_: &Request<'_>| Response::new(200));
        assert!(task <= 1024, "{task} bytes");
    }
}
