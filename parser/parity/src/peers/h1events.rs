use h1events::{Event, Limits, RequestParser};

use crate::run::{Peer, Request, Run, reads};

pub struct H1events;

impl Peer for H1events {
    fn package(&self) -> &'static str {
        "h1events"
    }

    fn requests(&self, octets: &[u8], read: usize) -> Run {
        parse(RequestParser::new(), octets, read)
    }

    fn limited(&self, octets: &[u8], read: usize, limit: usize) -> Option<Run> {
        let mut limits = Limits::new();
        limits.header_section = u32::try_from(limit).expect("a small limit");
        Some(parse(RequestParser::with_limits(limits), octets, read))
    }

    fn response(&self, octets: &[u8]) -> bool {
        self.requests(octets, octets.len()).requests.iter().any(|request| request.complete)
    }

    fn memory(&self) -> u64 {
        size_of::<RequestParser>() as u64
    }
}

fn parse(mut parser: RequestParser, octets: &[u8], read: usize) -> Run {
    let mut run = Run::default();
    let mut start = 0;
    for end in reads(octets.len(), read) {
        let mut input = &octets[start..end];
        loop {
            match parser.next_event(&mut input) {
                Ok(Some(event)) => take(&mut run, event),
                Ok(None) => break,
                Err(error) => return run.refuse(Some(error.status()), Some(error.offset())),
            }
        }
        start = end - input.len();
    }
    run
}

fn take(run: &mut Run, event: Event<'_>) {
    match event {
        Event::RequestLine(line) => run.requests.push(Request {
            method: line.method.to_vec(),
            target: line.target.to_vec(),
            ..Request::default()
        }),
        Event::Header(field) => run.last().fields.push((field.name.to_vec(), field.value.to_vec())),
        Event::HeadEnd(framing) => {
            let request = run.last();
            request.keep_alive = Some(framing.keep_alive);
            request.expect_continue = Some(framing.expect_continue);
            request.upgrade = Some(framing.upgrade);
        }
        Event::Body(content) => run.last().content.extend_from_slice(content),
        Event::Trailer(field) => {
            run.last().trailers.push((field.name.to_vec(), field.value.to_vec()));
        }
        Event::End => run.last().complete = true,
    }
}
