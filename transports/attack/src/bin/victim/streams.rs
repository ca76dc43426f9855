//! The application that streams, on each transport.

use std::{
    io::{self, Read},
    iter,
};

use h1events_smol as on_smol;
use h1events_thread::{self as on_thread, Request, RequestBodyError, Response};
use smol::stream::StreamExt;

use super::{
    application,
    pattern::{Comparison, part},
};

/// The action for a request.
enum Route {
    /// Sends octets.
    Bytes(u64),
    /// Answers with the length of the body, and whether its content is right.
    Count,
    Echo,
    /// The routes of the application that doesn't stream.
    Other,
}

impl Route {
    fn of(request: &Request<'_>) -> Self {
        let path = str::from_utf8(request.path()).unwrap_or_default();
        match path.strip_prefix("/bytes/").map(str::parse) {
            Some(Ok(length)) => Self::Bytes(length),
            _ if path == "/count" => Self::Count,
            _ if path == "/echo" => Self::Echo,
            _ => Self::Other,
        }
    }
}

pub(crate) fn on_thread(request: &Request<'_>, mut body: on_thread::RequestBody) -> Response {
    match Route::of(request) {
        Route::Bytes(length) => bytes(length),
        Route::Count => {
            let mut count = || {
                let mut comparison = Comparison::new();
                let mut space = vec![0; 64 * 1024];
                loop {
                    match body.read(&mut space)? {
                        0 => return Ok::<_, io::Error>(counted(&comparison)),
                        n => comparison.add(&space[..n]),
                    }
                }
            };
            count().unwrap_or_else(|_| Response::new(400))
        }
        Route::Echo => {
            with_length_of(request, Response::new(200).with_streamed_body(on_thread::reader(body)))
        }
        Route::Other => application(request),
    }
}

pub(crate) async fn on_smol(request: &Request<'_>, mut body: on_smol::RequestBody) -> Response {
    match Route::of(request) {
        Route::Bytes(length) => bytes(length),
        Route::Count => {
            let count = async {
                let mut comparison = Comparison::new();
                while let Some(part) = body.next().await {
                    comparison.add(&part?);
                }
                Ok::<_, RequestBodyError>(counted(&comparison))
            };
            count.await.unwrap_or_else(Response::from)
        }
        Route::Echo => {
            with_length_of(request, Response::new(200).with_streamed_body(on_smol::stream(body)))
        }
        Route::Other => application(request),
    }
}

fn bytes(length: u64) -> Response {
    let mut position = 0;
    let parts = iter::from_fn(move || {
        let part = part(position, length - position);
        position += part.len() as u64;
        (!part.is_empty()).then_some(Ok(part))
    });
    Response::new(200).with_parts(parts).with_content_length(length)
}

fn counted(comparison: &Comparison) -> Response {
    Response::text(format!("{} {}", comparison.length, comparison.is_right))
}

fn with_length_of(request: &Request<'_>, response: Response) -> Response {
    match request.content_length() {
        Some(length) => response.with_content_length(length),
        None => response,
    }
}
