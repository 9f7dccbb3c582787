//! `onset train`.

use std::path::PathBuf;

use clap::Args;
use onset::runs::{Seeds, Shard};
use onset::target::built_in;

use super::{RunningArguments, TABLES, TextArguments, folder_name};

pub const TRAIN_EXAMPLES: &str = "\
Examples:
  onset train                                    the built-in keyword task, no data needed
  onset train messages.tsv                       columns `text` and `label`, any number of labels
  onset train news.csv --labels world,business   only these labels
  onset train mail.jsonl --positive spam         one label against all others
  onset train reviews.csv --no-header --text-column 2 --label-column 1
  onset train news.xlsx --text-column title,description --label-column section
  onset train sms_spam                           a fetched data set (or a copy, with --from DIR)
  onset train train.de,train.en                  sentence pairs, line by line
  onset train corpus.txt --pretrained pythia-14m     a pretrained model on a text of your own
  onset train experiments/copying-40.toml --set model.hidden=128 --seeds 5
  onset train messages.tsv --resume              continue after Ctrl-C
  onset train messages.tsv --resume --set train.steps=8000     extend finished runs
  onset train messages.tsv --set model.hidden=[64,128] --seeds 3     each value with each seed
  onset train messages.tsv --seed $SLURM_ARRAY_TASK_ID     one seed per array job
  onset train messages.tsv --seeds 100 --shard $SLURM_ARRAY_TASK_ID/20 --resume     5 seeds per job
  onset train runs/messages/seed-0 --resume      continue a run with its own spec

Writes each run to OUT/NAME/seed-N (spec, scores, attention records, checkpoints) and a report to
OUT/NAME/report.html. With several values of a key, runs are in OUT/NAME/KEY=VALUE/seed-N.";

#[derive(Debug, Args)]
pub struct TrainArguments {
    #[arg(default_value = "keyword", help = format!(
        "A table of texts or of sentence pairs ({TABLES}), two files of sentences (SOURCE,TARGET), a file of running text \
         (.txt), the name of a data set, a spec (.toml), or a built-in task: {}",
        built_in().join(", ")
    ))]
    pub target: String,
    /// Seeds: how many (5 means 0 to 4), a range (0..5) or a list (1,3,8) [default: the spec's seed]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// A single seed, such as the index of an array job
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Only a part of the runs, for one of several machines or array jobs: part 3 of 64, counted from 1 [default: all runs]
    #[arg(long, value_name = "PART/OF")]
    pub shard: Option<Shard>,
    #[command(flatten)]
    pub text: TextArguments,
    /// Start from a pretrained model: a folder as on the Hugging Face hub (config.json, model.safetensors, tokenizer.json) of
    /// BERT's form for labelled texts, or of GPT-2's or GPT-NeoX's (such as Pythia) for running text
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub pretrained: Option<PathBuf>,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder for the runs; each is written to OUT/NAME/seed-N [default: runs]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Name of the runs [default: the target's name]
    #[arg(long, value_parser = folder_name)]
    pub name: Option<String>,
    /// Continue existing runs; finished runs are extended if train.steps is larger than before, and left unchanged otherwise
    #[arg(long)]
    pub resume: bool,
}
