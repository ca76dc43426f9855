//! The system's handles of sockets: descriptors on Unix, sockets on Windows.

#[cfg(not(windows))]
pub use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
pub use std::os::windows::io::{AsSocket as AsFd, BorrowedSocket as BorrowedFd};

/// Borrows the descriptor of a socket.
///
/// ```
/// let listener = h1events_net::bind("127.0.0.1:0")?;
/// let descriptor = h1events_net::borrow_fd(&listener);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn borrow_fd(socket: &(impl AsFd + ?Sized)) -> BorrowedFd<'_> {
    #[cfg(not(windows))]
    return socket.as_fd();
    #[cfg(windows)]
    return socket.as_socket();
}
