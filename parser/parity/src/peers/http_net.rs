use allocation_counter::measure;
use http_net::{ClientConn, ClientEvent, Limits, Response, ServerConn, ServerEvent};

use crate::run::{Peer, Request, Run};

pub struct HttpNet;

impl Peer for HttpNet {
    fn package(&self) -> &'static str {
        "http-net"
    }

    fn requests(&self, octets: &[u8], read: usize) -> Run {
        serve(&mut ServerConn::new(), octets, read)
    }

    fn limited(&self, octets: &[u8], read: usize, limit: usize) -> Option<Run> {
        let limits = Limits::new().with_max_header_bytes(limit);
        Some(serve(&mut ServerConn::with_limits(limits), octets, read))
    }

    fn response(&self, octets: &[u8]) -> bool {
        let mut connection = ClientConn::new();
        let request = http_net::Request::get("/").header("host", "a");
        connection.send_request(&request, &mut vec![]).expect("a valid request");
        let _ = connection.feed(octets);
        matches!(connection.poll(), Ok(ClientEvent::Response(_)))
    }

    fn memory(&self) -> u64 {
        let mut kept = None;
        let heap = measure(|| {
            let mut connection = ServerConn::new();
            serve(&mut connection, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 64);
            kept = Some(connection);
        });
        size_of_val(&kept) as u64 + u64::try_from(heap.bytes_current).expect("it holds a buffer")
    }
}

fn serve(connection: &mut ServerConn, octets: &[u8], read: usize) -> Run {
    let mut run = Run::default();
    connection.set_report_trailers(true);
    for mut piece in octets.chunks(read) {
        while !piece.is_empty() {
            let taken = connection.feed(piece);
            piece = &piece[taken..];
            match poll(connection, &mut run) {
                Ok(true) if taken > 0 => {}
                Ok(_) => return run,
                Err(error) => return run.refuse(error.status(), None),
            }
        }
    }
    run
}

/// Takes the events that are ready, and returns whether the connection goes on.
fn poll(connection: &mut ServerConn, run: &mut Run) -> Result<bool, http_net::HttpError> {
    loop {
        match connection.poll()? {
            ServerEvent::Request(head) => run.requests.push(Request {
                method: head.method_str().into(),
                target: head.target().into(),
                fields: head.headers().map(|(name, value)| (name.into(), value.into())).collect(),
                keep_alive: Some(head.keep_alive()),
                expect_continue: Some(head.expects_continue()),
                upgrade: Some(head.is_upgrade()),
                ..Request::default()
            }),
            ServerEvent::Body(content) => run.last().content.extend_from_slice(content),
            ServerEvent::Trailers(fields) => {
                run.last().trailers =
                    fields.map(|(name, value)| (name.into(), value.into())).collect();
            }
            ServerEvent::RequestEnd => {
                run.last().complete = true;
                connection.respond(&Response::new(204), &mut vec![])?;
            }
            ServerEvent::NeedInput => return Ok(true),
            _ => return Ok(false),
        }
    }
}
