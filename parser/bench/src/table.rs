//! The comparison, as tables in Markdown.

use crate::peers::{Checksum, H1EVENTS, HTTPARSE, Parser};
use crate::timing::Rounds;
use crate::workloads::Workload;

pub(crate) fn print(title: &str, parsers: &[Parser], workloads: &[Workload], results: &[Rounds]) {
    let others = || (0..parsers.len()).filter(|&parser| parser != HTTPARSE);

    println!(
        "\n{title}: how many times as fast as httparse (median of the ratios within a round):\n"
    );
    let mut head = vec!["octets".to_owned(), "fields".to_owned(), "ns".to_owned()];
    head.extend(others().map(|parser| parsers[parser].name.to_owned()));
    row("per request", &head);
    rule(head.len());
    for (workload, result) in workloads.iter().zip(results) {
        let octets: usize = workload.inputs().map(<[u8]>::len).sum();
        let found: Vec<Checksum> =
            workload.sets.iter().map(|set| (parsers[HTTPARSE].parse)(set)).collect();
        let requests: u64 = found.iter().map(|found| found.requests).sum();
        let fields: u64 = found.iter().map(|found| found.fields).sum();
        let mut cells = vec![
            (octets as u64 / requests).to_string(),
            (fields / requests).to_string(),
            format!("{:.0}", result.median(H1EVENTS)),
        ];
        cells.extend(others().map(|parser| format!("{:.2}", result.ratio(parser))));
        row(workload.name, &cells);
    }

    println!("\n{title}: nanoseconds per request, median (minimum):\n");
    let names: Vec<String> = parsers.iter().map(|parser| parser.name.to_owned()).collect();
    row("", &names);
    rule(names.len());
    for (workload, result) in workloads.iter().zip(results) {
        let cells: Vec<String> = (0..parsers.len())
            .map(|parser| format!("{:.0} ({:.0})", result.median(parser), result.minimum(parser)))
            .collect();
        row(workload.name, &cells);
    }
}

pub(crate) fn row(name: &str, cells: &[String]) {
    print!("| {name:<32} |");
    for cell in cells {
        print!(" {cell:>17} |");
    }
    println!();
}

pub(crate) fn rule(cells: usize) {
    println!("|{:-<34}|{}", "", format!("{:->18}:|", "").repeat(cells));
}
