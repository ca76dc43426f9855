//! Sends the body of the request back.

use h1events_server::{Request, Response};

use super::{Reply, not_implemented, with_allow};

const METHODS: &str = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE";

/// Answers with the body of the request, at any path.
pub(crate) fn echo(request: &Request<'_>) -> Reply {
    match request.method() {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" => Reply::Echo(with_type_of(request)),
        "OPTIONS" => with_allow(Response::new(200), METHODS).into(),
        _ => not_implemented().into(),
    }
}

/// Returns a response with the Content-Type of the request, or that of arbitrary bytes.
fn with_type_of(request: &Request<'_>) -> Response {
    request
        .header("content-type")
        .filter(|value| !value.is_empty())
        .and_then(|value| Response::new(200).try_with_header("Content-Type", value).ok())
        .unwrap_or_else(|| {
            Response::new(200).with_header("Content-Type", "application/octet-stream")
        })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{answer, get},
        *,
    };

    #[test]
    fn body_and_type_come_back() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for target in ["/", "/a/b?c", "http://b", "https://b/c"] {
                let request = format!(
                    "{method} {target} HTTP/1.1\r\nHost: a\r\ncontent-type: a/b\r\nContent-Length: 3\r\n\r\na\0b"
                );
                let answer = answer(echo, request.as_bytes());
                assert_eq!((answer.status, answer.field("Content-Type")), (200, Some("a/b")));
                assert_eq!(answer.body, b"a\0b");
            }
        }
    }

    #[test]
    fn chunks_are_decoded() {
        let request = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
            2\r\nab\r\n1\r\nc\r\n0\r\nContent-Type: no/no\r\n\r\n";
        let answer = answer(echo, request);
        assert_eq!(answer.field("Content-Type"), Some("application/octet-stream"));
        assert_eq!(answer.body, b"abc");
    }

    #[test]
    fn there_always_is_a_type() {
        for fields in ["", "Content-Type:\r\n", "Content-Type: \t\r\n"] {
            let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
            let answer = answer(echo, request.as_bytes());
            assert_eq!(answer.field("Content-Type"), Some("application/octet-stream"));
            assert_eq!(answer.field("Content-Length"), Some("0"));
        }
    }

    #[test]
    fn methods_without_a_body_are_answered_or_refused() {
        let head = answer(echo, b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        assert_eq!((head.status, head.field("Content-Length")), (200, Some("3")));
        assert_eq!(head.body, b"");
        for target in ["*", "/", "/a"] {
            let answer = get(echo, "OPTIONS", target);
            assert_eq!((answer.status, answer.field("Allow")), (200, Some(METHODS)));
            assert_eq!(answer.field("Content-Length"), Some("0"));
        }
        for method in ["get", "FOO", "TRACE"] {
            assert_eq!(get(echo, method, "/").status, 501);
        }
        assert_eq!(answer(echo, b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").status, 501);
    }
}
