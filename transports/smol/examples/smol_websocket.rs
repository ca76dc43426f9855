//! A WebSocket that sends every message back, with async-tungstenite.
//!
//! ```sh
//! cargo run --release --example smol_websocket -- 127.0.0.1:8080
//! python3 -m websockets ws://127.0.0.1:8080/echo    # the package `websockets`: it sends what is typed
//! curl --include --max-time 1 --header 'Connection: Upgrade' --header 'Upgrade: websocket' \
//!     --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
//!     http://127.0.0.1:8080/echo                    # the handshake alone
//! ```
//!
//! This server answers the handshake; async-tungstenite does the rest. There are no timeouts: a connection stays
//! as long as its client. In a browser, a page of any site can open a connection, with the user's cookies. If that
//! matters, check the Origin field.

use std::{env, io};

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use async_tungstenite::tungstenite::{self, Message};
use h1events_smol::{Request, Response, Server, TcpSocket, Upgraded, upgrade};
use smol::stream::StreamExt;

/// Octets of a message, at most, since it is collected before it is sent back.
const MAX_MESSAGE: usize = 1024 * 1024;

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    server.serve(app)?;
    Ok(())
}

pub(crate) fn app(request: &Request<'_>) -> Response {
    match (request.method(), request.path()) {
        ("GET", b"/echo") => shake_hands(request),
        (_, b"/echo") => Response::new(405).with_header("Allow", "GET"),
        _ => Response::new(404),
    }
}

/// Answers the handshake (RFC 6455 section 4.2).
fn shake_hands(request: &Request<'_>) -> Response {
    if !request.offers_upgrade_to("websocket") {
        let text = "This is a WebSocket.\n";
        return Response::text(text).with_status(426).with_header("Upgrade", "websocket");
    }
    if request.header("sec-websocket-version") != Some(b"13") {
        return Response::new(426)
            .with_header("Upgrade", "websocket")
            .with_header("Sec-WebSocket-Version", "13");
    }
    // The key is the base64 of 16 octets.
    let Some(key) = request.header("sec-websocket-key").filter(|key| key.len() == 24) else {
        return Response::error(400, "Sec-WebSocket-Key has 24 octets");
    };
    upgrade("websocket", async |upgraded: Upgraded<TcpSocket>| {
        let peer = upgraded.peer();
        match echo(upgraded).await {
            Ok(()) => println!("{peer}: closed"),
            Err(error) => println!("{peer}: {error}"),
        }
    })
    .with_header("Sec-WebSocket-Accept", derive_accept_key(key))
}

async fn echo(upgraded: Upgraded<TcpSocket>) -> tungstenite::Result<()> {
    let (stream, leftover) = upgraded.into_parts();
    let config = Some(
        WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE)),
    );
    let mut socket =
        WebSocketStream::from_partially_read(stream, leftover, Role::Server, config).await;
    // It ends when both sides have sent a close frame.
    while let Some(message) = socket.next().await.transpose()? {
        // The next read sends the answers to other frames.
        if matches!(message, Message::Text(_) | Message::Binary(_)) {
            socket.send(message).await?;
        }
    }
    Ok(())
}
