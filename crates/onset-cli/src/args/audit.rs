//! `onset audit`.

use std::path::PathBuf;

use clap::Args;

use super::{TABLES, TextArguments};

pub const AUDIT_EXAMPLES: &str = "\
Looks for words that are in nearly all texts of one label and in few others: file names, signatures, identifiers. A model
learns these and little else. Nothing is trained but a bag of words.

Examples:
  onset audit messages.tsv
  onset audit messages.tsv -o audit.html            a page for those who gave you the data
  onset audit news.csv --text-column body --json | jq .leaks
  onset audit sst2                                  a fetched set, with its validation file
  onset audit messages.tsv --fail-on-leak           exit code 1 if a word gives a label away, for a script";

#[derive(Debug, Args)]
pub struct AuditArguments {
    #[arg(help = format!("A table of texts ({TABLES}), a data set by its name, or a spec (.toml)"))]
    pub target: String,
    #[command(flatten)]
    pub text: TextArguments,
    /// Change a key of the spec, such as --set task.min_count=2 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Write a page to this file (.html), too
    #[arg(long, short, value_name = "FILE", value_parser = page)]
    pub output: Option<PathBuf>,
    /// End with exit code 1 if a word gives a label away
    #[arg(long)]
    pub fail_on_leak: bool,
    /// Print everything as JSON
    #[arg(long)]
    pub json: bool,
}

/// Parses the name of a page.
fn page(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some(ending) if ending.eq_ignore_ascii_case("html") => Ok(path),
        _ => Err("expected a file that ends in .html".into()),
    }
}
