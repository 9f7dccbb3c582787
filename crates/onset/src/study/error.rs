//! Why runs cannot be taken together.

use std::path::PathBuf;

use crate::proxy::ProxyError;
use crate::store::StoreError;
use crate::task::pairs::PairError;
use crate::task::text::TextError;
use crate::train::TrainError;

/// Why runs cannot be taken together.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The texts cannot be used.
    #[error(transparent)]
    Data(#[from] TextError),
    /// The sentence pairs cannot be used.
    #[error(transparent)]
    Pairs(#[from] PairError),
    /// A run cannot be read.
    #[error(transparent)]
    Run(#[from] TrainError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The proxies cannot be had.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Two runs saw other texts, so that their rows cannot be compared.
    #[error(
        "{path} was trained on other texts than {other}: {difference}; agreement compares probes of the same \
         texts, so train both on one file with the same data.* keys"
    )]
    OtherTexts {
        /// The run.
        path: PathBuf,
        /// The run or data it is compared with.
        other: String,
        /// What differs.
        difference: String,
    },
    /// There is nothing to compare at.
    #[error("{path} has no probes at a step where it has a score; make them with `onset probe {path}`")]
    NoProbes {
        /// The run.
        path: PathBuf,
    },
}
