//! Thousands of clients with the same behaviour. One thread runs all of them.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    buffer::spare_capacity,
    event::{
        Timespec,
        epoll::{self, CreateFlags, EventData, EventFlags},
    },
    fd::OwnedFd,
    net::{
        AddressFamily, SocketAddrV4, SocketFlags, SocketType, bind, connect, socket_with,
        sockopt::{set_socket_recv_buffer_size, set_socket_send_buffer_size},
    },
};

/// The behaviour of each client of a crowd.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behavior {
    pub(crate) name: &'static str,
    /// The first bytes, sent at once, as far as the server reads.
    pub(crate) opening: Vec<u8>,
    pub(crate) then: Then,
    /// Bytes that the system buffers for it. `None` means its default.
    pub(crate) receive_buffer: Option<usize>,
    pub(crate) send_buffer: Option<usize>,
}

/// The actions after the opening.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Then {
    #[default]
    Silence,
    /// Sends an octet, again and again.
    Drip { octet: u8, every: Duration },
    /// Reads a few bytes, again and again.
    Read { bytes: usize, every: Duration },
    /// Sends the opening from octet `from` on, again and again, as fast as the server reads, and
    /// reads all answers.
    Repeat { from: usize },
    /// Closes, with a reset if input is unread, even within the opening, and reconnects.
    Leave { every: Duration },
}

/// A crowd that runs until it is stopped or dropped.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Connections that were made, and those of them that the server closed.
    made: AtomicUsize,
    closed: AtomicUsize,
}

/// The longest time for all clients of a crowd to connect, accepted or not.
const CONNECTING: Duration = Duration::from_secs(10);

impl Crowd {
    /// Starts `count` clients, and waits until all have connected. If they return, each connects
    /// again as soon as the server closes its connection.
    ///
    /// # Errors
    ///
    /// Some couldn't connect.
    pub(crate) fn start(
        server: SocketAddr,
        count: usize,
        behavior: &Behavior,
        returns: bool,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut members = Members {
            server,
            behavior: behavior.clone(),
            returns,
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            members: (0..count).map(|_| Member::default()).collect(),
            shared: Arc::clone(&shared),
        };
        let thread = thread::spawn(move || members.run());
        let crowd = Self { shared, thread: Some(thread) };
        let start = Instant::now();
        while crowd.made() < count {
            if start.elapsed() > CONNECTING {
                return Err(io::Error::other("the clients of a crowd can't connect"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(crowd)
    }

    /// Counts the connections that were made.
    fn made(&self) -> usize {
        self.shared.made.load(Relaxed)
    }

    /// Counts the connections that the server has closed.
    pub(crate) fn closed(&self) -> usize {
        self.shared.closed.load(Relaxed)
    }

    /// Closes all connections.
    pub(crate) fn stop(mut self) -> io::Result<()> {
        self.shared.stop.store(true, Relaxed);
        let thread = self.thread.take().map(thread::JoinHandle::join);
        thread.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(io::Error::other("a crowd panicked")))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
    }
}

struct Members {
    server: SocketAddr,
    behavior: Behavior,
    returns: bool,
    epoll: OwnedFd,
    members: Vec<Member>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Member {
    stream: Option<TcpStream>,
    is_connected: bool,
    /// Bytes of the opening.
    written: usize,
    /// Whether it was closed, and doesn't return.
    is_gone: bool,
}

/// The longest wait for events, after which a crowd checks whether it has to stop.
const PAUSE: Duration = Duration::from_millis(20);

const CLOSED: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);

impl Members {
    fn run(&mut self) -> io::Result<()> {
        let every = match self.behavior.then {
            Then::Drip { every, .. } | Then::Read { every, .. } | Then::Leave { every } => {
                Some(every)
            }
            Then::Silence | Then::Repeat { .. } => None,
        };
        let mut next = Instant::now();
        let mut events = Vec::with_capacity(1024);
        let timeout = Timespec::try_from(PAUSE).map_err(io::Error::other)?;
        while !self.shared.stop.load(Relaxed) {
            for index in 0..self.members.len() {
                let member = &self.members[index];
                if member.stream.is_none() && !member.is_gone {
                    // If the system has no resources left, it tries again later.
                    let _ = self.open(index);
                }
            }
            match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
                Err(rustix::io::Errno::INTR) => {}
                other => drop(other?),
            }
            for event in events.drain(..) {
                let (data, flags) = (event.data, event.flags);
                let index = usize::try_from(data.u64()).map_err(io::Error::other)?;
                self.act(index, flags)?;
            }
            if let Some(every) = every
                && next <= Instant::now()
            {
                next = Instant::now() + every;
                self.members.iter_mut().for_each(|member| member.tick(self.behavior.then));
            }
        }
        Ok(())
    }

    fn open(&mut self, index: usize) -> io::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        if let Some(bytes) = self.behavior.receive_buffer {
            set_socket_recv_buffer_size(&socket, bytes)?;
        }
        if let Some(bytes) = self.behavior.send_buffer {
            set_socket_send_buffer_size(&socket, bytes)?;
        }
        // Each client has an address of its own, and so all ports.
        let [.., high, low] = index.to_be_bytes();
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::new(127, 1, high, low), 0))?;
        match connect(&socket, &self.server) {
            Err(error) if error != rustix::io::Errno::INPROGRESS => return Err(error.into()),
            _ => {}
        }
        let flags = EventFlags::OUT | EventFlags::RDHUP;
        epoll::add(&self.epoll, &socket, EventData::new_u64(index as u64), flags)?;
        self.members[index] = Member { stream: Some(socket.into()), ..Member::default() };
        Ok(())
    }

    fn act(&mut self, index: usize, flags: EventFlags) -> io::Result<()> {
        let member = &mut self.members[index];
        let Some(stream) = &mut member.stream else { return Ok(()) };
        if flags.intersects(CLOSED) {
            if member.is_connected {
                self.shared.closed.fetch_add(1, Relaxed);
            }
            member.is_gone = !self.returns && member.is_connected;
            // The descriptor leaves the set when it is closed.
            member.stream = None;
            return Ok(());
        }
        if flags.contains(EventFlags::IN) {
            let _ = stream.read(&mut [0; 64 * 1024]);
        }
        if flags.contains(EventFlags::OUT) {
            if !member.is_connected {
                member.is_connected = true;
                self.shared.made.fetch_add(1, Relaxed);
                let _ = stream.set_nodelay(true);
            }
            let rest = &self.behavior.opening[member.written..];
            if !rest.is_empty()
                && let Ok(bytes) = stream.write(rest)
            {
                member.written += bytes;
            }
            if member.written == self.behavior.opening.len() {
                let flags = if let Then::Repeat { from } = self.behavior.then {
                    member.written = from;
                    EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP
                } else {
                    EventFlags::RDHUP
                };
                epoll::modify(&self.epoll, stream, EventData::new_u64(index as u64), flags)?;
            }
        }
        Ok(())
    }
}

impl Member {
    /// Sends, reads or leaves, once. If the server has closed, an event shows it.
    fn tick(&mut self, then: Then) {
        let (Some(stream), true) = (&mut self.stream, self.is_connected) else { return };
        match then {
            Then::Drip { octet, .. } => drop(stream.write(&[octet])),
            Then::Read { bytes, .. } => drop(stream.read(&mut [0; 64][..bytes])),
            // The descriptor leaves the set when it is closed.
            Then::Leave { .. } => self.stream = None,
            Then::Silence | Then::Repeat { .. } => {}
        }
    }
}
