//! `onset lab`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

pub const LAB_EXAMPLES: &str = "\
Examples:
  onset lab                            the runs in ./runs; prints the page's address
  onset lab --open                     the same, opened in the browser
  onset lab experiments/june --port 8000
  onset lab --address 0.0.0.0          also for other machines; needs the token
  onset lab --token-file ~/.onset-token   a token that no list of processes shows

Stop it with Ctrl-C. The lab needs no network.";

#[derive(Debug, Args)]
pub struct LabArguments {
    /// Folder of runs
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Address to listen on; requests to an address other than loopback need a token
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// Port [default: 7103, or a free one if that is taken]
    #[arg(long)]
    pub port: Option<u16>,
    /// Token that requests must carry, also on the loopback address [default: a random one if needed]
    #[arg(long, conflicts_with = "token_file")]
    pub token: Option<String>,
    /// File with the token; without it and --token, the variable ONSET_LAB_TOKEN is read
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Name by which other machines know this one (may be repeated)
    #[arg(long = "host-name", value_name = "NAME")]
    pub host_names: Vec<String>,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
}
