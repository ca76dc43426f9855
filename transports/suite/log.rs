//! The log, as an operator reads it.

use std::sync::Mutex;
use std::thread;

use crate::support::{SOON, bind, millis, say, start_with, wait_until};
use log::{LevelFilter, Log, Metadata, Record};

struct Lines(Mutex<Vec<String>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

#[test]
fn refusals_and_panics_are_told_once_without_payload() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Debug);
    let server = start_with(bind(), |request| {
        assert_ne!(request.path(), b"/panic", "a secret of the test");
        say(request)
    });
    for _ in 0..3 {
        server.exchange(b"GET /secret HTTP/1.1\r\nHost: a\r\nbad name: secret\r\n\r\n");
        server.exchange(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    let logged = || LINES.0.lock().unwrap().clone();
    wait_until("all are closed", || {
        logged().iter().filter(|line| line.ends_with(": closed")).count() == 6
    });
    // If the server cuts a client off, that is no complaint.
    let mut begun = server.connect();
    begun.send(b"GET / HT");
    thread::sleep(millis(100));
    assert_eq!(server.stop_within(millis(100)).cut_off, 1);
    assert!(begun.is_closed_within(SOON));

    let lines = logged();
    let warnings: Vec<_> = lines.iter().filter(|line| line.starts_with("WARN ")).collect();
    let errors: Vec<_> = lines.iter().filter(|line| line.starts_with("ERROR ")).collect();
    assert_eq!((warnings.len(), errors.len()), (1, 1), "{lines:?}");
    let (start, end) = warnings[0].split_once(": refused with 400: ").expect("what it is");
    assert!(start.starts_with("WARN 127.0.0.1:"), "{start}");
    assert!(end.ends_with(", at byte 34"), "{end}");
    assert!(errors[0].contains(": the handler panicked: "), "{}", errors[0]);
    // Within a minute, further complaints of the same kind are only at debug level.
    let quiet: Vec<_> = lines.iter().filter(|line| line.starts_with("DEBUG ")).collect();
    let count = |text| quiet.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count(": refused with 400: "), 2, "{lines:?}");
    assert_eq!(count(": the handler panicked: "), 2, "{lines:?}");
    let refusals = lines.iter().filter(|line| line.contains(": refused with "));
    assert!(refusals.into_iter().all(|line| !line.contains("secret")), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.ends_with(": opened")).count(), 7);
}
