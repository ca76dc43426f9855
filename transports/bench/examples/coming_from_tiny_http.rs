//! The program on tiny_http of the page "Coming from tiny_http" of h1events-thread.

use std::io::{self, Read};
use std::thread;

use tiny_http::{Header, Method, Request, Response, Server};

fn answer(mut request: Request) -> io::Result<()> {
    match (request.method(), request.url()) {
        (Method::Get, "/") => request.respond(Response::from_string("Hello, World\n")),
        (Method::Post, "/count") => {
            let mut body = Vec::new();
            request.as_reader().take(1024 * 1024).read_to_end(&mut body)?;
            let json = Header::from_bytes("Content-Type", "application/json").expect("a header");
            request.respond(Response::from_string(body.len().to_string()).with_header(json))
        }
        _ => request.respond(Response::empty(404)),
    }
}

fn main() {
    let server = Server::http("127.0.0.1:8080").expect("a free address");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for request in server.incoming_requests() {
                    let _ = answer(request); // the client may be gone
                }
            });
        }
    });
}
