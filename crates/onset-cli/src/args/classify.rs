//! The arguments of `onset classify`.

use std::path::PathBuf;

use clap::Args;

use super::at_least_one;

pub const CLASSIFY_EXAMPLES: &str = "\
Prints one line per text: its label and the label's probability, separated by a tab.

Examples:
  onset classify runs/messages/seed-0 new.tsv                columns `text` and, if present, `label`
  echo 'win a prize' | onset classify runs/messages/seed-0   one text per line
  onset classify runs/messages/seed-0 new.csv -o new.html    words shaded by α, β and Δ
  onset classify runs/messages/seed-0 new.csv --json         one JSON object per text

With a run of `onset meta train`, labels are described by questions; no labelled text is needed:
  onset classify --model runs/meta/seed-0 --labels labels.toml new.csv
  onset classify runs/meta/seed-0 new.csv --label 'spam=Is this message spam?' --label 'news=Is this a news report?'";

#[derive(Debug, Args)]
pub struct ClassifyArguments {
    /// Run directory of a text classifier, or of `onset meta train`; then a file of texts, as in training; a file with another
    /// extension has one text per line [default: standard input]
    #[arg(value_names = ["RUN", "FILE"], num_args = 0..=2)]
    pub paths: Vec<PathBuf>,
    /// The run directory, named by an option
    #[arg(long, value_name = "RUN")]
    pub model: Option<PathBuf>,
    /// Labels with descriptions, for a run of `onset meta train`: a .toml with `[[labels]]`, each with `name` and `descriptions`
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// A label and a question about the text whose answer is Yes for it, such as 'spam=Is this message spam?'; may be repeated
    #[arg(long = "label", value_name = "NAME=QUESTION", value_parser = parse_question, conflicts_with = "labels")]
    pub questions: Vec<(String, String)>,
    /// Threads for models of descriptions; results do not depend on this [default: one per core]
    #[arg(long, value_parser = at_least_one)]
    pub threads: Option<usize>,
    /// Step of the checkpoint to use [default: the last]
    #[arg(long, value_name = "N")]
    pub step: Option<u64>,
    /// Column of the text [default: as in training]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// Column of the label, if the file has one [default: as in training]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// Write α, β and Δ of each word to FILE: .jsonl, .csv (one row per word) or .html (one page)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print one JSON object per text, with its words
    #[arg(long)]
    pub json: bool,
}

/// A label and a question, as `NAME=QUESTION`.
fn parse_question(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, question)) if !name.trim().is_empty() && !question.trim().is_empty() => {
            Ok((name.trim().into(), question.trim().into()))
        }
        _ => Err("expected NAME=QUESTION, such as 'spam=Is this message spam?'".into()),
    }
}
