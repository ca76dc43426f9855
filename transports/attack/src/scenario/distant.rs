//! Clients that keep their connections, at a distance of 40 ms or on this machine.

use std::{
    error::Error,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use rustix::process::Signal;

use super::{
    client::{Answer, Client, GET},
    relay::Relay,
    report::{Report, ms},
};
use crate::process::Server;

/// The delay in each direction.
const DELAY: Duration = Duration::from_millis(20);

/// Connections that the server allows.
const CAP: &str = "32";

/// The longest time to end: the grace of the server, and the end of the process.
const END: Duration = Duration::from_millis(4200);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let time = Duration::from_secs(if report.quick { 2 } else { 6 });
    for count in [33, 48, 64] {
        let server = victim(report)?;
        let relay = Relay::start(server.address, DELAY)?;
        let ((), seen) = keep_asking(relay.address, count, || thread::sleep(time));
        let is_kept = seen.lost == 0 && seen.first_lost == 0 && seen.fewest > 0;
        let case = format!("{count} clients at 40 ms and a cap of {CAP}");
        report.check(case, "no loss, and an answer for every client", seen, is_kept);
    }
    let ends = if report.quick { 1 } else { 5 };
    for is_distant in [true, false] {
        for end in 1..=ends {
            shut_down(report, is_distant, end)?;
        }
    }
    Ok(())
}

fn victim(report: &Report) -> Result<Server, Box<dyn Error>> {
    Server::victim(report.transport, &[CAP, "--default-deadlines"])
}

/// Sends a SIGTERM to a server with clients.
fn shut_down(report: &mut Report, is_distant: bool, number: usize) -> Result<(), Box<dyn Error>> {
    let mut server = victim(report)?;
    let relay = Relay::start(server.address, DELAY)?;
    let (address, place) =
        if is_distant { (relay.address, "at 40 ms") } else { (server.address, "on this machine") };
    let (ended, seen) = keep_asking(address, 64, || {
        thread::sleep(Duration::from_secs(1));
        server.signal(Signal::TERM)?;
        server.ends_within(2 * END)
    });
    let case = format!("SIGTERM {number} with 64 clients {place}");
    report.check(&case, "no loss", seen, seen.lost == 0);
    let (measured, is_kept) = match ended? {
        Some((status, time)) => {
            (format!("{status} after {}", ms(time)), status.success() && time <= END)
        }
        None => ("none".into(), false),
    };
    report.check(case, format_args!("an end with status 0 within {}", ms(END)), measured, is_kept);
    Ok(())
}

/// The counts of the clients.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    connections: u64,
    answers: u64,
    /// Requests without an answer that were sent before the server announced the close, on a
    /// connection with earlier answers.
    lost: u64,
    /// The same for first requests of a connection. A server that ends doesn't accept connections
    /// that still wait.
    first_lost: u64,
    /// Answers to the client with the fewest.
    fewest: u64,
}

/// Lets clients send requests while `work` runs.
fn keep_asking<T>(server: SocketAddr, clients: usize, work: impl FnOnce() -> T) -> (T, Seen) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let ask = || ask_until(server, &stop);
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(ask)).collect();
        let result = work();
        stop.store(true, Relaxed);
        let mut all = Seen { fewest: u64::MAX, ..Seen::default() };
        for seen in threads.into_iter().map(|thread| thread.join().expect("it doesn't panic")) {
            all.connections += seen.connections;
            all.answers += seen.answers;
            all.lost += seen.lost;
            all.first_lost += seen.first_lost;
            all.fewest = all.fewest.min(seen.answers);
        }
        (result, all)
    })
}

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Sends requests, and reconnects when the server closes.
fn ask_until(server: SocketAddr, stop: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    while !stop.load(Relaxed) {
        let Ok(mut client) = Client::connect(server, PATIENCE) else {
            thread::sleep(DELAY);
            continue;
        };
        seen.connections += 1;
        let mut is_first = true;
        // A request that couldn't be sent isn't lost: the server had closed.
        while !stop.load(Relaxed) && !client.is_closed() && client.send(GET).is_ok() {
            match client.answer() {
                Ok(Answer { status: 200, closes }) => {
                    seen.answers += 1;
                    is_first = false;
                    if closes {
                        break;
                    }
                }
                _ => {
                    seen.lost += u64::from(!is_first);
                    seen.first_lost += u64::from(is_first);
                    thread::sleep(DELAY);
                    break;
                }
            }
        }
    }
    seen
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { connections, answers, lost, first_lost, fewest } = self;
        write!(
            f,
            "{answers} answers on {connections} connections, at least {fewest} a client, \
             {lost} lost, and {first_lost} that were the first of a connection"
        )
    }
}
