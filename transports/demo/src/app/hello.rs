//! Greetings: a small application with routes and percent-decoding.

use h1events_server::{Request, Response};
use percent_encoding::percent_decode;

use super::{
    Reply, decided_by_method, decided_by_scheme, inspect::inspect, is_implemented, message,
    not_implemented, with_allow,
};

const METHODS: &str = "GET, HEAD, OPTIONS";

/// Greets the world at `/`, and a name at `/greeting/<name>`. Shows at `/inspect` how the request was
/// parsed.
pub(crate) fn hello(request: &Request<'_>) -> Reply {
    if !is_implemented(request.method()) {
        return not_implemented().into();
    }
    if let Some(response) = decided_by_scheme(request) {
        return response.into();
    }
    // It asks about the server as a whole (RFC 9110 section 9.3.7).
    if request.target() == b"*" {
        return with_allow(Response::new(204), METHODS).into();
    }
    if let Some(reply) = inspect(request) {
        return reply;
    }
    let response = greeting(request.path()).map_or_else(
        |response| response,
        |greeting| {
            decided_by_method(request.method(), METHODS).unwrap_or_else(|| Response::text(greeting))
        },
    );
    response.into()
}

/// Returns the text at a path, or an error response.
fn greeting(path: &[u8]) -> Result<String, Response> {
    if path == b"/" {
        return Ok("Hello, World\n".to_owned());
    }
    match path.strip_prefix(b"/greeting/") {
        Some(name) if !name.is_empty() && !name.contains(&b'/') => match decode(name) {
            Some(name) => Ok(format!("Hello, {name}!\n")),
            None => Err(message(400, "The name is not percent-encoded UTF-8.\n")),
        },
        _ => Err(message(404, "Nothing is here. Try /, /greeting/<name> or /inspect\n")),
    }
}

/// Returns the percent-decoded text, or `None` if an escape or the UTF-8 is malformed.
fn decode(name: &[u8]) -> Option<String> {
    // The crate would keep `%zz` as it is.
    let mut parts = name.split(|&octet| octet == b'%').skip(1);
    let is_escape =
        |part: &[u8]| part.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if !parts.all(is_escape) {
        return None;
    }
    percent_decode(name).decode_utf8().ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{answer, get},
        *,
    };

    #[test]
    fn known_paths_are_answered_in_utf_8() {
        for (target, text) in [
            ("/", "Hello, World\n"),
            ("/?a=b", "Hello, World\n"),
            ("http://a", "Hello, World\n"),
            ("http://a?b", "Hello, World\n"),
            ("http://a/greeting/Taro", "Hello, Taro!\n"),
            ("/greeting/Taro", "Hello, Taro!\n"),
            ("/greeting/Taro?from=Jiro", "Hello, Taro!\n"),
            ("/greeting/%E5%A4%AA%E9%83%8E", "Hello, 太郎!\n"),
            ("/greeting/%e5%a4%aa%e9%83%8e", "Hello, 太郎!\n"),
            ("/greeting/a+b%20c%2Fd%25zz", "Hello, a+b c/d%zz!\n"),
            ("/greeting/%0d%0aX-Injected:%20true", "Hello, \r\nX-Injected: true!\n"),
        ] {
            let answer = get(hello, "GET", target);
            assert_eq!((answer.status, answer.body), (200, text.as_bytes().to_vec()), "{target}");
            assert!(!answer.head.contains("Injected"));
            assert!(answer.head.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
            assert!(answer.head.contains(&format!("\r\nContent-Length: {}\r\n", text.len())));
        }
    }

    #[test]
    fn broken_escapes_and_broken_utf_8_are_bad_requests() {
        for name in
            ["%", "%4", "%zz", "%4z", "%+4", "%%41", "a%", "%41%", "%E5%A4", "%ff", "%C0%AF"]
        {
            for method in ["GET", "HEAD"] {
                assert_eq!(get(hello, method, &format!("/greeting/{name}")).status, 400, "{name}");
            }
        }
    }

    #[test]
    fn other_paths_are_not_found_whatever_the_method() {
        for path in [
            "//",
            "/other",
            "/greeting",
            "/greeting/",
            "/greeting/?",
            "/greeting/a/",
            "/greeting/a/b",
            "/greeting/%zz/b",
            "/Greeting/a",
            "/%67reeting/a",
            "http://a/b",
        ] {
            for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] {
                assert_eq!(get(hello, method, path).status, 404, "{method} {path}");
            }
        }
    }

    #[test]
    fn methods_are_answered_or_refused_for_known_paths() {
        let options = get(hello, "OPTIONS", "/greeting/a");
        assert_eq!((options.status, options.field("Allow")), (204, Some(METHODS)));
        let options = get(hello, "OPTIONS", "*");
        assert_eq!((options.status, options.field("Allow")), (204, Some(METHODS)));
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = get(hello, method, "/");
            assert_eq!((answer.status, answer.field("Allow")), (405, Some(METHODS)), "{method}");
        }
        for method in ["get", "FOO", "TRACE", "PROPFIND"] {
            for path in ["/", "/other"] {
                assert_eq!(get(hello, method, path).status, 501, "{method}");
            }
        }
        assert_eq!(answer(hello, b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").status, 501);
    }

    #[test]
    fn head_has_the_length_and_no_body() {
        let answer = get(hello, "HEAD", "/");
        assert_eq!((answer.status, answer.field("Content-Length")), (200, Some("13")));
        assert_eq!(answer.body, b"");
    }

    #[test]
    fn https_is_for_secured_connections() {
        for target in ["https://a/", "HTTPS://a/greeting/b"] {
            assert_eq!(get(hello, "GET", target).status, 421);
        }
    }
}
