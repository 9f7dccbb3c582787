//! The options of a lab.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// The port that is tried first.
pub const DEFAULT_PORT: u16 = 7103;

/// How long a training that no page shows goes on.
pub const DEFAULT_PAUSE: Duration = Duration::from_secs(60);

/// The address at which the lab listens, and the folder that it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder of runs.
    pub folder: PathBuf,
    /// The address to listen at. On any other than the loopback addresses, every request must carry a token.
    pub address: IpAddr,
    /// The port; `None` means [`DEFAULT_PORT`], or a free one if that is in use.
    pub port: Option<u16>,
    /// The token that requests must carry. `None` means a generated one, or no token on the loopback addresses.
    pub token: Option<String>,
    /// Names that a request's Host may have, besides `localhost` and addresses.
    pub host_names: Vec<String>,
    /// How long an interactive training that no page shows goes on before it is paused.
    pub pause_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: "runs".into(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            token: None,
            host_names: Vec::new(),
            pause_after: DEFAULT_PAUSE,
        }
    }
}
