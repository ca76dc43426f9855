//! Connections that std can't make.

use std::{
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use rustix::net::{
    AddressFamily, SocketAddrV4, SocketType, bind, connect, socket,
    sockopt::{Timeout, set_socket_linger, set_socket_recv_buffer_size, set_socket_timeout},
};

/// Longer than any step takes that works, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Connects from an address of this machine. Each address has ports of its own, so no attack
/// uses up those of the well-behaved clients.
pub(crate) fn connect_from(
    source: Ipv4Addr,
    server: SocketAddr,
    receive_buffer: Option<usize>,
) -> io::Result<TcpStream> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE))?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    if let Some(size) = receive_buffer {
        set_socket_recv_buffer_size(&socket, size)?;
    }
    bind(&socket, &SocketAddrV4::new(source, 0))?;
    connect(&socket, &server)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Closes a connection, regularly or with a reset.
pub(crate) fn close(stream: TcpStream, with_reset: bool) {
    if with_reset {
        // The peer may have closed it already.
        let _ = set_socket_linger(&stream, Some(Duration::ZERO));
    }
    drop(stream);
}

/// Reads everything up to the end; a reset is an end, too.
pub(crate) fn read_to_end(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut received = Vec::new();
    match stream.read_to_end(&mut received) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(received),
    }
}
