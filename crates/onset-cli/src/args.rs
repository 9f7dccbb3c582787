//! The command-line arguments.

mod align;
mod audit;
mod branch;
mod classify;
mod data;
mod export;
mod figure;
mod help;
mod lab;
mod merge;
mod meta;
mod model;
mod reading;
mod reproduce;
mod train;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use onset::runs::Seeds;
use onset::target::built_in;

use self::align::ALIGN_EXAMPLES;
pub use self::align::{AlignArguments, AlignBy, AlignJoin};
use self::audit::AUDIT_EXAMPLES;
pub use self::audit::AuditArguments;
use self::branch::BRANCH_EXAMPLES;
pub use self::branch::BranchArguments;
use self::classify::CLASSIFY_EXAMPLES;
pub use self::classify::ClassifyArguments;
pub use self::data::{DataArguments, DataCommand, FetchArguments, InspectArguments};
use self::export::EXPORT_EXAMPLES;
pub use self::export::ExportArguments;
use self::figure::FIGURE_EXAMPLES;
pub use self::figure::FigureArguments;
use self::help::{COMPLETIONS_EXAMPLES, KEYS_EXAMPLES, MAN_EXAMPLES};
pub use self::help::{CompletionsArguments, KeysArguments, ManArguments};
use self::lab::LAB_EXAMPLES;
pub use self::lab::LabArguments;
use self::merge::MERGE_EXAMPLES;
pub use self::merge::MergeArguments;
pub use self::meta::{CheckArguments, MetaArguments, MetaCommand, MetaTrainArguments};
pub use self::model::{ModelArguments, ModelCommand, ModelFetchArguments};
pub use self::reading::ReadingArguments;
pub use self::reproduce::{
    CausesArguments, ClassificationArguments, CopyingArguments, DropsArguments, ForecastsArguments,
    InductionArguments, MetaTuningArguments, MultiheadArguments, PhaseArguments, Reproduce, StudyArguments,
    ToyArguments, TranslationArguments,
};
use self::train::TRAIN_EXAMPLES;
pub use self::train::TrainArguments;

/// Arguments that fit clap's grammar but contradict each other.
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
/// Onset trains small attention models fast, records what attention does at every checkpoint, and shows it: in tables, in reports
/// that open without a network, and in a lab in the browser. `onset help COMMAND` explains a command with examples.
#[derive(Debug, Parser)]
#[command(name = "onset", version, propagate_version = true, after_help = FIRST_STEPS)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an experiment of the paper and report on it
    #[command(subcommand)]
    Reproduce(Reproduce),
    /// Train on texts, sentence pairs, a data set, a spec or a built-in task
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(TrainArguments),
    /// Go on from the state of a run at some step, with a change, as an exact pair to the run
    #[command(after_help = BRANCH_EXAMPLES)]
    Branch(BranchArguments),
    /// Predict the outcome of training from the data or the initial weights alone; no run is trained
    #[command(after_help = PREDICT_EXAMPLES)]
    Predict(PredictArguments),
    /// Predict a run and seal the forecast in its folder before training; `onset report` scores it afterwards
    #[command(after_help = FORECAST_EXAMPLES)]
    Forecast(ForecastArguments),
    /// Compute the attention records (α, β, Δ) of runs from their checkpoints
    #[command(after_help = PROBE_EXAMPLES)]
    Probe(ProbeArguments),
    /// Write one HTML report of recorded runs
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArguments),
    /// Write one figure of recorded runs as SVG, PDF or CSV
    #[command(after_help = FIGURE_EXAMPLES)]
    Figure(FigureArguments),
    /// List recorded runs
    #[command(after_help = RUNS_EXAMPLES)]
    Runs(RunsArguments),
    /// Join folders of runs that several machines have filled
    #[command(after_help = MERGE_EXAMPLES)]
    Merge(MergeArguments),
    /// Open the lab: recorded runs and interactive training, in a browser on this machine
    #[command(after_help = LAB_EXAMPLES)]
    Lab(LabArguments),
    /// Label new texts with the model of a classification run
    #[command(after_help = CLASSIFY_EXAMPLES)]
    Classify(ClassifyArguments),
    /// Train a model that classifies by a description of the label, on a collection of described data sets
    Meta(MetaArguments),
    /// Translate standard input, line by line, with the model of a translation run
    #[command(after_help = TRANSLATE_EXAMPLES)]
    Translate(TranslateArguments),
    /// Align the words of sentence pairs, with nothing trained or by the attention of a run
    #[command(after_help = ALIGN_EXAMPLES)]
    Align(AlignArguments),
    /// Write the model of a run to a folder that PyTorch and ONNX runtimes load
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArguments),
    /// Look for words that give the labels of a data set away
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArguments),
    /// List public data sets, fetch one, or inspect a file before training
    Data(DataArguments),
    /// List public checkpoints of language models, or fetch one
    Model(ModelArguments),
    /// Describe the keys of a spec: meaning, possible values and default
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(KeysArguments),
    /// Print shell completions
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArguments),
    /// Print a manual page, or write one for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArguments),
}

/// The forms of a table that can be named.
pub const TABLES: &str = ".tsv, .csv, .txt, .jsonl, .json, .parquet, .arrow, .xlsx or .ods, also compressed; a folder of such files; or - for \
     standard input";

const FIRST_STEPS: &str = "\
First steps:
  onset reproduce copying        the paper's main result
  onset train messages.tsv       your own texts: columns `text` and `label`
  onset train corpus.txt         a language model of any text
  onset audit messages.tsv       whether some word gives their labels away
  onset predict messages.tsv     which words attention will go to, before any training
  onset lab --open               recorded runs and interactive training, in a browser

ONSET_KERNEL=avx512|avx2|plain selects the instruction set [default: the fastest available].
Exit codes: 0 success, 1 failure (or a leak, with `audit --fail-on-leak`), 2 invalid arguments or spec, 130 interrupted by Ctrl-C.";

const PROBE_EXAMPLES: &str = "\
Writes RUN/probes/step-N.parquet for each checkpoint that has parameters.

Examples:
  onset probe runs/messages/seed-0
  onset probe runs                               all runs in a folder";

const REPORT_EXAMPLES: &str = "\
Writes one HTML file that opens without a network, prints the tables, and scores sealed forecasts.
The footer of the report shows the date of the last training, or SOURCE_DATE_EPOCH if it is set.

Examples:
  onset report runs/copying-40
  onset report runs -o all.html
  onset report runs/june runs/july -o both.html";

const RUNS_EXAMPLES: &str = "\
Examples:
  onset runs                                     the runs in ./runs
  onset runs experiments --json                  for each run: spec, data, scores, duration, …
  onset runs --tidy scores.parquet               one row per run, step and score (or .csv)";

/// Parses the name of a folder.
fn folder_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let no_folder = name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':']);
    if no_folder || name.chars().any(char::is_control) {
        return Err("expected the name of one folder, without `/` and not beginning with a dot".into());
    }
    Ok(name.into())
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct TextArguments {
    /// Labels to keep, at least two; with two, the first is the negative one [default: all]
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "A,B,…", conflicts_with = "positive")]
    pub labels: Vec<String>,
    /// Labels to classify against all others
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "A,…")]
    pub positive: Vec<String>,
    /// What labels are called wherever they are shown, by the value in the file [default: as in the file]
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "LABEL=NAME,…", value_parser = label_name)]
    pub label_names: Vec<(String, String)>,
    /// Column of the text, by name or number; several columns, separated by commas, are joined
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// Column of the label, by name or number
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// Column of the sentence to translate, by name or number
    #[arg(long, value_name = "NAME")]
    pub source_column: Option<String>,
    /// Column of its translation, by name or number
    #[arg(long, value_name = "NAME")]
    pub target_column: Option<String>,
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// Validation data, instead of a held-out share: a file, or SOURCE,TARGET for sentence pairs
    #[arg(long, value_name = "FILE")]
    pub validation: Option<String>,
    /// Folder with copies of data sets, instead of ./data
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
}

/// A label and what it is called.
fn label_name(word: &str) -> Result<(String, String), String> {
    match word.split_once('=') {
        Some((label, name)) if !name.trim().is_empty() => Ok((label.into(), name.trim().into())),
        _ => Err("expected LABEL=NAME, as in 0=ham".into()),
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub struct RunningArguments {
    /// Change a key of the spec, such as --set model.hidden=128 (may be repeated); with a list of values, such as
    /// --set model.hidden=[64,128], `train` trains one run for each
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Number of runs to train at the same time [default: one per core]
    #[arg(long, value_parser = at_least_one)]
    pub jobs: Option<usize>,
    /// Threads per run; results do not depend on this
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
    pub threads: usize,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// Parses a count that must be at least 1.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("expected at least 1".into()),
        Ok(count) => Ok(count),
        Err(_) => Err("expected a whole number, such as 2".into()),
    }
}

const PREDICT_EXAMPLES: &str = "\
Examples:
  onset predict experiments/copying-40.toml --seeds 5     whether and when each seed learns
  onset predict copying --set task.vocabulary=60          the built-in task
  onset predict sms_spam                                  a fetched data set
  onset predict multi30k --from copies                    sentence pairs
  onset predict messages.tsv --labels ham,spam            any text file
  onset predict messages.tsv --attention alpha.jsonl      also writes predicted weights
  onset predict train.de,train.en                         any sentence pairs, line by line

Writes no files, except that of --attention. If the theory does not cover a setting, Onset says so
and gives no number.";

const FORECAST_EXAMPLES: &str = "\
Examples:
  onset forecast experiments/copying-40.toml --seeds 10
  onset train experiments/copying-40.toml --seeds 10      trains in the folders that hold the forecasts
  onset report runs/copying-40                            scores them

Writes forecast.json and forecast.parquet to OUT/NAME/seed-N. A forecast is valid only if it was
written before training began and its spec, data and version are those of the run.";

#[derive(Debug, Args)]
pub struct ForecastArguments {
    #[arg(default_value = "keyword", help = format!("As for `onset train`; without a file: {}", built_in().join(", ")))]
    pub target: String,
    /// Seeds: how many (5 means 0 to 4), a range (0..5) or a list (1,3,8) [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// A single seed, such as the index of an array job
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub text: TextArguments,
    /// Change a key of the spec, such as --set model.hidden=128 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Folder for the runs; each forecast is written to OUT/NAME/seed-N [default: runs]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Name of the runs [default: the target's name]
    #[arg(long, value_parser = folder_name)]
    pub name: Option<String>,
    /// Print the predictions as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PredictArguments {
    #[arg(default_value = "copying", help = format!(
        "A spec (.toml), the name of a data set, a table of texts or of sentence pairs ({TABLES}), two files of sentences \
         (SOURCE,TARGET), or a built-in task: keyword, copying"
    ))]
    pub target: String,
    /// Seeds, for copying: how many (5 means 0 to 4), a range (0..5) or a list (1,3,8) [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Number of words or word pairs to list [default: 20]
    #[arg(long, value_parser = at_least_one, conflicts_with = "json")]
    pub top: Option<usize>,
    /// Write the predicted attention of each held-out text (of sentence pairs, the first 2,000) to FILE, one JSON object per line
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
  onset translate runs/multi30k/seed-0 --alignment test.align < test.de             word alignments
  echo 'Ein Hund läuft.' | onset translate runs/multi30k/seed-0 --beam 1";

#[derive(Debug, Args)]
pub struct TranslateArguments {
    /// Run directory of a translation run
    pub run: PathBuf,
    /// Step of the checkpoint to use [default: the last]
    #[arg(long)]
    pub step: Option<u64>,
    /// Beam width; 1 is greedy
    #[arg(long, default_value_t = 5)]
    pub beam: usize,
    /// Longest translation, in subwords
    #[arg(long, default_value_t = 100)]
    pub max_tokens: usize,
    /// Log-probabilities are divided by the length to this power; 0 for no penalty
    #[arg(long, default_value_t = 1.0)]
    pub length_penalty: f64,
    /// Write the attention of each sentence to FILE, word by word, one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub attention: Option<PathBuf>,
    /// With --attention: subword by subword
    #[arg(long, requires = "attention")]
    pub subwords: bool,
    /// Write word alignments to FILE in Pharaoh format: for each translated word, SOURCE-TARGET with the source word that it
    /// attends to most, counted from 0
    #[arg(long, value_name = "FILE")]
    pub alignment: Option<PathBuf>,
    /// References to score against, one per line (plain or gzip); normalised as in training
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Do not normalise the references
    #[arg(long, requires = "reference")]
    pub reference_as_is: bool,
    /// Threads; results do not depend on this [default: one per core]
    #[arg(long, value_parser = at_least_one)]
    pub threads: Option<usize>,
}

#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// Run directories, or folders that contain some
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Threads; results do not depend on this
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
    pub threads: usize,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Run directories, or folders that contain some
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
    /// Write all scores to FILE (.parquet or .csv): one row per run, step and score, with a column for each key in which the
    /// runs differ
    #[arg(long, value_name = "FILE", conflicts_with = "json", value_parser = tidy_file)]
    pub tidy: Option<PathBuf>,
}

/// Parses the name of a Parquet or CSV file.
fn tidy_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some(ending) if ["parquet", "csv"].contains(&ending.to_ascii_lowercase().as_str()) => Ok(path),
        _ => Err("expected a file that ends in .parquet or .csv".into()),
    }
}
