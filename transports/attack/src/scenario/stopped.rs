//! A server that is stopped for longer than its idle deadline, while requests come in time.

use std::{
    error::Error,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    client::{Answer, Client, GET},
    report::Report,
};
use crate::process::Server;

/// Idle clients: more than the events that a server takes from the system at once.
const CLIENTS: usize = 2_000;

/// The idle deadline of the server, and the time that it is stopped.
const IDLE: Duration = Duration::from_secs(2);
const STOPPED: Duration = Duration::from_secs(3);

/// The time before the idle deadline from which on a request may be late.
const MARGIN: Duration = Duration::from_millis(200);

/// Connections that keep all threads of a server busy, for any distribution among them.
const BUSY: usize = 16;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    for is_signal in [true, false] {
        let idle = IDLE.as_millis().to_string();
        let server = Server::victim(report.transport, &["4000", "--idle", &idle])?;
        let mut busy = Vec::new();
        for _ in 0..if is_signal { 0 } else { BUSY } {
            busy.push(Client::connect(server.address, PATIENCE)?);
        }
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let mut client = Client::connect(server.address, PATIENCE)?;
            client.ask(GET)?;
            clients.push((client, Instant::now()));
        }
        if is_signal {
            server.signal(Signal::STOP)?;
        }
        let request = format!("GET /hold/{} HTTP/1.1\r\nHost: a\r\n\r\n", STOPPED.as_millis());
        for client in &mut busy {
            client.send(request.as_bytes())?;
        }
        // On a slow machine, some requests come too late to count.
        let mut waiting = Vec::new();
        for (mut client, answered) in clients {
            let is_sent = client.send(GET).is_ok();
            if answered.elapsed() < IDLE - MARGIN {
                waiting.push((client, is_sent));
            }
        }
        thread::sleep(STOPPED);
        if is_signal {
            server.signal(Signal::CONT)?;
        }
        let count = waiting.len();
        let mut answers = 0;
        for (mut client, is_sent) in waiting {
            let answer = client.answer();
            answers += usize::from(is_sent && matches!(answer, Ok(Answer { status: 200, .. })));
        }
        let what = if is_signal { "SIGSTOP and SIGCONT" } else { "busy handlers" };
        report.check(
            format_args!("{what} for {STOPPED:?} at an idle deadline of {IDLE:?}"),
            "an answer to each request that came in time",
            format_args!("{answers} to {count} of {CLIENTS}"),
            answers == count && count > CLIENTS / 2,
        );
    }
    Ok(())
}
