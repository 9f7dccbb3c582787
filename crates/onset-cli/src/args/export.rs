//! `onset export`.

use std::path::PathBuf;

use clap::Args;

pub const EXPORT_EXAMPLES: &str = "\
Writes the parameters (model.safetensors), the model in PyTorch, a script that loads it and compares it with what Onset computed
(load.py), the vocabulary and, with the same results, an ONNX file (model.onnx). The data of the run is not needed.

Examples:
  onset export runs/messages/seed-0                      to runs/messages/seed-0/export
  python runs/messages/seed-0/export/load.py             loads it and compares the logits
  python runs/messages/seed-0/export/load.py 'win a prize'     a label, as `onset classify` predicts it
  onset export runs/copying/v40-seed-0 --step 100 -o copying-100";

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A run directory
    pub run: PathBuf,
    /// Folder to write: a new or empty one, or an earlier export [default: RUN/export]
    #[arg(long, short, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Checkpoint to use [default: the best one if the run has chosen it, else the last]
    #[arg(long, value_name = "N")]
    pub step: Option<u64>,
}
