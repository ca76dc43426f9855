//! A body of an answer whose parts the test supplies at any time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use h1events_server::{Body, BodyError, Content, Part, Trailers};

/// The test holds one clone, and the connection another.
#[derive(Clone, Default)]
pub(crate) struct Source {
    state: Arc<Mutex<State>>,
    pub(crate) length: Option<u64>,
}

#[derive(Default)]
struct State {
    parts: VecDeque<Option<Result<Part, BodyError>>>,
    waker: Option<Waker>,
}

impl Source {
    pub(crate) fn with_length(length: u64) -> Self {
        Self { length: Some(length), ..Self::default() }
    }

    pub(crate) fn give(&self, content: impl Into<Content>) -> &Self {
        self.push(Some(Ok(Part::Content(content.into()))))
    }

    pub(crate) fn give_trailers(&self, trailers: Trailers) -> &Self {
        self.push(Some(Ok(Part::Trailers(trailers))))
    }

    pub(crate) fn fail(&self) -> &Self {
        self.push(Some(Err("the disk is on fire".into())))
    }

    pub(crate) fn end(&self) -> &Self {
        self.push(None)
    }

    fn push(&self, part: Option<Result<Part, BodyError>>) -> &Self {
        let mut state = self.state.lock().unwrap();
        state.parts.push_back(part);
        state.waker.take().into_iter().for_each(Waker::wake);
        drop(state);
        self
    }

    /// Parts that the connection hasn't taken.
    pub(crate) fn parts_left(&self) -> usize {
        self.state.lock().unwrap().parts.len()
    }

    /// Returns whether the connection has dropped it.
    pub(crate) fn is_closed(&self) -> bool {
        Arc::strong_count(&self.state) == 1
    }
}

impl Body for Source {
    fn poll_part(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Part, BodyError>>> {
        let mut state = self.state.lock().unwrap();
        let part = state.parts.pop_front();
        if part.is_none() {
            state.waker = Some(cx.waker().clone());
        }
        part.map_or(Poll::Pending, Poll::Ready)
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}
