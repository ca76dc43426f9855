//! Newcomers at a server whose connections are all taken by silent and slow clients.

use std::{error::Error, thread, time::Duration};

use super::{
    client::{GET, newcomers},
    crowd::{Behavior, Crowd, Then},
    report::Report,
};
use crate::process::Server;

/// Connections that the server allows.
const CAP: usize = 32;

/// The longest waits of a newcomer: beside clients that have begun a request, and beside clients that have
/// never sent an octet.
const SLOW: Duration = Duration::from_millis(1200);
const SILENT: Duration = Duration::from_millis(250);

/// Clients of a server with its default limit, and the longest wait of a newcomer beside them.
const CROWD: usize = 3_000;
const CROWDED: Duration = Duration::from_secs(4);

/// The time for all openings to arrive.
const OPENING: Duration = Duration::from_millis(300);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let count = if report.quick { 3 } else { 8 };
    let cap = CAP.to_string();
    let arguments = [&*cap, "--default-deadlines"];
    let all = behaviors();
    for behavior in &all {
        let bound = if behavior.opening.is_empty() { SILENT } else { SLOW };
        for (times, returns) in [(1, false), (2, true)] {
            // Returning clients are the harder test, except if staying ones keep the server busy.
            if report.quick && !returns && !matches!(behavior.then, Then::Repeat { .. }) {
                continue;
            }
            let server = Server::victim(report.transport, &arguments)?;
            let crowd = Crowd::start(server.address, times * CAP, behavior, returns)?;
            thread::sleep(OPENING);
            let manner = if returns { ", returning when closed" } else { "" };
            let case = format!("{} {} at a cap of {CAP}{manner}", times * CAP, behavior.name);
            newcomers(report, case, server.address, count, bound);
            crowd.stop()?;
        }
    }
    let server = Server::victim(report.transport, &arguments)?;
    let crowds = all
        .iter()
        .map(|behavior| Crowd::start(server.address, 2 * CAP / all.len(), behavior, true))
        .collect::<Result<Vec<_>, _>>()?;
    thread::sleep(OPENING);
    let case = format!("{} of all these at a cap of {CAP}, returning when closed", 2 * CAP);
    newcomers(report, case, server.address, count, SLOW);
    crowds.into_iter().try_for_each(Crowd::stop)?;

    let server = Server::victim(report.transport, &["default", "--default-deadlines"])?;
    let crowd = Crowd::start(server.address, CROWD, &half_heads(), true)?;
    thread::sleep(OPENING);
    let case = format!("{CROWD} half heads at the default cap, returning when closed");
    newcomers(report, case, server.address, count, CROWDED);
    Ok(crowd.stop()?)
}

fn half_heads() -> Behavior {
    Behavior { name: "half heads", opening: b"GET / HT".to_vec(), ..Behavior::default() }
}

/// Bytes: the least that the system accepts. Its default would hold a large answer.
const RECEIVE_BUFFER: Option<usize> = Some(2048);

fn behaviors() -> Vec<Behavior> {
    let large = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
    let megabyte = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    // Each write ends within a request.
    let (start, end) = GET.split_at(10);
    let requests = [start, &[end, start].concat().repeat(100)].concat();
    vec![
        Behavior { name: "never-spoken connections", ..Behavior::default() },
        half_heads(),
        Behavior {
            name: "half bodies",
            opening: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello".to_vec(),
            ..Behavior::default()
        },
        Behavior {
            name: "bodies with the last tenth octet by octet",
            opening: [&megabyte[..], &[b'x'; 900_000]].concat(),
            then: Then::Drip { octet: b'x', every: Duration::from_millis(300) },
            ..Behavior::default()
        },
        Behavior {
            name: "dripping heads",
            opening: b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec(),
            then: Then::Drip { octet: b'x', every: Duration::from_millis(20) },
            ..Behavior::default()
        },
        Behavior {
            name: "large answers read not at all",
            opening: large.clone(),
            receive_buffer: RECEIVE_BUFFER,
            ..Behavior::default()
        },
        Behavior {
            name: "large answers read at 100 octets a second",
            opening: large,
            then: Then::Read { bytes: 10, every: Duration::from_millis(100) },
            receive_buffer: RECEIVE_BUFFER,
            ..Behavior::default()
        },
        Behavior {
            name: "pipelines without end",
            opening: requests,
            then: Then::Repeat { from: start.len() },
            ..Behavior::default()
        },
    ]
}
