//! The smallest server on tiny_http, answering on all cores.

use std::thread;

use tiny_http::{Response, Server};

fn main() {
    let server = Server::http("127.0.0.1:0").expect("a free port is listened on");
    println!("{}", server.server_addr());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                for request in server.incoming_requests() {
                    // The client may be gone. The response has a Content-Type of text.
                    let _ = request.respond(Response::from_string("Hello, World"));
                }
            });
        }
    });
}
