//! The attacked server. It prints its address, and ends at a SIGTERM or at the end of its standard
//! input. For each line of standard input, it prints the bytes of its heap that are in use.

#[path = "../../pattern.rs"]
mod pattern;
mod streams;

use std::{
    alloc::System,
    error::Error,
    ffi::c_int,
    fmt, hint,
    io::{self, BufRead, Write},
    os::unix::net::UnixListener,
    panic,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use h1events_smol as on_smol;
use h1events_thread::{self as on_thread, Config, Request, Response};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

const USAGE: &str = "victim thread|smol CONNECTIONS|default [--default-deadlines] [--idle MS] \
    [--log] [--unix PATH] [--streams]";

/// The allocator of the system, with counters.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[expect(unsafe_code, reason = "a declaration of the C library's function, which can't go wrong")]
unsafe extern "C" {
    /// Returns the allocator's free memory to the system.
    safe fn malloc_trim(pad: usize) -> c_int;
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    silence_panics_asked_for();
    if options.log {
        log::set_logger(&ToStderr).map_err(|error| error.to_string())?;
        log::set_max_level(log::LevelFilter::Warn);
    }
    let address = "127.0.0.1:0";
    match (&*options.transport, &options.unix) {
        ("thread", None) => {
            let server = on_thread::Server::bind(address)?;
            let address = server.local_addr()?;
            serve_on_thread(server, &address, &options)
        }
        ("thread", Some(path)) => {
            let server = on_thread::Server::new(UnixListener::bind(path)?)?;
            serve_on_thread(server, path, &options)
        }
        ("smol", None) => {
            let server = on_smol::Server::bind(address)?;
            let address = server.local_addr()?;
            serve_on_smol(server, &address, &options)
        }
        ("smol", Some(path)) => {
            let server = on_smol::Server::new(UnixListener::bind(path)?)?;
            serve_on_smol(server, path, &options)
        }
        _ => Err(USAGE.into()),
    }
}

fn serve_on_thread<L: on_thread::Listener<Accepted: on_thread::Stream>>(
    mut server: on_thread::Server<L>,
    address: &dyn fmt::Display,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    if let Some(connections) = options.connections {
        server = server.max_connections(connections);
    }
    let server = server.config(options.config());
    let shutdown = server.shutdown_handle();
    ends(move || shutdown.shutdown(GRACE))?;
    println!("{address}");
    let summary = match options.streams {
        true => server.serve_streaming(streams::on_thread)?,
        false => server.serve(application)?,
    };
    println!("{summary}");
    Ok(())
}

fn serve_on_smol<L: on_smol::Listener<Accepted: on_smol::IntoStream>>(
    mut server: on_smol::Server<L>,
    address: &dyn fmt::Display,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    if let Some(connections) = options.connections {
        server = server.max_connections(connections);
    }
    let server = server.config(options.config());
    let shutdown = server.shutdown_handle();
    ends(move || shutdown.shutdown(GRACE))?;
    println!("{address}");
    let summary = match options.streams {
        true => server.serve_streaming(streams::on_smol)?,
        false => server.serve(application)?,
    };
    println!("{summary}");
    Ok(())
}

/// Time for requests in flight at the end.
const GRACE: Duration = Duration::from_secs(4);

/// The options of the command line.
#[derive(Default)]
struct Options {
    transport: String,
    /// `None` means the server's default.
    connections: Option<usize>,
    default_deadlines: bool,
    idle: Option<Duration>,
    log: bool,
    /// Whether bodies stream.
    streams: bool,
    /// The path of the Unix socket, if the server uses one.
    unix: Option<String>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let transport = arguments.next().ok_or(USAGE)?;
        let connections = match arguments.next().ok_or(USAGE)?.as_str() {
            "default" => None,
            number => Some(number.parse()?),
        };
        let mut options = Self { transport, connections, ..Self::default() };
        while let Some(argument) = arguments.next() {
            match &*argument {
                "--default-deadlines" => options.default_deadlines = true,
                "--idle" => {
                    let millis = arguments.next().ok_or(USAGE)?.parse()?;
                    options.idle = Some(Duration::from_millis(millis));
                }
                "--log" => options.log = true,
                "--streams" => options.streams = true,
                "--unix" => options.unix = Some(arguments.next().ok_or(USAGE)?),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    /// Returns short deadlines, many of which pass in an attack of a few seconds, or the defaults.
    fn config(&self) -> Config {
        let mut config = Config::new();
        if !self.default_deadlines {
            config.keep_alive_timeout = self.idle.unwrap_or(Duration::from_secs(4));
            config.header_read_timeout = Duration::from_secs(1);
            config.body_data_rate.grace_period = Duration::from_secs(1);
            config.write_data_rate.grace_period = Duration::from_secs(1);
        }
        config
    }
}

fn application(request: &Request<'_>) -> Response {
    let path = request.path();
    if let Some(time) = millis(path.strip_prefix(b"/spin/")) {
        spin_until(Instant::now() + time);
        return Response::new(200);
    }
    if let Some(time) = millis(path.strip_prefix(b"/hold/")) {
        // All of these requests end at the same time.
        static END: OnceLock<Instant> = OnceLock::new();
        spin_until(*END.get_or_init(|| Instant::now() + time));
        return Response::new(200);
    }
    match path {
        // Owned content, so that each answer takes memory.
        b"/large" => Response::new(200).with_body(vec![b'x'; LARGE]),
        b"/panic" => panic!("{AS_ASKED_FOR}"),
        b"/heap" => {
            let heap = ALLOCATOR.stats();
            let blocks = heap.allocations - heap.deallocations;
            Response::text(format!("{} {blocks}", heap_bytes()))
        }
        b"/trim" => {
            malloc_trim(0);
            Response::new(200)
        }
        _ => Response::new(200).with_body(request.body().to_vec()),
    }
}

/// The message of a panic that a request asks for.
const AS_ASKED_FOR: &str = "as asked for";

/// Silences the thousands of panics that requests ask for. Other panics are faults.
fn silence_panics_asked_for() {
    let shows = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(AS_ASKED_FOR) {
            shows(panic);
        }
    }));
}

/// Bytes: more than the system buffers for a client that doesn't read.
const LARGE: usize = 4 * 1024 * 1024;

fn millis(number: Option<&[u8]>) -> Option<Duration> {
    let number = str::from_utf8(number?).ok()?;
    number.parse().ok().map(Duration::from_millis)
}

/// Keeps the processor busy, like a handler that computes.
fn spin_until(end: Instant) {
    while Instant::now() < end {
        hint::spin_loop();
    }
}

/// Returns the bytes that have been allocated and not freed.
fn heap_bytes() -> usize {
    let heap = ALLOCATOR.stats();
    heap.bytes_allocated - heap.bytes_deallocated
}

/// Ends the server at a SIGTERM, and at the end of its input.
fn ends(end: impl Fn() + Clone + Send + 'static) -> Result<(), Box<dyn Error>> {
    ctrlc::set_handler(end.clone())?;
    thread::spawn(move || {
        for _ in io::stdin().lock().lines().map_while(Result::ok) {
            println!("{}", heap_bytes());
        }
        // The end of the input, for any reason, means that the attack is over.
        end();
    });
    Ok(())
}

/// Writes the log to stderr, and waits for its reader, as most programs do.
struct ToStderr;

impl log::Log for ToStderr {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        // The reader may be gone.
        let _ = writeln!(io::stderr(), "{}: {}", record.level(), record.args());
    }

    fn flush(&self) {}
}
