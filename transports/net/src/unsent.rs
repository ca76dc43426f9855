//! Answers that wait to be written while the next request is handled.

use std::io::{self, ErrorKind, IoSlice};

use h1events_server::UnsentAnswers;

/// The answers before a request that is being handled: those of [`Session::request_and_unsent`](crate::Session::request_and_unsent).
///
/// ```
/// # use std::io::{self, Write};
/// # fn handle(session: &mut h1events_net::Session, mut stream: impl Write) -> io::Result<()> {
/// let (request, mut unsent) = session.request_and_unsent();
/// while !unsent.is_empty() {
///     unsent.write(|slices| stream.write_vectored(slices))?;
///     unsent.flushed();
/// }
/// // Now the application may take its time for the request.
/// # let _ = request;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Unsent<'a> {
    pub(crate) answers: UnsentAnswers<'a>,
    pub(crate) unflushed: &'a mut usize,
}

impl Unsent<'_> {
    /// Returns whether all has been written and flushed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Writes with `write`, as [`Session::write`](crate::Session::write) does.
    ///
    /// # Errors
    ///
    /// Those of `write`; and `WriteZero` if it takes nothing.
    pub fn write(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        if *self.unflushed == 0 {
            *self.unflushed = write(&self.answers.write_slices())?;
        }
        if *self.unflushed == 0 { Err(ErrorKind::WriteZero.into()) } else { Ok(()) }
    }

    /// Notes that the written bytes are flushed.
    pub fn flushed(&mut self) {
        self.answers.advance_write(std::mem::take(self.unflushed));
    }
}
