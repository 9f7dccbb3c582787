//! The options of a lab.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// The port that is tried first.
pub const DEFAULT_PORT: u16 = 7103;

/// Where the lab listens, and which folder it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder of runs.
    pub folder: PathBuf,
    /// The address to listen on. On any but the loopback addresses, every request must show a token.
    pub address: IpAddr,
    /// The port; none means [`DEFAULT_PORT`], or a free one if that is taken.
    pub port: Option<u16>,
    /// The token that requests must show; none means one that is drawn, and none at all on the loopback addresses.
    pub token: Option<String>,
    /// Names that the Host of a request may have, besides `localhost` and addresses.
    pub host_names: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: "runs".into(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            token: None,
            host_names: Vec::new(),
        }
    }
}
