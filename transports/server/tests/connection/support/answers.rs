//! The answers that the client has read.

use super::client::Client;
use super::responses::{self, Answer};

impl Client {
    /// Returns all answers so far.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        responses::read(&self.sent, self.methods.iter().map(String::as_str)).0
    }

    /// Returns the answers since the last time.
    pub(crate) fn new_answers(&mut self) -> Vec<Answer> {
        let answers = self.answers().split_off(self.seen);
        self.seen += answers.len();
        answers
    }

    /// Expects exactly these answers since the last time: status and body.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: &[(u16, &str)]) -> &mut Self {
        let answers = self.new_answers();
        let found: Vec<_> = answers.iter().map(|answer| (answer.status, answer.text())).collect();
        assert_eq!(found, expected);
        self
    }

    /// Expects one answer with this status.
    #[track_caller]
    pub(crate) fn expect_one(&mut self, status: u16) -> Answer {
        let mut answers = self.new_answers();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let answer = answers.remove(0);
        assert_eq!(answer.status, status);
        answer
    }

    /// Expects a shutdown of the write half, after an answer with `Connection: close`.
    #[track_caller]
    pub(crate) fn expect_shutdown(&mut self) -> &mut Self {
        assert!(self.has_shut_down && !self.is_closed);
        assert_eq!(self.answers().last().unwrap().field("connection"), Some("close"));
        self
    }

    /// Reads the client's bytes up to the end of the connection.
    pub(crate) fn read_to_end(&self) -> responses::Read<'_> {
        let is_closed = (self.has_shut_down || self.is_closed) && !self.is_reset;
        responses::read_to_end(&self.sent, self.methods.iter().map(String::as_str), is_closed)
    }

    /// Returns the statuses of the answers that are whole.
    pub(crate) fn whole_answers(&self) -> Vec<u16> {
        self.read_to_end().answers.iter().map(|answer| answer.status).collect()
    }
}
