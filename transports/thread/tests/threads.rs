//! A shortage of threads: a limit on address space leaves room for a few stacks. This is a test
//! binary of its own, since the limit belongs to the process.
#![cfg(target_os = "linux")]

mod support;

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{GET, SOON, bind, millis, start, timed};

const STACK: usize = 256 << 20;

#[test]
fn longest_idle_connection_makes_room_for_a_thread() {
    let server = start(bind().stack_size(STACK));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let size: u64 = size.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    let limit = Some((size << 10) + STACK as u64 * 5);
    setrlimit(Resource::As, Rlimit { current: limit, ..getrlimit(Resource::As) }).unwrap();

    let (mut opened, mut most) = (0, 0);
    let mut clients = Vec::new();
    for _ in 0..12 {
        let mut client = server.connect();
        let (answer, time) = timed(|| client.ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
        clients.push(client);
        // No connection is closed without need.
        clients.retain_mut(|client| !client.is_closed_within(millis(10)));
        opened += 1;
        most = most.max(clients.len());
        assert!(clients.len() + 1 >= most, "{} of {opened}, after {most}", clients.len());
    }
    assert!(most < opened);
    drop(clients);
    assert_eq!(server.stop().connections, 12);
}
