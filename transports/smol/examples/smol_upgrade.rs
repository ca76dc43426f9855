//! An upgrade from HTTP: after a 101, the server sends everything back.
//!
//! ```sh
//! cargo run --release --example smol_upgrade -- 127.0.0.1:8080
//! printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello\n' |
//!     cargo run --release -- send --timeout 1 127.0.0.1:8080 # 101 Switching Protocols, then hello
//! ```

use std::{env, io};

use h1events_smol::{Request, Response, Server, TcpSocket, Upgraded, upgrade};
use smol::io::{AsyncReadExt, AsyncWriteExt};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    server.serve(switch)?;
    Ok(())
}

/// Switches to the protocol if the client offers it.
fn switch(request: &Request<'_>) -> Response {
    if request.offers_upgrade_to("echo") {
        upgrade("echo", async |upgraded: Upgraded<TcpSocket>| {
            let peer = upgraded.peer();
            match echo(upgraded).await {
                Ok(bytes) => println!("{peer}: {bytes} bytes sent back"),
                Err(error) => println!("{peer}: {error}"),
            }
        })
    } else {
        let text = "This server would rather speak: echo\n";
        Response::text(text).with_status(426).with_header("Upgrade", "echo")
    }
}

/// Speaks the other protocol, until the client has sent everything.
async fn echo(upgraded: Upgraded<TcpSocket>) -> io::Result<usize> {
    let (mut stream, mut bytes) = upgraded.into_parts();
    // The first bytes came with the request.
    let mut sent = 0;
    loop {
        stream.write_all(&bytes).await?;
        sent += bytes.len();
        bytes.resize(4096, 0);
        match stream.read(&mut bytes).await? {
            0 => return Ok(sent),
            n => bytes.truncate(n),
        }
    }
}
