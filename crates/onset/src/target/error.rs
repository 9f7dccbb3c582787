//! Why a target cannot be used.

use std::path::{Path, PathBuf};

use super::built_in;
use crate::data::{CATALOGUE, DataError};
use crate::pretrained::PretrainedError;
use crate::settings::did_you_mean;
use crate::spec::SpecError;

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is nothing that is known.
    #[error(
        "{target} is not a table (.tsv, .csv, .txt, .jsonl, .json, .parquet, .arrow, .xlsx, .ods, also \
         .gz, .xz, .zst or .zip), a folder of tables, a collection of described data sets (a folder of .toml), a spec (.toml), two files of sentences \
         (SOURCE,TARGET), a file of running text (.txt), a data set ({sets}) or a built-in task ({tasks}){nearest}{there}"
    )]
    Unknown {
        /// As typed.
        target: String,
        /// The names of the data sets, as a list.
        sets: String,
        /// The names of the built-in tasks, as a list.
        tasks: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// What is there under this name, if anything is: "; there is a folder of that name" and the like.
        there: &'static str,
    },
    /// It is for another task than is needed.
    #[error("{target} is for {is}, but {needed} is needed")]
    OtherTask {
        /// As typed.
        target: String,
        /// What it is for.
        is: String,
        /// What is needed.
        needed: &'static str,
    },
    /// An option that the target has no use for.
    #[error("the option `{option}` does not apply to {target}, which is for {task}")]
    Unused {
        /// As typed.
        target: String,
        /// What it is for.
        task: String,
        /// The option.
        option: &'static str,
    },
    /// What is to be validated on is no file.
    #[error("cannot validate on {given}: expected a file, or two files separated by a comma")]
    Validation {
        /// As typed.
        given: String,
    },
    /// A path that a spec cannot hold.
    #[error("{path:?} is not valid Unicode, which a spec requires; rename the file or its folder")]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
    /// A named file that cannot be read, where keys do not fit what it seems to be.
    #[error("cannot read {path}: {source}; check the path")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder has runs of an earlier state of the file.
    #[error("{file} has changed since {run} was trained on it; runs of different data cannot share a folder")]
    ChangedFile {
        /// The file.
        file: PathBuf,
        /// The run.
        run: PathBuf,
    },
    /// An empty list of values for a key.
    #[error("{given} is an empty list; give at least one value")]
    EmptyList {
        /// The key and its list, as typed.
        given: String,
    },
    /// The data set is not there, or not of this task.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The checkpoint that training is to start from cannot be used.
    #[error(transparent)]
    Pretrained(#[from] PretrainedError),
    /// A task that no such checkpoint is for.
    #[error(
        "{folder} is a {form} checkpoint, which {target} (for {task}) cannot start from: bert reads labelled texts and described \
         ones, gpt2 and gpt_neox running text (.txt)"
    )]
    OtherForm {
        /// As typed.
        target: String,
        /// What it is for.
        task: String,
        /// The checkpoint.
        folder: PathBuf,
        /// Its form.
        form: &'static str,
    },
    /// The spec cannot be used.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

impl TargetError {
    /// That nothing is known under this name.
    pub(super) fn unknown(target: &str) -> Self {
        let sets = CATALOGUE.iter().map(|set| set.name);
        let path = Path::new(target);
        let there = match () {
            () if path.is_dir() => "; there is a folder of this name, but it contains no table: name a file",
            () if path.is_file() => "; there is a file of this name, but its extension is unknown",
            () => "",
        };
        Self::Unknown {
            target: target.into(),
            sets: sets.clone().collect::<Vec<_>>().join(", "),
            tasks: built_in().join(", "),
            nearest: did_you_mean(target, built_in().into_iter().chain(sets)),
            there,
        }
    }

    /// Whether what was typed is wrong, rather than what is on this machine.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::ChangedFile { .. } | Self::File { .. })
            && !matches!(self, Self::Data(error) if !matches!(error, DataError::UnknownSet { .. }))
    }
}
