//! `onset merge`.

use std::path::PathBuf;

use clap::Args;

pub const MERGE_EXAMPLES: &str = "\
Copies the runs of some folders into one, each under its own path. Of a run that several folders have, the
one that came further counts; two runs that differ under one path are refused, and nothing is copied.

Examples:
  onset merge node-1/runs node-2/runs --into runs
  onset merge shard-* --into runs && onset report runs";

#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Folders of runs
    #[arg(required = true)]
    pub folders: Vec<PathBuf>,
    /// The folder that gets all runs; it may have some already
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub into: PathBuf,
    /// Print what was done as JSON
    #[arg(long)]
    pub json: bool,
}
