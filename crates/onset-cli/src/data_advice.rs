//! Advice about data that cannot be used, in terms of the command line.

use std::error::Error;
use std::io::ErrorKind;

use onset::data::DataError;
use onset::live::LiveError;
use onset::study::StudyError;
use onset::task::TaskError;
use onset::task::descriptions::CollectionError;
use onset::task::text::{LabelFault, RowFault, TextError};
use onset::train::TrainError;

/// The advice for one error, or for the error that it wraps.
pub fn of(cause: &(dyn Error + 'static)) -> Option<String> {
    let advice = cause.downcast_ref().map(of_data);
    let advice = advice.or_else(|| cause.downcast_ref().map(of_text));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_collection));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_task));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_train));
    let advice = advice.or_else(|| cause.downcast_ref().map(of_study));
    advice.or_else(|| cause.downcast_ref().map(of_live)).flatten()
}

fn of_data(error: &DataError) -> Option<String> {
    match error {
        DataError::UnknownModel { .. } => Some("`onset model list` says what they are".into()),
        DataError::UnknownSet { .. } => Some("`onset data list` shows their contents".into()),
        DataError::NotFetched { name, .. } => Some(format!(
            "get it with `onset data fetch {name}`, or name the folder that contains it with --from DIR"
        )),
        DataError::NoConnection { .. } => {
            Some("name the folder with --from DIR, or the mirror with ONSET_DATA_MIRROR".into())
        }
        DataError::Refused { .. } => Some("name the folder with --from DIR".into()),
        DataError::CutOff { .. } => Some("run the same command again".into()),
        DataError::Unreadable { .. } => Some("--force fetches existing files again".into()),
        DataError::Io { source, .. } if source.kind() == ErrorKind::StorageFull => {
            Some("choose another folder with --out DIR".into())
        }
        _ => None,
    }
}

fn of_text(error: &TextError) -> Option<String> {
    let advice = match error {
        TextError::Labels { fault: LabelFault::NotLabels { .. }, .. }
        | TextError::Row { fault: RowFault::OtherLabel { .. }, .. } => {
            "name the column of the labels with --label-column, keep some labels with --labels A,B, or classify some against \
             all others with --positive A"
        }
        _ => return None,
    };
    Some(advice.into())
}

fn of_task(error: &TaskError) -> Option<String> {
    match error {
        TaskError::Texts(error) => of_text(error),
        TaskError::Collection(error) => of_collection(error),
        TaskError::Pairs(_)
        | TaskError::Corpus(_)
        | TaskError::Pretrained(_)
        | TaskError::Elsewhere { .. } => None,
    }
}

fn of_train(error: &TrainError) -> Option<String> {
    match error {
        TrainError::Data(error) => of_text(error),
        TrainError::Collection(error) => of_collection(error),
        TrainError::NoState { .. } => Some("--retrace begins from the start".into()),
        _ => None,
    }
}

fn of_collection(error: &CollectionError) -> Option<String> {
    match error {
        CollectionError::NoFiles { .. } => {
            Some("`onset data list` shows what can be fetched; --from DIR names a folder".into())
        }
        CollectionError::NothingToTrain { .. } => Some("--from DIR names the folder of the data sets".into()),
        _ => None,
    }
}

fn of_study(error: &StudyError) -> Option<String> {
    match error {
        StudyError::Data(error) => of_text(error),
        StudyError::Run(error) => of_train(error),
        _ => None,
    }
}

fn of_live(error: &LiveError) -> Option<String> {
    if let LiveError::Text(error) = error { of_text(error) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::advice_for;

    #[test]
    fn advice_is_found_behind_context_and_the_errors_that_pass_it_on() {
        let many = || TextError::Labels {
            origin: onset::task::rows::Origin::Memory,
            fault: LabelFault::NotLabels { values: 1, rows: 1, found: vec![("a".into(), 1)] },
        };
        for error in [
            anyhow::Error::new(many()),
            anyhow::Error::new(TrainError::from(many())).context("a, seed 0"),
            anyhow::Error::new(StudyError::Run(many().into())).context("a").context("b"),
        ] {
            assert!(advice_for(&error).is_some_and(|advice| advice.contains("--labels A,B")), "{error:?}");
        }
        assert_eq!(advice_for(&anyhow::anyhow!("nothing known")), None);
    }
}
