//! Errors of studies.

use std::path::PathBuf;

use super::{DistributionError, ProgramError};
use crate::align::AlignmentError;
use crate::data::DataTask;
use crate::forecast::ForecastError;
use crate::inference::InterpreterError;
use crate::proxy::ProxyError;
use crate::spec::Spec;
use crate::store::StoreError;
use crate::target::TargetError;
use crate::task::descriptions::CollectionError;
use crate::task::pairs::PairError;
use crate::task::text::TextError;
use crate::train::TrainError;

/// Why runs cannot be analysed together.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The texts cannot be used.
    #[error(transparent)]
    Data(#[from] TextError),
    /// The sentence pairs cannot be used.
    #[error(transparent)]
    Pairs(#[from] PairError),
    /// A collection of described data sets cannot be used.
    #[error(transparent)]
    Collection(#[from] CollectionError),
    /// What is to be trained on cannot be used.
    #[error(transparent)]
    Target(Box<TargetError>),
    /// A run cannot be read.
    #[error(transparent)]
    Run(#[from] TrainError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Links made by hand cannot be used.
    #[error(transparent)]
    Alignment(#[from] AlignmentError),
    /// The model of a run cannot be used.
    #[error(transparent)]
    Model(#[from] InterpreterError),
    /// There is no file of pairs that links belong to.
    #[error("{path}: links belong to the lines of a file of held-out pairs, and there is none")]
    NothingToAlign {
        /// The links.
        path: PathBuf,
    },
    /// The proxies cannot be computed or read.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// A forecast cannot be made or written.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    /// What a round trains cannot be used.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// A theory that is a program does not answer.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Two runs used different texts, so that their rows cannot be compared.
    #[error(
        "{path} and {other} were trained on different texts: {difference}; agreement compares attributions \
         of the same texts, so train both on one file with the same task.* keys"
    )]
    OtherTexts {
        /// The run.
        path: PathBuf,
        /// The run or data that it is compared with.
        other: String,
        /// What differs.
        difference: String,
    },
    /// The spec is for another task than the study.
    #[error("this study is for {needed}, but the spec is for {found}")]
    OtherTask {
        /// The spec's task.
        found: String,
        /// The study's task.
        needed: &'static str,
    },
    /// The gold run is also a comparison run.
    #[error("seed {seed} is both the gold run's and a comparison run's; give one of them another seed")]
    GoldIsCompared {
        /// The seed.
        seed: u64,
    },
    /// The gold run has no attribution records at a step with a score.
    #[error(
        "{path} has no attribution records at any step with a score; they can be computed from its \
             checkpoints"
    )]
    NoProbes {
        /// The run.
        path: PathBuf,
    },
}

impl From<TargetError> for StudyError {
    fn from(error: TargetError) -> Self {
        Self::Target(Box::new(error))
    }
}

impl StudyError {
    pub(super) fn other_task(spec: &Spec, needed: DataTask) -> Self {
        Self::OtherTask { found: spec.task().kind().to_owned(), needed: needed.name() }
    }
}
