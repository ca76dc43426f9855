//! Uploads to disk, with a limit for each route. A file appears under its name only when it is complete.
//!
//! ```sh
//! cargo run --release --example thread_upload -- /tmp/uploads 127.0.0.1:8080
//! curl --upload-file Cargo.toml http://127.0.0.1:8080/notes/
//! curl --upload-file target/release/examples/thread_upload http://127.0.0.1:8080/notes/   # 413, unread
//! curl --upload-file - http://127.0.0.1:8080/notes/zeros < /dev/zero                       # 413, cut off
//! curl --upload-file target/release/examples/thread_upload http://127.0.0.1:8080/files/
//! ```
//!
//! A body of any length takes little memory: the handler copies it to the disk as it comes. A body that is too
//! long is refused by its Content-Length, before it is read, or else at the first octet beyond the limit.

use std::io::{self, ErrorKind, Read};
use std::net::TcpListener;
use std::path::Path;
use std::{env, fs};

use h1events_thread::{Request, RequestBody, RequestBodyError, Response, Server, Summary};
use tempfile::NamedTempFile;

/// Each route, and the limit for its files in octets.
const LIMITS: [(&str, u64); 2] = [("/notes/", 64 * 1024), ("/files/", 4 * 1024 * 1024 * 1024)];

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "/tmp/uploads".to_owned());
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    serve(server, folder.as_ref())?;
    Ok(())
}

pub(crate) fn serve(server: Server<TcpListener>, folder: &Path) -> io::Result<Summary> {
    for (route, _) in LIMITS {
        fs::create_dir_all(folder.join(&route[1..]))?;
    }
    let folder = folder.to_owned();
    server.serve_streaming(move |request, body| upload(&folder, request, body))
}

/// Stores an upload. The server calls it at the end of the head, so a refusal comes before the body.
fn upload(folder: &Path, request: &Request<'_>, body: RequestBody) -> Response {
    if request.method() != "PUT" {
        return Response::new(405).with_header("Allow", "PUT");
    }
    let path = str::from_utf8(request.path()).unwrap_or_default();
    let route = |(route, limit)| Some((route, path.strip_prefix(route)?, limit));
    let Some((route, name, limit)) = LIMITS.into_iter().find_map(route) else {
        return Response::new(404);
    };
    if !is_file_name(name) {
        return Response::error(400, "a name has letters, digits, '-', '_' and '.'");
    }
    if request.content_length().is_some_and(|length| length > limit) {
        return too_large(limit);
    }
    store(&folder.join(&route[1..]), name, limit, body).unwrap_or_else(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Response::new(507),
        // The client has sent too slowly, or malformed chunks, or has gone.
        _ => match error.downcast::<RequestBodyError>() {
            Ok(error) => error.into(),
            Err(error) => {
                eprintln!("{name}: {error}");
                Response::new(500)
            }
        },
    })
}

fn store(folder: &Path, name: &str, limit: u64, body: RequestBody) -> io::Result<Response> {
    // In the same folder, so that it can be renamed, under a name that no upload can have. Dropping it
    // removes the file.
    let mut file = NamedTempFile::new_in(folder)?;
    if io::copy(&mut body.take(limit + 1), &mut file)? > limit {
        return Ok(too_large(limit));
    }
    file.as_file().sync_all()?;
    let path = folder.join(name);
    let status = if path.exists() { 204 } else { 201 };
    file.persist(path)?;
    Ok(Response::new(status))
}

fn too_large(limit: u64) -> Response {
    Response::error(413, format_args!("at most {limit} octets"))
}

/// Returns whether a file of this name lies directly in the folder, and isn't hidden.
fn is_file_name(name: &str) -> bool {
    let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    (1..=200).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_allowed)
}
