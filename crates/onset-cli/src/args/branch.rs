//! The arguments of `onset branch`.

use std::path::PathBuf;

use clap::Args;

use super::{at_least_one, folder_name};

pub const BRANCH_EXAMPLES: &str = "\
A branch goes on from the state of a run at a step, with a change; all else, random numbers too, is as in the run, so that
the two are an exact pair. It has a run directory of its own with the records of the run up to there, and the bytes of a run
of its spec from the start. Which steps have a state is decided when the run is trained: --set record.states=[20,40].

--set takes the keys of `onset keys intervene`:
  attention=uniform|learned|clamped|previous, with layer=N and head=N    freeze=attention|value|body|rest    unfreeze=…
  learning_rate=X    batch=N    swap_head=N with head_seed=N    transplant=RUN with group=attention|rest and step=N
  task.KEY=VALUE: other examples from there on, as task.noise=0.3

Examples:
  onset train copying --seeds 5 --set record.states=[40]
  onset branch runs/copying/seed-* --at 40 --set attention=uniform
  onset branch runs/copying/seed-0 --at 40 --set freeze=rest --name frozen
  onset branch runs/copying/seed-0 --at 25 --set batch=16 --retrace      where there is no state: from the start";

#[derive(Debug, Args)]
pub struct BranchArguments {
    /// Run directories
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Steps after which the branch leaves the run
    #[arg(long, value_name = "STEP")]
    pub at: u64,
    /// What is changed (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE", required = true)]
    pub changes: Vec<String>,
    /// Steps of the branch in all [default: those of the run]
    #[arg(long)]
    pub steps: Option<u64>,
    /// Train from the start where the run has no state at that step
    #[arg(long)]
    pub retrace: bool,
    /// Folder for the branches; each is written to OUT/NAME/SEED-FOLDER [default: runs]
    #[arg(long, default_value = "runs")]
    pub out: PathBuf,
    /// Name of the branches [default: that of the run's folder, with the change]
    #[arg(long, value_parser = folder_name)]
    pub name: Option<String>,
    /// Number of branches to train at the same time [default: one per core]
    #[arg(long, value_parser = at_least_one)]
    pub jobs: Option<usize>,
    /// Threads per run; results do not depend on this
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
    pub threads: usize,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
