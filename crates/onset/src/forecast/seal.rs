//! A sealed forecast: written into a run directory before training starts, and unchanged since.
//!
//! When training starts, the run's manifest records the digest of the forecast in the directory. A forecast counts only
//! if it still has that digest, and if it was made for the run's spec and data by the version of Onset that started the
//! run. It names the version of the theory that made it; only forecasts of the same theory are scored together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::round::RoundPrediction;
use super::{ForecastError, PredictedAttention, Prediction, theory_version};
use crate::spec::Spec;
use crate::store::{
    Column, FORECAST, FORECAST_ATTENTION, Manifest, RunDirectory, StoreError, Table, digest, read_bytes,
    read_text, write_atomically,
};
use crate::train::Prepared;

/// A prediction and what it was made for. Format 1, without a theory version and with other names for some fields of
/// the prediction, is still read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The format of this file.
    pub format: u32,
    /// The version of Onset that made it.
    pub onset: String,
    /// The version of the theory that made it ([`theory_version`]); `None` in files of format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theory: Option<String>,
    /// SHA-256 of the resolved spec.
    pub spec_digest: String,
    /// SHA-256 of the data, if it comes from a file.
    pub data_digest: Option<String>,
    /// When it was written, in seconds since 1970.
    pub written: u64,
    /// SHA-256 of the table of predicted attention, if there is one.
    pub attention_digest: Option<String>,
    /// The prediction.
    pub prediction: Prediction,
    /// What other theories predict, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub theories: TheoryForecasts,
}

/// The predictions of other theories, by their names.
pub type TheoryForecasts = BTreeMap<String, RoundPrediction>;

/// The format of new files.
const FORMAT: u32 = 2;

/// Whether a forecast counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ForecastStatus {
    /// It was written before training began and has not changed since.
    Sealed,
    /// Training has not started.
    Waiting,
    /// It does not count, for this reason.
    Void(String),
}

impl std::fmt::Display for ForecastStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sealed => formatter.write_str("sealed"),
            Self::Waiting => formatter.write_str("waiting"),
            Self::Void(reason) => write!(formatter, "void: {reason}"),
        }
    }
}

impl Forecast {
    /// Writes the `predicted` outcome and attention of `spec` into the folder `path`, which must not have a run yet.
    /// Returns the digest that seals the forecast.
    pub fn write(
        path: &Path,
        spec: &Spec,
        data: &Prepared,
        predicted: &(Prediction, PredictedAttention),
    ) -> Result<String, ForecastError> {
        Self::write_with(path, spec, data, predicted, TheoryForecasts::new())
    }

    /// As [`Forecast::write`], with the predictions of other `theories`.
    pub fn write_with(
        path: &Path,
        spec: &Spec,
        data: &Prepared,
        predicted: &(Prediction, PredictedAttention),
        theories: TheoryForecasts,
    ) -> Result<String, ForecastError> {
        if RunDirectory::exists(path) {
            return Err(ForecastError::AlreadyBegun { path: path.into() });
        }
        std::fs::create_dir_all(path).map_err(|source| StoreError::Io {
            action: "create the folder",
            path: path.into(),
            source,
        })?;
        let (prediction, attention) = predicted;
        let attention_digest = match attention.alpha.is_empty() {
            true => None,
            false => Some(write_attention(&path.join(FORECAST_ATTENTION), attention)?),
        };
        let forecast = Self {
            format: FORMAT,
            onset: env!("CARGO_PKG_VERSION").into(),
            theory: Some(theory_version()),
            spec_digest: digest(spec.to_toml().as_bytes()),
            data_digest: data.digest().map(String::from),
            written: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            attention_digest,
            prediction: prediction.clone(),
            theories,
        };
        let json = serde_json::to_string_pretty(&forecast).expect("plain data");
        write_atomically(&path.join(FORECAST), json.as_bytes())?;
        Ok(digest(json.as_bytes()))
    }

    /// Reads the forecast in the folder `path`; `None` if there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let path = path.join(FORECAST);
        if !path.exists() {
            return Ok(None);
        }
        let text = read_text(&path)?;
        let damaged = |found: String| StoreError::Damaged {
            path: path.clone(),
            expected: "forecast",
            found,
            remedy: "it cannot be scored; delete it, and write a new one before training",
        };
        serde_json::from_str(&text).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// Reads the table of predicted attention in the folder `path`. Tables of format 1 have no attention by predicted
    /// label.
    pub fn attention(path: &Path) -> Result<PredictedAttention, StoreError> {
        let table = Table::read(&path.join(FORECAST_ATTENTION))?;
        let mut attention = PredictedAttention {
            example: table.ints("example")?.to_vec(),
            position: table.ints("position")?.to_vec(),
            alpha: table.float_lists("alpha")?.to_vec(),
            ..PredictedAttention::default()
        };
        if table.names().any(|name| name == BY_PREDICTION) {
            attention.alpha_by_prediction = table.float_lists(BY_PREDICTION)?.to_vec();
            attention.predicted_label =
                table.ints("predicted_label")?.iter().map(|&label| label as u32).collect();
        }
        for column in table.names() {
            if let Some(theory) = column.strip_prefix(BY_THEORY) {
                attention.theories.insert(theory.into(), table.float_lists(column)?.to_vec());
            }
        }
        Ok(attention)
    }

    /// Whether the forecast counts for the run in the folder `path` with this `manifest`; `None` means that training
    /// has not started.
    pub fn status(&self, path: &Path, manifest: Option<&Manifest>) -> ForecastStatus {
        let Some(manifest) = manifest else { return ForecastStatus::Waiting };
        let digest_of = |name: &str| read_bytes(&path.join(name)).ok().map(|bytes| digest(&bytes));
        let Some(sealed) = &manifest.forecast else {
            return ForecastStatus::Void("it was written after training had begun".into());
        };
        let reasons = [
            (digest_of(FORECAST).as_ref() != Some(sealed), "it was modified after training had begun"),
            (
                self.attention_digest.is_some() && digest_of(FORECAST_ATTENTION) != self.attention_digest,
                "its table of attention was modified",
            ),
            (self.spec_digest != manifest.spec_digest, "it was made for another spec"),
            (self.data_digest != manifest.data_digest, "it was made for other data"),
            (self.onset != manifest.onset, "it was made by another version of Onset than the run"),
        ];
        match reasons.into_iter().find(|(holds, _)| *holds) {
            Some((_, reason)) => ForecastStatus::Void(reason.into()),
            None => ForecastStatus::Sealed,
        }
    }
}

/// The column of attention predicted with the predicted label.
const BY_PREDICTION: &str = "alpha_by_predicted_label";

/// What the columns of other theories begin with; their names follow.
const BY_THEORY: &str = "theory: ";

fn write_attention(path: &PathBuf, attention: &PredictedAttention) -> Result<String, StoreError> {
    let mut table = Table::new()
        .with("example", Column::Int(attention.example.clone()))
        .with("position", Column::Int(attention.position.clone()))
        .with("alpha", Column::Floats(attention.alpha.clone()));
    if !attention.alpha_by_prediction.is_empty() {
        let labels = attention.predicted_label.iter().map(|&label| i64::from(label)).collect();
        table = table
            .with("predicted_label", Column::Int(labels))
            .with(BY_PREDICTION, Column::Floats(attention.alpha_by_prediction.clone()));
    }
    for (theory, rows) in &attention.theories {
        table = table.with(&format!("{BY_THEORY}{theory}"), Column::Floats(rows.clone()));
    }
    table.write(path)?;
    let bytes = std::fs::read(path).map_err(|source| StoreError::Io {
        action: "read",
        path: path.clone(),
        source,
    })?;
    Ok(digest(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of format 1, which had no theory version.
    const FIRST_FORMAT: &str = r#"{
        "format": 1, "onset": "0.1.0", "spec_digest": "aa", "data_digest": null, "written": 1700000000,
        "attention_digest": null,
        "prediction": {
            "kind": "copying", "seed": 3,
            "beginning": [{ "knowledge": 0.004, "preference": -0.01, "knowledge_spread": 0.002, "preference_spread": 0.008 }],
            "outlook": {
                "budget": 200, "chance": 0.52, "attends": 0.6, "emergence": [47.5, 84.0, null], "head": 0,
                "horizon": 2000.0, "curve": [{ "step": 0.0, "accuracy": 0.025, "attention": 0.025 }]
            }
        }
    }"#;

    fn manifest(forecast: &str) -> Manifest {
        let json = format!(
            r#"{{ "format": 1, "onset": "0.1.0", "task": "copying", "seed": 3, "status": "finished", "steps_done": 9,
                "steps": 9, "spec_digest": "aa", "data_digest": null, "forecast": "{forecast}", "parameters": 1,
                "scores": {{}}, "failure": null }}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_forecast_of_the_first_format_is_read_and_judged_as_before() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FORECAST), FIRST_FORMAT).unwrap();
        let forecast = Forecast::read(folder.path()).unwrap().unwrap();
        assert_eq!((forecast.format, &forecast.theory), (1, &None));
        let Prediction::Copying(prediction) = &forecast.prediction else { panic!("copying") };
        assert_eq!((prediction.initial_conditions[0].score_gap, prediction.outcome.chance), (0.004, 0.52));
        assert_eq!(prediction.initial_conditions[0].logit_gap_error, 0.008);
        let sealed = manifest(&digest(FIRST_FORMAT.as_bytes()));
        assert_eq!(forecast.status(folder.path(), Some(&sealed)), ForecastStatus::Sealed);
        assert_eq!(forecast.status(folder.path(), None), ForecastStatus::Waiting);
        let changed = forecast.status(folder.path(), Some(&manifest("bb")));
        assert_eq!(changed.to_string(), "void: it was modified after training had begun");
    }

    #[test]
    fn a_new_forecast_names_its_theory_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::parse("task = 'classification'", "", &["train.steps=1".into()]).unwrap();
        let data = Prepared::load(&spec).unwrap();
        let predicted = super::super::predict(&spec, &data).unwrap();
        Forecast::write(folder.path(), &spec, &data, &predicted).unwrap();
        let forecast = Forecast::read(folder.path()).unwrap().unwrap();
        assert_eq!(forecast.theory, Some(theory_version()));
        assert_eq!(forecast.prediction, predicted.0);
        assert_eq!(Forecast::attention(folder.path()).unwrap(), predicted.1);
    }
}
