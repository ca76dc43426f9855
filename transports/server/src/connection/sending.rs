//! Answers whose bodies are made while they are sent.

use std::task::{Context, Poll};
use std::time::Instant;

use super::{Connection, Phase};
use crate::body::BodyError;
use crate::outgoing::Progress;
use crate::step::Step;

impl Connection {
    /// Asks the body of the answer for its next part, after [`Step::Produce`].
    ///
    /// `Pending` means that the body has none yet: take steps, and ask again when the waker is woken.
    ///
    /// # Errors
    ///
    /// The body has failed, or isn't as long as the application has said. The connection is cut,
    /// since nothing else tells the client that what it has isn't whole.
    ///
    /// # Panics
    ///
    /// If there is no body. If the body panics, call [`cut`](Self::cut).
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        let buffer = self.buffer.as_deref_mut().expect("a body is there after Step::Produce");
        let outgoing = buffer.outgoing.as_mut().expect("a body is there after Step::Produce");
        match outgoing.poll(cx, &mut buffer.output) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Progress::Part)) => Poll::Ready(Ok(())),
            Poll::Ready(Ok(Progress::End)) => {
                let persists = outgoing.persists;
                buffer.outgoing = None;
                // What follows the body has come before the answer was made.
                self.throw_body_away();
                let persists = persists && !self.refuses_pipelined();
                self.end_of_answer(persists);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => {
                self.cut();
                Poll::Ready(Err(error))
            }
        }
    }

    /// Ends the connection in the middle of an answer. The answers before it are sent.
    pub fn cut(&mut self) {
        let outgoing = self.buffer.as_mut().and_then(|buffer| buffer.outgoing.take());
        self.end_body();
        let is_in_answer = outgoing.is_some() || self.has_output();
        self.phase = if is_in_answer { Phase::Failing } else { Phase::Closed };
    }

    /// Ends the connection at once, in the middle of an answer.
    pub(super) fn give_up(&mut self) {
        self.end_body();
        let buffer = self.buffer.as_deref_mut();
        let looks_whole = buffer.is_some_and(|buffer| {
            buffer.outgoing = None;
            buffer.ends_with_connection
        });
        self.phase = if looks_whole { Phase::Cut } else { Phase::Closed };
    }

    /// Takes a step of an answer whose body is made while it is sent.
    pub(super) fn send(&mut self, now: Instant) -> Option<Step> {
        let buffer = self.buffer.as_deref()?;
        let is_pending = buffer.outgoing.as_ref()?.is_pending();
        if (is_pending || buffer.output.is_full())
            && let Some(step) = self.flush(now)
        {
            return Some(step);
        }
        // A body that has a part doesn't wait for the client.
        let step = if is_pending { self.receive_body(now) } else { None };
        step.or(Some(Step::Produce))
    }

    /// Goes on after an answer.
    pub(super) fn end_of_answer(&mut self, persists: bool) {
        let has_body = self.buffer.as_ref().is_some_and(|buffer| buffer.incoming.is_some());
        self.phase = match persists {
            true if has_body => Phase::Draining,
            true => Phase::Receiving,
            false => {
                self.end_body();
                Phase::Closing
            }
        };
    }
}
