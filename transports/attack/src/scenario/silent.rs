//! The cost of silent connections, on a server with few threads for all.

use std::{error::Error, thread, time::Duration};

use super::{
    client::{Client, GET},
    crowd::{Behavior, Crowd},
    report::{Report, ms},
};
use crate::process::Server;

/// Silent connections.
const CONNECTIONS: u32 = 10_000;

/// Bytes of heap for each connection: 1.2 KiB.
const HEAP: u64 = 1229;

/// Processor time in a second, for all connections together.
const PROCESSOR: Duration = Duration::from_millis(1);

/// The time for threads to finish their work, and for the first answer.
const SETTLED: Duration = Duration::from_secs(1);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    if report.transport == "thread" {
        report.skip("a connection has a thread there");
        return Ok(());
    }
    let mut server = Server::victim(report.transport, &["default", "--default-deadlines"])?;
    Client::connect(server.address, SETTLED)?.ask(GET)?;
    thread::sleep(SETTLED);
    let before = server.heap()?;
    let crowd = Crowd::start(server.address, CONNECTIONS as usize, &Behavior::default(), false)?;
    thread::sleep(SETTLED);
    let each = server.heap()?.saturating_sub(before) / u64::from(CONNECTIONS);
    let case = format!("{CONNECTIONS} silent connections");
    report.check(&case, format_args!("{HEAP} bytes of heap each"), each, each <= HEAP);

    let seconds = if report.quick { 4 } else { 10 };
    let start = server.processor_time()?;
    thread::sleep(Duration::from_secs(seconds));
    let spent = server.processor_time()?.saturating_sub(start);
    let bound = PROCESSOR * u32::try_from(seconds)?;
    report.check(
        format_args!("{case} for {seconds} s"),
        format_args!("less than {} of a processor", ms(bound)),
        ms(spent),
        spent < bound && crowd.closed() == 0,
    );
    Ok(crowd.stop()?)
}
