//! Bodies of any size on h1events-thread: `GET /<n>` gives octets, `POST` counts them.

use std::io::{self, Read};

use h1events_thread::{Request, RequestBody, Response, Server};

#[path = "../octets.rs"]
mod octets;

fn stream(request: &Request<'_>, mut body: RequestBody) -> Response {
    if request.method() == "GET" {
        return octets::response(request);
    }
    let mut count = || {
        let (mut length, mut part) = (0, vec![0; 64 * 1024]);
        loop {
            match body.read(&mut part)? {
                0 => return Ok::<usize, io::Error>(length),
                n => length += n,
            }
        }
    };
    count().map_or_else(|_| Response::new(400), |length| Response::text(length.to_string()))
}

fn main() -> io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("{}", server.local_addr()?);
    server.serve_streaming(stream).map(drop)
}
