//! Whether a client is still there.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::descriptor::{AsFd, BorrowedFd, borrow_fd};

/// What is known of the client's end of a connection.
///
/// TCP tells less than one would like. A client that has gone regularly looks like one that has
/// only said that it sends no more, until something is written to it. So an application that has to
/// know, and has nothing to say, sends something now and then: a comment among its events, for example.
///
/// [`client_state`] has an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientState {
    /// Nothing speaks against the client.
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
/// On Linux and Android, a FIN or an RST is seen even if there is something to read before it;
/// elsewhere, only if there isn't.
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
    // If it can't be looked at, reading and writing tell.
    if poll(&mut polled, Some(&Timespec::default())).is_err() {
        return ClientState::Connected;
    }
    let events = polled[0].revents();
    state_of(socket, events)
}

/// A connection whose server hasn't shut it down hangs up when it is broken or has been closed as a whole.
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

/// Other systems hang up after a FIN, too, so that only what a read would find is a sign.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn state_of(socket: BorrowedFd<'_>, events: PollFlags) -> ClientState {
    use rustix::net::{RecvFlags, recv};

    if events.is_empty() {
        return ClientState::Connected;
    }
    // A read may find no more than an end: Wine has told the error by then.
    if events.contains(PollFlags::ERR) {
        return ClientState::Gone;
    }
    // It doesn't wait: there is something.
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
