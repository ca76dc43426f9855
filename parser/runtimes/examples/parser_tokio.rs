//! The parser under tokio: a task for each connection, a buffer of a known size, and deadlines.
//!
//! ```sh
//! cargo run --example parser_tokio
//! curl --data tea http://127.0.0.1:8080/pot # POST /pot, with 3 octets of content
//! curl --verbose --header 'Expect: 100-continue' --data tea http://127.0.0.1:8080/ # the 100, then 200
//! printf 'GET  / HTTP/1.1\r\n' | cargo run -- send 127.0.0.1:8080 # 400, and the reason
//! ```
//!
//! `src/lib.rs` has the answers. Here is the code that moves the bytes.

use std::io;
use std::sync::Arc;

use h1events::RequestParser;
use h1events_runtimes::{Answer, CONTINUE, Exchange, Patience, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Duration, Instant, sleep, timeout, timeout_at};

/// Maximum number of connections. Each has a buffer of 16 KiB.
const CONNECTIONS: usize = 1000;

fn main() -> io::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:8080")?;
    println!("http://{}/", listener.local_addr()?);
    serve(listener, Patience::default())
}

pub(crate) fn serve(listener: std::net::TcpListener, patience: Patience) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        accept(TcpListener::from_std(listener)?, patience).await;
        Ok(())
    })
}

async fn accept(listener: TcpListener, patience: Patience) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = places.clone().acquire_owned().await.expect("it is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(async move {
                    // An error means that the client is gone.
                    let _ = serve_connection(stream, patience).await;
                    drop(place);
                });
            }
            // The process may be out of descriptors. Without a pause, this would spin.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn serve_connection(mut stream: TcpStream, patience: Patience) -> io::Result<()> {
    if let Some(answer) = converse(&mut stream, patience).await? {
        send(&mut stream, &answer.bytes, patience).await?;
    }
    stream.shutdown().await?;
    let _ = timeout(patience.linger, tokio::io::copy(&mut stream, &mut tokio::io::sink())).await;
    Ok(())
}

/// Answers requests. Returns the last answer, or `None` if the connection ends without one.
async fn converse(stream: &mut TcpStream, patience: Patience) -> io::Result<Option<Answer>> {
    let limits = limits();
    let mut parser = RequestParser::with_limits(limits);
    // A buffer of this size always has space for more.
    let mut buffer = vec![0; limits.required_buffer()];
    let mut filled = 0;
    let mut exchange = Exchange::default();
    let mut deadline = Instant::now() + patience.idle;
    let mut is_idle = true;
    loop {
        let mut input = &buffer[..filled];
        loop {
            match parser.next_event(&mut input) {
                Ok(Some(event)) => match exchange.add(event) {
                    Some(answer) if answer.is_last => return Ok(Some(answer)),
                    Some(answer) => {
                        send(stream, &answer.bytes, patience).await?;
                        deadline = Instant::now() + patience.idle;
                        is_idle = true;
                    }
                    None => {}
                },
                Ok(None) => break,
                Err(error) => return Ok(Some(exchange.refuse(error.status(), error))),
            }
        }
        let unconsumed = filled - input.len()..filled;
        filled = unconsumed.len();
        buffer.copy_within(unconsumed, 0);

        if is_idle && !parser.is_idle() {
            // The first byte is there. Later ones don't move the deadline.
            deadline = Instant::now() + patience.request;
            is_idle = false;
        }
        if exchange.take_continue() {
            send(stream, CONTINUE, patience).await?;
        }
        let read = match timeout_at(deadline, stream.read(&mut buffer[filled..])).await {
            Ok(read) => read?,
            Err(_) if is_idle => return Ok(None),
            Err(_) => return Ok(Some(exchange.refuse(408, "the request took too long"))),
        };
        if read == 0 {
            let end = parser.finish(&buffer[..filled]);
            return Ok(end.err().map(|error| exchange.refuse(error.status(), error)));
        }
        filled += read;
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8], patience: Patience) -> io::Result<()> {
    timeout(patience.write, stream.write_all(bytes)).await?
}
