//! A thread that serves: an executor whose connections stay on it.

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use h1events_server::{Request, Response};
use h1events_serving::{Peer, Summary};
use smol::LocalExecutor;
use smol::channel::Receiver;
use smol::future::{self, FutureExt};
use smol::stream::Stream as _;

use crate::desk::Desk;
use crate::listener::Listener;
use crate::place::Place;
use crate::reactor::Reactor;
use crate::registry::Registry;
use crate::serve::{Serving, serve_connection};

/// What the thread that accepts has for a worker.
pub(crate) enum Command<T> {
    /// Serve that connection.
    Serve(T, Peer),
    /// Close the connection that has rested for longest.
    MakeRoom,
    /// End: at once what is silent, in any case at that time.
    End(Option<Instant>),
}

/// Returns when all tasks that were ready have had their turn.
async fn let_all_run(executor: &LocalExecutor<'_>) {
    // This one is the last in the queue.
    executor.spawn(async {}).await;
}

/// Serves until it is told to end.
pub(crate) fn run<L, A>(
    reactor: Reactor,
    serving: &Arc<Serving<L::Stream, A>>,
    commands: Receiver<Command<L::Accepted>>,
    registry: Registry,
) -> Summary
where
    L: Listener,
    A: AsyncFn(&Request<'_>) -> Response + 'static,
{
    let registry = Rc::new(RefCell::new(registry));
    let desk = Rc::new(Desk::new(reactor.clone(), Rc::clone(&registry)));
    let executor = LocalExecutor::new();
    // When it ends in any case, once it is ending.
    let end = Cell::new(None);
    let is_over = || {
        let is_due = || end.get().is_some_and(|end| end <= Instant::now());
        desk.ending.get() && (registry.borrow().len() == 0 || is_due())
    };
    let commands = async {
        let mut commands = pin!(commands);
        let mut next = async || {
            let or_over = |cx: &mut Context<'_>| match commands.as_mut().poll_next(cx) {
                Poll::Pending if is_over() => Poll::Ready(None),
                next => next,
            };
            future::poll_fn(or_over).await
        };
        while let Some(command) = next().await {
            match command {
                Command::Serve(accepted, peer) => {
                    let place = Place::new(&registry, peer);
                    match L::open(accepted, &reactor) {
                        Ok(stream) => {
                            let (serving, desk) = (Arc::clone(serving), Rc::clone(&desk));
                            let task = serve_connection(stream, place, serving, desk);
                            // A panic ends the connection alone. Its place logs it.
                            executor.spawn(AssertUnwindSafe(task).catch_unwind()).detach();
                        }
                        Err(error) => log::debug!("{peer}: lost: {error}"),
                    }
                }
                Command::MakeRoom => {
                    let before = registry.borrow().len();
                    // Who seems to be silent may have a request that is not read yet, or an end.
                    reactor.catch_up();
                    let_all_run(&executor).await;
                    let mut registry = registry.borrow_mut();
                    if registry.len() < before {
                        registry.has_made_room();
                    } else {
                        registry.make_room(Instant::now());
                    }
                }
                Command::End(at) => {
                    end.set(at);
                    if !desk.ending.get() {
                        // Those that are new have to wait for their requests to hear of them.
                        let_all_run(&executor).await;
                        reactor.catch_up();
                        desk.ending.set(true);
                        let_all_run(&executor).await;
                        registry.borrow_mut().end();
                    }
                }
            }
        }
    };
    let until = |now: Instant| {
        // The next requests may be there when others have run.
        let answers = desk.answers.take();
        if answers > 0 && serving.yielding.pays(answers, now) {
            thread::yield_now();
        }
        let deadline = registry.borrow_mut().expire(now);
        if is_over() { Some(now) } else { [deadline, end.get()].into_iter().flatten().min() }
    };
    reactor.block_on(executor.run(commands), until);

    let summary = registry.borrow().summary();
    // What is left is dropped.
    drop(executor);
    summary
}
