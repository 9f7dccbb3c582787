//! `onset figure`.

use std::path::PathBuf;

use clap::Args;

pub const FIGURE_EXAMPLES: &str = "\
Without NAME, lists the figures of the runs. Runs that differ only in their seed are drawn as one
curve per seed; otherwise there is one curve per setting. The file extension selects the format:
.svg, .pdf, or .csv for the numbers.

Examples:
  onset figure runs/keyword                                 lists the figures
  onset figure runs/keyword accuracy -o accuracy.svg
  onset figure runs/wide runs/narrow loss -o loss.pdf --log
  onset figure runs/keyword/seed-0 alpha -o attention.svg   attention on one held-out text, by step
  onset figure runs/copying/v40-seed-0 alpha --step 200 --example 3 -o alpha.csv";

#[derive(Debug, Args)]
pub struct FigureArguments {
    /// Run directories, or folders that contain some; then the name of a figure
    #[arg(required = true, value_name = "RUN|NAME")]
    pub runs: Vec<PathBuf>,
    /// File to write (.svg, .pdf or .csv)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Logarithmic axis of steps [default: if early steps are recorded more densely]
    #[arg(long, conflicts_with = "linear")]
    pub log: bool,
    /// Linear axis of steps
    #[arg(long)]
    pub linear: bool,
    /// For attention: the number of the held-out example [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub example: Option<i64>,
    /// For attention: the step of the checkpoint [default: the last; for texts, all]
    #[arg(long)]
    pub step: Option<u64>,
}
