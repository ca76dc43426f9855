//! A connection with thousands of requests at once, and its neighbours.

use std::{
    error::Error,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

use super::{
    client::{Client, GET},
    report::{Report, Times},
};
use crate::process::Server;

/// Requests in one write. The handler computes for a millisecond for each.
const REQUESTS: usize = 5_000;

/// Clients beside the burst: enough for some to share its thread, with fewer processors than that.
const NEIGHBOURS: usize = 16;

/// The longest wait of a neighbour.
const BOUND: Duration = Duration::from_millis(100);

/// The time between two requests of a neighbour.
const PAUSE: Duration = Duration::from_millis(5);

/// The longest wait for an answer: longer than the whole burst takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let time = Duration::from_secs(if report.quick { 2 } else { 4 });
    let server = Server::victim(report.transport, &["100", "--default-deadlines"])?;
    let mut neighbours = Vec::new();
    for _ in 0..NEIGHBOURS {
        let mut client = Client::connect(server.address, PATIENCE)?;
        client.ask(GET)?;
        neighbours.push(client);
    }
    let burst = TcpStream::connect(server.address)?;
    let mut answers = burst.try_clone()?;
    let reading = thread::spawn(move || {
        let mut space = [0; 64 * 1024];
        while let Ok(1..) = answers.read(&mut space) {}
    });
    let mut writing = burst.try_clone()?;
    let requests = b"GET /spin/1 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(REQUESTS);
    // The server may take it slowly.
    let writing = thread::spawn(move || writing.write_all(&requests));
    thread::sleep(Duration::from_millis(50));

    let end = Instant::now() + time;
    let neighbours: Vec<_> = neighbours
        .into_iter()
        .map(|client| thread::spawn(move || ask_until(client, end)))
        .collect();
    let mut times = Times::default();
    let mut without = 0;
    for neighbour in neighbours {
        let seen = neighbour.join().map_err(|_| "a neighbour panicked")?;
        match seen {
            Ok(seen) => seen.into_iter().for_each(|time| times.push(time)),
            Err(_) => without += 1,
        }
    }
    let is_kept = without == 0 && times.worst().is_some_and(|worst| worst < BOUND);
    report.check(
        format_args!("{NEIGHBOURS} neighbours of {REQUESTS} requests in one write, of 1 ms each"),
        "answers within 100 ms",
        format_args!("{times}, {without} neighbours without one"),
        is_kept,
    );
    let _ = burst.shutdown(Shutdown::Both);
    let _ = writing.join();
    let _ = reading.join();
    Ok(())
}

fn ask_until(mut client: Client, end: Instant) -> std::io::Result<Vec<Duration>> {
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        client.ask(GET)?;
        times.push(start.elapsed());
        thread::sleep(PAUSE);
    }
    Ok(times)
}
