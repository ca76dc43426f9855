//! Limits that the system sets the process.

/// Returns the number of connections that the descriptor limit allows, if `spare` descriptors are left for
/// other uses: never less than half of the limit.
///
/// ```
/// assert!(h1events_net::descriptor_limit(64) > 0);
/// ```
#[must_use]
pub fn descriptor_limit(spare: usize) -> usize {
    let limit = soft_limit();
    limit - spare.min(limit / 2)
}

/// Raises the limit of descriptors to what the system allows the process: on Unix the soft limit
/// of `RLIMIT_NOFILE` to the hard one. The servers leave this call to the application, since programs
/// that it starts inherit the limit, and those that use `select` may not expect descriptors above 1,023.
///
/// Returns the new limit.
///
/// ```
/// assert!(h1events_net::raise_descriptor_limit() >= h1events_net::descriptor_limit(64));
/// ```
pub fn raise_descriptor_limit() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};

        let mut limit = getrlimit(Resource::Nofile);
        let former = limit.current;
        limit.current = limit.maximum;
        if cfg!(target_vendor = "apple") {
            let most = limit.maximum.map_or(OPEN_MAX, |maximum| maximum.min(OPEN_MAX));
            limit.current = former.map(|former| former.max(most));
        }
        // If the system refuses it, the limit stays the same.
        let _ = setrlimit(Resource::Nofile, limit);
    }
    soft_limit()
}

/// Descriptors that setrlimit(2) of macOS lets a process have, though it calls the hard limit infinite.
#[cfg(unix)]
const OPEN_MAX: u64 = 10_240;

/// Returns the bytes of address space that the process may still take, if it has a limit (`RLIMIT_AS`) and the
/// system tells how much of it is taken.
///
/// ```
/// if h1events_net::address_space_left().is_some_and(|bytes| bytes < 1 << 30) {
///     eprintln!("threads with large stacks won't fit");
/// }
/// ```
#[must_use]
pub fn address_space_left() -> Option<u64> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{Resource, getrlimit};

        let limit = getrlimit(Resource::As).current?;
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = statm.split(' ').next()?.parse().ok()?;
        let taken = pages.saturating_mul(rustix::param::page_size() as u64);
        Some(limit.saturating_sub(taken))
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    None
}

#[cfg(unix)]
fn soft_limit() -> usize {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Windows has no such limit.
#[cfg(not(unix))]
const fn soft_limit() -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_limit_leaves_half_for_connections() {
        assert!(descriptor_limit(usize::MAX) >= soft_limit() / 2);
        assert_eq!(descriptor_limit(0), soft_limit());
    }
}
