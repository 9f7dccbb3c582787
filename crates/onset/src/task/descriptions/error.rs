//! What can be wrong with a collection of described data sets.

use std::path::PathBuf;

use crate::task::rows::FileError;
use crate::task::subwords::SubwordsError;

/// Why a collection cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// The folder cannot be read.
    #[error(
        "cannot read the collection {folder}: {reason}; expected a folder with a file NAME.toml for each data set"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file of it cannot be used.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why, with the key.
        reason: String,
    },
    /// No set, and no tag, is called so.
    #[error("the collection {folder} has no set or group {name:?}{hint}; it has {known}")]
    NoSuchSet {
        /// The collection.
        folder: PathBuf,
        /// What was named.
        name: String,
        /// A near name.
        hint: String,
        /// All names.
        known: String,
    },
    /// The files of a set are not on this machine.
    #[error(
        "the files of {set} ({files}) are not in {places}; fetch or copy them there, or name another folder with task.data"
    )]
    NoFiles {
        /// The set.
        set: String,
        /// Their names.
        files: String,
        /// Where they were looked for.
        places: String,
    },
    /// A file of a set cannot be read.
    #[error("{set}: {source}")]
    Rows {
        /// The set.
        set: String,
        /// Why.
        source: Box<FileError>,
    },
    /// Labels of a file are described nowhere.
    #[error("{data} has labels that {path} does not describe: {labels}; add each to `labels`")]
    Undescribed {
        /// The file of the data.
        data: PathBuf,
        /// The file of the collection.
        path: PathBuf,
        /// The labels, each with its number of texts.
        labels: String,
    },
    /// A described label has no text.
    #[error(
        "{path} describes labels that no text of {data} has: {labels}; remove them, or check how they are written"
    )]
    Empty {
        /// The file of the collection.
        path: PathBuf,
        /// The file of the data.
        data: PathBuf,
        /// The labels.
        labels: String,
    },
    /// A description leaves no room for a text.
    #[error(
        "the description {description:?} of {set} has {tokens} tokens, and with three around it there is no room for a text in \
         task.length = {length}; shorten it, or raise task.length"
    )]
    LongDescription {
        /// The set.
        set: String,
        /// The description.
        description: String,
        /// Its tokens.
        tokens: usize,
        /// Tokens that there is room for.
        length: usize,
    },
    /// Nothing is left to train on.
    #[error(
        "no set of {folder} is left to train on: {reason}; hold out fewer, or add sets that share no tag with them"
    )]
    NothingToTrain {
        /// The collection.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// The tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] SubwordsError),
}
