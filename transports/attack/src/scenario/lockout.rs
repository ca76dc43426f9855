//! Silent and slow clients take all connections that a server has, and newcomers come.

use std::{error::Error, thread, time::Duration};

use super::{
    client::{GET, newcomers},
    crowd::{Conduct, Crowd, Then},
    report::Report,
};
use crate::process::Server;

/// Connections that the server has.
const CAP: usize = 32;

/// For clients that have begun something, and for those that have never said a word.
const SLOW: Duration = Duration::from_millis(1200);
const SILENT: Duration = Duration::from_millis(250);

/// The crowd that comes to a server with its default cap, and the bound then.
const CROWD: usize = 3_000;
const CROWDED: Duration = Duration::from_secs(4);

/// After all have connected: what they send at once has come.
const OPENING: Duration = Duration::from_millis(300);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let count = if report.quick { 3 } else { 8 };
    let cap = CAP.to_string();
    let arguments = [&*cap, "--default-deadlines"];
    let all = conducts();
    for conduct in &all {
        let bound = if conduct.opening.is_empty() { SILENT } else { SLOW };
        for (times, returns) in [(1, false), (2, true)] {
            if report.quick && !returns {
                continue;
            }
            let server = Server::victim(report.transport, &arguments)?;
            let crowd = Crowd::start(server.address, times * CAP, conduct, returns)?;
            thread::sleep(OPENING);
            let manner = if returns { ", who return when closed" } else { "" };
            let case = format!("{} {} at a cap of {CAP}{manner}", times * CAP, conduct.name);
            newcomers(report, case, server.address, count, bound);
            crowd.stop()?;
        }
    }
    let server = Server::victim(report.transport, &arguments)?;
    let crowds = all
        .iter()
        .map(|conduct| Crowd::start(server.address, 2 * CAP / all.len(), conduct, true))
        .collect::<Result<Vec<_>, _>>()?;
    thread::sleep(OPENING);
    let case = format!("{} of all these at a cap of {CAP}, who return when closed", 2 * CAP);
    newcomers(report, case, server.address, count, SLOW);
    crowds.into_iter().try_for_each(Crowd::stop)?;

    let server = Server::victim(report.transport, &["default", "--default-deadlines"])?;
    let crowd = Crowd::start(server.address, CROWD, &half_heads(), true)?;
    thread::sleep(OPENING);
    let case = format!("{CROWD} half heads at the default cap, who return when closed");
    newcomers(report, case, server.address, count, CROWDED);
    Ok(crowd.stop()?)
}

fn half_heads() -> Conduct {
    Conduct { name: "half heads", opening: b"GET / HT".to_vec(), ..Conduct::default() }
}

/// The least that a system keeps for a client: else a large answer would fit.
const RECEIVE_BUFFER: Option<usize> = Some(2048);

fn conducts() -> Vec<Conduct> {
    let large = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
    let megabyte = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    // Whatever has been sent, it ends within a request.
    let (start, end) = GET.split_at(10);
    let requests = [start, &[end, start].concat().repeat(100)].concat();
    vec![
        Conduct { name: "never-spoken connections", ..Conduct::default() },
        half_heads(),
        Conduct {
            name: "half bodies",
            opening: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello".to_vec(),
            ..Conduct::default()
        },
        Conduct {
            name: "bodies with the last tenth octet by octet",
            opening: [&megabyte[..], &[b'x'; 900_000]].concat(),
            then: Then::Drip { octet: b'x', every: Duration::from_millis(300) },
            ..Conduct::default()
        },
        Conduct {
            name: "dripping heads",
            opening: b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec(),
            then: Then::Drip { octet: b'x', every: Duration::from_millis(20) },
            ..Conduct::default()
        },
        Conduct {
            name: "large answers read not at all",
            opening: large.clone(),
            receive_buffer: RECEIVE_BUFFER,
            ..Conduct::default()
        },
        Conduct {
            name: "large answers read at 100 octets a second",
            opening: large,
            then: Then::Sip { bytes: 10, every: Duration::from_millis(100) },
            receive_buffer: RECEIVE_BUFFER,
            ..Conduct::default()
        },
        Conduct {
            name: "pipelines without end",
            opening: requests,
            then: Then::Repeat { from: start.len() },
            ..Conduct::default()
        },
    ]
}
