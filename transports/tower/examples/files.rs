//! A file server with ranges and conditional requests, the same on either transport.
//!
//! ```sh
//! cargo run --release --example files -- smol target/doc 127.0.0.1:8080
//! curl --head http://127.0.0.1:8080/h1events/index.html
//! curl --range 0-99 http://127.0.0.1:8080/h1events/index.html
//! curl --continue-at - --remote-name http://127.0.0.1:8080/h1events/index.html
//! curl --etag-save /tmp/etag --output /tmp/page http://127.0.0.1:8080/h1events/
//! curl --etag-compare /tmp/etag --include http://127.0.0.1:8080/h1events/
//! ```
//!
//! It's one function from a request to what is wanted, and one from there to the response; only the second
//! touches the disk, so that smol can run it in its pool of threads. Several ranges in one request get the
//! whole file, and If-Match isn't looked at.
//!
//! No path leads out of the folder, in any spelling or through any link. A program that writes to the folder
//! meanwhile could still swap a file for a link between the check and the open: serve only what others can't
//! write to.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Take};
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use h1events_server::{Request, Response, Summary};
use h1events_smol::ShutdownHandle;
use percent_encoding::percent_decode;
use smol::Unblock;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let mut argument = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let (transport, folder, address) =
        (argument("thread"), argument("."), argument("127.0.0.1:8080"));
    serve(&transport, folder.as_ref(), &address, |address, _| println!("http://{address}/"))?;
    Ok(())
}

/// Serves the folder, and tells before where, and how to stop it.
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
            let stream = |response: Response, file| {
                response.with_streamed_body(h1events_thread::reader(file))
            };
            server.serve(move |request| match Wanted::of(request) {
                Ok(wanted) => wanted.answer(&folder, stream),
                Err(response) => response,
            })
        }
        "smol" => {
            let server = h1events_smol::Server::bind(address)?;
            tell(server.local_addr()?, server.shutdown_handle());
            let stream = |response: Response, file| {
                response.with_streamed_body(h1events_smol::reader(Unblock::new(file)))
            };
            server.serve_async(async move |request: &Request<'_>| match Wanted::of(request) {
                Ok(wanted) => {
                    let folder = Arc::clone(&folder);
                    smol::unblock(move || wanted.answer(&folder, stream)).await
                }
                Err(response) => response,
            })
        }
        _ => Err(io::Error::other("the transport is thread or smol")),
    }
}

/// What a request asks for.
pub(crate) struct Wanted {
    /// Below the folder. A folder's own path ends with a slash.
    path: Vec<u8>,
    file: PathBuf,
    if_none_match: Option<Vec<u8>>,
    if_modified_since: Option<SystemTime>,
    range: Option<Vec<u8>>,
    if_range: Option<Vec<u8>>,
}

impl Wanted {
    /// Understands a request, or refuses it.
    pub(crate) fn of(request: &Request<'_>) -> Result<Self, Response> {
        if !matches!(request.method(), "GET" | "HEAD") {
            return Err(Response::new(405).with_header("Allow", "GET, HEAD"));
        }
        let list = |name: &str| {
            let lines =
                request.headers().filter(|it| it.name.eq_ignore_ascii_case(name.as_bytes()));
            lines.map(|field| field.value.to_vec()).reduce(|all, line| [all, line].join(&b','))
        };
        let since = request.header("if-modified-since").and_then(|date| str::from_utf8(date).ok());
        Ok(Self {
            path: request.path().to_vec(),
            file: file_of(request.path()).ok_or_else(|| Response::new(404))?,
            if_none_match: list("if-none-match"),
            if_modified_since: since.and_then(|date| httpdate::parse_http_date(date).ok()),
            // RFC 9110 section 14.2: a range plays no part for other methods.
            range: list("range").filter(|_| request.method() == "GET"),
            if_range: list("if-range"),
        })
    }

    /// Answers from a folder, whose path is canonical. `stream` makes a part of a file the body.
    pub(crate) fn answer(
        &self,
        folder: &Path,
        stream: impl FnOnce(Response, Take<File>) -> Response,
    ) -> Response {
        use ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied};
        self.try_answer(folder, stream).unwrap_or_else(|error| match error.kind() {
            InvalidFilename | NotADirectory | NotFound | PermissionDenied => Response::new(404),
            _ => Response::new(500),
        })
    }

    fn try_answer(
        &self,
        folder: &Path,
        stream: impl FnOnce(Response, Take<File>) -> Response,
    ) -> io::Result<Response> {
        // All links are resolved before it is decided what lies below the folder.
        let path = folder.join(&self.file).canonicalize()?;
        if !path.starts_with(folder) {
            return Err(ErrorKind::NotFound.into());
        }
        let metadata = fs::metadata(&path)?;
        if metadata.is_dir() && !self.path.ends_with(b"/") {
            return Ok(Response::new(308).with_header("Location", [&self.path[..], b"/"].concat()));
        }
        // Anything else, a pipe for instance, might block when it is opened.
        if !metadata.is_file() {
            return Err(ErrorKind::NotFound.into());
        }
        let mut file = File::open(&path)?;
        let metadata = file.metadata()?;
        let (length, modified) = (metadata.len(), metadata.modified()?.min(SystemTime::now()));
        let age = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let etag = format!("\"{length:x}-{:x}\"", age.as_nanos());
        let described = |status| {
            let date = httpdate::fmt_http_date(UNIX_EPOCH + age);
            let response = Response::new(status).with_header("ETag", &etag);
            response.with_header("Last-Modified", date).with_header("Accept-Ranges", "bytes")
        };
        if self.has_current(etag.as_bytes(), age.as_secs()) {
            return Ok(described(304));
        }
        // A date is too coarse to join two parts of a file: only the tag counts.
        let is_same = self.if_range.as_ref().is_none_or(|tag| tag == etag.as_bytes());
        let range = self.range.as_ref().filter(|_| is_same);
        let (response, first, length) = match range.map_or(Selected::Whole, |it| select(it, length))
        {
            Selected::Whole => (described(200), 0, length),
            Selected::Part { first, last } => {
                let range = format!("bytes {first}-{last}/{length}");
                (described(206).with_header("Content-Range", range), first, last - first + 1)
            }
            Selected::Nothing => {
                let range = format!("bytes */{length}");
                return Ok(Response::new(416).with_header("Content-Range", range));
            }
        };
        file.seek(SeekFrom::Start(first))?;
        let kind = mime_guess::from_path(&path).first_or_octet_stream();
        let response = response.with_header("Content-Type", kind.as_ref());
        Ok(stream(response, file.take(length)).with_content_length(length))
    }

    /// Whether the client has the file as it is (RFC 9110 section 13.2.2).
    fn has_current(&self, etag: &[u8], modified: u64) -> bool {
        if let Some(tags) = &self.if_none_match {
            let mut tags = tags.split(|octet| *octet == b',').map(<[u8]>::trim_ascii);
            return tags.any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag);
        }
        let since = self.if_modified_since.and_then(|since| since.duration_since(UNIX_EPOCH).ok());
        since.is_some_and(|since| modified <= since.as_secs())
    }
}

const INDEX: &str = "index.html";

/// Returns the file that a path names, relative to the folder; `None` if it can't name one there.
fn file_of(path: &[u8]) -> Option<PathBuf> {
    let mut file = PathBuf::new();
    let mut segments = path.strip_prefix(b"/")?.split(|octet| *octet == b'/').peekable();
    while let Some(segment) = segments.next() {
        // Split first and decoded then, so that `%2f` is no slash.
        let name = percent_decode(segment).decode_utf8().ok()?;
        let name = if name.is_empty() && segments.peek().is_none() { INDEX } else { &name };
        // On Windows, a backslash is a slash, and a colon begins a stream of a file, or follows a drive.
        if name.contains(['\0', '/', '\\', ':']) {
            return None;
        }
        // Neither empty, nor `.` or `..`, nor whatever else is special on this system.
        let mut components = Path::new(name).components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(only)), None) if only == name => file.push(only),
            _ => return None,
        }
    }
    Some(file)
}

/// What a range selects of a file.
enum Selected {
    Whole,
    Part { first: u64, last: u64 },
    Nothing,
}

/// Reads a Range value (RFC 9110 section 14.1.2). One that is malformed, has several ranges or another
/// unit plays no part.
fn select(range: &[u8], length: u64) -> Selected {
    let bounds = || {
        let (unit, range) = str::from_utf8(range).ok()?.split_once('=')?;
        let (first, last) = range.trim_ascii().split_once('-')?;
        let is_number = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
        let is_valid = unit.eq_ignore_ascii_case("bytes") && is_number(first) && is_number(last);
        (is_valid && range.len() > 1).then_some((first, last))
    };
    let Some((first, last)) = bounds() else { return Selected::Whole };
    // A number that is too large is beyond the end of any file.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let (first, last) = match (first, last) {
        ("", suffix) => (length.saturating_sub(number(suffix)), u64::MAX),
        (first, "") => (number(first), u64::MAX),
        (first, last) => (number(first), number(last)),
    };
    match last {
        _ if last < first => Selected::Whole,
        _ if first >= length => Selected::Nothing,
        _ => Selected::Part { first, last: last.min(length - 1) },
    }
}
