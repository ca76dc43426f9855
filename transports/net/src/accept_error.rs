//! Error numbers of accept, by kind.

use std::io::{self, ErrorKind};

use h1events_server::AcceptErrorKind;
use rustix::io::Errno;

/// Returns the kind of an error of accept.
///
/// ```
/// use h1events_net::accept_error_kind;
/// use h1events_server::AcceptErrorKind;
///
/// let error = std::io::ErrorKind::ConnectionAborted.into();
/// assert_eq!(accept_error_kind(&error), AcceptErrorKind::Connection);
/// ```
#[must_use]
pub fn accept_error_kind(error: &io::Error) -> AcceptErrorKind {
    let errno = Errno::from_io_error(error);
    let is_one_of = |errnos: &[Errno]| errno.is_some_and(|errno| errnos.contains(&errno));
    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted)
        || is_one_of(CONNECTION)
        || has_no_address(error)
    {
        AcceptErrorKind::Connection
    } else if error.kind() == ErrorKind::OutOfMemory || is_one_of(SHORTAGE) {
        AcceptErrorKind::Shortage
    } else {
        AcceptErrorKind::Other
    }
}

/// Returns whether the connection has no address. The BSDs and macOS accept connections that their clients
/// have reset already; std finds the missing address invalid, and has no error number for it.
fn has_no_address(error: &io::Error) -> bool {
    error.kind() == ErrorKind::InvalidInput && error.raw_os_error().is_none()
}

/// accept(2) of Linux: errors that are "already pending on the new socket" are passed on.
#[cfg(unix)]
const CONNECTION: &[Errno] = &[
    Errno::PROTO,
    Errno::PERM,
    Errno::NOPROTOOPT,
    Errno::NETDOWN,
    Errno::NETUNREACH,
    Errno::HOSTDOWN,
    Errno::HOSTUNREACH,
    Errno::OPNOTSUPP,
    Errno::TIMEDOUT,
    Errno::CONNRESET,
    Errno::NOTCONN,
];

#[cfg(unix)]
const SHORTAGE: &[Errno] = &[Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];

#[cfg(windows)]
const CONNECTION: &[Errno] = &[Errno::CONNRESET, Errno::NETDOWN, Errno::TIMEDOUT];

#[cfg(windows)]
const SHORTAGE: &[Errno] = &[Errno::MFILE, Errno::NOBUFS];

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn accept_errors_are_classified_by_number() {
        for (errno, kind) in [
            (Errno::CONNABORTED, AcceptErrorKind::Connection),
            (Errno::INTR, AcceptErrorKind::Connection),
            (Errno::PROTO, AcceptErrorKind::Connection),
            (Errno::TIMEDOUT, AcceptErrorKind::Connection),
            (Errno::MFILE, AcceptErrorKind::Shortage),
            (Errno::NFILE, AcceptErrorKind::Shortage),
            (Errno::NOBUFS, AcceptErrorKind::Shortage),
            (Errno::NOMEM, AcceptErrorKind::Shortage),
            (Errno::INVAL, AcceptErrorKind::Other),
        ] {
            assert_eq!(accept_error_kind(&errno.into()), kind, "{errno}");
        }
        let no_address = ErrorKind::InvalidInput.into();
        assert_eq!(accept_error_kind(&no_address), AcceptErrorKind::Connection);
        assert_eq!(accept_error_kind(&io::Error::other("it")), AcceptErrorKind::Other);
    }
}
