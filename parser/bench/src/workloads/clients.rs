//! The fields that each family of clients sends, except for Host, in the order of that client.

use super::random::Random;
use super::target::target;

pub(super) type Fields = Vec<(&'static str, String)>;

type Request = (&'static str, Fields);

pub(super) fn chromium(random: &mut Random, host: &str) -> Request {
    let version = random.number(96, 131);
    let system = random.pick(&["Windows", "macOS", "Linux", "Android"]);
    let platform = match system {
        "Windows" => "Windows NT 10.0; Win64; x64",
        "macOS" => "Macintosh; Intel Mac OS X 10_15_7",
        "Linux" => "X11; Linux x86_64",
        _ => "Linux; Android 10; K",
    };
    let mobile = if system == "Android" { " Mobile" } else { "" };
    let vendor = random.pick(&["Google Chrome", "Google Chrome", "Microsoft Edge", "Opera"]);
    let agent = format!(
        "Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0{mobile} Safari/537.36{}",
        if vendor == "Microsoft Edge" { format!(" Edg/{version}.0.0.0") } else { String::new() }
    );
    let (navigation, api) = (random.chance(30), random.chance(40));

    let mut fields = fields(&[("Connection", "keep-alive")]);
    if navigation {
        maybe(random, 20, &mut fields, "Cache-Control", "max-age=0");
    } else if api {
        maybe_with(random, 40, &mut fields, "Authorization", |random| {
            format!(
                "Bearer eyJhbGciOiJSUzI1NiJ9.{}.{}",
                random.base64(120, 500),
                random.base64(86, 342)
            )
        });
        maybe_with(random, 30, &mut fields, "X-CSRF-Token", |random| random.base64(32, 64));
    }
    fields.push((
        "sec-ch-ua",
        format!(r#""{vendor}";v="{version}", "Chromium";v="{version}", "Not_A Brand";v="24""#),
    ));
    fields.push(("sec-ch-ua-mobile", if mobile.is_empty() { "?0" } else { "?1" }.to_owned()));
    fields.push(("sec-ch-ua-platform", format!("\"{system}\"")));
    if navigation {
        fields.push(("Upgrade-Insecure-Requests", "1".to_owned()));
    }
    maybe(random, 15, &mut fields, "DNT", "1");
    fields.push(("User-Agent", agent));
    let site = random.pick(&["none", "same-origin", "same-origin", "same-site", "cross-site"]);
    let (accept, mode, destination) = if navigation {
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
            "navigate",
            "document",
        )
    } else if api {
        ("application/json, text/plain, */*", "cors", "empty")
    } else {
        random.pick(&[
            (
                "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
                "no-cors",
                "image",
            ),
            ("*/*", "no-cors", "script"),
            ("text/css,*/*;q=0.1", "no-cors", "style"),
        ])
    };
    fields.push(("Accept", accept.to_owned()));
    for (name, value) in
        [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination)]
    {
        fields.push((name, value.to_owned()));
    }
    if navigation {
        maybe(random, 70, &mut fields, "Sec-Fetch-User", "?1");
    }
    maybe_with(random, 75, &mut fields, "Referer", |random| referer(random, host));
    fields.push((
        "Accept-Encoding",
        random.pick(&["gzip, deflate, br, zstd", "gzip, deflate, br", "gzip, deflate"]).to_owned(),
    ));
    fields.push(("Accept-Language", language(random)));
    maybe_with(random, 65, &mut fields, "Cookie", cookie);
    cached(random, &mut fields);
    let method =
        if api { random.pick(&["GET", "GET", "GET", "GET", "DELETE", "OPTIONS"]) } else { "GET" };
    (method, fields)
}

pub(super) fn firefox(random: &mut Random, host: &str) -> Request {
    let version = random.number(91, 133);
    let platform = random.pick(&[
        "Windows NT 10.0; Win64; x64",
        "X11; Linux x86_64",
        "Macintosh; Intel Mac OS X 10.15",
        "Android 14; Mobile",
    ]);
    let agent =
        format!("Mozilla/5.0 ({platform}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0");
    let (accept, destination) = random.pick(&[
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "document"),
        ("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "image"),
        ("*/*", "empty"),
    ]);
    let mut fields = fields(&[("User-Agent", &agent), ("Accept", accept)]);
    fields.push(("Accept-Language", language(random)));
    fields.push(("Accept-Encoding", "gzip, deflate, br, zstd".to_owned()));
    maybe_with(random, 70, &mut fields, "Referer", |random| referer(random, host));
    maybe(random, 10, &mut fields, "DNT", "1");
    fields.push(("Connection", "keep-alive".to_owned()));
    maybe_with(random, 60, &mut fields, "Cookie", cookie);
    if destination == "document" {
        fields.push(("Upgrade-Insecure-Requests", "1".to_owned()));
    }
    fields.push(("Sec-Fetch-Dest", destination.to_owned()));
    fields.push(("Sec-Fetch-Mode", random.pick(&["navigate", "no-cors", "cors"]).to_owned()));
    fields.push(("Sec-Fetch-Site", random.pick(&["same-origin", "cross-site", "none"]).to_owned()));
    maybe(random, 50, &mut fields, "Priority", "u=4, i");
    cached(random, &mut fields);
    ("GET", fields)
}

pub(super) fn safari(random: &mut Random, host: &str) -> Request {
    let (major, minor) = (random.number(13, 18), random.number(0, 6));
    let agent = if random.chance(70) {
        format!(
            "Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/{major}.{minor} Mobile/15E148 Safari/604.1"
        )
    } else {
        format!(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/{major}.{minor} Safari/605.1.15"
        )
    };
    let mut fields = Fields::new();
    maybe(random, 50, &mut fields, "Sec-Fetch-Dest", "document");
    fields.push(("User-Agent", agent));
    fields.push((
        "Accept",
        random
            .pick(&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*"])
            .to_owned(),
    ));
    maybe_with(random, 70, &mut fields, "Referer", |random| referer(random, host));
    maybe(random, 50, &mut fields, "Sec-Fetch-Site", "same-origin");
    maybe_with(random, 60, &mut fields, "Cookie", cookie);
    fields.push(("Accept-Language", language(random)));
    maybe(random, 30, &mut fields, "Priority", "u=3, i");
    fields.push(("Accept-Encoding", "gzip, deflate".to_owned()));
    fields.push(("Connection", "keep-alive".to_owned()));
    cached(random, &mut fields);
    ("GET", fields)
}

pub(super) fn app(random: &mut Random) -> Request {
    let agent = match random.number(0, 3) {
        0 => format!("okhttp/4.{}.0", random.number(2, 12)),
        1 => format!(
            "Shop/{} CFNetwork/1{}.0.3 Darwin/23.{}.0",
            random.number(1, 90),
            random.number(300, 500),
            random.number(0, 6)
        ),
        2 => format!("Dart/3.{} (dart:io)", random.number(0, 5)),
        _ => format!(
            "Dalvik/2.1.0 (Linux; U; Android {}; SM-G{}B Build/UP1A.{})",
            random.number(9, 14),
            random.number(900, 999),
            random.hex(6)
        ),
    };
    let mut fields = fields(&[
        ("User-Agent", &agent),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
    ]);
    for (chance, name, value) in [
        (70, "Authorization", format!("Bearer {}", random.base64(32, 700))),
        (60, "X-Device-Id", random.uuid()),
        (
            60,
            "X-App-Version",
            format!("{}.{}.{}", random.number(1, 20), random.number(0, 40), random.number(0, 9)),
        ),
        (40, "X-Platform", random.pick(&["android", "ios"]).to_owned()),
        (40, "X-Request-Id", random.uuid()),
        (30, "Accept-Language", language(random)),
        (20, "X-Timestamp", random.number(1_700_000_000, 1_750_000_000).to_string()),
        (20, "X-Signature", random.hex(64)),
        (20, "If-None-Match", format!("\"{}\"", random.hex(32))),
    ] {
        maybe(random, chance, &mut fields, name, &value);
    }
    random.shuffle(&mut fields);
    (random.pick(&["GET", "GET", "GET", "GET", "GET", "DELETE"]), fields)
}

pub(super) fn library(random: &mut Random) -> Request {
    let mut fields = match random.number(0, 5) {
        0 => fields(&[
            ("User-Agent", &format!("curl/7.{}.0", random.number(29, 88))),
            ("Accept", "*/*"),
        ]),
        1 => fields(&[
            (
                "User-Agent",
                &format!("python-requests/2.{}.{}", random.number(18, 34), random.number(0, 3)),
            ),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ]),
        2 => fields(&[("User-Agent", "Go-http-client/1.1"), ("Accept-Encoding", "gzip")]),
        3 => fields(&[
            ("accept", "application/json, text/plain, */*"),
            ("user-agent", &format!("axios/1.{}.{}", random.number(0, 7), random.number(0, 9))),
            ("accept-encoding", "gzip, compress, deflate, br"),
            ("connection", random.pick(&["close", "keep-alive"])),
        ]),
        4 => fields(&[
            ("Accept", "application/json, application/*+json"),
            ("User-Agent", "Java/17.0.9"),
            ("Connection", "keep-alive"),
        ]),
        _ => fields(&[
            ("user-agent", "node"),
            ("accept", "*/*"),
            ("accept-language", "*"),
            ("sec-fetch-mode", "cors"),
        ]),
    };
    for (chance, name, value) in [
        (35, "Authorization", format!("Basic {}", random.base64(12, 60))),
        (20, "X-Api-Key", random.hex(40)),
        (15, "Cookie", cookie(random)),
        (15, "traceparent", format!("00-{}-{}-01", random.hex(32), random.hex(16))),
        (10, "Range", format!("bytes={}-", random.number(0, 99_999_999))),
    ] {
        maybe(random, chance, &mut fields, name, &value);
    }
    (random.pick(&["GET", "GET", "GET", "GET", "HEAD", "DELETE"]), fields)
}

pub(super) fn crawler(random: &mut Random) -> Request {
    let agent = random.pick(&[
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "kube-probe/1.30",
        "ELB-HealthChecker/2.0",
        "Prometheus/2.54.1",
    ]);
    let mut fields = fields(&[("User-Agent", agent)]);
    for (chance, name, value) in [
        (
            80,
            "Accept",
            random
                .pick(&["*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"])
                .to_owned(),
        ),
        (
            60,
            "Accept-Encoding",
            random.pick(&["gzip, deflate, br", "gzip,deflate", "gzip"]).to_owned(),
        ),
        (30, "From", "crawler(at)example.com".to_owned()),
        (30, "Connection", random.pick(&["close", "keep-alive", "Keep-Alive"]).to_owned()),
        (30, "If-Modified-Since", random.date()),
    ] {
        maybe(random, chance, &mut fields, name, &value);
    }
    random.shuffle(&mut fields);
    (random.pick(&["GET", "GET", "GET", "HEAD"]), fields)
}

fn fields(list: &[(&'static str, &str)]) -> Fields {
    list.iter().map(|&(name, value)| (name, value.to_owned())).collect()
}

fn maybe(random: &mut Random, chance: u64, fields: &mut Fields, name: &'static str, value: &str) {
    maybe_with(random, chance, fields, name, |_| value.to_owned());
}

fn maybe_with(
    random: &mut Random,
    chance: u64,
    fields: &mut Fields,
    name: &'static str,
    value: impl Fn(&mut Random) -> String,
) {
    if random.chance(chance) {
        fields.push((name, value(random)));
    }
}

fn cached(random: &mut Random, fields: &mut Fields) {
    if random.chance(15) {
        maybe_with(random, 70, fields, "If-None-Match", |random| {
            format!("W/\"{}-{}\"", random.hex(5), random.base64(27, 27))
        });
        maybe_with(random, 70, fields, "If-Modified-Since", Random::date);
    }
}

fn referer(random: &mut Random, host: &str) -> String {
    let elsewhere = ["www.google.com", "duckduckgo.com", "news.example.net"];
    let host = if random.chance(70) { host } else { random.pick(&elsewhere) };
    if random.chance(40) {
        format!("https://{host}/")
    } else {
        format!("https://{host}{}", target(random))
    }
}

fn language(random: &mut Random) -> String {
    random
        .pick(&[
            "en-US,en;q=0.9",
            "en-GB,en;q=0.9,de;q=0.8",
            "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7",
            "fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3",
            "ja",
            "pt-BR,pt;q=0.9",
            "zh-CN,zh;q=0.9,en;q=0.8",
        ])
        .to_owned()
}

fn cookie(random: &mut Random) -> String {
    let mut cookie = String::new();
    for _ in 0..random.pick(&[1, 1, 2, 3, 5, 8, 14]) {
        if !cookie.is_empty() {
            cookie.push_str("; ");
        }
        cookie.push_str(random.pick(&[
            "session",
            "_ga",
            "_gid",
            "csrftoken",
            "theme",
            "consent",
            "_fbp",
            "lang",
            "uid",
            "cart",
            "JSESSIONID",
            "__cf_bm",
        ]));
        cookie.push('=');
        cookie.push_str(&match random.number(0, 5) {
            0 => random.number(1, 9).to_string(),
            1 => random.hex(32),
            2 => format!(
                "GA1.2.{}.{}",
                random.number(1, 2_000_000_000),
                random.number(1_700_000_000, 1_730_000_000)
            ),
            3 => random.base64(20, 180),
            4 => random.uuid(),
            _ => random.pick(&["dark", "light", "en", "true"]).to_owned(),
        });
    }
    cookie
}
