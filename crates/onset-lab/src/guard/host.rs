//! The Host header of a request.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::HOST;

/// The names of this machine. IP addresses are always accepted, because they cannot be made to resolve to another
/// machine.
#[derive(Debug)]
pub struct Hosts {
    port: u16,
    /// Whether only loopback addresses are accepted.
    loopback: bool,
    names: Vec<String>,
}

impl Hosts {
    /// Accepts `localhost`, `names` and IP addresses at `port`; only loopback addresses if `loopback`.
    pub fn new(port: u16, loopback: bool, names: &[String]) -> Self {
        let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.push("localhost".into());
        Self { port, loopback, names }
    }

    /// Whether a Host, such as `127.0.0.1:7103`, is accepted.
    pub fn know(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        if port != Some(self.port) {
            return false;
        }
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(address) => !self.loopback || address.is_loopback(),
            Err(_) => self.names.iter().any(|known| known.eq_ignore_ascii_case(name)),
        }
    }
}

/// The Host of a request; `None` if there is none, or more than one.
pub fn of(request: &Request) -> Option<String> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?.to_owned();
    // A request line may have an absolute URL, whose authority takes precedence; it must then equal the Host.
    let agrees = request.uri().authority().is_none_or(|authority| authority.as_str() == host);
    (hosts.next().is_none() && agrees).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_at_its_port_are_known_and_others_are_not() {
        let hosts = Hosts::new(7103, true, &["Desk.local".into()]);
        for known in ["127.0.0.1:7103", "localhost:7103", "LOCALHOST:7103", "[::1]:7103", "desk.local:7103"] {
            assert!(hosts.know(known), "{known}");
        }
        for other in [
            "evil.example:7103",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:7104",
            "192.168.0.7:7103",
            "",
            ":7103",
            "localhost.evil.example:7103",
            "127.0.0.1:7103:7103",
            "[::1]",
            "[evil]:7103",
            "localhost:071030",
        ] {
            assert!(!hosts.know(other), "{other}");
        }
    }

    #[test]
    fn a_lab_that_listens_to_others_knows_every_address_but_no_foreign_name() {
        let hosts = Hosts::new(7103, false, &[]);
        assert!(hosts.know("192.168.0.7:7103") && hosts.know("[fe80::1]:7103"));
        assert!(!hosts.know("evil.example:7103"));
    }
}
