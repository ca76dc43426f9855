//! Silent connections.

use std::{
    error::Error,
    io::Write,
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{REQUEST, Server, read_answer},
    table::median,
};

/// Measures the memory of a silent connection: new, and after an answer.
pub(crate) fn memory(names: &[&'static str], count: usize) -> Result<(), Box<dyn Error>> {
    println!("\nbytes of memory for each of {count} silent connections");
    println!("{:<12}{:>12}{:>24}", "", "new ones", "after one request each");
    for name in names {
        let server = Server::start(name)?;
        server.check()?;
        let before = server.memory()?;
        let mut silent = open(server.address, count)?;
        let fresh = settled(&server)?;
        for stream in &mut silent {
            stream.write_all(REQUEST)?;
            read_answer(stream)?;
        }
        let used = settled(&server)?;
        let each = |memory: u64| memory.saturating_sub(before) * 1024 / count as u64;
        println!("{name:<12}{:>12}{:>24}", each(fresh), each(used));
    }
    Ok(())
}

/// Measures the time of one request on a new connection beside silent ones.
pub(crate) fn beside(names: &[&'static str], count: usize) -> Result<(), Box<dyn Error>> {
    println!("\nmicroseconds from connecting to the answer, of 200 times");
    println!("{:<12}{:>16}{:>40}", "", "alone", format!("beside {count} silent connections"));
    println!("{:<12}{:>8}{:>8}{:>32}{:>8}", "", "median", "worst", "median", "worst");
    for name in names {
        let server = Server::start(name)?;
        let alone = times(server.address)?;
        let silent = open(server.address, count)?;
        settled(&server)?;
        let beside = times(server.address)?;
        drop(silent);
        println!("{name:<12}{:>8.0}{:>8.0}{:>32.0}{:>8.0}", alone.0, alone.1, beside.0, beside.1);
    }
    Ok(())
}

fn open(address: SocketAddr, count: usize) -> Result<Vec<TcpStream>, Box<dyn Error>> {
    let streams = (0..count).map(|_| TcpStream::connect(address)).collect::<Result<_, _>>();
    streams.map_err(|error| format!("{count} connections: {error}; see ulimit -n").into())
}

/// Waits until the memory no longer grows, and returns it.
fn settled(server: &Server) -> Result<u64, Box<dyn Error>> {
    let mut memory = server.memory()?;
    loop {
        thread::sleep(Duration::from_millis(500));
        let now = server.memory()?;
        if now <= memory {
            return Ok(now);
        }
        memory = now;
    }
}

/// Returns the median time and the longest.
fn times(address: SocketAddr) -> Result<(f64, f64), Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(REQUEST)?;
        read_answer(&mut stream)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok((median(times.iter().copied()), times.iter().copied().fold(0.0, f64::max)))
}
