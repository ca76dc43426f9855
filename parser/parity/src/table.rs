//! The two tables, made by running all peers, and their place in the README.

use std::collections::BTreeMap;
use std::fs;

use crate::builds::{BUILDS, Package};
use crate::features::FEATURES;
use crate::peers::{PEERS, Python};
use crate::rows::rows;
use crate::run::Peer;

pub const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
/// The results that were run by hand: the fingerprint, then a column for each parser, headed by its
/// name.
const BY_HAND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/by_hand/columns.tsv");
const PLACES: [(&str, &str); 2] =
    [("<!-- features -->\n", "<!-- /features -->\n"), ("<!-- octets -->\n", "<!-- /octets -->\n")];

/// The results of one parser.
struct Column {
    name: String,
    /// By the `id` of the row.
    cells: BTreeMap<String, String>,
}

/// Returns the README with the tables of this run.
pub fn renewed(readme: &str) -> String {
    let mut columns: Vec<Column> = PEERS.iter().map(|peer| compiled(*peer)).collect();
    columns.extend(by_hand());
    let features = FEATURES.iter().map(|row| (row.id.to_owned(), [row.title.to_owned()]));
    let builds = BUILDS.iter().map(|row| (row.id.to_owned(), [row.title.to_owned()]));
    let octets = rows().into_iter().map(|row| (row.id, [row.title, row.rfc]));
    let tables = [
        table(["What it does"], features.chain(builds), &columns),
        table(["What comes", "What the RFC says"], octets, &columns),
    ];
    let mut readme = readme.to_owned();
    for ((start, end), table) in PLACES.iter().zip(tables) {
        let (before, rest) = readme.split_once(start).expect(start);
        let (_, after) = rest.split_once(end).expect(end);
        readme = [before, start, &table, end, after].concat();
    }
    readme
}

/// Runs the parsers in Python, and writes their columns to the file.
pub fn renew_by_hand(interpreter: &str) {
    let columns = ["llhttp", "h11"].map(|package| {
        let peer = Python::start(interpreter, package);
        Column { name: format!("{package} {}", peer.version()), cells: cells(&peer) }
    });
    let mut file = format!("{}\t{}\t{}\n", fingerprint(), columns[0].name, columns[1].name);
    for id in columns[0].cells.keys() {
        file += &format!("{id}\t{}\t{}\n", columns[0].cells[id], columns[1].cells[id]);
    }
    fs::write(BY_HAND, file).expect("the file is written");
}

fn compiled(peer: &dyn Peer) -> Column {
    let package = Package::find(peer.package());
    let mut cells = cells(peer);
    cells.extend(BUILDS.map(|row| (row.id.to_owned(), (row.cell)(&package))));
    Column { name: format!("{} {}", package.name, package.version), cells }
}

fn cells(peer: &dyn Peer) -> BTreeMap<String, String> {
    let mut cells: BTreeMap<String, String> =
        FEATURES.iter().map(|row| (row.id.to_owned(), (row.cell)(peer))).collect();
    for row in rows() {
        let left_to_caller = row.needs.as_ref().is_some_and(|feature| cells[feature] == "no");
        let cell = if left_to_caller { "–".to_owned() } else { row.cell(peer) };
        cells.insert(row.id, cell);
    }
    cells
}

fn by_hand() -> Vec<Column> {
    let file = fs::read_to_string(BY_HAND).expect("it was run by hand");
    let mut lines = file.lines().map(|line| line.split('\t').map(str::to_owned));
    let mut names = lines.next().expect("a line of names");
    assert_eq!(names.next(), Some(fingerprint()), "rows have changed since they were run by hand");
    let mut columns: Vec<Column> =
        names.map(|name| Column { name, cells: BTreeMap::new() }).collect();
    for mut line in lines {
        let id = line.next().expect("the row");
        for (column, cell) in columns.iter_mut().zip(line) {
            column.cells.insert(id.clone(), cell);
        }
    }
    columns
}

/// Hashes (FNV-1a) the files that the columns run by hand depend on.
fn fingerprint() -> String {
    let depends_on = [include_str!("../rows.jsonl"), include_str!("../by_hand/adapters.py")];
    let hash = depends_on.concat().bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn table<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = (String, [String; N])>,
    columns: &[Column],
) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let names = columns.iter().map(|column| &*column.name);
    let mut table = line(heads.into_iter().chain(names).collect());
    table += &format!("|{}\n", "---|".repeat(N + columns.len()));
    for (id, titles) in rows {
        // The code of the parsers in Python isn't checked.
        let cells = columns.iter().map(|column| column.cells.get(&id).map_or("", |cell| cell));
        table += &line(titles.iter().map(|title| &**title).chain(cells).collect());
    }
    table
}
