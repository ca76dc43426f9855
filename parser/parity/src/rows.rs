//! The rows of the second table: octets, and whether they are accepted.

use serde::Deserialize;
use serde_json::Value;

use crate::run::{Peer, Run};

/// One line of `rows.jsonl`. Each character of an input is one octet.
#[derive(Deserialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    /// The verdict that the RFC asks of a server, and the section.
    pub rfc: String,
    /// The feature without which the parser leaves this to its caller.
    pub needs: Option<String>,
    /// Whether the inputs are chunked bodies.
    #[serde(default)]
    chunked: bool,
    /// The target in each input, if there is only one right answer.
    #[serde(default)]
    targets: Vec<String>,
    /// Strings, or lists of strings and `[string, times]`.
    inputs: Vec<Value>,
}

/// The outcome of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Accepted,
    Refused,
    /// It was taken for the beginning of something.
    Waiting,
    /// It was accepted as something else.
    Misread,
    LeftToCaller,
}

/// Octets of a read from a socket.
const READ: usize = 8192;
/// Greatest number of reads for an input that is cut. A short one comes octet by octet.
const CUTS: usize = 1000;

pub fn rows() -> Vec<Row> {
    let parse = |line| serde_json::from_str(line).expect("a row");
    include_str!("../rows.jsonl").lines().map(parse).collect()
}

impl Row {
    /// Returns the outcome of all inputs, in words.
    pub fn cell(&self, peer: &dyn Peer) -> String {
        let inputs = self.inputs();
        let outcomes: Vec<Outcome> = inputs
            .iter()
            .enumerate()
            .map(|(index, input)| {
                let target = self.targets.get(index).map(|target| latin_1(target));
                outcome(&self.run(peer, input, READ), target.as_deref())
            })
            .collect();
        let count = |of| outcomes.iter().filter(|&&outcome| outcome == of).count();
        let all = outcomes.len();
        let named = [
            (Outcome::Accepted, "accepted"),
            (Outcome::Refused, "refused"),
            (Outcome::Waiting, "waits"),
            (Outcome::Misread, "misread"),
            (Outcome::LeftToCaller, "–"),
        ];
        match named.iter().find(|&&(of, _)| count(of) == all) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("{} of {all} refused", count(Outcome::Refused)),
        }
    }

    /// Returns whether one read and many give the same requests and the same error. Neither parts of
    /// a request that is refused later count, nor the number of pieces.
    pub fn same_when_cut(&self, peer: &dyn Peer) -> bool {
        self.inputs().iter().all(|input| {
            let [one, many] = [input.len(), input.len().div_ceil(CUTS)].map(|read| {
                let mut run = self.run(peer, input, read);
                run.requests.retain(|request| request.complete);
                run.requests.iter_mut().for_each(|request| request.in_pieces = false);
                run
            });
            one == many
        })
    }

    fn run(&self, peer: &dyn Peer, input: &[u8], read: usize) -> Run {
        if self.chunked { peer.chunked(input, read) } else { peer.requests(input, read) }
    }

    fn inputs(&self) -> Vec<Vec<u8>> {
        let part = |part: &Value| match part {
            Value::Array(repeated) => {
                let times = repeated[1].as_u64().and_then(|times| times.try_into().ok());
                latin_1(repeated[0].as_str().expect("a string")).repeat(times.expect("a number"))
            }
            text => latin_1(text.as_str().expect("a string")),
        };
        let input = |input: &Value| match input {
            Value::Array(parts) => parts.iter().flat_map(part).collect(),
            text => part(text),
        };
        self.inputs.iter().map(input).collect()
    }
}

fn outcome(run: &Run, target: Option<&[u8]>) -> Outcome {
    match run.requests.first() {
        Some(request) if request.complete => match target {
            Some(target) if request.target != target || !request.content.is_empty() => {
                Outcome::Misread
            }
            _ => Outcome::Accepted,
        },
        _ if run.refused.is_some() => Outcome::Refused,
        _ if run.left_to_caller => Outcome::LeftToCaller,
        _ => Outcome::Waiting,
    }
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|octet| u8::try_from(octet).expect("one octet a character")).collect()
}
