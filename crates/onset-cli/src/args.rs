//! What can be typed.

mod data;
mod lab;
mod reproduce;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::data::{DataArguments, DataCommand, FetchArguments, InspectArguments};
use self::lab::LAB_EXAMPLES;
pub use self::lab::LabArguments;
pub use self::reproduce::{
    ClassificationArguments, CopyingArguments, MultiheadArguments, PhaseArguments, Reproduce, StudyArguments,
    ToyArguments, TranslationArguments,
};
use crate::seeds::Seeds;

/// Arguments that fit clap's grammar but not each other.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// A laboratory for how attention learns.
///
/// Onset trains small attention models fast, records what attention does all along the way, and shows it.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an experiment of the paper and report on it
    #[command(subcommand)]
    Reproduce(Reproduce),
    /// Train on a text file, a spec or a built-in task
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(TrainArguments),
    /// Say what training will do, from the data or the initial weights alone; nothing is trained
    #[command(after_help = PREDICT_EXAMPLES)]
    Predict(PredictArguments),
    /// Write a prediction into the folder of a run that has not begun; `onset report` scores it afterwards
    #[command(after_help = FORECAST_EXAMPLES)]
    Forecast(TrainArguments),
    /// Make the probes (α, β, Δ) of runs from their checkpoints
    Probe(ProbeArguments),
    /// Make a report of runs that are on record
    Report(ReportArguments),
    /// List the runs that are on record
    Runs(RunsArguments),
    /// Open the lab: the runs on record, and attention through time, in a browser on this machine
    #[command(after_help = LAB_EXAMPLES)]
    Lab(LabArguments),
    /// Translate standard input, line by line, with the model of a translation run
    #[command(after_help = TRANSLATE_EXAMPLES)]
    Translate(TranslateArguments),
    /// List public data sets, fetch one, or look into a file of texts
    Data(DataArguments),
}

const TRAIN_EXAMPLES: &str = "\
Examples:
  onset train                                  the built-in keyword task, no data needed
  onset train messages.tsv                     columns `text` and `label`, two labels
  onset train news.csv --labels world,business two labels of many
  onset train mail.jsonl --positive spam       one label against all others
  onset train experiments/copying-40.toml --set model.hidden=128 --seeds 5
  onset train messages.tsv --resume            continue after Ctrl-C";

#[derive(Debug, Args)]
pub struct TrainArguments {
    /// A text file (.tsv, .csv, .jsonl, each also .gz), a spec (.toml), or a built-in task: keyword, copying
    #[arg(default_value = "keyword")]
    pub target: PathBuf,
    /// Seeds: a number (5), a range (0..5) or a list (1,3,8) [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    #[command(flatten)]
    pub text: TextArguments,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder for the runs; each goes to OUT/NAME/seed-N
    #[arg(long, default_value = "runs")]
    pub out: PathBuf,
    /// Continue runs that are there already
    #[arg(long)]
    pub resume: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Text files")]
pub struct TextArguments {
    /// Two labels to keep, negative first
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "A,B", conflicts_with = "positive")]
    pub labels: Vec<String>,
    /// One label to set against all others
    #[arg(long, value_name = "LABEL")]
    pub positive: Option<String>,
    /// Column of the text
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// Column of the label
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// File to validate on, instead of holding out a part
    #[arg(long, value_name = "FILE")]
    pub validation: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub struct RunningArguments {
    /// Change a key of the spec, such as --set model.hidden=128 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Runs side by side [default: one a core]
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Threads of each run; results do not depend on it
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

const PREDICT_EXAMPLES: &str = "\
Examples:
  onset predict experiments/copying-40.toml --seeds 5     whether, when and on which curve each seed learns
  onset predict copying --set data.vocabulary=60          the built-in task
  onset predict sms_spam                                  a data set fetched before: the words attention goes to
  onset predict multi30k --from copies                    sentence pairs: which word is attended to for which
  onset predict messages.tsv --labels ham,spam            any text file
  onset predict messages.tsv --attention alpha.jsonl      where it will go in each held-out text
  onset predict train.de,train.en                         any sentence pairs, line by line

What the theory does not cover is named, and no number is given for it.";

const FORECAST_EXAMPLES: &str = "\
Examples:
  onset forecast experiments/copying-40.toml --seeds 10
  onset train experiments/copying-40.toml --seeds 10      trains in the folders that hold the forecasts
  onset report runs/copying-40                            scores them

A forecast counts only if it was there before training began, and is of the run's spec, data and version.";

#[derive(Debug, Args)]
pub struct PredictArguments {
    /// A spec (.toml), a data set by its name, a text file, sentence pairs (FILE or SOURCE,TARGET), or a built-in
    /// task: keyword, copying
    #[arg(default_value = "copying")]
    pub target: String,
    /// Seeds: a number (5), a range (0..5) or a list (1,3,8); for copying [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Folder with copies of named data sets
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// How many words or word pairs are listed
    #[arg(long, default_value_t = 20)]
    pub top: usize,
    /// Write the attention foretold of each held-out text (of each of the first 2,000 pairs) here: one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub attention: Option<PathBuf>,
    #[command(flatten)]
    pub text: TextArguments,
    /// Change a key of the spec, such as --set model.hidden=128 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Print everything as JSON: curves, all listed words, groups
    #[arg(long)]
    pub json: bool,
}

const TRANSLATE_EXAMPLES: &str = "\
Examples:
  onset translate runs/multi30k/seed-0 < test.de > test.out
  onset translate runs/multi30k/seed-0 --reference test.en < test.de > test.out     with BLEU
  onset translate runs/multi30k/seed-0 --step 500 --attention alpha.jsonl < test.de
  echo 'Ein Hund läuft.' | onset translate runs/multi30k/seed-0 --beam 1";

#[derive(Debug, Args)]
pub struct TranslateArguments {
    /// A run directory
    pub run: PathBuf,
    /// The model after so many steps [default: the last that was kept]
    #[arg(long)]
    pub step: Option<u64>,
    /// Beginnings that are kept while searching; 1 is greedy
    #[arg(long, default_value_t = 5)]
    pub beam: usize,
    /// Subwords of a translation at most
    #[arg(long, default_value_t = 100)]
    pub max_tokens: usize,
    /// Power of the length by which log-probabilities are divided; 0 for none
    #[arg(long, default_value_t = 1.0)]
    pub length_penalty: f64,
    /// Write the attention of each sentence here: one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub attention: Option<PathBuf>,
    /// References, line by line, to score against (plain or gzip)
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Threads; results do not depend on it [default: one a core]
    #[arg(long)]
    pub threads: Option<usize>,
}

#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// Run directories, or folders that hold some
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Threads; results do not depend on it
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Run directories, or folders that hold some
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// File to write
    #[arg(long, short, default_value = "report.html")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct RunsArguments {
    /// Folder to look in
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}
