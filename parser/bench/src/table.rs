//! The comparison, as tables in Markdown.

use crate::peers::{H1EVENTS, HTTPARSE, PARSERS};
use crate::timing::Rounds;
use crate::workloads::Workload;

pub(crate) fn print(workloads: &[Workload], results: &[Rounds]) {
    let others = || (0..PARSERS.len()).filter(|&parser| parser != HTTPARSE);

    println!("\nHow many times as fast as httparse (median of the ratios within a round):\n");
    let mut head = vec!["octets".to_owned(), "fields".to_owned(), "ns".to_owned()];
    head.extend(others().map(|parser| PARSERS[parser].name.to_owned()));
    row("per request", &head);
    rule(head.len());
    for (workload, result) in workloads.iter().zip(results) {
        let requests = workload.requests().count();
        let octets: usize = workload.requests().map(<[u8]>::len).sum();
        let fields: u64 =
            workload.sets.iter().map(|set| (PARSERS[HTTPARSE].parse)(set).fields).sum();
        let mut cells = vec![
            (octets / requests).to_string(),
            (fields / requests as u64).to_string(),
            format!("{:.0}", result.median(H1EVENTS)),
        ];
        cells.extend(others().map(|parser| format!("{:.2}", result.ratio(parser))));
        row(workload.name, &cells);
    }

    println!("\nNanoseconds per request, median (minimum):\n");
    row("", &PARSERS.each_ref().map(|parser| parser.name.to_owned()));
    rule(PARSERS.len());
    for (workload, result) in workloads.iter().zip(results) {
        let cells: Vec<String> = (0..PARSERS.len())
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
