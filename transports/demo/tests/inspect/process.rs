//! Files, options, pipes and memory.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    thread,
};

use super::{check, check_trouble, h1events, run};

#[test]
fn file_is_read() {
    let file = path("request.http");
    fs::write(&file, "GET  ").unwrap();
    let run = run(h1events(&["inspect", file.to_str().unwrap()]), b"");
    let place =
        format!("  = at: {}:1:5, byte 4 of the input, byte 4 of request 1\n", file.display());
    assert!(run.stdout.ends_with(&place), "{}", run.stdout);
    assert_eq!(run.status, Some(1));
}

#[test]
fn trouble_takes_one_line_and_has_its_own_exit_status() {
    let missing = path("missing\nfile");
    for (arguments, reason) in [
        (&["inspect", missing.to_str().unwrap()][..], "h1events: cannot read "),
        (&["inspect", env!("CARGO_TARGET_TMPDIR")], "h1events: cannot read "),
        (&["inspect", "--json", "/"], "h1events: cannot read "),
        (&["inspect", "--wrong"], "h1events: unexpected argument '--wrong' found; see"),
        (
            &["inspect", "--jsno"],
            "h1events: unexpected argument '--jsno' found (did you mean '--json'?); see",
        ),
        (&["inspect", "--chunk", "0"], "h1events: invalid value '0' for '--chunk <N>'"),
        (&["inspect", "--chunk", "+"], "h1events: invalid value '+' for '--chunk <N>'"),
        (&["inspect", "--chunk"], "h1events: a value is required for '--chunk <N>'"),
        (&["inspect", "a", "b"], "h1events: unexpected argument 'b' found; see"),
        (&["sing"], "h1events: unrecognized subcommand 'sing'; see"),
        (&[], "h1events: 'h1events' requires a subcommand"),
    ] {
        check_trouble(&run(h1events(arguments), b""), reason);
    }
}

#[test]
fn help_is_no_trouble() {
    for arguments in [&["--help"][..], &["inspect", "--help"], &["help", "inspect"], &["--version"]]
    {
        let run = run(h1events(arguments), b"");
        assert!(run.stdout.contains("h1events"), "{arguments:?}");
        assert_eq!((run.stderr.as_str(), run.status), ("", Some(0)));
    }
}

#[test]
fn events_are_shown_as_soon_as_they_are_known() {
    let mut child = h1events(&["inspect", "--json"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with(r#"{"event":"request_line""#), "{line}");

    drop(stdin);
    line.clear();
    stdout.read_to_string(&mut line).unwrap();
    assert_eq!(line, "{\"event\":\"incomplete\"}\n");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn endless_input_after_the_last_request_is_no_matter() {
    let request = b"GET / HTTP/1.0\r\n\r\nabc";
    for (options, at_least, is_open) in [
        (&["inspect", "--json"][..], None, false),
        (&["inspect", "--json"], None, true),
        (&["inspect"], Some(100_000), false),
        (&["inspect"], Some(3), true),
    ] {
        let mut child = h1events(options).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(request).unwrap();
        let writer = thread::spawn(move || {
            // It ends when its reader has closed, or continues without output.
            while !is_open && stdin.write_all(&[b'x'; 4096]).is_ok() {}
            stdin
        });
        let output = child.wait_with_output().unwrap();
        drop(writer.join().unwrap());
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{stdout}");
        let Some(at_least) = at_least else {
            assert!(stdout.ends_with("{\"event\":\"end\"}\n"), "{stdout}");
            continue;
        };
        let last = stdout.lines().last().unwrap();
        let (number, rest) = last.strip_prefix("at least ").unwrap().split_once(' ').unwrap();
        assert_eq!(
            rest,
            "bytes after the last request were left unread, since no request can follow it"
        );
        assert!(number.parse::<u64>().unwrap() >= at_least, "{last}");
    }
}

#[test]
fn closed_output_is_no_trouble() {
    for options in [&["inspect", "--json"][..], &["inspect"]] {
        let mut command = h1events(options);
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer);
        drop(reader);
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(10_000);
        check(&run(command, &request), "", 0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_trouble() {
    for options in [&["inspect", "--json"][..], &["inspect"], &["--help"]] {
        let mut command = h1events(options);
        command.stdout(fs::File::create("/dev/full").unwrap());
        let run = run(command, b"GET / HTTP/1.1\r\n");
        assert!(run.stderr.starts_with("h1events: cannot write "), "{}", run.stderr);
        assert_eq!((run.stderr.matches('\n').count(), run.status), (1, Some(3)));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    const MIB: usize = 1024 * 1024;
    let mut command = h1events(&["inspect"]);
    command.stdout(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    write!(stdin, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", 64 * MIB).unwrap();
    let block = vec![b'x'; MIB];
    for _ in 0..64 {
        stdin.write_all(&block).unwrap();
    }

    // It waits for more after the bytes in the pipe.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: usize = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(kib < 16 * 1024, "{kib} KiB");

    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn shells_and_man_get_what_they_take() {
    for shell in ["bash", "zsh", "fish"] {
        let run = run(h1events(&["completions", shell]), b"");
        assert!(run.stdout.contains("--transport") || run.stdout.contains("transport"), "{shell}");
        assert_eq!((run.stderr.as_str(), run.status), ("", Some(0)));
    }
    for (arguments, section) in [
        (&["man"][..], ".SH SUBCOMMANDS"),
        (&["man", "serve"], ".SH OPTIONS"),
        (&["man", "inspect"], ".SH EXTRA"),
    ] {
        let run = run(h1events(arguments), b"");
        assert!(run.stdout.contains(section), "{}", run.stdout);
        assert_eq!(run.status, Some(0));
    }
    check_trouble(&run(h1events(&["man", "sing"]), b""), "h1events: there is no command sing; see");
}
