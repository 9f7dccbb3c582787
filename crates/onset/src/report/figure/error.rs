//! What can go wrong with a figure.

use crate::store::StoreError;

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The runs have no figure of that name.
    #[error("these runs have no figure `{name}`{near}; available are {}", .known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// ", did you mean …?" or nothing.
        near: String,
        /// All that there are.
        known: Vec<String>,
    },
    /// A figure of one run was asked of several.
    #[error("`{name}` shows a single run, but there are {runs} runs")]
    OneRun {
        /// The figure.
        name: String,
        /// How many there are.
        runs: usize,
    },
    /// The example is not on record.
    #[error("{run} has no record of held-out example {example}")]
    NoExample {
        /// Its number.
        example: i64,
        /// The run.
        run: String,
    },
    /// The checkpoint is not on record.
    #[error("{run} has no attention records for step {step}; recorded steps: {}", list(.known))]
    NoStep {
        /// The step.
        step: u64,
        /// The run.
        run: String,
        /// The steps that there are.
        known: Vec<u64>,
    },
    /// The fonts that every reader of PDF has lack a letter.
    #[error("the standard fonts of PDF have no letter `{}`", .letter.escape_debug())]
    NoLetter {
        /// The letter.
        letter: char,
    },
    /// A file of the runs.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The first and the last steps.
fn list(steps: &[u64]) -> String {
    let written: Vec<String> = steps.iter().map(ToString::to_string).collect();
    match written.len() {
        0 => "none".into(),
        1..=12 => written.join(", "),
        many => format!("{}, … {}", written[..10].join(", "), written[many - 1]),
    }
}
