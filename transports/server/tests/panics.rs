//! Where an invalid response panics. A program of its own, since the panic hook is that of the process.

use std::panic;
use std::sync::mpsc;

use h1events_server::Response;

#[test]
fn panic_names_the_line_of_the_application() {
    let (sender, files) = mpsc::channel();
    panic::set_hook(Box::new(move |panic| {
        sender.send(panic.location().unwrap().file().to_owned()).unwrap();
    }));
    let calls: [fn() -> Response; 6] = [
        || Response::new(200).with_header("Content-Length", "1"),
        || Response::new(100),
        || Response::new(200).with_status(600),
        || Response::new(200).with_reason("a\n"),
        || Response::redirect("\n"),
        || Response::upgrade("\n"),
    ];
    let are_panics = calls.map(|call| panic::catch_unwind(call).is_err());
    drop(panic::take_hook());
    assert_eq!(are_panics, [true; 6]);
    assert_eq!(files.iter().collect::<Vec<_>>(), [file!(); 6]);
}
