//! `onset figure`.

use std::path::PathBuf;

use clap::Args;

pub const FIGURE_EXAMPLES: &str = "\
Without NAME, lists the figures that the runs have. Several runs give one line a seed or, where they differ by more than
their seed, one line a setting. The ending of the file decides its form: .svg, .pdf, or .csv for the numbers.

Examples:
  onset figure runs/keyword                                 which figures there are
  onset figure runs/keyword accuracy -o accuracy.svg
  onset figure runs/wide runs/narrow loss -o loss.pdf --log
  onset figure runs/keyword/seed-0 alpha -o attention.svg   attention on one held-out text, by step
  onset figure runs/copying/v40-seed-0 alpha --step 200 --example 3 -o alpha.csv";

#[derive(Debug, Args)]
pub struct FigureArguments {
    /// Run directories, or folders that hold some; last, the name of a figure
    #[arg(required = true, value_name = "RUN|NAME")]
    pub runs: Vec<PathBuf>,
    /// File to write (.svg, .pdf or .csv)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A logarithmic axis of steps [default: where the recorded steps are dense early]
    #[arg(long, conflicts_with = "linear")]
    pub log: bool,
    /// A linear axis of steps
    #[arg(long)]
    pub linear: bool,
    /// Attention of the held-out example of this number [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub example: Option<i64>,
    /// Attention at the checkpoint of this step [default: the last; of a text, all]
    #[arg(long)]
    pub step: Option<u64>,
}
