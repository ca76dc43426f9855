//! Slow and vanishing clients of endless bodies, beside newcomers and honest streams.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    client::newcomers,
    crowd::{Behavior, Crowd, Then},
    honest::{Honest, Kind},
    report::{Report, ms},
};
use crate::process::Server;

/// Connections that the server allows, those of honest clients included.
const CAP: usize = 32;

/// The longest wait of a newcomer, and of an honest client for a part.
const BOUND: Duration = Duration::from_millis(1200);

/// Streams at the same time in the measurement of memory, and bytes of heap for each.
const STREAMS: usize = 1_000;
const HEAP: u64 = 256 * 1024;

/// Bytes of heap that may stay: buffers for the next connections, in one pool for each core.
const KEPT: u64 = 1024 * 1024;

/// The time for all openings to arrive.
const OPENING: Duration = Duration::from_millis(500);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let arguments = [&*CAP.to_string(), "--default-deadlines", "--streams"];
    let server = Server::victim(report.transport, &arguments)?;
    let before = server.at_start()?;
    let honest = [Kind::Download, Kind::Upload, Kind::Echo];
    let honest = honest.map(|kind| Honest::start(server.address, kind));
    crowds(report, &server)?;
    for client in honest {
        let (kind, streams, result) = client.stop();
        let trouble = result.as_ref().err().map(|error| format!(", {error}")).unwrap_or_default();
        report.check(
            format_args!("honest {kind:?}s beside them").to_string().to_lowercase(),
            format_args!("all whole, no part later than {}", ms(BOUND)),
            format_args!("{} whole, latest {}{trouble}", streams.whole, ms(streams.longest)),
            result.is_ok() && streams.whole > 0 && streams.longest <= BOUND,
        );
    }
    let after = server.settled(before)?;
    let more = after.heap.saturating_sub(before.heap);
    let system = |usage: crate::process::Usage| (usage.descriptors, usage.threads);
    report.check(
        "when all are gone",
        format_args!("descriptors and threads as before, at most {KEPT} bytes more heap"),
        format_args!("{:?} instead of {:?}, {more} bytes", system(after), system(before)),
        system(after) == system(before) && more <= KEPT,
    );
    server.stop()?;
    memory(report)
}

/// Runs each kind of client at the limit and above it, or all kinds together.
fn crowds(report: &mut Report, server: &Server) -> Result<(), Box<dyn Error>> {
    let count = if report.quick { 3 } else { 8 };
    let all = behaviors();
    if !report.quick {
        for behavior in &all {
            for times in [1, 2] {
                let crowd = Crowd::start(server.address, times * CAP, behavior, true)?;
                thread::sleep(OPENING);
                let case = format!("{} {} at a cap of {CAP}", times * CAP, behavior.name);
                newcomers(report, case, server.address, count, BOUND);
                crowd.stop()?;
            }
        }
    }
    let crowds = all
        .iter()
        .map(|behavior| Crowd::start(server.address, 2 * CAP / all.len(), behavior, true))
        .collect::<Result<Vec<_>, _>>()?;
    thread::sleep(OPENING);
    let case = format!("{} of all kinds at a cap of {CAP}", 2 * CAP / all.len() * all.len());
    newcomers(report, case, server.address, count, BOUND);
    Ok(crowds.into_iter().try_for_each(Crowd::stop)?)
}

/// Measures the memory of all streams together, below the limit.
fn memory(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let arguments = ["4000", "--default-deadlines", "--streams"];
    let mut server = Server::victim(report.transport, &arguments)?;
    let address = server.address;
    let all = behaviors();
    let each = STREAMS / all.len();
    let silent = Crowd::start(address, each * all.len(), &Behavior::default(), false)?;
    thread::sleep(OPENING);
    let before = server.heap()?;
    silent.stop()?;
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
        let crowds: Result<Vec<_>, _> =
            all.iter().map(|behavior| Crowd::start(address, each, behavior, true)).collect();
        thread::sleep(4 * OPENING);
        over.store(true, Relaxed);
        crowds?.into_iter().try_for_each(Crowd::stop)?;
        measuring
            .join()
            .unwrap_or_else(|_| Err("the measuring thread panicked".into()))
            .map_err(Box::<dyn Error>::from)
    })?;
    let most = most.saturating_sub(before) / (each * all.len()) as u64;
    report.check(
        format_args!("{} of all kinds", each * all.len()),
        format_args!("at most {HEAP} bytes of heap more than silent, each"),
        most,
        most <= HEAP,
    );
    Ok(())
}

/// Bytes: the least that the system accepts.
const RECEIVE_BUFFER: Option<usize> = Some(2048);

/// Bytes for each connection. With its default, the system would buffer gigabytes.
const SEND_BUFFER: Option<usize> = Some(64 * 1024);

/// Bytes: more than the server and the system hold.
const OPENING_BYTES: usize = 1024 * 1024;

/// Octets of an answer that never ends in practice.
const ENDLESS: &str = "1000000000000000";

fn behaviors() -> Vec<Behavior> {
    let download = format!("GET /bytes/{ENDLESS} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes();
    let post = |path: &str, octets: usize| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {ENDLESS}\r\n\r\n");
        [head.as_bytes(), &vec![b'x'; octets]].concat()
    };
    let chunk = |octets: usize| {
        let head =
            "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n";
        [head.as_bytes(), &vec![b'x'; octets]].concat()
    };
    let drip = Then::Drip { octet: b'x', every: Duration::from_millis(100) };
    let leave = Then::Leave { every: Duration::from_millis(50) };
    vec![
        Behavior {
            name: "downloads read not at all",
            opening: download.clone(),
            receive_buffer: RECEIVE_BUFFER,
            ..Behavior::default()
        },
        Behavior {
            name: "downloads read at 100 octets a second",
            opening: download.clone(),
            then: Then::Read { bytes: 10, every: Duration::from_millis(100) },
            receive_buffer: RECEIVE_BUFFER,
            ..Behavior::default()
        },
        Behavior {
            name: "uploads that stop",
            opening: post("/count", 100_000),
            ..Behavior::default()
        },
        Behavior {
            name: "chunked uploads at 10 octets a second",
            opening: chunk(1_000),
            then: drip,
            ..Behavior::default()
        },
        Behavior {
            name: "echoes read not at all",
            opening: post("/echo", OPENING_BYTES),
            receive_buffer: RECEIVE_BUFFER,
            send_buffer: SEND_BUFFER,
            ..Behavior::default()
        },
        Behavior {
            name: "downloads left midway",
            opening: download,
            then: leave,
            ..Behavior::default()
        },
        Behavior {
            name: "uploads left midway",
            opening: post("/count", 100_000),
            then: leave,
            ..Behavior::default()
        },
        Behavior {
            name: "echoes left midway",
            opening: post("/echo", 100_000),
            then: leave,
            ..Behavior::default()
        },
    ]
}
