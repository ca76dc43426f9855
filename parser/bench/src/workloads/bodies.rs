//! Uploads as curl sends them.

/// Checksum and timing of an upload, known only at its end.
pub(super) const TRAILERS: &str = "\
    Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n\
    Repr-Digest: sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:\r\n\
    Server-Timing: read;dur=12.4, encode;dur=3.1\r\n\
    X-Checksum-CRC32: cbf43926\r\n";

/// Makes a request with Content-Length.
pub(super) fn length(octets: usize) -> String {
    head(&format!("Content-Length: {octets}")) + &content(octets)
}

/// Makes a request with a chunked body. Each chunk has `octets` of content.
pub(super) fn chunks(count: usize, octets: usize, trailers: &str) -> String {
    let chunk = format!("{octets:x}\r\n{}\r\n", content(octets));
    head("Transfer-Encoding: chunked") + &chunk.repeat(count) + "0\r\n" + trailers + "\r\n"
}

fn head(framing: &str) -> String {
    format!(
        "POST /upload HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0\r\n\
         Accept: */*\r\n{framing}\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
}

fn content(octets: usize) -> String {
    "The quick brown fox jumps over the lazy dog.\r\n".chars().cycle().take(octets).collect()
}
