//! Paths for testing clients, proxies and loads.

use std::{
    iter,
    ops::RangeInclusive,
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use h1events_server::{Request, Response};

use super::{
    Reply, Sum, decided_by_method, decided_by_scheme, is_implemented, message, not_implemented,
    with_allow,
};

/// Octets of a part of `/bytes/<n>`.
const PART: usize = 64 * 1024;

/// Milliseconds of `/sleep/<ms>`, and between two events of `/events/<n>/<ms>`, at most: a minute.
const MAX_SLEEP: u64 = 60_000;

/// Microseconds of `/spin/<us>`, at most: a second.
const MAX_SPIN: u64 = 1_000_000;

/// Statuses that an application may answer with.
const STATUSES: RangeInclusive<u64> = 200..=599;

const NOTHING_HERE: &str = "Nothing is here. Try /bytes/<n> (?chunked for no length), \
    /events/<n>/<ms> (ms to 60000), /sleep/<ms> (to 60000), /spin/<us> (to 1000000), /status/<code> (200 to 599), /headers, /thread, /panic, \
    or a POST to /count or /collect\n";

/// Does what the path asks for.
pub(crate) fn lab(request: &Request<'_>) -> Reply {
    if !is_implemented(request.method()) {
        return not_implemented().into();
    }
    if let Some(response) = decided_by_scheme(request) {
        return response.into();
    }
    // The request is about the server as a whole (RFC 9110 section 9.3.7).
    if request.target() == b"*" {
        return with_allow(Response::new(204), "GET, HEAD, OPTIONS, POST").into();
    }
    let Some(route) = Route::at(request.path()) else {
        return message(404, NOTHING_HERE).into();
    };
    match decided_by_method(request.method(), route.methods()) {
        Some(response) => response.into(),
        None => route.reply(request),
    }
}

/// The action of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Bytes(u64),
    Events {
        count: u64,
        interval: Duration,
    },
    Sleep(Duration),
    Spin(Duration),
    Panic,
    Status(u16),
    Headers,
    Thread,
    /// Length and checksum of the content, as it comes.
    Count,
    /// The same, after the whole content is in memory.
    Collect,
}

impl Route {
    fn at(path: &[u8]) -> Option<Self> {
        let path = str::from_utf8(path).ok()?.strip_prefix('/')?;
        if let Some((name, number)) = path.split_once('/') {
            if name == "events" {
                let (count, interval) = number.split_once('/')?;
                let interval = parse_number(interval).filter(|&interval| interval <= MAX_SLEEP)?;
                let (count, interval) = (parse_number(count)?, Duration::from_millis(interval));
                return Some(Self::Events { count, interval });
            }
            let number = parse_number(number)?;
            return match name {
                "bytes" => Some(Self::Bytes(number)),
                "sleep" if number <= MAX_SLEEP => Some(Self::Sleep(Duration::from_millis(number))),
                "spin" if number <= MAX_SPIN => Some(Self::Spin(Duration::from_micros(number))),
                "status" if STATUSES.contains(&number) => {
                    u16::try_from(number).ok().map(Self::Status)
                }
                _ => None,
            };
        }
        match path {
            "panic" => Some(Self::Panic),
            "headers" => Some(Self::Headers),
            "thread" => Some(Self::Thread),
            "count" => Some(Self::Count),
            "collect" => Some(Self::Collect),
            _ => None,
        }
    }

    const fn methods(self) -> &'static str {
        match self {
            Self::Count | Self::Collect => "POST, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    fn reply(self, request: &Request<'_>) -> Reply {
        match self {
            Self::Bytes(length) => octets(length, request.query() == Some(b"chunked")).into(),
            Self::Events { count, interval } => {
                let response = Response::new(200)
                    .with_header("Content-Type", "text/event-stream")
                    .with_header("Cache-Control", "no-store");
                Reply::Events { response, count, interval }
            }
            Self::Sleep(delay) => Reply::After(delay, Response::text("Slept.\n")),
            Self::Spin(time) => {
                spin(time);
                Response::text("Computed.\n").into()
            }
            Self::Panic => panic!("the client asked for it"),
            Self::Status(status) => with_status(status).into(),
            // The client chose the bytes, so browsers must not take them for HTML.
            Self::Headers => Response::text("")
                .with_header("X-Content-Type-Options", "nosniff")
                .with_body(request.head().to_vec())
                .into(),
            Self::Thread => {
                let thread = thread::current();
                Response::text(format!("{}\n", thread.name().unwrap_or("unnamed"))).into()
            }
            Self::Count => Reply::Sum(Sum::default()),
            Self::Collect => Reply::Collect(Sum::of),
        }
    }
}

/// Parses digits only; std would accept a plus sign.
fn parse_number(text: &str) -> Option<u64> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Makes a response of `length` octets, in parts that aren't copied.
fn octets(length: u64, is_chunked: bool) -> Response {
    static OCTETS: LazyLock<Vec<u8>> = LazyLock::new(|| b"0123456789abcdef".repeat(PART / 16));

    let next = |left: u64| usize::try_from(left).map_or(PART, |left| left.min(PART));
    let mut left = length;
    let parts = iter::from_fn(move || {
        let part = &OCTETS[..next(left)];
        left -= part.len() as u64;
        (!part.is_empty()).then_some(Ok(part))
    });
    let response = Response::new(200).with_header("Content-Type", "application/octet-stream");
    match is_chunked {
        true => response.with_parts(parts),
        false if length <= PART as u64 => response.with_body(&OCTETS[..next(length)]),
        false => response.with_parts(parts).with_content_length(length),
    }
}

/// Keeps the processor busy.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Makes a response with the fields that its status requires: RFC 9110 sections 11.6.1, 11.7.1, 15.5.6
/// and 15.5.22. A redirection gets a Location.
fn with_status(status: u16) -> Response {
    let response = Response::new(status);
    let text = format!("{status} {}\n", response.reason());
    let response = Response::text(text).with_status(status);
    match status {
        301 | 302 | 303 | 307 | 308 => response.with_header("Location", "/status/200"),
        401 => response.with_header("WWW-Authenticate", "Basic realm=\"lab\""),
        405 => with_allow(response, Route::Status(status).methods()),
        407 => response.with_header("Proxy-Authenticate", "Basic realm=\"lab\""),
        426 => response.with_header("Upgrade", "HTTP/2.0"),
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{answer, get},
        *,
    };

    #[test]
    fn any_number_of_bytes_is_given() {
        for length in [0, 1, 16, 65_535, 65_536, 65_537, 3_000_000] {
            let answer = get(lab, "GET", &format!("/bytes/{length}"));
            assert_eq!((answer.status, answer.body.len()), (200, length));
            assert_eq!(answer.field("Content-Length"), Some(&*length.to_string()));
        }
        assert_eq!(get(lab, "GET", "/bytes/18").body, b"0123456789abcdef01");
        let chunked = get(lab, "GET", "/bytes/3?chunked");
        assert_eq!(chunked.field("Transfer-Encoding"), Some("chunked"));
        assert_eq!(chunked.body, b"3\r\n012\r\n0\r\n\r\n");
        let head = get(lab, "HEAD", "/bytes/5");
        assert_eq!((head.field("Content-Length"), head.body.len()), (Some("5"), 0));
    }

    #[test]
    fn sleep_is_left_to_the_transport() {
        let answer = get(lab, "GET", "/sleep/60000");
        assert_eq!((answer.status, answer.delay), (200, Duration::from_secs(60)));
        assert_eq!(get(lab, "GET", "/sleep/0").delay, Duration::ZERO);
        assert_eq!(get(lab, "OPTIONS", "/sleep/9").delay, Duration::ZERO);
    }

    #[test]
    fn events_are_numbered() {
        let answer = get(lab, "GET", "/events/2/50");
        assert_eq!(answer.field("Content-Type"), Some("text/event-stream"));
        assert_eq!(answer.delay, Duration::from_millis(50));
        assert_eq!(answer.body, b"9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    }

    #[test]
    fn spin_takes_its_time() {
        let start = Instant::now();
        assert_eq!(get(lab, "GET", "/spin/20000").body, b"Computed.\n");
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    #[should_panic = "the client asked for it"]
    fn panic_panics() {
        get(lab, "GET", "/panic");
    }

    #[test]
    fn every_status_can_be_had() {
        for status in 200..=599 {
            let answer = get(lab, "GET", &format!("/status/{status}"));
            assert_eq!(answer.status, status, "{}", answer.head);
        }
        assert_eq!(get(lab, "GET", "/status/404").body, b"404 Not Found\n");
        assert_eq!(get(lab, "GET", "/status/302").field("Location"), Some("/status/200"));
        assert_eq!(get(lab, "GET", "/status/405").field("Allow"), Some("GET, HEAD, OPTIONS"));
        let challenge = get(lab, "GET", "/status/401");
        assert_eq!(challenge.field("WWW-Authenticate"), Some("Basic realm=\"lab\""));
    }

    #[test]
    fn head_comes_back_as_received() {
        let head = b"GET http://b/headers?q HTTP/1.0\r\nhOST:a\r\nX:  \xff \r\nx: <b>\r\n\r\n";
        let answer = answer(lab, head);
        assert_eq!(answer.body, head);
        assert_eq!(answer.field("X-Content-Type-Options"), Some("nosniff"));
    }

    #[test]
    fn thread_has_a_name() {
        let name = thread::current().name().unwrap().to_owned();
        assert_eq!(get(lab, "GET", "/thread").body, format!("{name}\n").into_bytes());
    }

    #[test]
    fn content_is_summed_up() {
        for path in ["/count", "/collect"] {
            let request =
                format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789");
            // The check value of CRC-32 (IEEE 802.3).
            assert_eq!(answer(lab, request.as_bytes()).body, b"9 cbf43926\n");
            assert_eq!(get(lab, "POST", path).body, b"0 00000000\n");
        }
        let chunked = b"POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
            4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n";
        assert_eq!(answer(lab, chunked).body, b"9 cbf43926\n");
    }

    #[test]
    fn all_else_is_not_found() {
        for path in [
            "/",
            "/other",
            "/bytes",
            "/bytes/",
            "/events/1",
            "/events/1/60001",
            "/events/1/1/1",
            "/bytes/+1",
            "/bytes/-1",
            "/bytes/0x1",
            "/bytes/1/",
            "/bytes/99999999999999999999999",
            "/sleep/60001",
            "/sleep/31536000000",
            "/spin/1000001",
            "/status/199",
            "/status/600",
            "/status/65736",
            "/panic/",
            "/thread/1",
            "/Headers",
            "/%70anic",
        ] {
            for method in ["GET", "HEAD", "POST", "OPTIONS", "DELETE"] {
                assert_eq!(get(lab, method, path).status, 404, "{method} {path}");
            }
        }
    }

    #[test]
    fn methods_are_answered_or_refused_for_known_paths() {
        for (path, methods) in [
            ("/panic", "GET, HEAD, OPTIONS"),
            ("/sleep/1", "GET, HEAD, OPTIONS"),
            ("/count", "POST, OPTIONS"),
            ("/collect", "POST, OPTIONS"),
        ] {
            let options = get(lab, "OPTIONS", path);
            assert_eq!((options.status, options.field("Allow")), (204, Some(methods)), "{path}");
            let delete = get(lab, "DELETE", path);
            assert_eq!((delete.status, delete.field("Allow")), (405, Some(methods)), "{path}");
            assert_eq!(get(lab, "TRACE", path).status, 501);
        }
        assert_eq!(get(lab, "POST", "/bytes/1").status, 405);
        assert_eq!(get(lab, "GET", "/count").status, 405);
        assert_eq!(get(lab, "OPTIONS", "*").field("Allow"), Some("GET, HEAD, OPTIONS, POST"));
        assert_eq!(get(lab, "GET", "https://a/thread").status, 421);
    }
}
