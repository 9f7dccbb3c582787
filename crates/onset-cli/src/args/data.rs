//! The arguments of `onset data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{TABLES, TextArguments};

#[derive(Debug, Args)]
pub struct DataArguments {
    #[command(subcommand)]
    pub command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// List the data sets that can be fetched, with sizes and licences
    List {
        /// Print the list as JSON, with sources and checksums
        #[arg(long)]
        json: bool,
    },
    /// Fetch a data set: download, verify and unpack it, and record its source
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(FetchArguments),
    /// Describe what training would read: labels, lengths, words, duplicates and rejected rows
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArguments),
}

const FETCH_EXAMPLES: &str = "\
Run the same command again to continue an interrupted download. A file whose checksum differs from
the published one is set aside and not used. OUT/NAME/source.json records where the files came from.

Without a network, download the files listed by `onset data list --json` elsewhere, and name their
folder with --from. To use a mirror, set ONSET_DATA_MIRROR to its address: files are then read from
ONSET_DATA_MIRROR/NAME/FILE and verified in the same way.

Examples:
  onset data fetch sms_spam                    to data/sms_spam/sms.tsv.gz
  onset data fetch imdb --out /big/disk        to /big/disk/imdb/train.tsv.gz and test.tsv.gz
  onset data fetch yelp --from ~/Downloads     from yelp_review_polarity_csv.tgz there";

const INSPECT_EXAMPLES: &str = "\
Examples:
  onset data inspect messages.tsv
  onset data inspect news.csv --labels world,business --set task.min_count=2
  onset data inspect sst2                      a fetched data set, with its validation file
  onset data inspect train.de.gz train.en.gz   sentence pairs, line by line
  onset data inspect reviews.csv --separator ';' --encoding windows-1252
  onset data inspect pairs.parquet             sentence pairs: columns `source` and `target`
  onset data inspect messages.tsv --json | jq .refused";

#[derive(Debug, Args)]
pub struct FetchArguments {
    /// Name of the data set; see `onset data list`
    pub name: String,
    /// Use the files in this folder, as downloaded or as fetched, instead of downloading
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Folder of the data sets; the set is written to OUT/NAME
    #[arg(long, default_value = "data")]
    pub out: PathBuf,
    /// Fetch the set even if it exists
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct InspectArguments {
    #[arg(help = format!(
        "A table of texts or of sentence pairs ({TABLES}), two files of sentences (SOURCE,TARGET), the name of a data set, \
         or a spec (.toml)"
    ))]
    pub target: String,
    /// Translations of the sentences in TARGET, one per line
    pub translations: Option<String>,
    #[command(flatten)]
    pub text: TextArguments,
    /// Change a key of the spec, such as --set task.max_words=200 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of fetched data sets [default: data]
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    pub data: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
