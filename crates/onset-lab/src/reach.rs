//! Addresses under which other machines reach the lab.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Addresses for the documentation of networks, which nobody has. Nothing is sent to them.
const NOWHERE: [(IpAddr, IpAddr); 2] = [
    (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
    (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
];

/// The loopback address of the same kind.
pub fn loopback_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// The lab's addresses for other machines, the best first; none if it listens on a loopback address, or if this machine
/// has no network. `names` are those that the lab is known by.
pub fn addresses_for_others(listening: SocketAddr, names: &[String]) -> Vec<String> {
    let (ip, port) = (listening.ip(), listening.port());
    if ip.is_loopback() {
        return Vec::new();
    }
    let mut addresses: Vec<String> = names.iter().map(|name| format!("http://{name}:{port}")).collect();
    let ips = if ip.is_unspecified() { outward(ip) } else { vec![ip] };
    addresses.extend(ips.into_iter().map(|ip| format!("http://{}", SocketAddr::new(ip, port))));
    addresses
}

/// The addresses from which this machine would send to others.
fn outward(listening: IpAddr) -> Vec<IpAddr> {
    let kinds = NOWHERE.into_iter().filter(|(any, _)| any.is_ipv4() || listening.is_ipv6());
    let from = kinds.filter_map(|(any, nowhere)| {
        // Connecting a datagram socket chooses a route and sends nothing.
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((nowhere, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    });
    from.filter(|ip| !ip.is_loopback() && !ip.is_unspecified()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_for_this_machine_alone_has_none_and_others_have_those_they_listen_on() {
        let of = |text: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            addresses_for_others(text.parse().unwrap(), &names)
        };
        assert!(of("127.0.0.1:7103", &["desk"]).is_empty() && of("[::1]:7103", &[]).is_empty());
        assert_eq!(of("192.168.1.7:7103", &[]), ["http://192.168.1.7:7103"]);
        assert_eq!(of("[fd00::7]:7103", &["desk"]), ["http://desk:7103", "http://[fd00::7]:7103"]);
        // What a machine has depends on its network; never a loopback or unspecified address.
        for address in of("0.0.0.0:7103", &[]) {
            assert!(!address.contains("127.") && !address.contains("0.0.0.0"), "{address}");
        }
    }
}
