//! A file server with ranges and conditional requests: the same function on either transport.
//!
//! ```sh
//! cargo doc -p h1events --no-deps
//! cargo run --release --example files -- smol target/doc 127.0.0.1:8080 # or thread
//! curl --head http://127.0.0.1:8080/h1events/index.html
//! curl --range 0-14 http://127.0.0.1:8080/h1events/                       # <!DOCTYPE html>
//! curl --etag-save /tmp/etag --output /tmp/page http://127.0.0.1:8080/h1events/
//! curl --etag-compare /tmp/etag --include http://127.0.0.1:8080/h1events/ # 304 Not Modified
//! curl --path-as-is --include http://127.0.0.1:8080/../doc/h1events/      # 404 Not Found
//! ```
//!
//! A request for several ranges gets the whole file. If-Match is ignored.
//!
//! No path leads out of the folder, in any spelling or through any link. But a program that writes to the folder
//! could replace a file by a link between the check and the open. So serve only folders that others can't write
//! to.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Take};
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use h1events_server::{Body, Request, Response, Summary};
use h1events_smol::ShutdownHandle;
use headers::{ETag, HeaderMapExt, IfModifiedSince, IfNoneMatch};
use http::{Method, header, request};
use percent_encoding::percent_decode_str;
use smol::Unblock;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let (transport, folder) = (argument("thread"), argument("."));
    let address = argument("127.0.0.1:8080");
    serve(&transport, folder.as_ref(), &address, |address, _| println!("http://{address}/"))?;
    Ok(())
}

/// Serves the folder. Before, it passes the address and the shutdown handle to `tell`.
pub(crate) fn serve(
    transport: &str,
    folder: &Path,
    address: &str,
    tell: impl FnOnce(SocketAddr, ShutdownHandle),
) -> io::Result<Summary> {
    let folder: Arc<Path> = folder.canonicalize()?.into();
    match transport {
        "thread" => {
            let server = h1events_thread::Server::bind(address)?;
            tell(server.local_addr()?, server.shutdown_handle());
            server.serve(move |request| match request::Parts::try_from(*request) {
                Ok(request) => respond(&folder, &request, h1events_thread::reader),
                Err(error) => error.into(),
            })
        }
        "smol" => {
            let server = h1events_smol::Server::bind(address)?;
            tell(server.local_addr()?, server.shutdown_handle());
            // Disk access runs on smol's pool of threads.
            let body = |file| h1events_smol::reader(Unblock::with_capacity(64 * 1024, file));
            server.serve_async(async move |request: &Request<'_>| {
                let folder = Arc::clone(&folder);
                match request::Parts::try_from(*request) {
                    Ok(request) => smol::unblock(move || respond(&folder, &request, body)).await,
                    Err(error) => error.into(),
                }
            })
        }
        _ => Err(io::Error::other("the transport is thread or smol")),
    }
}

/// Answers from a folder, whose path is canonical. `body` makes a body from a part of a file.
fn respond<B: Body + 'static>(
    folder: &Path,
    request: &request::Parts,
    body: impl FnOnce(Take<File>) -> B,
) -> Response {
    use ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied};
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return Response::new(405).with_header("Allow", "GET, HEAD");
    }
    try_respond(folder, request, body).unwrap_or_else(|error| match error.kind() {
        InvalidFilename | NotADirectory | NotFound | PermissionDenied => Response::new(404),
        _ => {
            eprintln!("{}: {error}", request.uri);
            Response::new(500)
        }
    })
}

fn try_respond<B: Body + 'static>(
    folder: &Path,
    request: &request::Parts,
    body: impl FnOnce(Take<File>) -> B,
) -> io::Result<Response> {
    let path = request.uri.path();
    // All links are resolved before the check that the file lies in the folder.
    let file = locate(folder, path).ok_or(ErrorKind::NotFound)?.canonicalize()?;
    let metadata = fs::metadata(&file)?;
    if file.starts_with(folder) && metadata.is_dir() && !path.ends_with('/') {
        let query = request.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Ok(Response::new(308).with_header("Location", format!("{path}/{query}")));
    }
    // To open anything except a file, such as a pipe, might block.
    if !file.starts_with(folder) || !metadata.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    let kind = mime_guess::from_path(&file).first_or_octet_stream();
    let mut file = File::open(&file)?;
    let metadata = file.metadata()?;
    let (length, modified) = (metadata.len(), metadata.modified()?);
    let modified = modified.clamp(UNIX_EPOCH, SystemTime::now());
    let age = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    let etag = format!("\"{length:x}-{:x}\"", age.as_nanos());
    let described = |status| {
        let date = httpdate::fmt_http_date(modified);
        let response = Response::new(status).with_header("ETag", &etag);
        response.with_header("Last-Modified", date).with_header("Accept-Ranges", "bytes")
    };
    if is_current(request, &etag, modified) {
        return Ok(described(304));
    }
    let (response, first, length) = match range(request, &etag, length) {
        None => (described(200), 0, length),
        Some((first, _)) if first >= length => {
            let range = format!("bytes */{length}");
            return Ok(Response::new(416).with_header("Content-Range", range));
        }
        Some((first, last)) => {
            let range = format!("bytes {first}-{last}/{length}");
            (described(206).with_header("Content-Range", range), first, last - first + 1)
        }
    };
    file.seek(SeekFrom::Start(first))?;
    let response = response.with_header("Content-Type", kind.as_ref());
    Ok(response.with_streamed_body(body(file.take(length))).with_content_length(length))
}

/// Finds the file of a path in the folder. It splits the path before it decodes, so that `%2f` is no slash.
fn locate(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut file = folder.to_owned();
    for segment in path.strip_suffix('/').unwrap_or(path).split('/').skip(1) {
        let name = percent_decode_str(segment).decode_utf8().ok()?;
        // On Windows, a backslash is a slash, and a colon begins a stream of a file, or follows a drive.
        if name.contains(['\0', '/', '\\', ':']) {
            return None;
        }
        // Neither empty, nor `.` or `..`, nor otherwise special on this system.
        let mut components = Path::new(&*name).components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(only)), None) if only == &*name => file.push(only),
            _ => return None,
        }
    }
    if path.ends_with('/') {
        file.push("index.html");
    }
    Some(file)
}

/// Returns whether the client has the current file (RFC 9110 section 13.2.2).
fn is_current(request: &request::Parts, etag: &str, modified: SystemTime) -> bool {
    let since = || request.headers.typed_get::<IfModifiedSince>();
    match (request.headers.typed_get::<IfNoneMatch>(), etag.parse::<ETag>()) {
        (Some(tags), Ok(etag)) => !tags.precondition_passes(&etag),
        _ => since().is_some_and(|since| !since.is_modified(modified)),
    }
}

/// Reads the Range field (RFC 9110 section 14.2): the first octet and the last one. `None` if the server ignores
/// it: it is malformed, has several ranges or another unit, or belongs to another version of the file.
fn range(request: &request::Parts, etag: &str, length: u64) -> Option<(u64, u64)> {
    let mut values = request.headers.get_all(header::RANGE).iter();
    let (value, is_last) = (values.next()?.to_str().ok()?, values.next().is_none());
    // A date is too coarse for joining two parts of a file: only the tag counts.
    let is_same = request.headers.get(header::IF_RANGE).is_none_or(|tag| tag == etag);
    let (unit, range) = value.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        let is_number = text.bytes().all(|octet| octet.is_ascii_digit());
        // One that is too large is beyond the end of any file.
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (first, last) = match (first, last) {
        ("", "") => return None,
        ("", suffix) => (length.saturating_sub(number(suffix)?), u64::MAX),
        (first, "") => (number(first)?, u64::MAX),
        (first, last) => (number(first)?, number(last)?),
    };
    let counts = is_last && is_same && request.method == Method::GET && first <= last;
    (counts && unit.eq_ignore_ascii_case("bytes")).then_some((first, last.min(length.max(1) - 1)))
}
