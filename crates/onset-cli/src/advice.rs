//! Advice about errors in terms of the command line; the library reports errors as plain data.

use std::error::Error;

use onset::export::ExportError;
use onset::forecast::ForecastError;
use onset::inference::{ClassifierError, InterpreterError, RunModelError};
use onset::proxy::ProxyError;
use onset::report::FigureError;
use onset::spec::SpecError;
use onset::store::StoreError;
use onset::study::StudyError;
use onset::target::TargetError;
use onset::train::TrainError;

use crate::data_advice;

/// The advice for the first cause that has any.
pub fn advice_for(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(of)
}

/// The advice for one error, or for the error that it wraps.
pub fn of(cause: &(dyn Error + 'static)) -> Option<String> {
    let advice = cause.downcast_ref().map(of_store);
    let advice = advice.or_else(|| cause.downcast_ref().map(of_spec));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_train));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_target));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_forecast));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_proxy));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_study));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_interpreter));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_classifier));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_export));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_figure)).flatten();
    advice.or_else(|| data_advice::of(cause))
}

fn of_store(error: &StoreError) -> Option<String> {
    let advice = match error {
        StoreError::NoCheckpoint { .. } => "choose one with --step",
        StoreError::NoSpace { .. } => "free some space and continue with --resume",
        StoreError::RunExists { .. } => {
            "continue it with --resume, choose another folder with --out, or delete it"
        }
        StoreError::NotARun { .. } | StoreError::InUse { .. } => "choose another folder with --out",
        StoreError::NoRun { .. } => "`onset runs FOLDER` lists the runs in a folder",
        StoreError::Damaged { remedy, .. } if remedy.contains("continue the run") => {
            "--resume continues a run"
        }
        _ => return None,
    };
    Some(advice.into())
}

fn of_spec(error: &SpecError) -> Option<String> {
    match error {
        SpecError::Unreadable { .. } => Some("`onset train --help` lists valid targets".into()),
        SpecError::UnknownKey { .. } => Some("`onset keys` lists all keys".into()),
        SpecError::Override { given, .. } => Some(format!("check --set {given}")),
        SpecError::Malformed { message, .. } => several_values(message),
        _ => None,
    }
}

/// The advice for `0.1,0.01` where one number is expected.
fn several_values(message: &str) -> Option<String> {
    let (_, found) = message.split_once("found \"")?;
    let (found, expected) = found.split_once("\", expected ")?;
    let several = expected.contains("number") && found.contains(',');
    several.then(|| format!("to give several values, write a list: [{found}]"))
}

fn of_train(error: &TrainError) -> Option<String> {
    match error {
        TrainError::Spec(error) => of_spec(error),
        TrainError::Data(error) => of(error),
        TrainError::Pairs(error) => of(error),
        TrainError::Store(error) => of_store(error),
        TrainError::Threads { .. } => Some("change --threads".into()),
        TrainError::OtherSpec { .. } | TrainError::OtherData { .. } | TrainError::ScheduleEnded { .. } => {
            Some("choose another folder with --out or another name with --name".into())
        }
        TrainError::FewerSteps { .. } => Some("check --set train.steps".into()),
        _ => None,
    }
}

fn of_target(error: &TargetError) -> Option<String> {
    match error {
        TargetError::Data(error) => of(error),
        TargetError::Spec(error) => of_spec(error),
        TargetError::Unknown { .. } => Some("`onset data list` shows the data sets and their parts".into()),
        TargetError::Unused { option, .. } => Some(format!("leave out --{}", option.replace(' ', "-"))),
        TargetError::ChangedFile { .. } => {
            Some("choose another name with --name or another folder with --out".into())
        }
        TargetError::EmptyList { given } => Some(format!("check --set {given}")),
        TargetError::Validation { given } => Some(format!("check --validation {given}")),
        _ => None,
    }
}

fn of_forecast(error: &ForecastError) -> Option<String> {
    match error {
        ForecastError::Store(error) => of_store(error),
        ForecastError::Train(error) => of_train(error),
        ForecastError::AlreadyBegun { .. } => {
            Some("choose another folder with --out, or see the prediction with `onset predict`".into())
        }
        ForecastError::NotCovered { .. } => None,
    }
}

fn of_proxy(error: &ProxyError) -> Option<String> {
    if let ProxyError::Store(error) = error { of_store(error) } else { None }
}

fn of_study(error: &StudyError) -> Option<String> {
    match error {
        StudyError::Data(error) => of(error),
        StudyError::Pairs(error) => of(error),
        StudyError::Target(error) => of_target(error),
        StudyError::Forecast(error) => of_forecast(error),
        StudyError::Run(error) => of_train(error),
        StudyError::Store(error) => of_store(error),
        StudyError::Proxy(error) => of_proxy(error),
        StudyError::Model(error) => of_interpreter(error),
        StudyError::NothingToAlign { .. } => Some("name one with --validation".into()),
        StudyError::GoldIsCompared { .. } => Some("change --seeds or --gold".into()),
        StudyError::NoProbes { path } => Some(format!("compute them with `onset probe {}`", path.display())),
        _ => None,
    }
}

fn of_run_model(error: &RunModelError) -> Option<String> {
    match error {
        RunModelError::Store(error) => of_store(error),
        RunModelError::Spec(error) => of_spec(error),
        RunModelError::NeedsPositions { .. } | RunModelError::NoSignature { .. } => None,
    }
}

fn of_interpreter(error: &InterpreterError) -> Option<String> {
    match error {
        InterpreterError::Run(error) => of_run_model(error),
        InterpreterError::Subwords(_) | InterpreterError::OtherTask { .. } => None,
    }
}

fn of_classifier(error: &ClassifierError) -> Option<String> {
    match error {
        ClassifierError::Store(error) => of_store(error),
        ClassifierError::Run(error) => of_run_model(error),
        _ => None,
    }
}

fn of_export(error: &ExportError) -> Option<String> {
    match error {
        ExportError::Store(error) => of_store(error),
        ExportError::Run(error) => of_run_model(error),
        ExportError::Occupied { .. } | ExportError::File { .. } => {
            Some("choose another folder with --output".into())
        }
        ExportError::NoTwin { .. } => None,
    }
}

fn of_figure(error: &FigureError) -> Option<String> {
    match error {
        FigureError::Store(error) => of_store(error),
        FigureError::OneRun { .. } => Some("name one run, such as runs/keyword/seed-0".into()),
        FigureError::NoExample { .. } => Some("choose another with --example".into()),
        FigureError::NoStep { .. } => Some("choose one of them with --step".into()),
        FigureError::NoLetter { .. } => {
            Some("write .svg, which supports all letters; a browser can print it as PDF".into())
        }
        FigureError::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_found_behind_context_and_the_errors_that_pass_it_on() {
        let exists = || StoreError::RunExists { path: "runs/a".into() };
        for error in [
            anyhow::Error::new(exists()),
            anyhow::Error::new(TrainError::from(exists())).context("a, seed 0"),
            anyhow::Error::new(StudyError::Run(exists().into())).context("a").context("b"),
        ] {
            assert!(advice_for(&error).is_some_and(|advice| advice.contains("--resume")), "{error:?}");
        }
        assert_eq!(advice_for(&anyhow::anyhow!("nothing known")), None);
    }
}
