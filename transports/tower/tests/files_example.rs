//! The example `files`.

#[path = "../examples/files.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;
#[allow(unreachable_pub, reason = "tests share it")]
mod support;

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use support::{Running, TRANSPORTS};
use tempfile::TempDir;

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const DATE_SECONDS: u64 = 784_111_777;

/// A folder with files, inside a folder with a secret. The secret differs in length and text from all of them.
const SECRET: &[u8] = b"nobody is to read this";

fn folders() -> TempDir {
    let outside = TempDir::new().unwrap();
    let write = |path: &str, content: &[u8]| {
        let path = outside.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::create(path).unwrap();
        file.write_all(content).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(DATE_SECONDS)).unwrap();
    };
    write("secret", SECRET);
    write("public-not/secret", SECRET);
    write("public/digits.txt", b"0123456789");
    write("public/empty", b"");
    write("public/a b/caf\u{e9}.html", b"coffee");
    write("public/a b/index.html", b"index");
    write("public/strange/index.html/file", b"below a folder with such a name");
    write("public/large.bin", &[7; 300_000]);
    outside
}

/// Returns a server on each transport, over folders of its own.
fn servers() -> impl Iterator<Item = (Running, TempDir)> {
    TRANSPORTS.into_iter().map(|transport| {
        let outside = folders();
        let public = outside.path().join("public");
        let serve = move |tell| example::serve(transport, &public, "127.0.0.1:0", tell);
        (Running::start(serve), outside)
    })
}

fn get(server: &Running, path: &str, fields: &[&str]) -> (u16, String, Vec<u8>) {
    ask(server, "GET", path, fields)
}

fn ask(server: &Running, method: &str, path: &str, fields: &[&str]) -> (u16, String, Vec<u8>) {
    let fields: String = fields.iter().map(|field| format!("\n{field}")).collect();
    let (head, body) = server.ask(&format!("{method} {path} HTTP/1.1{fields}"), b"");
    (head["HTTP/1.1 ".len()..][..3].parse().expect("a status"), head, body)
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn file_comes_with_its_type_length_and_date() {
    for (server, _outside) in servers() {
        let (status, head, body) = get(&server, "/digits.txt", &[]);
        assert_eq!((status, &body[..]), (200, &b"0123456789"[..]));
        assert_eq!(value(&head, "Content-Type"), Some("text/plain"));
        assert_eq!(value(&head, "Content-Length"), Some("10"));
        assert_eq!(value(&head, "Last-Modified"), Some(DATE));
        assert_eq!(value(&head, "Accept-Ranges"), Some("bytes"));
        assert_eq!(get(&server, "/large.bin", &[]).2, [7; 300_000]);
        assert_eq!(get(&server, "/empty", &[]).0, 200);
        assert_eq!(get(&server, "/a%20b/caf%C3%A9.html?x=/../y", &[]).2, b"coffee");
        let (status, of_head, body) = ask(&server, "HEAD", "/digits.txt", &[]);
        assert_eq!((status, &body[..]), (200, &b""[..]));
        for name in ["Content-Type", "Content-Length", "ETag"] {
            assert_eq!(value(&of_head, name), value(&head, name));
        }
        let (status, head, _) = ask(&server, "POST", "/digits.txt", &["Content-Length: 0"]);
        assert_eq!((status, value(&head, "Allow")), (405, Some("GET, HEAD")));
        assert_eq!(get(&server, "/nothing", &[]).0, 404);
        assert_eq!(get(&server, &format!("/{}", "n".repeat(1000)), &[]).0, 404);
        server.stop();
    }
}

#[test]
fn folder_shows_its_index_under_a_path_with_a_slash() {
    for (server, _outside) in servers() {
        let (status, head, _) = get(&server, "/a%20b", &[]);
        assert_eq!((status, value(&head, "Location")), (308, Some("/a%20b/")));
        let (_, head, _) = get(&server, "/a%20b?tea=1", &[]);
        assert_eq!(value(&head, "Location"), Some("/a%20b/?tea=1"));
        assert_eq!(get(&server, "//a%20b", &[]).0, 404, "it could name a host");
        assert_eq!(get(&server, "/a%20b/", &[]).2, b"index");
        assert_eq!(get(&server, "/", &[]).0, 404, "there is no index");
        assert_eq!(get(&server, "/digits.txt/", &[]).0, 404, "it is no folder");
        assert_eq!(get(&server, "/strange/", &[]).0, 404, "its index is no file");
        server.stop();
    }
}

#[test]
fn range_selects_a_part() {
    for (server, _outside) in servers() {
        let parts: [(&str, &str, &[u8]); 7] = [
            ("bytes=0-0", "bytes 0-0/10", b"0"),
            ("bytes=2-4", "bytes 2-4/10", b"234"),
            ("bytes=7-", "bytes 7-9/10", b"789"),
            ("bytes=7-99999999999999999999999", "bytes 7-9/10", b"789"),
            ("bytes=-3", "bytes 7-9/10", b"789"),
            ("bytes=-99", "bytes 0-9/10", b"0123456789"),
            ("Bytes=0-1", "bytes 0-1/10", b"01"),
        ];
        for (range, content_range, content) in parts {
            let (status, head, body) = get(&server, "/digits.txt", &[&format!("Range: {range}")]);
            assert_eq!((status, &body[..]), (206, content), "{range}");
            assert_eq!(value(&head, "Content-Range"), Some(content_range), "{range}");
            assert_eq!(value(&head, "Content-Length"), Some(&*content.len().to_string()));
        }
        let (status, head, body) = get(&server, "/large.bin", &["Range: bytes=100000-299999"]);
        assert_eq!((status, body.len()), (206, 200_000), "{head}");
        server.stop();
    }
}

#[test]
fn range_beyond_the_end_is_not_satisfiable() {
    for (server, _outside) in servers() {
        for range in ["bytes=10-", "bytes=10-20", "bytes=99999999999999999999999-", "bytes=-0"] {
            let (status, head, _) = get(&server, "/digits.txt", &[&format!("Range: {range}")]);
            assert_eq!(
                (status, value(&head, "Content-Range")),
                (416, Some("bytes */10")),
                "{range}"
            );
        }
        assert_eq!(get(&server, "/empty", &["Range: bytes=-5"]).0, 416);
        server.stop();
    }
}

#[test]
fn range_that_cannot_be_understood_plays_no_part() {
    for (server, _outside) in servers() {
        let ranges = [
            "bytes=4-2",
            "bytes=-",
            "bytes=+1-2",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes",
            "",
        ];
        for range in ranges {
            let (status, _, body) = get(&server, "/digits.txt", &[&format!("Range: {range}")]);
            assert_eq!((status, body.len()), (200, 10), "{range}");
        }
        let twice = ["Range: bytes=0-1", "Range: bytes=3-4"];
        assert_eq!(get(&server, "/digits.txt", &twice).0, 200);
        assert_eq!(ask(&server, "HEAD", "/digits.txt", &["Range: bytes=0-1"]).0, 200);
        server.stop();
    }
}

#[test]
fn client_that_has_the_file_gets_it_not_again() {
    for (server, outside) in servers() {
        let (_, head, _) = get(&server, "/digits.txt", &[]);
        let etag = value(&head, "ETag").expect("a tag").to_owned();
        let is_current = |fields: &[&str]| {
            let (status, head, body) = get(&server, "/digits.txt", fields);
            if status == 304 {
                assert_eq!((value(&head, "ETag"), &body[..]), (Some(&*etag), &b""[..]));
            }
            status == 304
        };
        assert!(is_current(&[&format!("If-None-Match: {etag}")]));
        assert!(is_current(&[&format!("If-None-Match: \"a,b\" , W/{etag}")]));
        assert!(is_current(&["If-None-Match: \"a\"", &format!("If-None-Match: {etag}")]));
        assert!(is_current(&["If-None-Match: *"]));
        assert!(is_current(&[&format!("If-Modified-Since: {DATE}")]));
        assert!(is_current(&["If-Modified-Since: Sunday, 06-Nov-94 08:49:38 GMT"]));
        assert!(!is_current(&["If-None-Match: \"a\""]));
        // The tag is more precise, so the date doesn't matter.
        assert!(!is_current(&["If-None-Match: \"a\"", &format!("If-Modified-Since: {DATE}")]));
        assert!(!is_current(&["If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT"]));
        assert!(!is_current(&["If-Modified-Since: yesterday"]));
        fs::write(outside.path().join("public/digits.txt"), "9876543210").unwrap();
        assert!(!is_current(&[&format!("If-None-Match: {etag}")]));
        assert!(!is_current(&[&format!("If-Modified-Since: {DATE}")]));
        server.stop();
    }
}

#[test]
fn if_range_joins_only_parts_of_the_same_file() {
    for (server, _outside) in servers() {
        let (_, head, _) = get(&server, "/digits.txt", &[]);
        let etag = value(&head, "ETag").expect("a tag");
        let status = |tag: &str| {
            get(&server, "/digits.txt", &["Range: bytes=8-", &format!("If-Range: {tag}")]).0
        };
        assert_eq!(status(etag), 206);
        assert_eq!(status("\"another\""), 200);
        assert_eq!(status(&format!("W/{etag}")), 200, "RFC 9110 section 13.1.5: strong comparison");
        assert_eq!(status(DATE), 200);
        server.stop();
    }
}

/// All known ways out: plain, encoded once, twice and overlong, with other slashes,
/// absolute, with drives and streams of Windows, cut by NUL, with empty segments.
#[test]
fn no_path_leads_out_of_the_folder() {
    let ups = [
        "..",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "%252e%252e",
        "..%00",
        "%c0%ae%c0%ae",
        "..;",
        "...",
        ". .",
    ];
    let slashes = ["/", "%2f", "%2F", "\\", "%5c", "//", "/./", "%252f", "%c0%af"];
    for (server, outside) in servers() {
        let secret = outside.path().join("secret");
        let secret = secret.to_str().expect("text");
        let mut paths = vec![
            format!("/{secret}"),
            secret.to_owned(),
            format!("/%2f{}", &secret[1..]),
            format!("/{}", secret.replace('/', "%2f")),
            format!("/digits.txt/{secret}"),
            format!("file://{secret}"),
            format!("/file:%2f%2f{secret}"),
            format!("/C:{secret}"),
            format!("/%5c%5c?%5cC:{secret}"),
            "/digits.txt::$DATA".to_owned(),
            "/%5c%5chost%5cshare%5csecret".to_owned(),
            "/%5c%5c.%5cNUL".to_owned(),
            "/NUL".to_owned(),
            "/CON.txt".to_owned(),
            "/../public-not/secret".to_owned(),
            "/-not/secret".to_owned(),
            "/../secret%00.txt".to_owned(),
            "/digits.txt%00".to_owned(),
            "/%00".to_owned(),
            "//digits.txt".to_owned(),
            "/a%20b//index.html".to_owned(),
            "/./digits.txt".to_owned(),
            "/%2e/digits.txt".to_owned(),
            "/a%20b/../digits.txt".to_owned(),
            "/a%20b%2findex.html".to_owned(),
            "/a%20b%5cindex.html".to_owned(),
            "http://a/../secret".to_owned(),
            "http://a/%2e%2e/secret".to_owned(),
            "/~root/secret".to_owned(),
            "/$HOME/secret".to_owned(),
            "/%ff".to_owned(),
            "/%".to_owned(),
            "/%zz".to_owned(),
        ];
        for up in ups {
            for slash in slashes {
                paths.push(format!("/{up}{slash}secret"));
                paths.push(format!("/a%20b/{up}{slash}{up}{slash}secret"));
                paths.push(format!("/a%20b{slash}{up}{slash}{up}{slash}secret"));
            }
        }
        for path in paths {
            let (status, head, body) = get(&server, &path, &[]);
            // Some aren't valid targets.
            assert!(matches!(status, 400 | 404), "{path}: {head}");
            assert_ne!(body, SECRET, "{path}");
            let (_, head, _) = ask(&server, "HEAD", &path, &[]);
            let has_told = value(&head, "ETag").is_some();
            assert!(!has_told, "{path}: {head}");
        }
        let (status, ..) = get(&server, "/digits.txt", &[]);
        assert_eq!(status, 200, "the server still serves");
        server.stop();
    }
}

/// The folder may be reached by a link, and may have links that stay inside.
#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    for transport in TRANSPORTS {
        let outside = folders();
        let public = outside.path().join("public");
        let link = |target: &Path, name: &str| symlink(target, public.join(name)).unwrap();
        link(&outside.path().join("secret"), "absolute");
        link(Path::new("../secret"), "relative");
        link(Path::new("../public-not"), "sibling");
        link(outside.path(), "parent");
        link(Path::new("/"), "root");
        link(Path::new("relative"), "twice");
        link(Path::new("loop"), "loop");
        link(Path::new("../nothing"), "dangling");
        link(Path::new("digits.txt"), "inside");
        link(Path::new("a b"), "folder");
        link(Path::new("digits.txt"), "index.html");
        let served = outside.path().join("link");
        symlink(&public, &served).unwrap();
        let server =
            Running::start(move |tell| example::serve(transport, &served, "127.0.0.1:0", tell));
        let secret = outside.path().join("secret");
        let root = format!("/root{}", secret.to_str().expect("text"));
        let ways = ["/absolute", "/relative", "/twice", "/sibling/secret", "/parent/secret", &root];
        let others =
            ["/sibling", "/parent", "/parent/", "/root", "/dangling", "/parent/public/../secret"];
        for path in ways.into_iter().chain(others) {
            let (status, head, body) = get(&server, path, &[]);
            assert_eq!(status, 404, "{path}: {head}");
            assert_ne!(body, SECRET, "{path}");
        }
        assert_eq!(get(&server, "/loop", &[]).0, 500);
        assert_eq!(get(&server, "/inside", &[]).2, b"0123456789");
        assert_eq!(get(&server, "/", &[]).2, b"0123456789");
        assert_eq!(get(&server, "/folder/index.html", &[]).2, b"index");
        server.stop();
    }
}

/// Opening it would block until another process writes.
#[cfg(unix)]
#[test]
fn pipe_is_not_opened() {
    for (server, outside) in servers() {
        let path = outside.path().join("public/pipe");
        let made =
            std::process::Command::new("mkfifo").arg(path).status().expect("there is mkfifo");
        assert!(made.success());
        assert_eq!(get(&server, "/pipe", &[]).0, 404);
        server.stop();
    }
}
