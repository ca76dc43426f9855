//! Bad requests, and a log without a reader.

use std::{
    error::Error,
    io::{self, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    client::newcomers,
    crowd::{Behavior, Crowd},
    report::Report,
};
use crate::process::Server;

/// Requests, each worth a line in the log.
const BAD_REQUESTS: usize = 5_000;

/// Clients that send bad requests: more than the connections that the victim allows.
const CLIENTS: usize = 150;
const CAP: &str = "100";

/// The longest wait of a newcomer.
const BOUND: Duration = Duration::from_secs(1);

/// The longest time for all bad requests.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let arguments = [report.transport, CAP, "--default-deadlines", "--log"];
    let server = Server::start_with(&arguments, Stdio::piped())?;
    complain(report, "the victim", server.address)?;
    match Demo::start(report.transport)? {
        Some(demo) => complain(report, "h1events serve -v", demo.address),
        None => {
            report.skip("h1events isn't built: cargo build --release in the root");
            Ok(())
        }
    }
}

fn complain(report: &mut Report, name: &str, server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let behavior = Behavior { opening: b"bad\r\n\r\n".to_vec(), ..Behavior::default() };
    let crowd = Crowd::start(server, CLIENTS, &behavior, true)?;
    let start = Instant::now();
    while crowd.closed() < BAD_REQUESTS && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(5));
    }
    let refused = crowd.closed();
    report.check(
        name,
        format_args!("{BAD_REQUESTS} bad requests refused within {PATIENCE:?}"),
        refused,
        refused >= BAD_REQUESTS,
    );
    newcomers(report, format_args!("{name}, beside bad requests"), server, 3, BOUND);
    Ok(crowd.stop()?)
}

/// The command of the root workspace, with a log without a reader.
struct Demo {
    address: SocketAddr,
    child: Child,
}

impl Demo {
    /// Starts it, if it has been built.
    fn start(transport: &str) -> Result<Option<Self>, Box<dyn Error>> {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let path = root.join("target/release/h1events");
        if !path.exists() {
            return Ok(None);
        }
        let child = Command::new(path)
            .args(["serve", "-v", "--transport", transport, "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        // From here on, dropping it stops it.
        let mut demo = Self { address: ([127, 0, 0, 1], 0).into(), child };
        let line = demo.line()?;
        let (_, rest) = line.split_once("http://").ok_or("it says where it listens")?;
        demo.address = rest.split_whitespace().next().unwrap_or(rest).parse()?;
        Ok(Some(demo))
    }

    /// Returns the first line of its log, without a buffer, which would read more.
    fn line(&mut self) -> io::Result<String> {
        let stderr = self.child.stderr.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let (mut line, mut octet) = (Vec::new(), [0]);
        while octet != *b"\n" {
            stderr.read_exact(&mut octet)?;
            line.extend(octet);
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
