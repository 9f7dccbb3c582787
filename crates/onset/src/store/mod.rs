//! Run directories: what is recorded, in which files, and how nothing is lost.
//!
//! ```text
//! spec.toml                          the resolved spec
//! manifest.json                      what the run is and how it stands
//! journal.jsonl                      when it started, stopped and went on (the only file with times)
//! data.json                          labels, sizes and what was left out (text runs)
//! vocabulary.json                    words and their counts (text runs)
//! training.parquet                   step, loss
//! evaluation.parquet                 step and the task's scores
//! probes/step-000250.parquet         what attention did after 250 steps, one row an example or position
//! checkpoints/step-000250.safetensors  parameters under PyTorch's names
//! resume.safetensors                 parameters and Adam's moments: what is needed to continue
//! ```
//!
//! A file is written beside its place and renamed, so none is ever half there. All but the journal are
//! the same bytes for the same spec, whatever the number of threads, interrupted or not.

mod checkpoint;
mod error;
mod file;
mod journal;
mod list;
mod manifest;
mod parquet_form;
mod run_directory;
mod table;

pub use checkpoint::{Checkpoint, NamedTensor, write_checkpoint};
pub use error::StoreError;
pub use file::{digest, read_text, write_atomically};
pub use journal::JournalEntry;
pub use list::{ListedRun, find_runs, run_folders};
pub use manifest::{Manifest, Status};
pub use run_directory::{FORECAST, FORECAST_ATTENTION, RunDirectory};
pub use table::{Column, Table};
