//! The arguments of `onset meta`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use onset::runs::Seeds;

use super::{RunningArguments, folder_name};

#[derive(Debug, Args)]
pub struct MetaArguments {
    #[command(subcommand)]
    pub command: MetaCommand,
}

#[derive(Debug, Subcommand)]
pub enum MetaCommand {
    /// Say what does not fit between a collection and its data
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArguments),
    /// Train a model to answer Yes or No to a description of a label and a text
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(MetaTrainArguments),
}

const CHECK_EXAMPLES: &str = "\
A collection is a folder with a file NAME.toml for each data set: where its files are, tags (sets that
share one are similar), and for each label one to three questions. Prints labels and texts of each set,
and what training would leave out. Exits with 1 if a set cannot be used.

Examples:
  onset meta check                                  collections/, data in ./data
  onset meta check --collection mine --from copies
  onset meta check --json";

const TRAIN_EXAMPLES: &str = "\
Each step draws data sets, descriptions and the answers Yes and No with equal chances. What is held out
is not trained on, nor is any set that shares a tag with it; it is evaluated by the area under the ROC
curve of P(Yes), for each description. A sentence encoder is compared by cosine (bi-encoder) unless
--encoder says otherwise. Runs are like any other: `onset report`, `onset lab`, --resume.

Examples:
  onset meta train --pretrained minilm --held-out opinion --from copies
  onset meta train --pretrained minilm --held-out sst2 --similar     let similar sets in
  onset meta train --pretrained minilm --held-out spam --encoder cross --quick
  onset meta train --held-out spam --set model.width=128             from nothing, with words as tokens";

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Folder of the collection
    #[arg(long, value_name = "DIR", default_value = "collections")]
    pub collection: PathBuf,
    /// Folder of the data sets, as `onset data fetch` fills it or with copies
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub from: PathBuf,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

/// How a description and a text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encoder {
    /// As one sequence
    Cross,
    /// Each by itself, compared by the cosine of their states
    Bi,
}

impl Encoder {
    /// As the spec has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cross => "cross",
            Self::Bi => "bi",
        }
    }
}

#[derive(Debug, Args)]
pub struct MetaTrainArguments {
    /// Folder of the collection
    #[arg(long, value_name = "DIR", default_value = "collections")]
    pub collection: PathBuf,
    /// Folder of the data sets, as `onset data fetch` fills it or with copies
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub from: PathBuf,
    /// Groups or sets that are evaluated and not trained on [default: none; then held-out texts of all sets are evaluated]
    #[arg(long, value_name = "GROUP|SET", num_args = 1.., value_delimiter = ',')]
    pub held_out: Vec<String>,
    /// Train on sets that are similar to those held out
    #[arg(long, requires = "held_out")]
    pub similar: bool,
    /// Start from a pretrained model: a folder as on the Hugging Face hub, of BERT's form [default: from nothing]
    #[arg(long, value_name = "DIR")]
    pub pretrained: Option<PathBuf>,
    /// How description and text are read [default: bi for a sentence encoder, cross for all else]
    #[arg(long)]
    pub encoder: Option<Encoder>,
    /// 500 steps of 16 pairs of up to 64 tokens, and fewer evaluated texts, instead of 5,000 steps of 32 pairs of up to 128
    #[arg(long)]
    pub quick: bool,
    /// Seeds: how many (5 means 0 to 4), a range (0..5) or a list (1,3,8) [default: 0]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder for the runs; each is written to OUT/NAME/seed-N [default: runs]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Name of the runs [default: meta, with what is held out]
    #[arg(long, value_parser = folder_name)]
    pub name: Option<String>,
    /// Continue existing runs
    #[arg(long)]
    pub resume: bool,
}
