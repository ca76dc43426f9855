//! The server that is attacked: `victim thread|smol CONNECTIONS`. It says where it listens, and
//! ends when its standard input does.

use std::{
    alloc::System,
    error::Error,
    ffi::c_int,
    fmt,
    io::{self, Read},
    panic, thread,
    time::Duration,
};

use h1events_smol as on_smol;
use h1events_thread::{self as on_thread, Config, Request, Response};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// The allocator of the system, which is counted.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[expect(unsafe_code, reason = "a declaration of the C library's function, which can't go wrong")]
unsafe extern "C" {
    /// Gives the free memory that the allocator keeps back to the system.
    safe fn malloc_trim(pad: usize) -> c_int;
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [transport, connections] = &*arguments else {
        return Err("victim thread|smol CONNECTIONS".into());
    };
    let connections = connections.parse()?;
    // Thousands of them are asked for.
    panic::set_hook(Box::new(|_| {}));
    let address = "127.0.0.1:0";
    match &**transport {
        "thread" => {
            let server =
                on_thread::Server::bind(address)?.config(config()).max_connections(connections);
            println!("{}", server.local_addr()?);
            let shutdown = server.shutdown();
            at_end_of_input(move || shutdown.begin(GRACE));
            say(&server.serve(application)?);
        }
        "smol" => {
            let server =
                on_smol::Server::bind(address)?.config(config()).max_connections(connections);
            println!("{}", server.local_addr()?);
            let shutdown = server.shutdown();
            at_end_of_input(move || shutdown.begin(GRACE));
            say(&server.serve(application)?);
        }
        _ => return Err("thread or smol".into()),
    }
    Ok(())
}

/// How long requests in flight get at the end.
const GRACE: Duration = Duration::from_secs(4);

/// Deadlines so short that they pass many times in an attack of a few seconds.
fn config() -> Config {
    let mut config = Config::new();
    config.keep_alive_timeout = Duration::from_secs(4);
    config.header_read_timeout = Duration::from_secs(1);
    config.body_data_rate.grace_period = Duration::from_secs(1);
    config.write_data_rate.grace_period = Duration::from_secs(1);
    config
}

fn application(request: &Request<'_>) -> Response {
    match request.path() {
        // Owned, so that each answer takes memory.
        b"/large" => Response::new(200).with_body(vec![b'x'; LARGE]),
        b"/panic" => panic!("as asked for"),
        b"/heap" => {
            let heap = ALLOCATOR.stats();
            let bytes = heap.bytes_allocated - heap.bytes_deallocated;
            let blocks = heap.allocations - heap.deallocations;
            Response::text(format!("{bytes} {blocks}"))
        }
        b"/trim" => {
            malloc_trim(0);
            Response::new(200)
        }
        _ => Response::new(200).with_body(request.body().to_vec()),
    }
}

/// More than the system takes at once for a client that doesn't read.
const LARGE: usize = 4 * 1024 * 1024;

fn at_end_of_input(then: impl FnOnce() + Send + 'static) {
    thread::spawn(|| {
        // Whatever ends it, nobody is left who wants the server.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        then();
    });
}

fn say(summary: &impl fmt::Display) {
    println!("{summary}");
}
