//! The servers as processes, and their use of resources.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
}

/// The request of all measurements without wrk.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

impl Server {
    /// Starts the binary `hello-<name>` beside this one.
    pub(crate) fn start(name: &'static str) -> Result<Self, Box<dyn Error>> {
        Self::start_kind("hello", name)
    }

    /// Starts the binary `<kind>-<name>` beside this one.
    pub(crate) fn start_kind(kind: &str, name: &'static str) -> Result<Self, Box<dyn Error>> {
        let path = std::env::current_exe()?.with_file_name(format!("{kind}-{name}"));
        let mut child = Command::new(&path).stdout(Stdio::piped()).spawn().map_err(|error| {
            format!("cannot run {}: {error}; first: cargo build --release", path.display())
        })?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line)?;
        let address = line.trim().parse();
        // From here on, dropping it stops it.
        let mut server = Self { name, address: ([127, 0, 0, 1], 0).into(), child };
        server.address = address.map_err(|_| format!("{name} doesn't say where it listens"))?;
        Ok(server)
    }

    /// Checks that it answers like the others.
    pub(crate) fn check(&self) -> Result<(), Box<dyn Error>> {
        let mut stream = TcpStream::connect(self.address)?;
        for _ in 0..2 {
            stream.write_all(REQUEST)?;
            let answer = read_answer(&mut stream)?;
            let lower = answer.to_ascii_lowercase();
            let expected = ["http/1.1 200 ok\r\n", "content-type: text/plain", "\r\ndate: "];
            if !expected.iter().all(|part| lower.contains(part)) {
                return Err(format!("{} answers {answer:?}", self.name).into());
            }
        }
        Ok(())
    }

    /// Returns the memory in use, in KiB.
    pub(crate) fn memory(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(number.ok_or("no VmRSS in /proc")?.parse()?)
    }

    /// Returns the time that all cores have spent on it, in ticks of 10 ms.
    pub(crate) fn ticks(&self) -> Result<u64, Box<dyn Error>> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc")?;
        // utime and stime: the twelfth and thirteenth field after the name.
        fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .try_fold(0, |sum, ticks| Ok(sum + ticks.parse::<u64>()?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the answer up to the end of its body, which is the same for all servers.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Result<String, Box<dyn Error>> {
    let mut answer = Vec::new();
    let mut block = [0; 4096];
    while !answer.ends_with(b"\r\n\r\nHello, World") {
        match stream.read(&mut block)? {
            0 => return Err("the connection was closed before the answer".into()),
            n => answer.extend_from_slice(&block[..n]),
        }
    }
    Ok(String::from_utf8(answer)?)
}
