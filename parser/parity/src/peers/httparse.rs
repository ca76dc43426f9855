use httparse::{EMPTY_HEADER, Header, Status, parse_chunk_size, parse_headers};

use super::FIELDS;
use crate::run::{Fields, Peer, Request, Run, reads};

pub struct Httparse;

impl Peer for Httparse {
    fn package(&self) -> &'static str {
        "httparse"
    }

    fn requests(&self, octets: &[u8], read: usize) -> Run {
        let mut run = Run::default();
        let mut start = 0;
        for end in reads(octets.len(), read) {
            loop {
                let mut fields = [EMPTY_HEADER; FIELDS];
                let mut request = httparse::Request::new(&mut fields);
                match request.parse(&octets[start..end]) {
                    Ok(Status::Complete(length)) => {
                        start += length;
                        run.requests.push(head(&request));
                    }
                    Ok(Status::Partial) => break,
                    Err(_) => return run.refuse(None, None),
                }
            }
        }
        run
    }

    /// Returns `None`: httparse limits only the number of fields.
    fn limited(&self, _octets: &[u8], _read: usize, _limit: usize) -> Option<Run> {
        None
    }

    fn chunked(&self, body: &[u8], read: usize) -> Run {
        for end in reads(body.len(), read) {
            let run = decode(&body[..end]);
            if run.refused.is_some() || run.left_to_caller || run.requests[0].complete {
                return run;
            }
        }
        decode(body)
    }

    fn response(&self, octets: &[u8]) -> bool {
        let mut fields = [EMPTY_HEADER; FIELDS];
        httparse::Response::new(&mut fields).parse(octets).is_ok_and(|status| status.is_complete())
    }

    /// Returns 0: httparse starts over with each read.
    fn memory(&self) -> u64 {
        0
    }
}

fn head(request: &httparse::Request<'_, '_>) -> Request {
    Request {
        method: request.method.unwrap_or_default().into(),
        target: request.path.unwrap_or_default().into(),
        fields: pairs(request.headers),
        complete: true,
        ..Request::default()
    }
}

/// Decodes as a caller of `parse_chunk_size` would: each chunk has its data and two octets more.
fn decode(mut body: &[u8]) -> Run {
    let mut run = Run { requests: vec![Request::default()], ..Run::default() };
    loop {
        match parse_chunk_size(body) {
            Ok(Status::Complete((line, 0))) => return trailers(run, &body[line..]),
            Ok(Status::Complete((line, size))) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let Some((data, rest)) = body[line..].split_at_checked(size) else { return run };
                let Some((end, rest)) = rest.split_at_checked(2) else { return run };
                run.left_to_caller = end != b"\r\n";
                if run.left_to_caller {
                    return run;
                }
                run.last().content.extend_from_slice(data);
                body = rest;
            }
            Ok(Status::Partial) => return run,
            Err(_) => return run.refuse(None, None),
        }
    }
}

fn trailers(mut run: Run, section: &[u8]) -> Run {
    let mut fields = [EMPTY_HEADER; FIELDS];
    match parse_headers(section, &mut fields) {
        Ok(Status::Complete((_, fields))) => {
            run.last().trailers = pairs(fields);
            run.last().complete = true;
            run
        }
        Ok(Status::Partial) => run,
        Err(_) => run.refuse(None, None),
    }
}

fn pairs(fields: &[Header<'_>]) -> Fields {
    fields.iter().map(|field| (field.name.into(), field.value.into())).collect()
}
