//! `onset lab`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

pub const LAB_EXAMPLES: &str = "\
Examples:
  onset lab                            the runs in ./runs, at an address that is printed
  onset lab --open                     the same, opened in the browser
  onset lab experiments/june --port 8000
  onset lab --address 0.0.0.0          for other machines as well; needs a token, which the printed address holds

Ctrl-C ends it. Nothing is fetched from anywhere; the lab works without a network.";

#[derive(Debug, Args)]
pub struct LabArguments {
    /// Folder of runs
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Address to listen on; on any but the loopback addresses a token is asked for
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// Port [default: 7103, or a free one if that is taken]
    #[arg(long)]
    pub port: Option<u16>,
    /// Token that requests must show, also on the loopback address [default: one is drawn where it is needed]
    #[arg(long)]
    pub token: Option<String>,
    /// Name by which other machines know this one (may be repeated)
    #[arg(long = "host-name", value_name = "NAME")]
    pub host_names: Vec<String>,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
}
