//! Byte-exact vectors, each run whole, byte by byte, and, unless it is long, cut in two at
//! every place. `vectors/README.md` describes them.

mod support;

use h1events::{BodyLength, Limits};
use serde_json::{Value, json};
use support::{After, Ending, Options, Owned, Run, run};

const VECTORS: &str = include_str!("vectors/vectors.jsonl");
/// Length in octets below which an input is cut at every place.
const CUT_EVERYWHERE_BELOW: usize = 600;

#[test]
fn vectors_give_their_events_and_errors_however_they_are_cut() {
    let mut failures = Vec::new();
    assert!(!VECTORS.is_empty());
    for line in VECTORS.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        if let Err(why) = check(&vector) {
            failures.push(format!("{} ({}): {why}", text(&vector["id"]), text(&vector["note"])));
        }
    }
    assert!(failures.is_empty(), "{} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

/// The test compares kind, offset and options, even if no vector has them.
#[test]
fn vector_with_a_wrong_kind_offset_or_option_fails() {
    let vector = |kind: &str, offset: u64, any_host: bool| {
        json!({
            "input": "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: \r\n\r\n",
            "verdict": "reject",
            "status": 400,
            "messages": 1,
            "kind": kind,
            "offset": offset,
            "config": { "allow_any_host": any_host },
        })
    };
    assert_eq!(check(&vector("empty_host", 58, false)), Ok(()));
    assert!(check(&vector("invalid_host", 58, false)).unwrap_err().starts_with("kind"));
    assert!(check(&vector("empty_host", 16, false)).unwrap_err().starts_with("offset"));
    assert!(check(&vector("empty_host", 58, true)).unwrap_err().starts_with("verdict"));
}

fn check(vector: &Value) -> Result<(), String> {
    let input = octets(&vector["input"]);
    let Some((limits, options)) = config(vector) else { return Ok(()) };
    let parser = options.parser(limits);
    let with_cuts = |cuts: Vec<usize>| run(&parser, limits, &input, cuts, After::Stop);

    let whole = with_cuts(vec![]);
    compare_with_vector(vector, &whole)?;
    same(&whole, &with_cuts((1..input.len()).collect()), "byte by byte")?;
    if input.len() < CUT_EVERYWHERE_BELOW {
        for cut in 1..input.len() {
            same(&whole, &with_cuts(vec![cut]), &format!("cut at {cut}"))?;
        }
    }
    Ok(())
}

/// Returns the limits and the options, or `None` if the vector needs a setting of another layer.
fn config(vector: &Value) -> Option<(Limits, Options)> {
    let (mut limits, mut options) = (Limits::new(), Options::default());
    for (key, value) in vector["config"].as_object().into_iter().flatten() {
        match (&key[..], value) {
            ("max_body", Value::Number(content)) => limits.content = content.as_u64().unwrap(),
            ("allow_non_ascii_target", Value::Bool(allow)) => {
                options.allow_non_ascii_target = *allow;
            }
            ("allow_any_host", Value::Bool(allow)) => options.allow_any_host = *allow,
            _ if ["connection", "endpoint", "transport"].contains(&text(&vector["layer"])) => {
                return None;
            }
            _ => panic!("{}: no such setting: {key}: {value}", text(&vector["id"])),
        }
    }
    Some((limits, options))
}

fn same(whole: &Run, other: &Run, how: &str) -> Result<(), String> {
    if whole == other { Ok(()) } else { Err(format!("{how}: {:?} instead of {:?}", other, whole)) }
}

fn compare_with_vector(vector: &Value, run: &Run) -> Result<(), String> {
    let expect = |what: &str, holds: bool| {
        if holds { Ok(()) } else { Err(format!("{what} differs: {run:?}")) }
    };
    let messages = messages(&run.events);
    let complete: Vec<&Message> = messages.iter().filter(|message| message.complete).collect();

    match (text(&vector["verdict"]), &run.ending) {
        ("accept", Ending::Idle) => expect("tail", vector["tail"].is_null())?,
        ("accept", Ending::Stopped { unread }) => {
            expect("tail", vector["tail"].as_u64().unwrap_or(0) == *unread as u64)?;
        }
        ("reject", Ending::Error { error, offset }) => {
            expect("status", vector["status"].as_u64() == Some(error.status().into()))?;
            if !vector["kind"].is_null() {
                expect("kind", text(&vector["kind"]) == error.kind().name())?;
            }
            if !vector["offset"].is_null() {
                expect("offset", vector["offset"].as_u64() == Some(*offset))?;
            }
        }
        ("incomplete", Ending::Incomplete) => {}
        _ => return expect("verdict", false),
    }
    expect("number of messages", vector["messages"].as_u64() == Some(complete.len() as u64))?;
    if let Some(requests) = vector["requests"].as_array() {
        let found = complete.iter().map(|message| message.request.clone());
        expect("requests", found.eq(requests.iter().map(octets)))?;
    }
    if let Some(headers) = vector["headers"].as_array() {
        expect(
            "headers",
            complete.iter().map(|message| message.headers.clone()).eq(headers.iter().map(fields)),
        )?;
    }
    if let Some(bodies) = vector["bodies"].as_array() {
        expect(
            "bodies",
            complete.iter().map(|message| message.body.clone()).eq(bodies.iter().map(octets)),
        )?;
    }
    let no_trailers = vec![Value::Array(vec![]); complete.len()];
    let trailers = vector["trailers"].as_array().unwrap_or(&no_trailers);
    expect(
        "trailers",
        complete.iter().map(|message| message.trailers.clone()).eq(trailers.iter().map(fields)),
    )?;
    if let Some(keep_alive) = vector["keep_alive"].as_bool() {
        expect(
            "keep_alive",
            complete.last().is_some_and(|message| message.keep_alive == keep_alive),
        )?;
    }
    for message in &complete {
        if let Some(BodyLength::Length(length)) = message.length {
            expect("length of body", message.body.len() as u64 == length)?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Message {
    /// Method, SP, target
    request: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    length: Option<BodyLength>,
    keep_alive: bool,
    body: Vec<u8>,
    trailers: Vec<(Vec<u8>, Vec<u8>)>,
    complete: bool,
}

fn messages(events: &[Owned]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for event in events {
        if let Owned::RequestLine { method, target, .. } = event {
            let request = [&method[..], b" ", target].concat();
            messages.push(Message { request, ..Message::default() });
            continue;
        }
        let message = messages.last_mut().expect("the first event is a request line");
        match event {
            Owned::RequestLine { .. } => {}
            Owned::Header(name, value) => message.headers.push((name.clone(), value.clone())),
            Owned::HeadEnd(framing) => {
                message.length = Some(framing.body);
                message.keep_alive = framing.keep_alive;
            }
            Owned::Body(data) => message.body.extend_from_slice(data),
            Owned::Trailer(name, value) => message.trailers.push((name.clone(), value.clone())),
            Owned::End => message.complete = true,
        }
    }
    messages
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Converts each character of the string to one octet.
fn octets(value: &Value) -> Vec<u8> {
    text(value).chars().map(|character| u8::try_from(character).expect("Latin-1")).collect()
}

fn fields(value: &Value) -> Vec<(Vec<u8>, Vec<u8>)> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|field| (octets(&field[0]), octets(&field[1])))
        .collect()
}
