//! Requests of which no two are alike, with the fields that browsers, apps, scripts and crawlers
//! send, in a fixed random order. A set is small enough for the second-level cache, where a server
//! finds the bytes it has just received. But today's branch predictors learn a thousand requests
//! within a few rounds, so there are many sets.

use super::SET;
use super::clients::{self, Fields};
use super::random::Random;
use super::target::target;

pub(super) fn sets(count: usize) -> Vec<Vec<&'static [u8]>> {
    let mut random = Random(0x6831_6576_656e_7473);
    (0..count).map(|_| (0..SET).map(|_| &*request(&mut random).leak()).collect()).collect()
}

fn request(random: &mut Random) -> Vec<u8> {
    let host = host(random);
    let (method, mut fields) = match random.number(0, 99) {
        0..=39 => clients::chromium(random, &host),
        40..=51 => clients::firefox(random, &host),
        52..=63 => clients::safari(random, &host),
        64..=73 => clients::app(random),
        74..=89 => clients::library(random),
        _ => clients::crawler(random),
    };
    // Some clients send Host in lower case, and not all send it first.
    let place = if random.chance(90) { 0 } else { random.number(0, fields.len() as u64) as usize };
    let name = if fields.first().is_some_and(|field| field.0.starts_with(char::is_lowercase)) {
        "host"
    } else {
        "Host"
    };
    fields.insert(place, (name, host));
    if random.chance(30) {
        behind_a_proxy(random, &mut fields);
    }

    let mut head =
        format!("{method} {} HTTP/1.{}\r\n", target(random), if random.chance(98) { 1 } else { 0 });
    for (name, value) in fields {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn host(random: &mut Random) -> String {
    match random.number(0, 9) {
        0 => format!(
            "10.{}.{}.{}:8080",
            random.number(0, 9),
            random.number(0, 255),
            random.number(1, 254)
        ),
        1 => format!("localhost:{}", random.number(3000, 9999)),
        2..=4 => format!(
            "{}.example",
            random.text("abcdefghijklmnopqrstuvwxyz-0", 4, 18).trim_matches('-')
        ),
        _ => format!(
            "{}.{}.example.com",
            random.pick(&["www", "api", "cdn", "static", "m"]),
            random.word()
        ),
    }
}

fn behind_a_proxy(random: &mut Random, fields: &mut Fields) {
    let client = format!(
        "{}.{}.{}.{}",
        random.number(1, 223),
        random.number(0, 255),
        random.number(0, 255),
        random.number(1, 254)
    );
    let mut added: Fields =
        vec![("X-Forwarded-For", client.clone()), ("X-Forwarded-Proto", "https".to_owned())];
    for (chance, name, value) in [
        (50, "X-Real-IP", client),
        (50, "X-Request-ID", random.uuid()),
        (30, "traceparent", format!("00-{}-{}-01", random.hex(32), random.hex(16))),
        (30, "X-Amzn-Trace-Id", format!("Root=1-{}-{}", random.hex(8), random.hex(24))),
        (20, "CF-Ray", format!("{}-FRA", random.hex(16))),
        (20, "Via", "1.1 varnish".to_owned()),
    ] {
        if random.chance(chance) {
            added.push((name, value));
        }
    }
    random.shuffle(&mut added);
    if random.chance(50) {
        fields.splice(1..1, added);
    } else {
        fields.extend(added);
    }
}
