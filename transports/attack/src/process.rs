//! The server as a process, and its use of resources.

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use crate::net::PATIENCE;

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
    output: BufReader<ChildStdout>,
}

/// The resources that it uses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Bytes that it has allocated and not freed, and the number of their blocks.
    pub(crate) heap: u64,
    pub(crate) blocks: u64,
    /// Resident memory, in KiB.
    pub(crate) resident: u64,
    /// The same, after the allocator has returned its free memory.
    pub(crate) trimmed: u64,
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
}

/// The result of some work, and the highest use of resources meanwhile.
pub(crate) struct Watched<T> {
    pub(crate) result: T,
    pub(crate) most: Usage,
}

impl Server {
    /// Starts the victim, from the folder of this binary.
    pub(crate) fn start(transport: &str, connections: usize) -> Result<Self, Box<dyn Error>> {
        Self::start_with(&[transport, &connections.to_string()], Stdio::inherit())
    }

    /// Starts it with these arguments, and `stderr` as its standard error.
    pub(crate) fn start_with(arguments: &[&str], stderr: Stdio) -> Result<Self, Box<dyn Error>> {
        let path = std::env::current_exe()?.with_file_name("victim");
        let mut child = Command::new(&path)
            // With several arenas, malloc_trim doesn't return the free memory at their ends.
            .env("MALLOC_ARENA_MAX", "1")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(|error| {
                format!("cannot run {}: {error}; first: cargo build --release", path.display())
            })?;
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        // From here on, dropping it stops it.
        let mut server = Self { address: ([127, 0, 0, 1], 0).into(), child, output };
        // On a Unix socket, it has no address.
        let line = server.line()?;
        if !line.starts_with('/') {
            server.address = line.parse()?;
        }
        Ok(server)
    }

    /// Returns its use of resources after the start.
    pub(crate) fn at_start(&self) -> Result<Usage, Box<dyn Error>> {
        self.get("/")?;
        // By then, all of its threads have started, and spare ones have ended.
        thread::sleep(Duration::from_secs(3));
        self.usage()
    }

    /// Waits until it has no more descriptors and threads than before, or for some time, and returns its
    /// use of resources.
    pub(crate) fn settled(&self, before: Usage) -> Result<Usage, Box<dyn Error>> {
        let deadline = Instant::now() + PATIENCE;
        while (self.descriptors()?, self.threads()?) != (before.descriptors, before.threads)
            && Instant::now() < deadline
        {
            thread::sleep(Duration::from_millis(50));
        }
        self.usage()
    }

    /// Does some work, and returns the highest use of resources meanwhile, except of the heap, which only an
    /// idle server can report.
    pub(crate) fn watch<T>(&self, work: impl FnOnce() -> T) -> Result<Watched<T>, Box<dyn Error>> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let mut most = Usage::default();
                while !over.load(Relaxed) {
                    most.resident = most.resident.max(self.resident()?);
                    most.descriptors = most.descriptors.max(self.descriptors()?);
                    most.threads = most.threads.max(self.threads()?);
                    thread::sleep(Duration::from_millis(20));
                }
                Ok(most)
            });
            let result = work();
            over.store(true, Relaxed);
            let most: io::Result<_> = watching.join().expect("it doesn't panic");
            Ok(Watched { result, most: most? })
        })
    }

    fn usage(&self) -> Result<Usage, Box<dyn Error>> {
        let (descriptors, threads) = (self.descriptors()?, self.threads()?);
        let resident = self.resident()?;
        self.get("/trim")?;
        let trimmed = self.resident()?;
        let numbers = self.get("/heap")?;
        let (bytes, blocks) = numbers.split_once(' ').ok_or("/heap has two numbers")?;
        let (heap, blocks) = (bytes.parse()?, blocks.parse()?);
        Ok(Usage { heap, blocks, resident, trimmed, descriptors, threads })
    }

    /// Stops it like a service manager, and returns its last line.
    pub(crate) fn stop(mut self) -> Result<String, Box<dyn Error>> {
        drop(self.child.stdin.take());
        let summary = self.line()?;
        let status = self.child.wait()?;
        if status.success() { Ok(summary) } else { Err(format!("it ended with {status}").into()) }
    }

    /// Returns the next line of its output.
    pub(crate) fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// Returns the answer to a GET.
    fn get(&self, path: &str) -> Result<String, Box<dyn Error>> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or(path)?;
        Ok(body.to_owned())
    }

    fn resident(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| io::Error::other("the server has ended by itself"))
    }

    fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    fn threads(&self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/task", self.child.id()))?.count())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
