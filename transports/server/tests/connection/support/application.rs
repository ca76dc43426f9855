//! The application, if the test plays it: it reads bodies as they come, and answers.

use std::sync::Arc;

use h1events_server::{BodyState, Config, Connection, OwnedRequest, Peer, Response};

use super::client::{Client, echo, time_of_day};
use super::source::Source;

impl Client {
    /// Returns a connection whose requests the test takes at the end of their head, and
    /// [answers](Self::respond).
    pub(crate) fn streaming(config: Config) -> Self {
        let mut client = Self::with(config.clone(), echo);
        client.plays = true;
        let connection = Connection::new(Arc::new(config), Peer::Local, client.start, time_of_day);
        client.connection = connection.with_streamed_bodies();
        client.run();
        client
    }

    /// Answers as the application, which may have waited for the body.
    pub(crate) fn respond(&mut self, response: Response) -> &mut Self {
        self.methods.push(self.connection.request().method().to_owned());
        self.connection.respond(response, self.now());
        self.run();
        self
    }

    /// Reads the available body as the application, and waits for more.
    pub(crate) fn read_body(&mut self) -> (Vec<u8>, BodyState<'static>) {
        let mut content = Vec::new();
        loop {
            let n = match self.connection.body_state() {
                BodyState::Content(octets) => {
                    content.extend_from_slice(octets);
                    octets.len()
                }
                BodyState::End => return (content, BodyState::End),
                BodyState::Failed(error) => return (content, BodyState::Failed(error)),
                BodyState::Pending => {
                    self.connection.want_body();
                    self.run();
                    if self.connection.body_state() == BodyState::Pending {
                        return (content, BodyState::Pending);
                    }
                    continue;
                }
            };
            self.connection.consume_body(n);
        }
    }

    /// Reads the available body as the application.
    pub(crate) fn read_body_once(&mut self) -> usize {
        let BodyState::Content(octets) = self.connection.body_state() else { return 0 };
        let n = octets.len();
        self.connection.consume_body(n);
        n
    }

    /// Returns the bytes for the protocol that the connection has switched to.
    pub(crate) fn connection_parts(self) -> (OwnedRequest, Vec<u8>) {
        assert!(self.is_upgraded);
        self.connection.into_parts()
    }
}

/// An application that answers with the body of the request, as it comes.
pub(crate) struct Echo {
    pub(crate) source: Source,
    /// The content that it has read.
    pub(crate) content: Vec<u8>,
    is_done: bool,
}

impl Echo {
    /// Begins the answer.
    pub(crate) fn begin(client: &mut Client) -> Self {
        Self::begin_with(client, Source::default(), Response::new(200))
    }

    pub(crate) fn begin_with(client: &mut Client, source: Source, response: Response) -> Self {
        client.respond(response.with_streamed_body(source.clone()));
        let mut echo = Self { source, content: Vec::new(), is_done: false };
        echo.run(client);
        echo
    }

    /// Moves all available content, until the application waits for more.
    pub(crate) fn run(&mut self, client: &mut Client) {
        while !self.is_done {
            let (content, state) = client.read_body();
            self.content.extend_from_slice(&content);
            let has_content = !content.is_empty();
            if has_content {
                self.source.give(content);
            }
            self.is_done = state != BodyState::Pending;
            match state {
                BodyState::End => drop(self.source.end()),
                BodyState::Failed(_) => drop(self.source.fail()),
                BodyState::Pending | BodyState::Content(_) if !has_content => return,
                BodyState::Pending | BodyState::Content(_) => {}
            }
            client.run();
        }
    }
}
