//! TCP streams whose reads and writes a test can replace.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::sync::Arc;

use h1events_thread::{Listener, Peer, Server, Stream};

use super::{Running, start_listening};

type Read = dyn Fn(&TcpStream, &mut [u8]) -> io::Result<usize> + Send + Sync;
type Write = dyn Fn(&TcpStream, &[IoSlice<'_>]) -> io::Result<usize> + Send + Sync;
type Flush = dyn Fn(&TcpStream) -> io::Result<()> + Send + Sync;
type ShutdownWrite = dyn Fn(&TcpStream) -> io::Result<()> + Send + Sync;
type ShutdownRead = dyn Fn(&TcpStream) + Send + Sync;

/// Functions that replace those of a TCP stream.
pub struct Hooks {
    pub read: Box<Read>,
    pub write: Box<Write>,
    pub flush: Box<Flush>,
    pub shutdown_write: Box<ShutdownWrite>,
    pub shutdown_read: Box<ShutdownRead>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            read: Box::new(Stream::read),
            write: Box::new(Stream::write_vectored),
            flush: Box::new(Stream::flush),
            shutdown_write: Box::new(Stream::shutdown_write),
            shutdown_read: Box::new(Stream::shutdown_read),
        }
    }
}

pub fn start_hooked(
    configure: impl FnOnce(Server<HookedListener>) -> Server<HookedListener>,
    hooks: Hooks,
) -> Running {
    let (server, address) = bind_hooked(hooks);
    start_listening(configure(server), address)
}

pub fn bind_hooked(hooks: Hooks) -> (Server<HookedListener>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let server = Server::new(HookedListener { listener, hooks: Arc::new(hooks) });
    (server.expect("there are descriptors"), address)
}

pub struct HookedListener {
    listener: TcpListener,
    hooks: Arc<Hooks>,
}

#[cfg(unix)]
impl AsFd for HookedListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

#[cfg(windows)]
impl AsSocket for HookedListener {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.listener.as_socket()
    }
}

impl Listener for HookedListener {
    type Accepted = Hooked;

    fn accept(&self) -> io::Result<(Hooked, Peer)> {
        let (socket, peer) = Listener::accept(&self.listener)?;
        Ok((Hooked { socket, hooks: Arc::clone(&self.hooks) }, peer))
    }
}

pub struct Hooked {
    socket: TcpStream,
    hooks: Arc<Hooks>,
}

#[cfg(unix)]
impl AsFd for Hooked {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(windows)]
impl AsSocket for Hooked {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.socket.as_socket()
    }
}

impl Stream for Hooked {
    fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        (self.hooks.read)(&self.socket, space)
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (self.hooks.write)(&self.socket, slices)
    }

    fn flush(&self) -> io::Result<()> {
        (self.hooks.flush)(&self.socket)
    }

    fn shutdown_write(&self) -> io::Result<()> {
        (self.hooks.shutdown_write)(&self.socket)
    }

    fn shutdown_read(&self) {
        (self.hooks.shutdown_read)(&self.socket);
    }
}
