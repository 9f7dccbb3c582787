//! One error for everything that can go wrong, with its kind: what other languages' packages raise their exceptions from.

use crate::data::DataError;
use crate::export::ExportError;
use crate::forecast::ForecastError;
use crate::inference::{ClassifierError, InterpreterError, RunModelError};
use crate::live::LiveError;
#[cfg(feature = "studies")]
use crate::proxy::ProxyError;
use crate::recorder::RecorderError;
use crate::runs::RunsError;
use crate::spec::SpecError;
use crate::store::StoreError;
#[cfg(feature = "studies")]
use crate::study::StudyError;
use crate::target::TargetError;
use crate::task::pairs::PairError;
use crate::task::text::TextError;
use crate::train::{InterventionError, TrainError};

/// What went wrong, roughly: enough to choose an exception, an exit code or a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A spec, or a key or value of it, cannot be.
    Spec,
    /// A target is not known, or does not fit what is asked of it.
    Target,
    /// A data set, a text file or a file of sentence pairs cannot be used.
    Data,
    /// A run directory or a file of it cannot be read or written.
    Store,
    /// A run cannot be started or continued, or had to stop.
    Train,
    /// A change to a training that goes on cannot be made.
    Intervention,
    /// There is no prediction, or none that counts.
    Forecast,
    /// Runs cannot be taken together.
    Study,
    /// A run cannot translate.
    Decode,
    /// A model cannot be exported.
    Export,
    /// An interactive training cannot be, or cannot go on.
    Live,
    /// Something cannot be recorded.
    Record,
    /// It was stopped from outside.
    Interrupted,
}

/// Any error of this library. Each module has its own type, which converts into this one; [`Error::kind`] looks through those
/// that pass another module's error on.
///
/// ```
/// use onset::target::{TargetOptions, resolve};
/// use onset::{Error, ErrorKind};
///
/// let error: Error = resolve("keywrod", &TargetOptions::default()).unwrap_err().into();
/// assert_eq!(error.kind(), ErrorKind::Target);
/// assert!(error.to_string().contains("did you mean `keyword`?"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[allow(missing_docs, reason = "each variant is the error of the module that it names")]
pub enum Error {
    Spec(#[from] SpecError),
    Target(#[from] TargetError),
    Runs(#[from] RunsError),
    Data(#[from] DataError),
    Text(#[from] TextError),
    Pairs(#[from] PairError),
    Store(#[from] StoreError),
    Train(#[from] TrainError),
    Intervention(#[from] InterventionError),
    Forecast(#[from] ForecastError),
    #[cfg(feature = "studies")]
    Proxy(#[from] ProxyError),
    #[cfg(feature = "studies")]
    Study(#[from] StudyError),
    Decode(#[from] InterpreterError),
    Classify(#[from] ClassifierError),
    Export(#[from] ExportError),
    Live(#[from] LiveError),
    Recorder(#[from] RecorderError),
}

impl Error {
    /// What went wrong, roughly.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Spec(_) => ErrorKind::Spec,
            Self::Target(error) => of_target(error),
            Self::Runs(error) => of_runs(error),
            Self::Data(_) | Self::Text(_) | Self::Pairs(_) => ErrorKind::Data,
            Self::Store(_) => ErrorKind::Store,
            Self::Train(error) => of_train(error),
            Self::Intervention(_) => ErrorKind::Intervention,
            Self::Forecast(error) => of_forecast(error),
            #[cfg(feature = "studies")]
            Self::Proxy(error) => of_proxy(error),
            #[cfg(feature = "studies")]
            Self::Study(error) => of_study(error),
            Self::Decode(error) => of_interpreter(error),
            Self::Classify(error) => of_classifier(error),
            Self::Export(error) => of_export(error),
            Self::Live(error) => of_live(error),
            Self::Recorder(error) => of_recorder(error),
        }
    }
}

fn of_target(error: &TargetError) -> ErrorKind {
    match error {
        TargetError::Data(_) => ErrorKind::Data,
        TargetError::Spec(_) => ErrorKind::Spec,
        _ => ErrorKind::Target,
    }
}

fn of_recorder(error: &RecorderError) -> ErrorKind {
    match error {
        RecorderError::Spec(_) => ErrorKind::Spec,
        RecorderError::Store(_) => ErrorKind::Store,
        _ => ErrorKind::Record,
    }
}

fn of_runs(error: &RunsError) -> ErrorKind {
    match error {
        RunsError::Target(error) => of_target(error),
        RunsError::Data(error) => of_train(error),
        RunsError::Store(_) | RunsError::Differs { .. } => ErrorKind::Store,
        _ => ErrorKind::Target,
    }
}

fn of_train(error: &TrainError) -> ErrorKind {
    match error {
        TrainError::Spec(_) => ErrorKind::Spec,
        TrainError::Data(_)
        | TrainError::Pairs(_)
        | TrainError::Corpus(_)
        | TrainError::Collection(_)
        | TrainError::OtherData { .. } => ErrorKind::Data,
        TrainError::Store(_) => ErrorKind::Store,
        TrainError::Intervention(_) => ErrorKind::Intervention,
        _ => ErrorKind::Train,
    }
}

fn of_forecast(error: &ForecastError) -> ErrorKind {
    match error {
        ForecastError::Store(_) => ErrorKind::Store,
        ForecastError::Train(error) => of_train(error),
        _ => ErrorKind::Forecast,
    }
}

#[cfg(feature = "studies")]
fn of_proxy(error: &ProxyError) -> ErrorKind {
    match error {
        ProxyError::Store(_) => ErrorKind::Store,
        ProxyError::Interrupted => ErrorKind::Interrupted,
    }
}

#[cfg(feature = "studies")]
fn of_study(error: &StudyError) -> ErrorKind {
    match error {
        StudyError::Data(_) | StudyError::Pairs(_) | StudyError::Collection(_) => ErrorKind::Data,
        StudyError::Target(error) => of_target(error),
        StudyError::Run(error) => of_train(error),
        StudyError::Store(_) => ErrorKind::Store,
        StudyError::Proxy(error) => of_proxy(error),
        _ => ErrorKind::Study,
    }
}

fn of_interpreter(error: &InterpreterError) -> ErrorKind {
    match error {
        InterpreterError::Run(error) => of_run_model(error),
        InterpreterError::Subwords(_) => ErrorKind::Data,
        _ => ErrorKind::Decode,
    }
}

fn of_classifier(error: &ClassifierError) -> ErrorKind {
    match error {
        ClassifierError::Store(_) => ErrorKind::Store,
        ClassifierError::Run(error) => of_run_model(error),
        ClassifierError::Subwords(_) => ErrorKind::Data,
        _ => ErrorKind::Target,
    }
}

fn of_run_model(error: &RunModelError) -> ErrorKind {
    match error {
        RunModelError::Store(_) => ErrorKind::Store,
        RunModelError::Spec(_) => ErrorKind::Spec,
        RunModelError::NeedsPositions { .. } | RunModelError::NoSignature { .. } => ErrorKind::Export,
    }
}

fn of_export(error: &ExportError) -> ErrorKind {
    match error {
        ExportError::Store(_) => ErrorKind::Store,
        ExportError::Run(error) => of_run_model(error),
        _ => ErrorKind::Export,
    }
}

fn of_live(error: &LiveError) -> ErrorKind {
    match error {
        LiveError::Spec(_) => ErrorKind::Spec,
        LiveError::Text(_) => ErrorKind::Data,
        LiveError::Intervention(_) => ErrorKind::Intervention,
        LiveError::Train(error) => of_train(error),
        _ => ErrorKind::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    #[test]
    fn the_kind_is_that_of_the_module_where_it_went_wrong() {
        let spec = || Spec::parse("task = 'nothing'", "", &[]).unwrap_err();
        assert_eq!(Error::from(TrainError::from(spec())).kind(), ErrorKind::Spec);
        assert_eq!(Error::from(StudyError::Run(spec().into())).kind(), ErrorKind::Spec);
        assert_eq!(Error::from(StudyError::Proxy(ProxyError::Interrupted)).kind(), ErrorKind::Interrupted);
        let full = || StoreError::NoSpace { path: "a".into() };
        assert_eq!(Error::from(ForecastError::Train(full().into())).kind(), ErrorKind::Store);
    }
}
