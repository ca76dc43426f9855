//! Custom streams.

mod support;

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use h1events_smol::{IntoStream, Listener, Peer, Reactor, Server, Stream};
use smol::Async;
use smol::io::{AsyncRead, AsyncWrite};
use support::{GET, SOON, start_listening, start_streaming_listening, timed};

/// Takes three bytes at a time, keeps them until it is flushed, returns one for each read, and needs three
/// attempts for its shutdown. It doesn't use the reactor.
struct Slow {
    socket: Async<TcpStream>,
    unsent: Vec<u8>,
    shutdowns: usize,
}

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_read(cx, &mut space[..1])
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!bytes.is_empty());
        ready!(self.as_mut().poll_flush(cx))?;
        let n = bytes.len().min(3);
        self.unsent = bytes[..n].to_vec();
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { socket, unsent, .. } = &mut *self;
        while !unsent.is_empty() {
            let n = ready!(Pin::new(&mut *socket).poll_write(cx, unsent))?;
            unsent.drain(..n);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl Stream for Slow {
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdowns += 1;
        if self.shutdowns < 3 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.socket.get_ref().shutdown(Shutdown::Write))
    }
}

struct SlowListener(TcpListener);

struct Accepted(TcpStream);

#[cfg(unix)]
impl AsFd for SlowListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(windows)]
impl AsSocket for SlowListener {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.0.as_socket()
    }
}

impl Listener for SlowListener {
    type Accepted = Accepted;

    fn accept(&self) -> io::Result<(Accepted, Peer)> {
        let (socket, peer) = Listener::accept(&self.0)?;
        Ok((Accepted(socket), peer))
    }
}

impl IntoStream for Accepted {
    type Stream = Slow;

    fn into_stream(self, _: &Reactor) -> io::Result<Slow> {
        Ok(Slow { socket: Async::new(self.0)?, unsent: Vec::new(), shutdowns: 0 })
    }
}

fn listen() -> (Server<SlowListener>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (Server::new(SlowListener(listener)).unwrap(), address)
}

#[test]
fn stream_may_be_of_any_kind() {
    let (server, address) = listen();
    let (streaming, streaming_address) = listen();
    for server in
        [start_listening(server, address), start_streaming_listening(streaming, streaming_address)]
    {
        let mut client = server.connect();
        for _ in 0..3 {
            assert_eq!(client.ask(GET), (200, "GET / ".to_owned()));
        }
        client.send(b"nonsense\r\n");
        let (answer, time) = timed(|| client.read_to_end());
        assert!(answer.starts_with("HTTP/1.1 400 "));
        // Otherwise the end of the connection would be its end, 5 seconds later.
        assert!(time < SOON, "{time:?}");
        server.stop();
    }
}
