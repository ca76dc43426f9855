//! Expectations (RFC 9110 section 10.1.1).

use crate::support::{Client, config};

const HEAD: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

/// 9110-10.1.1-1: the 100 is sent at once, before the body; 9110-10.1.1-6: a final status
/// follows.
#[test]
fn waiting_client_gets_continue() {
    let mut client = Client::new();
    for _ in 0..2 {
        client.send(&HEAD[..HEAD.len() - 1]).expect(&[]);
        client.send(&HEAD[HEAD.len() - 1..]).expect(&[(100, "")]);
        client.send("he").expect(&[]).send("llo").expect(&[(200, "POST / hello")]);
    }
}

/// The same for a chunked body, and once only.
#[test]
fn chunked_body_gets_continue_once() {
    let mut client = Client::new();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
    );
    client.expect(&[(100, "")]);
    client.send("5\r").send("\nhel").send("lo\r\n").expect(&[]);
    client.send("0\r\n\r\n").expect(&[(200, "POST / hello")]);
}

/// 9110-10.1.1-4: no 100 if some of the body has come, or if there is none.
#[test]
fn impatient_client_gets_no_continue() {
    for rest in ["h", "hello"] {
        let mut client = Client::new();
        client.send(format!("{HEAD}{rest}")).send(&"hello"[rest.len()..]);
        client.expect(&[(200, "POST / hello")]);
    }
    let mut client = Client::new();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5",
    );
    client.expect(&[]);
    let mut client = Client::new();
    client
        .send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        .expect(&[(200, "GET /")]);
}

/// 9110-10.1.1-2, 9110-15.2-1: no 1xx to an HTTP/1.0 client.
#[test]
fn http_1_0_client_gets_no_continue() {
    let mut client = Client::new();
    client.send("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n").expect(&[]);
    client.send("hello").expect(&[(200, "POST / hello")]);
}

/// 9110-10.1.1-5: a body that is too large is refused without a 100, and the answer says that the
/// connection closes.
#[test]
fn too_large_body_gets_413_instead_of_continue() {
    let mut config = config();
    config.limits.content = 4;
    let mut client = Client::with(config, |_| unreachable!("nothing to handle"));
    client.send(HEAD);
    client.expect_one(413);
    client.expect_shutdown();
}

/// 9110-10.1.1-3: the server can't meet any other expectation.
#[test]
fn other_expectations_get_417() {
    let mut client = Client::new();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n");
    client.expect_one(417);
    client.expect_shutdown();
}

/// A client that has ended its input gets no 100.
#[test]
fn half_closed_client_gets_no_continue() {
    let mut client = Client::new();
    client.send_and_end(HEAD);
    assert!(client.is_closed && client.sent.is_empty());
}
