//! A server that does nothing for longer than its idle deadline, while requests come in time.

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

/// More than a server asks the system for at once.
const CLIENTS: usize = 2_000;

/// The server's idle deadline, and how long it does nothing.
const IDLE: Duration = Duration::from_secs(2);
const STOPPED: Duration = Duration::from_secs(3);

/// Connections that keep the threads of a server busy, whichever each is given to.
const BUSY: usize = 16;

/// Longer than the server stands still.
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    for is_signal in [true, false] {
        let idle = IDLE.as_millis().to_string();
        let server = Server::victim(report.transport, &["4000", "--idle", &idle])?;
        let start = Instant::now();
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let mut client = Client::connect(server.address, PATIENCE)?;
            client.ask(GET)?;
            clients.push(client);
        }
        let mut busy = Vec::new();
        if is_signal {
            server.signal(Signal::STOP)?;
        } else {
            let request = format!("GET /hold/{} HTTP/1.1\r\nHost: a\r\n\r\n", STOPPED.as_millis());
            for _ in 0..BUSY {
                let mut client = Client::connect(server.address, PATIENCE)?;
                client.send(request.as_bytes())?;
                busy.push(client);
            }
            thread::sleep(Duration::from_millis(100));
        }
        let is_sent: Vec<_> = clients.iter_mut().map(|client| client.send(GET).is_ok()).collect();
        let elapsed = start.elapsed();
        if elapsed > IDLE * 9 / 10 {
            return Err(format!("the requests came too late, after {elapsed:?}").into());
        }
        thread::sleep(STOPPED);
        if is_signal {
            server.signal(Signal::CONT)?;
        }
        let mut answers = 0;
        for (client, is_sent) in clients.iter_mut().zip(is_sent) {
            let answer = client.answer();
            answers += usize::from(is_sent && matches!(answer, Ok(Answer { status: 200, .. })));
        }
        let what = if is_signal { "SIGSTOP and SIGCONT" } else { "busy handlers" };
        report.check(
            format_args!("{what} for {STOPPED:?} at an idle deadline of {IDLE:?}"),
            format_args!("{CLIENTS} answers"),
            format_args!("{answers}"),
            answers == CLIENTS,
        );
    }
    Ok(())
}
