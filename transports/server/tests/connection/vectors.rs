//! The parser's vectors through a connection whose application answers 200 with the body.

use h1events::{Event, RequestParser};
use h1events_server::{Config, Response};
use serde_json::Value;

use crate::support::Client;

const VECTORS: &str = include_str!("../../../../parser/tests/vectors/vectors.jsonl");

/// The client's action after the octets of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Silence,
    End,
}

/// ERR-2, 9112-9.2-1: one answer for each complete request, in order, then the error's. Incomplete
/// requests get none until their deadline, then a 408; at the end of input, a 400 in a head, none in a
/// body.
#[test]
fn vectors_are_answered_or_refused_however_they_are_cut() {
    assert!(!VECTORS.is_empty());
    for line in VECTORS.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        if needs_another_setting(&vector) {
            continue;
        }
        for read_size in [usize::MAX, 1] {
            for then in [Then::Silence, Then::End] {
                check(&vector, read_size, then);
            }
        }
    }
}

/// Returns whether the vector needs a setting that a connection doesn't have.
fn needs_another_setting(vector: &Value) -> bool {
    let mut settings = vector["config"].as_object().into_iter().flatten();
    settings.any(|(name, _)| !["max_body", "allow_non_ascii_target"].contains(&&name[..]))
}

fn check(vector: &Value, read_size: usize, then: Then) {
    let input = octets(&vector["input"]);
    let mut config = Config::new();
    config.limits.content = vector["config"]["max_body"].as_u64().unwrap_or(u64::MAX);
    config.allow_non_ascii_target = vector["config"]["allow_non_ascii_target"] == true;
    let rest = rest(&config, &input);
    let mut client =
        Client::with(config, |request| Response::new(200).with_body(request.body().to_owned()));
    client.read_size = read_size;
    if input.starts_with(b"HEAD") && vector["messages"] == 0 {
        client.methods.push("HEAD".to_owned());
    }
    client.send(&input);

    let (id, how) = (vector["id"].as_str().unwrap(), (read_size, then));
    let handled = usize::try_from(vector["messages"].as_u64().unwrap()).unwrap();
    let mut expected = vec![200; handled];
    if vector["requests"].as_array().is_some_and(|requests| {
        requests.last().is_some_and(|request| request.as_str().unwrap().starts_with("CONNECT "))
    }) {
        expected.pop();
        expected.push(501);
    }
    expected.extend(vector["status"].as_u64());
    assert_eq!(statuses(&client), expected, "{id} {how:?}");
    if let Some(bodies) = vector["bodies"].as_array() {
        let answers = client.answers();
        let finals = answers.iter().filter(|answer| answer.status == 200);
        for ((answer, body), method) in finals.zip(bodies).zip(&client.methods) {
            assert!(method == "HEAD" || answer.body == octets(body), "{id} {how:?}");
        }
    }
    let closes = match vector["verdict"].as_str().unwrap() {
        "accept" => expected.ends_with(&[501]) || vector["keep_alive"] == false,
        verdict => verdict == "reject",
    };
    assert_eq!(client.has_shut_down, closes, "{id} {how:?}");

    match then {
        Then::Silence => drop(client.advance_to_close()),
        Then::End => assert!(client.end().is_closed, "{id} {how:?}"),
    }
    match (rest, then) {
        (Rest::Head, Then::End) => expected.push(400),
        (Rest::Head | Rest::Body, Then::Silence) => expected.push(408),
        (Rest::Body, Then::End) | (Rest::None, _) => {}
    }
    assert_eq!(statuses(&client), expected, "{id} {how:?}");
}

enum Rest {
    None,
    Head,
    Body,
}

/// The part of a request after the last complete one.
fn rest(config: &Config, mut input: &[u8]) -> Rest {
    let mut parser = RequestParser::with_limits(config.limits)
        .allow_non_ascii_target(config.allow_non_ascii_target);
    let mut rest = Rest::Head;
    let mut keep_alive = true;
    loop {
        match parser.next_event(&mut input) {
            Ok(Some(Event::RequestLine(line))) => keep_alive = line.method != b"CONNECT",
            Ok(Some(Event::HeadEnd(framing))) => {
                rest = Rest::Body;
                keep_alive &= framing.keep_alive;
            }
            Ok(Some(Event::End)) if !keep_alive => return Rest::None,
            Ok(Some(Event::End)) => rest = Rest::Head,
            Ok(Some(_)) => {}
            Ok(None) if parser.is_idle() => return Rest::None,
            Ok(None) => return rest,
            Err(_) => return Rest::None,
        }
    }
}

/// Without interim responses.
fn statuses(client: &Client) -> Vec<u64> {
    let answers = client.answers();
    answers.iter().map(|answer| answer.status.into()).filter(|status| *status >= 200).collect()
}

/// Each character of the string is one octet.
fn octets(value: &Value) -> Vec<u8> {
    value.as_str().unwrap().chars().map(|character| u8::try_from(character).unwrap()).collect()
}
