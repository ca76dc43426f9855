//! Upgrade and CONNECT (RFC 9110 sections 7.8 and 9.3.6).

use h1events_server::{OwnedRequest, Request, Response};

use crate::support::{Client, get};

fn websocket(request: &Request<'_>) -> Response {
    match request.path() {
        b"/chat" => Response::upgrade("websocket"),
        b"/both" => Response::upgrade("Foo/2, websocket"),
        b"/none" => Response::upgrade(""),
        b"/twice" => Response::upgrade("websocket").with_header("Upgrade", "x"),
        b"/426" => Response::new(426).with_header("Upgrade", "foo/2"),
        b"/426-without" => Response::new(426),
        _ => Response::text("plain"),
    }
}

fn offer(target: &str, protocols: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: {protocols}\r\n\r\n"
    )
}

/// RFC 9110 section 7.8 (9110-7.8-4, 9110-7.8-6): the 101 names the protocol, and the bytes after the request belong to
/// it.
#[test]
fn upgrade_hands_connection_over() {
    let mut client = Client::with_application(websocket);
    client.send(get("/") + &offer("/chat", "foo/2, WebSocket") + "\x01\x05hello");
    let answers = client.answers();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1].status, 101);
    assert_eq!(answers[1].field("upgrade"), Some("websocket"));
    assert!(client.is_upgraded && !client.has_shut_down);
    assert_eq!(client.connection.request().path(), b"/chat");
    assert!(client.connection.detach_buffer().is_none(), "the request is in there");
    assert_eq!(client.connection.into_parts().1, b"\x01\x05hello");
}

#[test]
fn handler_of_the_new_protocol_comes_with_the_upgrade() {
    let mut client = Client::with_application(|_| Response::upgrade("a").with_upgrade_handler("b"));
    client.send(offer("/", "a"));
    let handler = client.connection.take_upgrade_handler().expect("the response has set it");
    assert_eq!(handler.downcast_ref(), Some(&"b"));
    assert!(client.connection.take_upgrade_handler().is_none());
}

#[test]
fn upgrade_takes_only_offered_protocols() {
    let mut client = Client::with_application(websocket);
    client.send(offer("/both", "websocket,foo/2"));
    assert!(client.is_upgraded && client.connection.detach_buffer().is_none());
    assert_eq!(client.connection.into_parts().1, b"");
    let cases =
        [("/chat", "foo/2"), ("/both", "websocket"), ("/none", "a,"), ("/twice", "websocket")];
    for (target, offered) in cases {
        let mut client = Client::with_application(websocket);
        client.send(offer(target, offered));
        assert_eq!(client.expect_one(500).field("upgrade"), None, "{target}");
        assert!(!client.is_upgraded);
    }
}

#[test]
fn application_sees_which_protocols_are_offered() {
    let offers = |protocol| {
        let request = OwnedRequest::parse(offer("/", "foo/2, WebSocket").as_bytes()).unwrap();
        request.as_request().offers_upgrade_to(protocol)
    };
    for protocol in ["websocket", "FOO/2", "websocket, foo/2"] {
        assert!(offers(protocol), "{protocol}");
    }
    for protocol in ["", "foo", "h2c", "websocket, h2c", "websocket,"] {
        assert!(!offers(protocol), "{protocol}");
    }
    let without_option = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n";
    let request = OwnedRequest::parse(without_option).unwrap();
    assert!(!request.as_request().offers_upgrade_to("websocket"));
}

/// 9110-7.8-2, 9110-7.8-3: an Upgrade of HTTP/1.0, or without the connection option, offers nothing.
#[test]
fn upgrade_without_offer_gets_500() {
    for request in [
        "GET /chat HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
        "GET /chat HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut client = Client::with_application(websocket);
        client.send(request);
        client.expect_one(500);
    }
}

/// 9110-7.8-1 (SMG-CO-2): the server may ignore an offer; then HTTP continues.
#[test]
fn upgrade_offer_may_be_ignored() {
    let mut client = Client::with_application(websocket);
    client.send(offer("/", "h2c") + &get("/")).expect(&[(200, "plain"), (200, "plain")]);
}

/// 9110-7.8-5: with both Upgrade and 100-continue, the 100 comes before the 101, even if the body
/// has not waited for it.
#[test]
fn continue_comes_before_switching() {
    let head = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: upgrade\r\n\
                Upgrade: websocket\r\nExpect: 100-continue\r\n\r\n";
    let mut client = Client::with_application(websocket);
    client.send(head);
    client.expect(&[(100, "")]).send("hello").expect(&[(101, "")]);
    let mut client = Client::with_application(websocket);
    client.send(format!("{head}hello")).expect(&[(100, ""), (101, "")]);
    assert!(client.is_upgraded);
}

/// 9110-7.8-7: a 426 names a protocol, with the connection option.
#[test]
fn status_426_needs_protocol() {
    let mut client = Client::with_application(websocket);
    client.send(get("/426"));
    let answer = client.expect_one(426);
    assert_eq!(answer.field("upgrade"), Some("foo/2"));
    assert_eq!(answer.field("connection"), Some("upgrade"));
    client.send("GET /426 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.expect_one(426).field("connection"), Some("keep-alive, upgrade"));
    client.send("GET /426 HTTP/1.0\r\n\r\n");
    assert_eq!(client.expect_one(426).field("connection"), Some("close, upgrade"));
    let mut client = Client::with_application(websocket);
    client.send(get("/426-without"));
    client.expect_one(500);
}

const CONNECT: &str = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n";

/// RFC 9110 section 9.3.6, RFC 9931 (9110-9.3.6-2, 9931-C-1, SMG-CO-3): a CONNECT that the application doesn't accept gets a 501,
/// and no byte after it is parsed.
#[test]
fn refused_connect_closes() {
    let mut client = Client::with_application(websocket);
    client.send(format!("{CONNECT}{}", get("/smuggled")));
    client.expect(&[(501, "501 Not Implemented: no tunnels here\n")]).expect_shutdown();
    // Each 2xx would make a tunnel; a 300 is the first that doesn't.
    for (status, sent) in [(299, 501), (300, 300), (403, 403)] {
        let mut client = Client::with_application(move |_| Response::new(status));
        client.send(format!("{CONNECT}{}", get("/smuggled")));
        client.expect_one(sent);
        client.expect_shutdown();
    }
}

/// 9110-9.3.6-3, 9110-9.3.6-4: a tunnel begins with a 200 without length, and with the bytes after the head.
#[test]
fn tunnel_begins_after_head() {
    let mut client = Client::with_application(|request| {
        assert_eq!(request.authority(), Some(&b"a:443"[..]));
        Response::upgrade("tunnel").with_body(&b"left out"[..])
    });
    client.send(format!("{CONNECT}\x16\x03"));
    let answer = client.expect_one(200);
    for name in ["content-length", "connection", "upgrade"] {
        assert_eq!(answer.field(name), None);
    }
    assert!(client.is_upgraded && client.sent.ends_with(b"\r\n\r\n"));
    assert_eq!(client.connection.into_parts().1, b"\x16\x03");
}

/// An upgrade with another status is none.
#[test]
fn status_cancels_upgrade() {
    let mut client = Client::with_application(|_| Response::upgrade("websocket").with_status(404));
    client.send(offer("/", "websocket")).expect(&[(404, "")]);
    assert!(!client.is_upgraded);
}
