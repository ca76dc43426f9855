//! The state of a client.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::descriptor::{AsFd, BorrowedFd, borrow_fd};

/// The state of a client, as far as it is known.
///
/// TCP tells little. A client that has closed its connection looks like one that has only shut its write
/// half down, until something is written to it. An application that has to know sends something from time
/// to time: a comment among its events, for example.
///
/// [`client_state`] has an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientState {
    /// There is no sign that the client has gone.
    #[default]
    Connected,
    /// The client sends no more (TCP: a FIN). It may wait for the answer, and gets it (RFC 9112 section
    /// 9.6), or it may have gone.
    HalfClosed,
    /// The connection is broken (TCP: an RST), closed in both directions, or ended by the server. No
    /// answer can arrive.
    Gone,
}

/// Returns what the system knows of the client of a socket, without waiting.
///
/// On Linux and Android, it sees a FIN or an RST even behind unread input; elsewhere, only if there is
/// none.
///
/// ```
/// use std::net::{Shutdown, TcpStream};
/// use h1events_net::{ClientState, bind, client_state};
///
/// let listener = bind("127.0.0.1:0")?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (stream, _) = listener.accept()?;
/// assert_eq!(client_state(&stream), ClientState::Connected);
///
/// client.shutdown(Shutdown::Write)?;
/// while client_state(&stream) == ClientState::Connected {} // until the system has heard of it
/// assert_eq!(client_state(&stream), ClientState::HalfClosed);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn client_state(socket: &(impl AsFd + ?Sized)) -> ClientState {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let flags = PollFlags::RDHUP;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let flags = PollFlags::IN;
    let socket = borrow_fd(socket);
    let mut polled = [PollFd::new(&socket, flags)];
    // If the poll fails, reading and writing tell.
    if poll(&mut polled, Some(&Timespec::default())).is_err() {
        return ClientState::Connected;
    }
    let events = polled[0].revents();
    state_of(socket, events)
}

/// Evaluates events. A connection that the server hasn't shut down hangs up when it is broken or closed in
/// both directions.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn state_of(_: BorrowedFd<'_>, events: PollFlags) -> ClientState {
    if events.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
        ClientState::Gone
    } else if events.contains(PollFlags::RDHUP) {
        ClientState::HalfClosed
    } else {
        ClientState::Connected
    }
}

/// Evaluates events. Other systems hang up after a FIN, too, so only the result of a read is a sign.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn state_of(socket: BorrowedFd<'_>, events: PollFlags) -> ClientState {
    use rustix::net::{RecvFlags, recv};

    if events.is_empty() {
        return ClientState::Connected;
    }
    // A read may find only an end: Wine reports the error before.
    if events.contains(PollFlags::ERR) {
        return ClientState::Gone;
    }
    // This doesn't wait, since there is input.
    match recv(socket, &mut [0_u8], RecvFlags::PEEK) {
        Ok((_, 0)) => ClientState::HalfClosed,
        Ok(_) | Err(rustix::io::Errno::INTR | rustix::io::Errno::WOULDBLOCK) => {
            ClientState::Connected
        }
        Err(_) => ClientState::Gone,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::reset_on_close;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    fn becomes(server: &TcpStream, state: ClientState) -> bool {
        let begun = Instant::now();
        while client_state(server) != state {
            if begun.elapsed() > Duration::from_secs(5) {
                return false;
            }
        }
        true
    }

    #[test]
    fn client_that_has_shut_its_write_half_down_is_half_closed() {
        let (client, server) = pair();
        assert_eq!(client_state(&server), ClientState::Connected);
        client.shutdown(Shutdown::Write).unwrap();
        assert!(becomes(&server, ClientState::HalfClosed));
        drop(client);
        assert_eq!(client_state(&server), ClientState::HalfClosed, "another FIN isn't sent");
    }

    #[test]
    fn client_that_has_reset_its_connection_is_gone() {
        let (client, server) = pair();
        reset_on_close(&client, true);
        drop(client);
        assert!(becomes(&server, ClientState::Gone));
        assert_eq!(client_state(&server), ClientState::Gone);
    }

    #[test]
    fn client_that_was_written_to_after_it_has_closed_is_gone() {
        let (client, mut server) = pair();
        drop(client);
        assert!(becomes(&server, ClientState::HalfClosed));
        server.write_all(b"tea").unwrap();
        assert!(becomes(&server, ClientState::Gone));
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn state_is_seen_behind_unread_bytes() {
        let (mut client, server) = pair();
        client.write_all(b"tea").unwrap();
        assert_eq!(client_state(&server), ClientState::Connected);
        client.shutdown(Shutdown::Write).unwrap();
        assert!(becomes(&server, ClientState::HalfClosed));
    }
}
