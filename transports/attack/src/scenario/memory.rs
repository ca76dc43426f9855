//! Bodies without an end, of the length that the server collects.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    client::newcomers,
    crowd::{Behavior, Crowd},
    report::Report,
};
use crate::process::Server;

/// Bytes of each body.
const BODY: usize = 1024 * 1024;

/// Bytes that the server may buffer for all connections together.
const BUDGET: u64 = 256 * 1024 * 1024;

/// Bytes that the budget doesn't count, such as tables.
const TOLERANCE: u64 = BUDGET / 10;

/// The longest wait of a newcomer.
const BOUND: Duration = Duration::from_millis(1200);

/// Bytes for each connection. With its default, the system would buffer gigabytes.
const SEND_BUFFER: Option<usize> = Some(64 * 1024);

/// The time for the server to read all that it will read.
const TIME: Duration = Duration::from_secs(3);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let (count, comers) = if report.quick { (1_000, 3) } else { (3_000, 8) };
    let mut server = Server::victim(report.transport, &["4000", "--default-deadlines"])?;
    let silent = Crowd::start(server.address, count, &Behavior::default(), false)?;
    thread::sleep(Duration::from_millis(500));
    let before = server.heap()?;
    silent.stop()?;

    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY}\r\n\r\n");
    let behavior = Behavior {
        opening: [head.as_bytes(), &vec![b'x'; BODY - 1]].concat(),
        send_buffer: SEND_BUFFER,
        ..Behavior::default()
    };
    let address = server.address;
    let crowd = Crowd::start(address, count, &behavior, false)?;
    let over = AtomicBool::new(false);
    let most = thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Relaxed) {
                most = most.max(server.heap().map_err(|error| error.to_string())?);
                thread::sleep(Duration::from_millis(10));
            }
            Ok::<_, String>(most)
        });
        newcomers(report, format!("{count} bodies that come"), address, comers, BOUND);
        thread::sleep(TIME);
        newcomers(report, format!("{count} bodies without an end"), address, comers, BOUND);
        over.store(true, Relaxed);
        measuring.join().unwrap_or_else(|_| Err("the measuring thread panicked".into()))
    })?;
    crowd.stop()?;
    let more = most.saturating_sub(before);
    let mib = |bytes: u64| bytes / 1024 / 1024;
    report.check(
        format_args!("{count} bodies of 1 MiB"),
        format_args!("at most {} MiB more heap than silent", mib(BUDGET + TOLERANCE)),
        format_args!("{} MiB more than {} MiB", mib(more), mib(before)),
        more <= BUDGET + TOLERANCE,
    );
    Ok(())
}
