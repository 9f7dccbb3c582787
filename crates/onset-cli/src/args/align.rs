//! The arguments of `onset align`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::TABLES;

pub const ALIGN_EXAMPLES: &str = "\
Prints the links of each pair as SOURCE-TARGET, counted from 0 (Pharaoh's form). Words are what stands between
spaces. With --gold, prints instead how well each way of aligning agrees with links made by hand; with a run too,
checkpoint by checkpoint: whether β finds the right words before α does.

  theory          knowledge of words and attention take turns: words compete for what they explain (nothing is trained)
  words           the same, without relative positions
  stage-one       the same, first round: attention after what is known under uniform attention
  co-occurrence   the largest first-order slope
  ibm-1           IBM model 1, for comparison
  alpha, beta, delta   attention, knowledge and influence in the model of a run

Examples:
  onset align de.txt,en.txt > links.txt
  onset align pairs.tsv --join grow -o links.txt
  onset align test.grc.gz,test.en.gz --count train.grc.gz,train.en.gz --gold test.align.gz
  onset align test.grc.gz,test.en.gz --run runs/grc-en/seed-0 --gold test.align.gz
  onset align test.grc.gz,test.en.gz --run runs/grc-en/seed-0 --by beta";

/// How links are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AlignBy {
    /// Knowledge and attention in turn, with relative positions
    Theory,
    /// The same without positions
    Words,
    /// The first round of it
    StageOne,
    /// The largest first-order slope
    CoOccurrence,
    /// IBM model 1, five rounds
    #[value(name = "ibm-1")]
    Ibm1,
    /// Attention of a run
    Alpha,
    /// Knowledge of a run
    Beta,
    /// Influence in a run
    Delta,
}

/// How two directions become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AlignJoin {
    /// Links that both have
    Intersection,
    /// Links that one of them has
    Union,
    /// The intersection, grown by links of the union beside it (grow-diag-final-and)
    Grow,
}

#[derive(Debug, Args)]
pub struct AlignArguments {
    #[arg(help = format!("Two files of sentences (SOURCE,TARGET), or a table of sentence pairs ({TABLES})"))]
    pub pairs: String,
    /// Further pairs that are counted but not aligned, such as those that a run was trained on
    #[arg(long, value_name = "SOURCE,TARGET")]
    pub count: Option<String>,
    /// How links are found [default: theory, or alpha with --run]; --gold compares all ways, and adds delta if it is named here
    #[arg(long, value_enum)]
    pub by: Option<AlignBy>,
    /// Directory of a translation run whose model aligns
    #[arg(long, value_name = "RUN")]
    pub run: Option<PathBuf>,
    /// Step of the run's checkpoint [default: the last; with --gold: each]
    #[arg(long, value_name = "N", requires = "run")]
    pub step: Option<u64>,
    /// Align in both directions and join the links (not with a run)
    #[arg(long, value_enum, conflicts_with = "run")]
    pub join: Option<AlignJoin>,
    /// Links made by hand, one line a pair, to compare with
    #[arg(long, value_name = "FILE")]
    pub gold: Option<PathBuf>,
    /// Keep upper and lower case apart (with nothing trained)
    #[arg(long)]
    pub keep_case: bool,
    /// Write the links to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print the scores against gold as JSON
    #[arg(long, requires = "gold")]
    pub json: bool,
}
