//! Answers with streamed bodies.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use super::{Connection, Phase};
use crate::body::{Body, BodyError, Part};
use crate::outgoing::Progress;
use crate::step::Step;

impl Connection {
    /// Asks the body of the answer for its next part, after [`Step::Produce`].
    ///
    /// `Pending` means that the body has none yet: take steps. If the next one is [`Step::Produce`]
    /// again, wait until the waker is woken. If it is [`Step::Read`], read, and call
    /// [`wake_body`](Self::wake_body) when the waker is woken.
    ///
    /// # Errors
    ///
    /// Those of [`put_body_back`](Self::put_body_back).
    ///
    /// # Panics
    ///
    /// If there is no body. If the body panics, call [`cut`](Self::cut).
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        let mut body = self.take_body();
        let polled = body.as_mut().poll_part(cx);
        let is_pending = polled.is_pending();
        let put_back = self.put_body_back(body, polled);
        if is_pending { Poll::Pending } else { Poll::Ready(put_back) }
    }

    /// Takes the body of the answer out, after [`Step::Produce`], to ask it for its next part, while it
    /// may read the body of the request. [Put it back](Self::put_body_back) afterwards.
    ///
    /// # Panics
    ///
    /// If there is no body.
    #[must_use]
    pub fn take_body(&mut self) -> Pin<Box<dyn Body>> {
        let outgoing = self.buffer.as_mut().and_then(|buffer| buffer.outgoing.as_mut());
        let body = outgoing.and_then(|outgoing| outgoing.body.take());
        body.expect("a body is there after Step::Produce")
    }

    /// Puts the body of the answer back, with the result of asking it for a part.
    ///
    /// # Errors
    ///
    /// The body has failed, or isn't as long as the application has said. The connection is cut,
    /// since nothing else tells the client that the answer is incomplete.
    pub fn put_body_back(
        &mut self,
        body: Pin<Box<dyn Body>>,
        polled: Poll<Option<Result<Part, BodyError>>>,
    ) -> Result<(), BodyError> {
        let Some(buffer) = self.buffer.as_deref_mut() else { return Ok(()) };
        // It is gone if the connection was cut meanwhile.
        let Some(outgoing) = &mut buffer.outgoing else { return Ok(()) };
        outgoing.body = Some(body);
        match outgoing.take_part(polled, &mut buffer.output) {
            Ok(Progress::None | Progress::Part) => {}
            Ok(Progress::End) => {
                let persists = outgoing.persists;
                buffer.outgoing = None;
                // The bytes after the body have come before the answer was complete.
                self.throw_body_away();
                let persists = persists && !self.refuses_pipelined();
                self.end_of_answer(persists);
            }
            Err(error) => {
                self.cut();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Notes that the body of the answer may have its next part, while the connection waits for more of
    /// the body of the request.
    pub fn wake_body(&mut self) {
        if let Some(outgoing) = self.buffer.as_mut().and_then(|buffer| buffer.outgoing.as_mut()) {
            outgoing.wake();
        }
    }

    /// Returns whether the body of an answer is still being made.
    #[must_use]
    pub const fn is_producing(&self) -> bool {
        matches!(self.phase, Phase::Sending)
    }

    /// Ends the connection in the middle of an answer. The answers before it are sent.
    pub fn cut(&mut self) {
        let outgoing = self.buffer.as_mut().and_then(|buffer| buffer.outgoing.take());
        self.end_body();
        let is_in_answer = outgoing.is_some() || self.has_output();
        self.phase = if is_in_answer { Phase::Failing } else { Phase::Closed };
    }

    /// Ends the connection after a part of an answer has been written. The client may not have received the answers
    /// before it, and gets time for them.
    pub(super) fn end_of_cut_answer(&mut self) {
        let follows_answers = self.buffer.as_ref().is_some_and(|buffer| buffer.follows_answers);
        match follows_answers {
            true if self.ends_with_connection() => self.phase = Phase::Parting,
            true => self.phase = Phase::Closing,
            false => self.abort(),
        }
    }

    /// Ends the connection at once, in any state: nothing more is written. The next step is
    /// [`Step::Reset`] if the client would take a part of an answer for the whole, else
    /// [`Step::Close`].
    pub fn abort(&mut self) {
        let is_over = matches!(self.phase, Phase::Lingering | Phase::Closed);
        let looks_whole = !is_over && self.ends_with_connection();
        if let Some(buffer) = &mut self.buffer {
            buffer.outgoing = None;
        }
        self.phase = if looks_whole { Phase::Cut } else { Phase::Closed };
    }

    /// Returns whether the last answer ends with the connection (RFC 9112 section 6.3, rule 8): only a reset
    /// tells the client then that the answer is incomplete. So until [`Step::Shutdown`], the connection
    /// may end by a reset only, even if the transport itself is dropped.
    #[must_use]
    pub fn ends_with_connection(&self) -> bool {
        self.buffer.as_ref().is_some_and(|buffer| buffer.ends_with_connection)
    }

    /// Takes a step of an answer with a streamed body.
    pub(super) fn send(&mut self, now: Instant) -> Option<Step> {
        self.pass_body_on();
        let buffer = self.buffer.as_deref()?;
        let waits = buffer.outgoing.as_ref()?.waits();
        if (waits || buffer.output.is_full())
            && let Some(step) = self.flush(now)
        {
            return Some(step);
        }
        // A body that has a part doesn't wait for the client.
        if waits && let Some(step) = self.receive_body(now) {
            return Some(step);
        }
        // The body may take its time.
        self.pause(now);
        self.pause_body(now);
        Some(Step::Produce)
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
