//! The example `thread_upload`.

#[path = "../examples/thread_upload.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;
mod support;

use std::fs;
use std::path::Path;
use std::thread;

use support::{Running, bind, wait_until};
use tempfile::TempDir;

const LIMIT: usize = 64 * 1024;

fn start(folder: &Path) -> Running {
    let (server, folder) = (bind(), folder.to_owned());
    let address = server.local_addr().expect("it is bound");
    let shutdown = server.shutdown_handle();
    let serving = thread::spawn(move || example::serve(server, &folder));
    Running { address, shutdown, serving }
}

/// Returns the names of all files, temporary ones included.
fn files(folder: &Path) -> Vec<String> {
    // The folder isn't there before the server serves.
    let entries = fs::read_dir(folder.join("notes")).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn put(path: &str, fields: &str) -> Vec<u8> {
    format!("PUT {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n").into_bytes()
}

#[test]
fn file_appears_only_when_it_is_whole() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let mut client = server.connect();
    client.send(&put("/notes/tea", "Content-Length: 8"));
    client.send(b"tea ");
    wait_until("a temporary file", || !files(folder.path()).is_empty());
    assert!(files(folder.path())[0].starts_with(".tmp"));
    client.send(b"time");
    assert_eq!(client.answer().0, 201);
    assert_eq!(files(folder.path()), ["tea"]);
    assert_eq!(fs::read(folder.path().join("notes/tea")).unwrap(), b"tea time");

    // The old file is there until the new one is.
    client.send(&put("/notes/tea", "Transfer-Encoding: chunked"));
    client.send(b"6\r\ncoffee\r\n");
    wait_until("a temporary file", || files(folder.path()).len() == 2);
    assert_eq!(fs::read(folder.path().join("notes/tea")).unwrap(), b"tea time");
    client.send(b"0\r\n\r\n");
    assert_eq!(client.answer().0, 204);
    assert_eq!(fs::read(folder.path().join("notes/tea")).unwrap(), b"coffee");
    assert_eq!(files(folder.path()), ["tea"]);
    server.stop();
}

#[test]
fn upload_that_is_cut_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let chunk = &b"4\r\ntea \r\n"[..];
    for (fields, part, rest) in [
        ("Content-Length: 8", &b"tea "[..], &b""[..]),
        ("Transfer-Encoding: chunked", chunk, b""),
        ("Transfer-Encoding: chunked", chunk, b"X"),
    ] {
        let mut client = server.connect();
        client.send(&put("/notes/tea", fields));
        client.send(part);
        wait_until("a temporary file", || !files(folder.path()).is_empty());
        client.send(rest);
        drop(client);
        wait_until("no file", || files(folder.path()).is_empty());
    }
    server.stop();
}

/// No byte of its body is ever sent, nor requested by a 100.
#[test]
fn length_over_the_limit_is_refused_before_the_body() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    for more in ["", "\r\nExpect: 100-continue"] {
        let mut client = server.connect();
        client.send(&put("/notes/tea", &format!("Content-Length: {}{more}", LIMIT + 1)));
        let (status, body) = client.answer();
        assert_eq!((status, &*body), (413, "413 Content Too Large: at most 65536 octets\n"));
        assert!(files(folder.path()).is_empty());
    }
    server.stop();
}

#[test]
fn chunks_over_the_limit_are_cut_off_while_they_come() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let mut client = server.connect();
    client.send(&put("/notes/tea", "Transfer-Encoding: chunked"));
    // The body has no end: the answer comes at the first octet beyond the limit.
    client.send(&[format!("{:x}\r\n", LIMIT).as_bytes(), &[b'x'; LIMIT], b"\r\n"].concat());
    wait_until("a temporary file", || !files(folder.path()).is_empty());
    assert!(!client.has_input());
    client.send(b"1\r\nx\r\n");
    assert_eq!(client.answer().0, 413);
    assert!(files(folder.path()).is_empty());
    // Otherwise, the server would read on for a while.
    drop(client);
    server.stop();
}

#[test]
fn each_route_has_a_limit_of_its_own() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    for (path, length, status) in [
        ("/notes/a", LIMIT, 201),
        ("/notes/b", LIMIT + 1, 413),
        ("/files/b", LIMIT + 1, 201),
        ("/else/b", 1, 404),
    ] {
        let mut client = server.connect();
        client.send(&put(path, &format!("Content-Length: {length}")));
        let _ = client.try_send(&vec![b'x'; length]);
        assert_eq!(client.answer().0, status, "{path}");
    }
    assert_eq!(fs::metadata(folder.path().join("files/b")).unwrap().len(), LIMIT as u64 + 1);
    assert_eq!(server.connect().ask(b"GET /notes/a HTTP/1.1\r\nHost: a\r\n\r\n").0, 405);
    server.stop();
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path());
    let long = "x".repeat(201);
    let names = [
        "",
        ".",
        "..",
        ".tmp",
        "../tea",
        "%2e%2e%2ftea",
        "..%5ctea",
        "a/b",
        "/tea",
        "tea%00",
        &long,
    ];
    for name in names {
        let mut client = server.connect();
        client.send(&put(&format!("/notes/{name}"), "Content-Length: 0"));
        assert_eq!(client.answer().0, 400, "{name}");
    }
    assert!(files(folder.path()).is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    server.stop();
}
