//! What is parsed: the heads of requests without a body, since heads are what all of the parsers
//! parse.

mod clients;
mod distinct;
mod random;
mod target;

/// Requests in a set: what is timed in one go.
pub(crate) const SET: usize = 1000;

pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// More than one if the requests must not come round again before the branch predictor has
    /// forgotten them.
    pub(crate) sets: Vec<Vec<&'static [u8]>>,
}

impl Workload {
    pub(crate) fn requests(&self) -> impl Iterator<Item = &'static [u8]> {
        self.sets.iter().flatten().copied()
    }
}

pub(crate) fn all() -> Vec<Workload> {
    let [tiny, curl, browser] = [
        include_str!("requests/tiny.txt"),
        include_str!("requests/curl.txt"),
        include_str!("requests/browser.txt"),
    ];
    let mix = [
        curl,
        browser,
        include_str!("requests/firefox.txt"),
        include_str!("requests/safari.txt"),
        include_str!("requests/node-fetch.txt"),
        include_str!("requests/python-requests.txt"),
        include_str!("requests/git.txt"),
        include_str!("requests/crawler.txt"),
        include_str!("requests/probe.txt"),
    ];
    vec![
        in_rotation("tiny", &[tiny]),
        in_rotation("curl", &[curl]),
        in_rotation("browser", &[browser]),
        in_rotation("long-cookie", &[include_str!("requests/long-cookie.txt")]),
        in_rotation("many-fields", &[include_str!("requests/many-fields.txt")]),
        in_rotation("mix", &mix),
        Workload { name: "distinct", sets: distinct::sets(20) },
    ]
}

fn in_rotation(name: &'static str, texts: &[&str]) -> Workload {
    let requests: Vec<_> = texts.iter().map(|text| on_the_wire(text)).collect();
    Workload { name, sets: vec![requests.into_iter().cycle().take(SET).collect()] }
}

/// The files have plain line ends, so that editors and git leave them alone.
fn on_the_wire(text: &str) -> &'static [u8] {
    text.lines().flat_map(|line| [line, "\r\n"]).collect::<String>().leak().as_bytes()
}
