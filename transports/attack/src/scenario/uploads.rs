//! Uploads beyond the limit, from clients that send everything before they read, as wget does.

use std::{error::Error, io, time::Duration};

use super::{
    client::{Answer, Client},
    report::Report,
};
use crate::process::Server;

/// Sizes of bodies, in MB.
const SIZES: [usize; 5] = [30, 100, 50, 80, 60];

/// The longest wait for the server.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let rounds = if report.quick { 1 } else { 4 };
    let server = Server::victim(report.transport, &["100", "--default-deadlines"])?;
    let mut seen = 0;
    let mut others = Vec::new();
    for size in SIZES.repeat(rounds) {
        let client = Client::connect(server.address, PATIENCE)?;
        match upload(client, size * 1_000_000) {
            Ok(Answer { status: 413, .. }) => seen += 1,
            other => others.push(format!("{other:?}")),
        }
    }
    let count = SIZES.len() * rounds;
    let first = others.first().map(|other| format!(", else {other}")).unwrap_or_default();
    report.check(
        "bodies of 30 to 100 MB at a limit of 1 MiB",
        format_args!("413 seen by {count} of {count}"),
        format_args!("by {seen}{first}"),
        seen == count,
    );
    Ok(())
}

/// Sends everything, then reads. An error of a write loses the answer, as in such clients.
fn upload(mut client: Client, length: usize) -> io::Result<Answer> {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    client.send(head.as_bytes())?;
    let piece = [b'x'; 50_000];
    for _ in 0..length / piece.len() {
        client.send(&piece)?;
    }
    client.answer()
}
