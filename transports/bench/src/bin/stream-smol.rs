//! Bodies of any size on h1events-smol: `GET /<n>` gives octets, `POST` counts them.

use h1events_smol::{Request, RequestBody, Response, Server};
use smol::stream::StreamExt;

#[path = "../octets.rs"]
mod octets;

async fn stream(request: &Request<'_>, mut body: RequestBody) -> Response {
    if request.method() == "GET" {
        return octets::response(request);
    }
    let mut length = 0;
    while let Some(part) = body.next().await {
        match part {
            Ok(part) => length += part.len(),
            Err(error) => return error.into(),
        }
    }
    Response::text(length.to_string())
}

fn main() -> std::io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("{}", server.local_addr()?);
    server.serve_streaming(stream).map(drop)
}
