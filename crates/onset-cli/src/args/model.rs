//! The arguments of `onset model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct ModelArguments {
    #[command(subcommand)]
    pub command: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List public checkpoints that have a short name
    List {
        /// Print the list as JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a checkpoint from the Hugging Face hub, verify it, and record its source
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(ModelFetchArguments),
}

const FETCH_EXAMPLES: &str = "\
A checkpoint is config.json, tokenizer.json and model.safetensors, of BERT's, GPT-2's or GPT-NeoX's form.
Run the same command again to continue an interrupted download. Where the hub cannot be reached, set
HF_ENDPOINT to a server with the same addresses, or copy the three files into a folder and name that.

Examples:
  onset model fetch minilm                                  to models/minilm
  onset model fetch EleutherAI/pythia-70m --revision step1000
  onset meta train --pretrained models/minilm --held-out opinion";

#[derive(Debug, Args)]
pub struct ModelFetchArguments {
    /// A name of `onset model list`, or a repository of the Hugging Face hub as OWNER/NAME
    pub name: String,
    /// Branch, tag or commit
    #[arg(long, default_value = "main")]
    pub revision: String,
    /// Folder of the checkpoints; this one is written to OUT/NAME, another revision to OUT/NAME@REVISION
    #[arg(long, default_value = "models")]
    pub out: PathBuf,
    /// Fetch the checkpoint even if it exists
    #[arg(long)]
    pub force: bool,
}
