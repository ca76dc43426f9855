//! A shortage of descriptors, and its end. Each test has a process of its own, for its limit.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::thread;
use std::{env, fs};

use crate::support::{
    Client, EndpointConfig, GET, Response, Running, SOON, bind, millis, start, start_with, timed,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const IN_CHILD: &str = "H1EVENTS_TEST_CHILD";

#[test]
fn longest_silent_connection_makes_room() {
    in_a_process_of_its_own("longest_silent_connection_makes_room", || {
        let server = start(bind());
        warm_up(&server);
        limit_descriptors(open_descriptors() + 21);
        // Each connection takes two descriptors of this process.
        let silent: Vec<_> = (0..10).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        thread::sleep(millis(100));
        // The last one is for this client; none is left for the server.
        let mut client = server.connect();
        let (answer, time) = timed(|| client.ask(GET));
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
        drop((client, silent));
        let summary = server.stop();
        assert_eq!((summary.connections, summary.cut_off), (12, 0));
    });
}

#[test]
fn shortage_that_lasts_is_waited_for_without_spinning() {
    in_a_process_of_its_own("shortage_that_lasts_is_waited_for_without_spinning", || {
        // No connection ends for another one while its patience lasts.
        let mut config = EndpointConfig::new();
        config.patience = 12 * SOON;
        config.admission_timeout = 12 * SOON;
        let server = start(bind().endpoint_config(config));
        let stream = TcpStream::connect(server.address).unwrap();
        let mut busy = Client::new(stream);
        busy.send(b"GET /");
        thread::sleep(millis(50));
        let stat = File::open("/proc/self/stat").unwrap();
        let open = open_descriptors();
        limit_descriptors(open + 8);
        let mut files: Vec<_> = (0..7).map(|_| File::open("/dev/null").unwrap()).collect();
        let mut client = server.connect();
        client.send(GET);
        let before = processor_time(&stat);
        thread::sleep(millis(500));
        let used = processor_time(&stat) - before;
        // A tick is 10 ms, so the acceptor hasn't been spinning.
        assert!(used < 15, "{used} ticks");
        files.pop();
        let (answer, time) = timed(|| client.answer());
        assert_eq!(answer.0, 200);
        assert!(time < SOON, "{time:?}");
        busy.send(b" HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(busy.answer().0, 200);
        drop((busy, client));
        server.stop();
    });
}

/// The other descriptors are for the application.
#[test]
fn cap_is_lowered_to_what_the_limit_allows() {
    if env::var_os(IN_CHILD).is_some() {
        limit_descriptors(128);
        let server = start_with(bind().max_connections(1_000), |_| {
            Response::text(File::open("/dev/null").is_ok().to_string())
        });
        println!("\nlistens on {}", server.address);
        // Wait until the clients have gone.
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        server.stop();
        return;
    }
    let mut test = this_test("cap_is_lowered_to_what_the_limit_allows")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(test.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("listens on ")?.parse().ok());
    let address: SocketAddr = address.expect("it serves");
    let mut clients: Vec<_> =
        (0..200).map(|_| Client::new(TcpStream::connect(address).unwrap())).collect();
    for client in &mut clients[150..] {
        assert_eq!(client.ask(GET), (200, "true".to_owned()));
    }
    assert!(clients[0].is_closed_within(SOON));
    drop((clients, test.stdin.take()));
    assert!(test.wait().unwrap().success());
}

/// Lets all threads allocate what they need.
fn warm_up(server: &Running) {
    assert_eq!(server.connect().ask(GET).0, 200);
    thread::sleep(millis(100));
}

fn in_a_process_of_its_own(name: &str, test: impl FnOnce()) {
    if env::var_os(IN_CHILD).is_some() {
        return test();
    }
    let test = this_test(name).output().unwrap();
    let ran = String::from_utf8_lossy(&test.stdout).contains("1 passed");
    assert!(test.status.success() && ran, "{}", String::from_utf8_lossy(&test.stderr));
}

/// Runs the test with this name in another process, which a variable tells its role.
fn this_test(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("descriptors::{name}"), "--nocapture"]).env(IN_CHILD, "1");
    command
}

fn limit_descriptors(number: usize) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(number as u64), ..limit }).unwrap();
}

/// Counts one more than the highest descriptor, as the limit does.
fn open_descriptors() -> usize {
    let numbers = fs::read_dir("/dev/fd").unwrap().map(|entry| entry.unwrap().file_name());
    // The directory itself is one of them, and closed by now.
    numbers.count() - 1
}

/// Returns the processor time of this process, in ticks.
fn processor_time(stat: &File) -> u64 {
    let mut text = [0; 1024];
    let len = stat.read_at(&mut text, 0).unwrap();
    let text = String::from_utf8_lossy(&text[..len]).into_owned();
    let fields: Vec<_> = text.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11..=12].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}
