//! The first lines for the user.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::ValueEnum;

use crate::cli::{App, Serve};

/// Returns the addresses, and commands to try in a shell.
pub(super) fn opening(options: &Serve, addresses: &[SocketAddr]) -> String {
    let (transport, app) = (name(&options.transport), name(&options.app));
    let urls: Vec<_> = addresses.iter().map(|address| format!("http://{address}")).collect();
    let urls = urls.join(" and ");
    let mut text = format!(
        "h1events: listening on {urls} (transport {transport}, app {app}); Ctrl-C stops it\n"
    );
    let tries: &[(&str, &str)] = match options.app {
        App::Hello => &[("", "/"), ("", "/greeting/Taro"), ("", "/greeting/%E5%A4%AA%E9%83%8E")],
        App::Echo => &[("--data 'Hello, World' ", "/")],
        App::Lab => &[
            ("", "/headers"),
            ("", "/sleep/1000"),
            ("--include ", "/status/404"),
            ("--data 'Hello, World' ", "/count"),
        ],
    };
    if let Some(&address) = addresses.first() {
        let root = format!("http://{}", reachable(address));
        text += &match options.app {
            App::Hello => format!("Open {root}/inspect in a browser, or try:\n"),
            App::Echo | App::Lab => "Try:\n".to_owned(),
        };
        for (option, path) in tries {
            let url = format!("{root}{path}");
            // A shell may take the brackets of an IPv6 address for a pattern.
            let quote = if address.is_ipv6() { "'" } else { "" };
            text.push_str(&format!("  curl {option}{quote}{url}{quote}\n"));
        }
    }
    text
}

fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Returns an address that clients can connect to, also for a server that listens on all addresses.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Transport;

    fn tries(app: App, addresses: &[&str]) -> Vec<String> {
        let options = Serve {
            transport: Transport::Smol,
            listen: Vec::new(),
            app,
            head_timeout: None,
            idle_timeout: None,
            max_connections: None,
            max_body: None,
            verbose: 0,
        };
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        opening(&options, &addresses).lines().map(str::to_owned).collect()
    }

    #[test]
    fn first_line_says_where_it_listens_and_the_others_can_be_pasted() {
        let lines = tries(App::Hello, &["127.0.0.1:8081"]);
        assert!(lines[0].contains(" http://127.0.0.1:8081 (transport smol, app hello)"));
        assert_eq!(lines[1], "Open http://127.0.0.1:8081/inspect in a browser, or try:");
        assert_eq!(lines[2], "  curl http://127.0.0.1:8081/");
        assert_eq!(lines[4], "  curl http://127.0.0.1:8081/greeting/%E5%A4%AA%E9%83%8E");
        let lines = tries(App::Echo, &["0.0.0.0:1"]);
        assert_eq!(lines[2], "  curl --data 'Hello, World' http://127.0.0.1:1/");
        let lines = tries(App::Lab, &["[::]:1", "127.0.0.1:2"]);
        assert!(
            lines[0].contains(" http://[::]:1 and http://127.0.0.1:2 (transport smol, app lab)")
        );
        assert_eq!(lines[2], "  curl 'http://[::1]:1/headers'");
    }
}
