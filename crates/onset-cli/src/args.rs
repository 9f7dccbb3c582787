//! The command-line arguments.

mod data;
mod figure;
mod help;
mod lab;
mod reading;
mod reproduce;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use onset::target::built_in;

pub use self::data::{DataArguments, DataCommand, FetchArguments, InspectArguments};
use self::figure::FIGURE_EXAMPLES;
pub use self::figure::FigureArguments;
use self::help::{COMPLETIONS_EXAMPLES, KEYS_EXAMPLES, MAN_EXAMPLES};
pub use self::help::{CompletionsArguments, KeysArguments, ManArguments};
use self::lab::LAB_EXAMPLES;
pub use self::lab::LabArguments;
pub use self::reading::ReadingArguments;
pub use self::reproduce::{
    ClassificationArguments, CopyingArguments, MultiheadArguments, PhaseArguments, Reproduce, StudyArguments,
    ToyArguments, TranslationArguments,
};
use crate::command::Request;
use crate::seeds::Seeds;

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
    /// Predict what training will do, from the data or the initial weights alone; nothing is trained
    #[command(after_help = PREDICT_EXAMPLES)]
    Predict(PredictArguments),
    /// Seal a prediction in the folder of a run that has not begun; `onset report` scores it afterwards
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
    /// Open the lab: recorded runs and interactive training, in a browser on this machine
    #[command(after_help = LAB_EXAMPLES)]
    Lab(LabArguments),
    /// Label new texts with the model of a classification run
    #[command(after_help = CLASSIFY_EXAMPLES)]
    Classify(ClassifyArguments),
    /// Translate standard input, line by line, with the model of a translation run
    #[command(after_help = TRANSLATE_EXAMPLES)]
    Translate(TranslateArguments),
    /// List public data sets, fetch one, or inspect a file before training
    Data(DataArguments),
    /// Describe the keys of a spec: what each one decides, what is possible, what is the default
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(KeysArguments),
    /// Print completions of commands and options for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArguments),
    /// Print a page for `man`, or write one for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArguments),
}

/// The forms of a table that can be named.
pub const TABLES: &str = ".tsv, .csv, .txt, .jsonl, .json, .parquet, .arrow, .xlsx or .ods, each also packed, a folder of such files, or - for \
     standard input";

const FIRST_STEPS: &str = "\
First steps:
  onset reproduce copying        the paper's headline result
  onset train messages.tsv       your own texts: columns `text` and `label`
  onset predict messages.tsv     which words attention will go to, before any training
  onset lab --open               what was recorded, and interactive training

ONSET_KERNEL=avx512|avx2|plain chooses the instructions that models are computed with; the fastest is the default.
Exit codes: 0 done, 1 failed, 2 the arguments or the spec are wrong, 130 stopped by Ctrl-C.";

const PROBE_EXAMPLES: &str = "\
Writes RUN/probes/step-N.parquet for each checkpoint whose parameters were kept.

Examples:
  onset probe runs/messages/seed-0
  onset probe runs                               all runs in a folder";

const CLASSIFY_EXAMPLES: &str = "\
Prints a line for each text: its label and the label's probability, with a tab between them.

Examples:
  onset classify runs/messages/seed-0 new.tsv                column `text`, and `label` if there is one
  echo 'win a prize' | onset classify runs/messages/seed-0   a text on each line
  onset classify runs/messages/seed-0 new.csv -o new.html    words shaded by α, β and Δ
  onset classify runs/messages/seed-0 new.csv --json         one JSON object a text";

const REPORT_EXAMPLES: &str = "\
Writes one HTML file that opens without a network, and prints the tables. Forecasts of the runs are scored.
Its footer has the date of the last training, or that of SOURCE_DATE_EPOCH.

Examples:
  onset report runs/copying-40
  onset report runs -o all.html
  onset report runs/june runs/july -o both.html";

const RUNS_EXAMPLES: &str = "\
Examples:
  onset runs                                     those in ./runs
  onset runs experiments --json                  with spec, data files, scores, differences and seconds of each
  onset runs --tidy scores.parquet               one row for each run, step and score (or .csv)";

const TRAIN_EXAMPLES: &str = "\
Examples:
  onset train                                    the built-in keyword task, no data needed
  onset train messages.tsv                       columns `text` and `label`, any number of labels
  onset train news.csv --labels world,business   two labels of many
  onset train mail.jsonl --positive spam         one label against all others
  onset train reviews.csv --no-header --text-column 2 --label-column 1
  onset train news.xlsx --text-column title,description --label-column section
  onset train sms_spam                           a data set fetched before, or with --from
  onset train train.de,train.en                  sentence pairs, line by line
  onset train experiments/copying-40.toml --set model.hidden=128 --seeds 5
  onset train messages.tsv --resume              continue after Ctrl-C
  onset train messages.tsv --resume --set train.steps=8000     let finished runs go on
  onset train messages.tsv --set model.hidden=[64,128] --seeds 3     every value with every seed
  onset train messages.tsv --seed $SLURM_ARRAY_TASK_ID     one job of an array
  onset train runs/messages/seed-0 --resume      continue a run with its own spec

Writes each run to OUT/NAME/seed-N (spec, scores, attention records, checkpoints) and OUT/NAME/report.html. Several values of a key
go to OUT/NAME/KEY=VALUE/seed-N.";

#[derive(Debug, Args)]
pub struct TrainArguments {
    #[arg(default_value = "keyword", help = format!(
        "A table of texts or of sentence pairs ({TABLES}), two files of sentences (SOURCE,TARGET), a data set by its name, a \
         spec (.toml), or a built-in task: {}",
        built_in().join(", ")
    ))]
    pub target: String,
    /// Seeds: how many (5 means 0 to 4), a range (0..5) or a list (1,3,8) [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// One seed, such as the index of a job in an array
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub text: TextArguments,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder for the runs; each goes to OUT/NAME/seed-N [default: runs]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// What the runs are called [default: the target's name]
    #[arg(long, value_parser = folder_name)]
    pub name: Option<String>,
    /// Continue runs that exist already; finished ones go on if train.steps has grown, and are left as they are otherwise
    #[arg(long)]
    pub resume: bool,
}

/// The seeds of `--seeds`, or the one of `--seed`.
fn named_seeds(seeds: Option<&Seeds>, seed: Option<u64>) -> Option<Vec<u64>> {
    seeds.map(|seeds| seeds.0.clone()).or(seed.map(|seed| vec![seed]))
}

impl TrainArguments {
    /// The runs that it asks for.
    pub fn request(&self) -> Request<'_> {
        Request {
            target: &self.target,
            seeds: named_seeds(self.seeds.as_ref(), self.seed),
            text: &self.text,
            overrides: &self.running.overrides,
            out: self.out.as_deref(),
            name: self.name.as_deref(),
            resume: self.resume,
        }
    }
}

impl ForecastArguments {
    /// The runs that it is about.
    pub fn request(&self) -> Request<'_> {
        Request {
            target: &self.target,
            seeds: named_seeds(self.seeds.as_ref(), self.seed),
            text: &self.text,
            overrides: &self.overrides,
            out: self.out.as_deref(),
            name: self.name.as_deref(),
            resume: false,
        }
    }
}

/// Parses the name of a folder.
fn folder_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let no_folder = name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':']);
    if no_folder || name.chars().any(char::is_control) {
        return Err("expected the name of one folder, without `/` and not beginning with a dot".into());
    }
    Ok(name.into())
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct TextArguments {
    /// Labels to keep, at least two; of two, the first is negative [default: all]
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "A,B,…", conflicts_with = "positive")]
    pub labels: Vec<String>,
    /// Labels to set against all others
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "A,…")]
    pub positive: Vec<String>,
    /// Column of the text, by name or number; of several, with commas between, the texts are joined
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
    /// What to validate on, instead of a held-out share: a file, or for sentence pairs SOURCE,TARGET
    #[arg(long, value_name = "FILE")]
    pub validation: Option<String>,
    /// Folder with copies of data sets, instead of ./data
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub struct RunningArguments {
    /// Change a key of the spec, such as --set model.hidden=128 (may be repeated); `train` takes a list of values, too, and trains
    /// each, such as --set model.hidden=[64,128]
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// How many runs train at the same time [default: one a core]
    #[arg(long, value_parser = at_least_one)]
    pub jobs: Option<usize>,
    /// Threads of each run; results do not depend on it
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
  onset predict sms_spam                                  a data set fetched before: the words attention goes to
  onset predict multi30k --from copies                    sentence pairs: which word is attended to for which
  onset predict messages.tsv --labels ham,spam            any text file
  onset predict messages.tsv --attention alpha.jsonl      its weights in each held-out text
  onset predict train.de,train.en                         any sentence pairs, line by line

Writes nothing but the file of --attention. What the theory does not cover is named, and no number is given for it.";

const FORECAST_EXAMPLES: &str = "\
Examples:
  onset forecast experiments/copying-40.toml --seeds 10
  onset train experiments/copying-40.toml --seeds 10      trains in the folders that hold the forecasts
  onset report runs/copying-40                            scores them

Writes forecast.json and forecast.parquet to OUT/NAME/seed-N. A forecast counts only if it was written before training began, and
is of the run's spec, data and version.";

#[derive(Debug, Args)]
pub struct ForecastArguments {
    #[arg(default_value = "keyword", help = format!("As for `onset train`; without a file: {}", built_in().join(", ")))]
    pub target: String,
    /// Seeds: a number (5), a range (0..5) or a list (1,3,8) [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// One seed, such as the index of a job in an array
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub text: TextArguments,
    /// Change a key of the spec, such as --set model.hidden=128 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Folder for the runs; each forecast goes to OUT/NAME/seed-N [default: runs]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// What the runs are called [default: the target's name]
    #[arg(long, value_parser = folder_name)]
    pub name: Option<String>,
    /// Print the predictions as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PredictArguments {
    #[arg(default_value = "copying", help = format!(
        "A spec (.toml), a data set by its name, a table of texts or of sentence pairs ({TABLES}), two files of sentences \
         (SOURCE,TARGET), or a built-in task: keyword, copying"
    ))]
    pub target: String,
    /// Seeds: a number (5), a range (0..5) or a list (1,3,8); for copying [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// How many words or word pairs are listed [default: 20]
    #[arg(long, value_parser = at_least_one, conflicts_with = "json")]
    pub top: Option<usize>,
    /// Write the predicted attention of each held-out text, or of each of the first 2,000 pairs, here: one JSON object a line
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
  onset translate runs/multi30k/seed-0 --alignment test.align < test.de             which word comes from which
  echo 'Ein Hund läuft.' | onset translate runs/multi30k/seed-0 --beam 1";

#[derive(Debug, Args)]
pub struct TranslateArguments {
    /// A run directory
    pub run: PathBuf,
    /// Use the checkpoint of this step [default: the last one]
    #[arg(long)]
    pub step: Option<u64>,
    /// Beam width; 1 is greedy
    #[arg(long, default_value_t = 5)]
    pub beam: usize,
    /// Longest translation, in subwords
    #[arg(long, default_value_t = 100)]
    pub max_tokens: usize,
    /// Power of the length by which log-probabilities are divided; 0 for none
    #[arg(long, default_value_t = 1.0)]
    pub length_penalty: f64,
    /// Write the attention of each sentence here, word by word: one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub attention: Option<PathBuf>,
    /// Write attention subword by subword
    #[arg(long, requires = "attention")]
    pub subwords: bool,
    /// Write for each word of the translation the word that it attends to most here: a line of `SOURCE-TARGET`, counted from 0
    /// (Pharaoh's form)
    #[arg(long, value_name = "FILE")]
    pub alignment: Option<PathBuf>,
    /// References, line by line, to score against (plain or gzip); normalised as the run's vocabulary is
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Score against the references as they are, without normalisation
    #[arg(long, requires = "reference")]
    pub reference_as_is: bool,
    /// Threads; results do not depend on it [default: one a core]
    #[arg(long, value_parser = at_least_one)]
    pub threads: Option<usize>,
}

#[derive(Debug, Args)]
pub struct ClassifyArguments {
    /// Run directory of a classification
    pub run: PathBuf,
    /// File of texts, as in training; other endings have a text on each line [default: standard input]
    #[arg(value_name = "FILE")]
    pub texts: Option<PathBuf>,
    /// Checkpoint to use [default: the last]
    #[arg(long, value_name = "N")]
    pub step: Option<u64>,
    /// Column of the text [default: as in training]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// Column of the label, if the file has one [default: as in training]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// Write α, β and Δ of each word here: .jsonl, .csv (a row a word) or .html (one page)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print one JSON object a text, with its words
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// Run directories, or folders that hold some
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Threads; results do not depend on it
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
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
    /// Write all scores to FILE (.parquet or .csv): a row for each run, step and score, a column for each key in which runs
    /// differ
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
