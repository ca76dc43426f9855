//! Responses as bytes: status line, the fields that the connection adds, body.

use h1events::Version;

use crate::header::members;
use crate::outgoing::{BodyFraming, Outgoing};
use crate::output::Output;
use crate::reason;
use crate::request::Request;
use crate::response::{Response, ResponseBody};

/// What an answer depends on, besides the response of the application.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseContext {
    pub(crate) is_head: bool,
    pub(crate) is_connect: bool,
    pub(crate) is_http_10: bool,
    pub(crate) accepts_trailers: bool,
    pub(crate) keep_alive: bool,
}

impl ResponseContext {
    pub(crate) fn new(request: Request<'_>, response: &Response, keep_alive: bool) -> Self {
        Self {
            is_head: request.has_method("HEAD"),
            is_connect: request.has_method("CONNECT"),
            is_http_10: request.version() == Version::HTTP_10,
            accepts_trailers: response.is_streamed() && accepts_trailers(request),
            keep_alive,
        }
    }
}

/// Appends the answer to the output, and returns its streamed rest, if it has one.
/// `date` is a field line, or empty if there is no clock.
pub(crate) fn write(
    output: &mut Output,
    response: Response,
    context: ResponseContext,
    date: &str,
) -> Option<Outgoing> {
    let switches = response.upgrade.is_some();
    let is_tunnel = switches && context.is_connect;
    let framing = framing(&response, context).filter(|_| has_content(&response));
    output.append(|out| {
        if is_tunnel {
            status_line(out, 200, reason::phrase(200));
        } else {
            status_line(out, response.status, response.reason());
        }
        if !response.has_date() {
            out.extend_from_slice(date.as_bytes());
        }
        out.extend_from_slice(&response.lines);
        if let Some(upgrade) = response.upgrade.as_ref().filter(|_| !is_tunnel) {
            field(out, "Upgrade: ", &upgrade.protocol);
        }
        // RFC 9110 section 8.6: no Content-Length in a 1xx, a 204 or a 2xx to CONNECT, nor in a 304
        // unless it is that of the 200, which is not known here.
        match framing {
            Some(BodyFraming::Length(length)) => content_length(out, length),
            Some(BodyFraming::Chunked) => field(out, "Transfer-Encoding: ", b"chunked"),
            Some(BodyFraming::Close) => {}
            None if response.status == 205 => content_length(out, 0),
            None => {}
        }
        if let Some(options) = connection_options(&response, context).filter(|_| !is_tunnel) {
            field(out, "Connection: ", options);
        }
        out.extend_from_slice(b"\r\n");
    });
    match (response.body, framing.filter(|_| !context.is_head)) {
        (ResponseBody::Streamed(body, _), Some(framing)) => {
            let has_trailers = context.accepts_trailers || response.forces_trailers;
            return Some(Outgoing::new(body, framing, has_trailers, context.keep_alive));
        }
        (ResponseBody::Whole(content), Some(_)) => output.push_body(content),
        _ => {}
    }
    output.count_answer();
    None
}

/// Returns whether the answer has a streamed body.
pub(crate) fn is_streamed(response: &Response, request: Request<'_>) -> bool {
    response.is_streamed() && has_content(response) && !request.has_method("HEAD")
}

/// Returns whether a body, if there is one, ends with the connection.
pub(crate) fn ends_with_connection(response: &Response, request: Request<'_>) -> bool {
    framing(response, ResponseContext::new(request, response, true)) == Some(BodyFraming::Close)
}

/// Returns whether an answer to a GET has content. RFC 9112 section 6.3 rule 1: some end with their head. RFC
/// 9110 section 15.3.6: a 205 "MUST NOT" have content.
const fn has_content(response: &Response) -> bool {
    response.upgrade.is_none() && !matches!(response.status, 204 | 205 | 304)
}

/// Returns how the end of the body is marked. `None` for an answer to a HEAD, if the application hasn't
/// said how long that to a GET would be.
pub(crate) fn framing(response: &Response, context: ResponseContext) -> Option<BodyFraming> {
    match &response.body {
        ResponseBody::Whole(content) => Some(BodyFraming::Length(content.len() as u64)),
        ResponseBody::None if context.is_head => response.length.map(BodyFraming::Length),
        ResponseBody::None => Some(BodyFraming::Length(0)),
        ResponseBody::Streamed(_, length) => Some(match response.length.or(*length) {
            Some(length) => BodyFraming::Length(length),
            None if context.is_http_10 => BodyFraming::Close,
            None => BodyFraming::Chunked,
        }),
    }
}

/// Appends the interim response that asks for the body (RFC 9110 section 15.2.1).
pub(crate) fn write_continue(output: &mut Output) {
    output.append(|out| {
        status_line(out, 100, reason::phrase(100));
        out.extend_from_slice(b"\r\n");
    });
}

/// Returns the application's response, or an error response if HTTP doesn't permit it for the request.
pub(crate) fn permitted(response: Response, request: Request<'_>) -> Response {
    let is_connect = request.has_method("CONNECT");
    if let Some(upgrade) = &response.upgrade
        && !is_connect
        && (!request.offers_upgrade_to(&upgrade.protocol) || response.has_upgrade())
    {
        // RFC 9110 section 7.8: "A server MUST NOT switch to a protocol that was not
        // indicated by the client in the corresponding request's Upgrade header field."
        return Response::error(500, "the server chose a protocol that was not offered");
    }
    if response.status == 426 && !response.has_upgrade() {
        // RFC 9110 section 15.5.22: "The server MUST send an Upgrade header field in a 426
        // response".
        return Response::error(500, "the server named no protocol to upgrade to");
    }
    if is_connect && response.upgrade.is_none() && response.status < 300 {
        // A 2xx would make the connection a tunnel, which the server doesn't offer.
        return Response::error(501, "no tunnels here");
    }
    response
}

/// Returns whether the client says that it won't discard trailers (RFC 9110 section 10.1.4).
fn accepts_trailers(request: Request<'_>) -> bool {
    let is_trailers = |member: &[u8]| member.eq_ignore_ascii_case(b"trailers");
    let te = request.headers().filter(|field| field.name.eq_ignore_ascii_case(b"te"));
    te.flat_map(|field| members(field.value)).any(is_trailers)
}

/// Returns the value of Connection. RFC 9110 section 7.8: Upgrade needs the connection option `upgrade`.
/// RFC 9112 section 9.3: HTTP/1.0 persists only with `keep-alive`.
fn connection_options(response: &Response, context: ResponseContext) -> Option<&'static [u8]> {
    let names_protocols = response.upgrade.is_some() || response.has_upgrade();
    Some(match (context.keep_alive, context.is_http_10, names_protocols) {
        (false, _, false) => b"close",
        (false, _, true) => b"close, upgrade",
        (true, false, false) => return None,
        (true, false, true) => b"upgrade",
        (true, true, false) => b"keep-alive",
        (true, true, true) => b"keep-alive, upgrade",
    })
}

fn status_line(out: &mut Vec<u8>, status: u16, reason: &str) {
    if (status, reason) == (200, "OK") {
        return out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    }
    // RFC 9112 section 4: the second space is sent even without a reason.
    for part in ["HTTP/1.1 ", itoa::Buffer::new().format(status), " ", reason, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn content_length(out: &mut Vec<u8>, length: u64) {
    field(out, "Content-Length: ", itoa::Buffer::new().format(length).as_bytes());
}

/// Appends a field line. The name ends with its colon and a space.
fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}
