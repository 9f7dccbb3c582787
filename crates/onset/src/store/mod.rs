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
//! examples.parquet                   the line of each example in its file (text and pair runs)
//! export/                            the model for PyTorch and ONNX runtimes, where it was exported
//! resume.safetensors                 parameters and Adam's moments, to continue an unfinished run
//! ```
//!
//! A file is written beside its place and renamed, so a process that is killed at any moment, by whatever signal, leaves
//! no file half written and nothing lost that was recorded before. Against a crash of the whole system or a power cut
//! this is no guarantee: files are not flushed to the disk (`fsync`), which took 12 ms a file where we measured it,
//! longer than many training steps. What such a crash damages is named when it is read, with what to do.
//!
//! A run is written by one process at a time (`.lock`) and read by any number; readers write nothing. All files but the
//! journal are the same bytes for the same spec on the same instruction set, whatever the number of threads,
//! interrupted or not.

mod checkpoint;
mod error;
mod file;
mod journal;
mod list;
mod lock;
mod manifest;
mod parquet_form;
mod parts;
mod run_directory;
#[cfg(test)]
pub(crate) use run_directory::tests::manifest;
mod table;

pub use checkpoint::{Checkpoint, NamedTensor, write_checkpoint};
pub use error::StoreError;
pub use file::{digest, digest_of, hex, open_file, read_bytes, read_text, write_atomically};
pub use journal::JournalEntry;
pub use list::{ListedRun, find_runs, run_folders};
pub use manifest::{Best, Manifest, Status};
pub(crate) use parquet_form::prefixes;
pub(crate) use parts::TableParts;
pub use run_directory::{FORECAST, FORECAST_ATTENTION, RunDirectory};
pub use table::{Column, Table};
