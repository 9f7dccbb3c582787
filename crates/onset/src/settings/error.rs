//! What can be wrong with a spec.

use std::path::PathBuf;

/// Why a spec cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The file cannot be read.
    #[error("cannot read the spec {path}: {source}; check the path")]
    Unreadable {
        /// The spec's path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not TOML, or a value has the wrong type.
    #[error("{origin}: {message}")]
    Malformed {
        /// File, or file and line.
        origin: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// There is no such task or model.
    #[error("{origin}: {found}; `{key}` is one of {known}")]
    UnknownKind {
        /// File.
        origin: String,
        /// `task` or `model`.
        key: &'static str,
        /// What stands there.
        found: String,
        /// The kinds that there are, as a list.
        known: String,
    },
    /// The model cannot be trained on the task.
    #[error(
        "the model \"{model}\" cannot be trained on the task \"{task}\": {reason}; models that fit are \
         {fitting}"
    )]
    Mismatch {
        /// The task's kind.
        task: &'static str,
        /// The model's kind.
        model: &'static str,
        /// What the model needs and what the task has.
        reason: String,
        /// The kinds of model that can be trained on the task, as a list.
        fitting: String,
    },
    /// A key that nothing reads.
    #[error("{origin}: unknown key `{key}`{nearest}; known keys are {known}")]
    UnknownKey {
        /// File, or file and line.
        origin: String,
        /// The key as written.
        key: String,
        /// "; did you mean …?" or nothing.
        nearest: String,
        /// The keys that would be read, as a list.
        known: String,
    },
    /// A value that cannot be.
    #[error("{key} = {found} is not possible: {expected}")]
    Impossible {
        /// The key, with its table.
        key: String,
        /// What stands there.
        found: String,
        /// What is possible, and what to do.
        expected: String,
    },
    /// An override that is not KEY=VALUE, or names no key that it may change.
    #[error("`{given}`: {message}")]
    Override {
        /// As typed.
        given: String,
        /// What was expected.
        message: String,
    },
}

impl SpecError {
    /// The file with its line, or the key, that it is about.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Unreadable { path, .. } => Some(path.display().to_string()),
            Self::Malformed { origin, .. }
            | Self::UnknownKind { origin, .. }
            | Self::UnknownKey { origin, .. } => Some(origin.clone()),
            Self::Impossible { key, .. } => Some(key.clone()),
            Self::Override { given, .. } => Some(given.clone()),
            Self::Mismatch { .. } => None,
        }
    }
}

/// "; did you mean `x`?" for the most similar of `known`, if any is similar.
pub(crate) fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let best = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(found, name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((likeness, name)) if likeness > 0.75 => format!(", did you mean `{name}`?"),
        _ => String::new(),
    }
}
