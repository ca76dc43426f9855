//! The memory limit of a request.

use crate::output::Output;

/// The memory that a request may take. It is computed only when the request grows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room<'a> {
    allowance: usize,
    others: usize,
    output: &'a Output,
}

impl<'a> Room<'a> {
    /// Creates the rest of an allowance, besides the output and other bytes.
    pub(crate) const fn new(allowance: usize, others: usize, output: &'a Output) -> Self {
        Self { allowance, others, output }
    }

    /// Returns the bytes that the request may hold.
    pub(crate) fn max(self) -> usize {
        self.allowance.saturating_sub(self.others + self.output.capacity())
    }
}
