//! A session that ends while its request is handled.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use h1events_net::{Acceptor, Session, bind};
use h1events_server::{Response, Step};

/// Another thread waited for the body, and the connection has ended for a newcomer.
#[test]
fn answer_of_a_session_that_its_last_look_ends_is_dropped() {
    let mut acceptor = Acceptor::new(bind("127.0.0.1:0").unwrap()).unwrap();
    acceptor.endpoint_config.patience = Duration::ZERO;
    acceptor.endpoint_config.admission_timeout = Duration::ZERO;
    let address = acceptor.listeners()[0].local_addr().unwrap();
    let endpoint = acceptor.add_endpoint(1, None);
    let shutdown = acceptor.shutdown_handle();
    let (sender, admitted) = channel();
    let serving = thread::spawn(move || {
        acceptor.run(|admitted| {
            sender.send(admitted).unwrap();
            Ok(())
        })
    });
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n").unwrap();
    let admitted = admitted.recv().unwrap();
    let mut stream = admitted.accepted;
    let mut session = Session::new(admitted.guard).with_streamed_bodies();
    let now = Instant::now();
    while session.step(now) != Step::Handle {
        session.read(&mut [0; 1024], now, |space| stream.read(space)).unwrap();
    }
    session.connection_mut().want_body();
    assert!(matches!(session.step(now), Step::Read { .. }));
    assert!(session.wait(None, now));
    endpoint.with(|endpoint| endpoint.make_room(now + Duration::from_secs(1)));

    let answered = session
        .answer(Ok(Response::new(200)), now, |session| session.read(&mut [], now, |_| Ok(0)));
    answered.unwrap();
    assert_eq!(session.step(now), Step::Close);
    client.shutdown(Shutdown::Both).unwrap();
    drop((stream, session));
    shutdown.shutdown(Duration::ZERO);
    serving.join().unwrap();
}
