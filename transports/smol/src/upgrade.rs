//! What the application does with connections that it takes.

use std::pin::Pin;
use std::sync::Arc;

use h1events_serving::Upgraded;

pub(crate) type OnUpgrade<S> =
    Arc<dyn Fn(Upgraded<S>) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

pub(crate) fn on_upgrade<S: 'static>(
    handler: impl AsyncFn(Upgraded<S>) + Send + Sync + 'static,
) -> OnUpgrade<S> {
    let handler = Arc::new(handler);
    Arc::new(move |upgraded| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler(upgraded).await })
    })
}
